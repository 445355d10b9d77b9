/**
 * What every script needs first: packages installed as the lock file says, native ones built for this Node, and dist/
 * as new as the sources. Plain Node with no imports of ours, since in a fresh clone there is nothing else yet.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)))

const MINIMUM_NODE = [20, 11]

/**
 * Where SQLite is compiled here, a commit waits for its bytes alone, not for the time of the file's last change as well:
 * the driver's own choice, kept in the binaries that it offers for download, is fsync (namenode/storage/DESIGN.md).
 */
const COMPILING = {
  ...process.env,
  CFLAGS: `${process.env.CFLAGS ?? ''} -DHAVE_FDATASYNC=1`.trim(),
}

/** Installs and builds what is missing or outdated; ends the process with a message when that fails. */
export function prepare() {
  preparePackages()
  run(process.execPath, [join(PROJECT, 'scripts', 'build.mjs')], 'the build failed')
}

/** As `prepare`, without dist/. */
export function preparePackages() {
  requireNode()
  if (!isInstalled()) {
    say('installing packages (npm ci); SQLite may be compiled, which takes a minute or two')
    run('npm', ['ci', '--no-audit', '--no-fund'], 'npm ci failed', COMPILING)
  }
  if (!nativePackagesLoad()) {
    say(`building native packages for Node ${process.version}`)
    run('npm', ['rebuild', 'better-sqlite3'], 'npm rebuild better-sqlite3 failed', COMPILING)
  }
}

/** Runs a command in the project's folder with our terminal. @returns its exit code */
export function runInProject(command, commandArguments, environment = process.env) {
  const result = spawnSync(command, commandArguments, {
    cwd: PROJECT,
    stdio: 'inherit',
    env: environment,
  })
  if (result.error !== undefined) throw result.error
  return result.status ?? 1
}

export function say(text) {
  process.stderr.write(`${text}\n`)
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [needMajor, needMinor] = MINIMUM_NODE
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return
  say(`dfs needs Node ${needMajor}.${needMinor} or newer; this is ${process.version}`)
  process.exit(1)
}

function run(command, commandArguments, complaint, environment = process.env) {
  if (runInProject(command, commandArguments, environment) === 0) return
  say(complaint)
  process.exit(1)
}

/**
 * Compares the lock file with what npm noted when it installed, version by version. File times would do for most, but a
 * checkout touches them without a change and an installation takes minutes.
 */
function isInstalled() {
  const installed = readPackages(join(PROJECT, 'node_modules', '.package-lock.json'))
  const wanted = readPackages(join(PROJECT, 'package-lock.json'))
  if (installed === undefined || wanted === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.optional === true) return true
    return installed[path]?.version === entry.version
  })
}

function readPackages(path) {
  if (!existsSync(path)) return undefined
  return JSON.parse(readFileSync(path, 'utf8')).packages
}

/** In a process of its own: a package built for another Node version fails to load, and stays failed. */
function nativePackagesLoad() {
  const program =
    "new (require('better-sqlite3'))(':memory:'); require('@node-rs/crc32'); require('@node-rs/xxhash')"
  const result = spawnSync(process.execPath, ['-e', program], { cwd: PROJECT, stdio: 'ignore' })
  return result.status === 0
}
