/*
 * What `module.enableCompileCache` does, for Node versions that lack it: runs a script with the compiled code of an
 * earlier run, half of a namenode's start. V8 itself refuses code of another V8, of other flags, or of a script of
 * another length; a build replaces the whole folder, and the code kept in it with the script.
 */
'use strict'
const {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require('node:fs')
const Module = require('node:module')
const { basename, dirname, join } = require('node:path')
const { Script } = require('node:vm')
const { threadId } = require('node:worker_threads')

/** What they compile has little in common with other commands, which share one cache. */
const SERVERS = ['namenode', 'datanode', 'up']
/** They need so little that nobody else would gain by what they have compiled. */
const SMALL = [undefined, 'version', 'help', '--help', '-h', 'config']

/**
 * Runs a script of the dfs command.
 * @param path an absolute one
 * @param verb of the dfs command
 */
function runWithCodeCache(path, verb) {
  const kind = SERVERS.includes(verb) ? verb : 'command'
  const { script, kept, state } = compile(path, kind)
  // At the end, when what is needed has been compiled.
  if (state !== 'taken' && !SMALL.includes(verb)) {
    process.once('exit', () => keep(kept, script.createCachedData()))
  }
  run(script, path)
}

/**
 * Loads a script into a program of somebody else: what was kept is not replaced because this program runs with other
 * flags of V8.
 * @param path an absolute one
 * @returns what the script exports
 */
function loadWithCodeCache(path) {
  const { script, kept, state } = compile(path, 'all')
  if (state === 'absent') process.once('exit', () => keep(kept, script.createCachedData()))
  return run(script, path)
}

/** @returns the script, where its compiled code belongs, and whether what is there was `taken`, `refused` or `absent` */
function compile(path, kind) {
  const name = `${basename(path, '.js')}-${kind}-${process.version}-${process.arch}`
  const kept = join(dirname(path), 'code-cache', name)
  const cachedData = readIfThere(kept)
  const script = new Script(Module.wrap(readFileSync(path, 'utf8')), {
    filename: path,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  if (cachedData === undefined) return { script, kept, state: 'absent' }
  return { script, kept, state: script.cachedDataRejected ? 'refused' : 'taken' }
}

function run(script, path) {
  const main = new Module(path, module)
  main.filename = path
  main.paths = Module._nodeModulePaths(dirname(path))
  script.runInThisContext()(main.exports, main.require.bind(main), main, path, dirname(path))
  return main.exports
}

function readIfThere(path) {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/** Several servers and threads may do it at once; where nothing can be written, starts stay slower. */
function keep(path, code) {
  const temporary = `${path}.${process.pid}-${threadId}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, code)
    renameSync(temporary, path)
  } catch {
    if (existsSync(temporary)) rmSync(temporary)
  }
}

module.exports = { loadWithCodeCache, runWithCodeCache }
