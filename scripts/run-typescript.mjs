/**
 * Runs a program of test/ that is no test: joined into one script first, since Node 20 reads no TypeScript. Each file keeps
 * its own idea of where it is.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { PROJECT } from './prepare.mjs'

const keepPlaces = {
  name: 'keep-places',
  setup(esbuild) {
    esbuild.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
    }))
  },
}

/** @returns the path of the joined script of `test/<name>.ts` */
export async function joinProgram(name) {
  const outfile = join(PROJECT, 'node_modules', '.cache', 'dfs-programs', `${name}.mjs`)
  await build({
    entryPoints: [join(PROJECT, 'test', `${name}.ts`)],
    outfile,
    plugins: [keepPlaces],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  })
  return outfile
}

/** Resolves with its exit code. Interrupts reach it, and we wait for it to clean up. */
export async function runProgram(name, words) {
  const script = await joinProgram(name)
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...words], {
    cwd: PROJECT,
    stdio: 'inherit',
  })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
