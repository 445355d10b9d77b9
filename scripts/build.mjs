/**
 * Compiles to dist/ (a file for each source, and the types), and joins the files of the library and of the `dfs` command in
 * dist/bundle/: a hundred small modules cost a short command more than its work. Skips all of it when nothing changed.
 */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { startLibraryOnce, startOnce } from './start-once.mjs'

const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)))
const DIST = join(PROJECT, 'dist')
/** Of this process alone: two builds in one checkout do not meet before the end. */
const NEXT = join(PROJECT, `dist.next-${process.pid}`)
const STAMP = '.build-stamp'
const ROOMS = ['shared', 'namenode', 'datanode', 'cli', 'embedded']
const INPUTS = [
  'index.ts',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
  'scripts/start-once.mjs',
  'bin/code-cache.js',
]
const SWAPS = 10
const NOT_SHIPPED = /\.(ts|md)$/

const sources = [...INPUTS.map((name) => join(PROJECT, name)), ...ROOMS.flatMap(filesBelow)]
const stamp = sources.map((path) => `${relative(PROJECT, path)} ${fingerprint(path)}`).join('\n')

async function compile() {
  // Beside dist and then swapped: a build that fails leaves the last good one, and a file that was renamed in the
  // sources does not live on.
  for (const name of readdirSync(PROJECT)) if (isLeftOver(name)) remove(join(PROJECT, name))
  const compiler = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc')
  const result = spawnSync(
    process.execPath,
    [compiler, '-p', 'tsconfig.build.json', '--outDir', NEXT],
    {
      cwd: PROJECT,
      stdio: 'inherit',
    },
  )
  if (result.status !== 0) {
    remove(NEXT)
    process.exit(result.status ?? 1)
  }
  for (const path of sources) {
    const name = relative(PROJECT, path)
    if (NOT_SHIPPED.test(name) || INPUTS.includes(name)) continue
    mkdirSync(dirname(join(NEXT, name)), { recursive: true })
    copyFileSync(path, join(NEXT, name))
  }
  await bundle()
  writeFileSync(join(NEXT, STAMP), stamp)
  swap()
}

/** Puts what was made in the place of dist; another build may do the same at this moment. */
function swap() {
  for (let attempt = 1; ; attempt += 1) {
    try {
      remove(DIST)
      renameSync(NEXT, DIST)
      return
    } catch (error) {
      if (attempt === SWAPS || !['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error
    }
  }
}

/** Whether it is the folder of a build that was killed. */
function isLeftOver(name) {
  const [, pid] = /^dist\.next(?:-(\d+))?$/.exec(name) ?? []
  if (pid === undefined) return name === 'dist.next'
  try {
    process.kill(Number(pid), 0)
    return Number(pid) === process.pid
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

const remove = (folder) => rmSync(folder, { recursive: true, force: true })

/**
 * One script for every command, what a command does not need stays unexecuted in it; the same without the servers, a fifth
 * of the size, since a short command spends most of its time on reading its script; one for the library; and one each for
 * the writer's thread and for questions in SQL, beside them, where the others look for them. Packages are joined in as
 * well, but for two with native parts: a server spent two thirds of its start on finding and reading the files of fastify
 * and its like. In the older module format, since only its scripts can be run with compiled code that was kept
 * (bin/code-cache.js; bin/dfs, which chooses between the first two).
 */
async function bundle() {
  const main = join(NEXT, 'cli', 'main.js')
  const library = join(NEXT, 'index.js')
  const threadCode = join(NEXT, 'namenode', 'service', 'namespace', 'namespace-thread.js')
  const sql = join(NEXT, 'namenode', 'service', 'sql', 'sql-process.js')
  await joinScripts({ main, library, 'namespace-thread-code': threadCode, 'sql-process': sql })
  await joinScripts({ command: main }, [withoutServers])
  const folder = join(NEXT, 'bundle')
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}\n')
  writeFileSync(join(folder, 'namespace-thread.js'), loading('namespace-thread-code.js'))
  writeFileSync(library, reexporting(createRequire(library)('./bundle/library.js')))
}

const loading = (script) =>
  `require('../../bin/code-cache.js').loadWithCodeCache(require.resolve('./${script}'))\n`

/** What importing the package reads: names of the one script, in which no class exists twice. */
function reexporting(library) {
  return [
    "import { createRequire } from 'node:module'",
    'const require = createRequire(import.meta.url)',
    "const { loadWithCodeCache } = require('../bin/code-cache.js')",
    "const library = loadWithCodeCache(require.resolve('./bundle/library.js'))",
    ...Object.keys(library).map((name) => `export const ${name} = library.${name}`),
    '',
  ].join('\n')
}

async function joinScripts(entryPoints, plugins = []) {
  await build({
    entryPoints,
    plugins,
    outdir: join(NEXT, 'bundle'),
    bundle: true,
    absWorkingDir: NEXT,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: ['better-sqlite3', '@node-rs/crc32', '@node-rs/xxhash'],
    define: { 'import.meta.url': 'urlOfThisScript' },
    banner: {
      js: "const urlOfThisScript = require('node:url').pathToFileURL(__filename).href;",
    },
    // Names stay, for stack traces, and lines are short: Node shows the line of an error that nobody caught. With all
    // whitespace kept a command would take a tenth longer to start.
    minifyWhitespace: true,
    lineLimit: 120,
    minifySyntax: true,
    sourcemap: true,
    legalComments: 'external',
    logLevel: 'warning',
  })
}

/** Leaves the servers out: bin/dfs takes the whole script when one of them is called. */
const withoutServers = {
  name: 'without-servers',
  setup(esbuild) {
    const filter = /\/(namenode|datanode)\/(main|offline)\.js$/
    esbuild.onResolve({ filter }, ({ path }) => ({ path, namespace: 'server' }))
    esbuild.onLoad({ filter, namespace: 'server' }, () => ({
      contents:
        "export const runNamenode = absent, runDatanode = absent, restoreNamespace = absent, verifyNamespace = absent\nfunction absent() { throw new Error('no server is in this script') }",
    }))
  },
}

function filesBelow(folder) {
  return readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

function fingerprint(path) {
  const { size, mtimeMs } = statSync(path)
  return `${size} ${mtimeMs}`
}

const made = join(DIST, STAMP)
if (!existsSync(made) || readFileSync(made, 'utf8') !== stamp) {
  await compile()
  await startOnce(join(PROJECT, 'bin', 'dfs'))
  startLibraryOnce(join(DIST, 'index.js'))
}
