/**
 * `npm run simulate -- --seeds 1000 [--seed 1] [--minutes 10] [--verbose]`: whole clusters under a seeded scheduler, see
 * test/simulation/README.md. Prints each seed that fails with the end of its trace. `--planted name` puts a known bug
 * into the code first; `--planted list` names them.
 *
 * The sources are bundled: Node's own loader would read the modules that a client loads late from the real disk, at a
 * moment that no seed decides.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { PLANTED_BUGS } from '../test/simulation/planted-bugs.mjs'
import { PROJECT, preparePackages, say } from './prepare.mjs'

const BUNDLES = join(PROJECT, 'node_modules', '.cache', 'dfs-simulation')
/** Seeds of one process: what SQLite's objects take is only given back at its end. */
const SEEDS_PER_PROCESS = 50

const asked = process.argv.slice(2).flatMap((word) => /^(--\w+)=(.*)$/.exec(word)?.slice(1) ?? word)
const planted = take('--planted')
if (planted === 'list') {
  for (const { name } of PLANTED_BUGS) process.stdout.write(`${name}\n`)
} else {
  const bug = PLANTED_BUGS.find(({ name }) => name === planted)
  if (planted !== undefined && bug === undefined) {
    say(`no planted bug is called ${planted}`)
    process.exit(2)
  }
  preparePackages()
  const bundle = await build(bug)
  process.exitCode = await runAll(bundle)
}

/** Removes an option and its value from the arguments. */
function take(option) {
  const at = asked.indexOf(option)
  return at < 0 ? undefined : asked.splice(at, 2)[1]
}

/** As `take`; a number that is none would run nothing, and find nothing. */
function takeNumber(option) {
  const text = take(option)
  if (text === undefined) return undefined
  if (Number(text) > 0) return Number(text)
  say(`${option} needs a number`)
  process.exit(2)
}

async function build(bug) {
  const { build: bundle } = await import('esbuild')
  mkdirSync(BUNDLES, { recursive: true })
  const outfile = join(BUNDLES, `${bug?.name ?? 'simulation'}-${process.pid}.mjs`)
  await bundle({
    entryPoints: [join(PROJECT, 'test', 'simulation', 'main.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    sourcemap: 'inline',
    outfile,
    logLevel: 'error',
    plugins: [watchedSqlite(), ...(bug === undefined ? [] : [planting(bug)])],
  })
  return outfile
}

/** The driver is wrapped for those who import it through the one place of the product. */
function watchedSqlite() {
  return {
    name: 'watched-sqlite',
    setup(setup) {
      setup.onResolve({ filter: /^better-sqlite3$/ }, ({ importer }) =>
        relative(PROJECT, importer) === join('shared', 'sqlite.ts')
          ? { path: join(PROJECT, 'test', 'simulation', 'world', 'sqlite.ts') }
          : { path: 'better-sqlite3', external: true },
      )
    },
  }
}

/** Replaces one text of a file, which must be there exactly once; some bugs take two such places. */
function planting(bug) {
  const changes = [bug, ...(bug.also ?? [])]
  return {
    name: 'planted-bug',
    setup(setup) {
      setup.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const ofFile = changes.filter(({ file }) => relative(PROJECT, path) === file)
        if (ofFile.length === 0) return undefined
        let contents = readFileSync(path, 'utf8')
        for (const { file, find, replace } of ofFile) {
          if (contents.split(find).length !== 2) {
            throw new Error(`${bug.name}: ${file} does not have the text to be broken just once`)
          }
          contents = contents.replace(find, () => replace)
        }
        return { contents, loader: 'ts' }
      })
    },
  }
}

/** Spreads the seeds over the processors. */
async function runAll(bundle) {
  const minutes = takeNumber('--minutes')
  const first = takeNumber('--seed') ?? 1
  const seeds = takeNumber('--seeds') ?? 1
  const count = minutes === undefined ? seeds : Number.MAX_SAFE_INTEGER
  const isFirstOnly = asked.includes('--first')
  const endMs = minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + minutes * 60_000
  const processes = isFirstOnly ? 1 : availableParallelism()
  const share = Math.min(SEEDS_PER_PROCESS, Math.ceil(count / processes))
  let next = first
  let exitCode = 0
  const worker = async () => {
    while (next < first + count && Date.now() < endMs && !(isFirstOnly && exitCode !== 0)) {
      const seed = next
      const seeds = Math.min(share, first + count - seed)
      next += seeds
      const code = await run(bundle, ['--seed', `${seed}`, '--seeds', `${seeds}`])
      if (code !== 0) exitCode = 1
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, processes) }, worker))
  rmSync(bundle)
  return exitCode
}

function run(bundle, seeds) {
  const memory = '/dev/shm'
  // Databases in memory: what is tested here is not this machine's disk.
  const environment = existsSync(memory) ? { ...process.env, TMPDIR: memory } : process.env
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', bundle, ...asked, ...seeds], {
      stdio: 'inherit',
      env: environment,
    })
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
