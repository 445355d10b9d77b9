/**
 * Starts a cluster for a moment after a build: servers and commands leave their compiled code beside their scripts when they
 * end (bin/code-cache.js), so that the first start of a user takes as long as all others, and not twice as long.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const LIMIT_MS = 30_000

/** A failure costs nothing but the time of the first start, and is told. @param dfs path of the command */
export async function startOnce(dfs) {
  const folder = mkdtempSync(join(tmpdir(), 'dfs-build-'))
  const words = ['up', '--data', folder, '--rpc-port', '0', '--http-port', '0', '--json']
  const env = environmentWithoutSettings()
  const up = spawn(dfs, words, { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(up, 'exit').catch(() => [])
  const limit = setTimeout(() => up.kill('SIGKILL'), LIMIT_MS)
  try {
    const [line = ''] = await Promise.race([
      once(createInterface({ input: up.stdout }), 'line'),
      ended.then(() => []),
    ])
    const { fs } = JSON.parse(line)
    spawnSync(dfs, ['--fs', fs, 'ls', '/'], { env, stdio: 'ignore', timeout: LIMIT_MS })
    up.kill('SIGTERM')
  } catch (error) {
    process.stderr.write(
      `no cluster was started after the build (${error.message}); the first start will be slower\n`,
    )
    up.kill('SIGKILL')
  }
  await ended
  clearTimeout(limit)
  rmSync(folder, { recursive: true, force: true })
}

/** Whoever builds may also operate a cluster here: neither settings nor ./dfs.yaml and /etc/dfs/dfs.yaml are for this one. */
function environmentWithoutSettings() {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('DFS_'))
  return { ...Object.fromEntries(others), DFS_CONFIG: devNull }
}

/** The same for programs that use the library. @param library path of the module that they import */
export function startLibraryOnce(library) {
  const program = `
    import { startCluster } from ${JSON.stringify(pathToFileURL(library).href)}
    const cluster = await startCluster()
    await cluster.client().writeFile('/file', 'content')
    await cluster.client().readFile('/file')
    await cluster.stop()`
  const words = ['--input-type=module', '--eval', program]
  const { status } = spawnSync(process.execPath, words, { stdio: 'ignore', timeout: LIMIT_MS })
  if (status === 0) return
  process.stderr.write('the library was not used after the build; its first use will be slower\n')
}
