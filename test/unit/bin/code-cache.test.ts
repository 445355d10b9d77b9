import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.js'

const CODE_CACHE = join(import.meta.dirname, '..', '..', '..', 'bin', 'code-cache.js')
let folder: string
let script: string

beforeEach(() => {
  folder = temporaryFolder()
  script = join(folder, 'main.js')
  writeFileSync(script, "const { sep } = require('node:path'); console.log('ran' + sep + 'one')")
})

function runOnce(verb: string): string {
  const code = `require(${JSON.stringify(CODE_CACHE)}).runWithCodeCache(${JSON.stringify(script)}, ${JSON.stringify(verb)})`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return stdout
}

function loadOnce(flags: readonly string[] = []): string {
  const code = `console.log(require(${JSON.stringify(CODE_CACHE)}).loadWithCodeCache(${JSON.stringify(script)}).name)`
  const words = [...flags, '-e', code]
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return stdout
}

const kept = () => {
  const cache = join(folder, 'code-cache')
  return existsSync(cache) ? readdirSync(cache).map((name) => join(cache, name)) : []
}

describe('a script run with kept code', () => {
  it('keeps it with the first run and does the same with it', () => {
    expect(runOnce('ls')).toBe('ran/one\n')
    const [path] = kept()
    const first = readFileSync(path ?? '')
    expect(runOnce('ls')).toBe('ran/one\n')
    expect(kept()).toEqual([path])
    expect(readFileSync(path ?? '').equals(first)).toBe(true)
  })

  it('keeps apart what servers need', () => {
    runOnce('ls')
    runOnce('put')
    runOnce('namenode')
    expect(kept().map((path) => path.replace(/.*\/main-(\w+)-.*/, '$1'))).toEqual([
      'command',
      'namenode',
    ])
  })

  it('replaces code that is damaged or of another script', () => {
    runOnce('ls')
    const [path = ''] = kept()
    writeFileSync(path, Buffer.alloc(1000, 7))
    expect(runOnce('ls')).toBe('ran/one\n')
    writeFileSync(script, "console.log('another script, and of another length')")
    expect(runOnce('ls')).toBe('another script, and of another length\n')
    expect(runOnce('ls')).toBe('another script, and of another length\n')
  })

  it('works where nothing can be kept, and after commands that are too small', () => {
    writeFileSync(join(folder, 'code-cache'), 'in the way')
    expect(runOnce('ls')).toBe('ran/one\n')
    rmSync(join(folder, 'code-cache'))
    runOnce('version')
    expect(kept()).toEqual([])
  })
})

describe('a script loaded into another program', () => {
  beforeEach(() => writeFileSync(script, "exports.name = 'loaded'"))

  it('gives what it exports, with kept code and without', () => {
    expect(loadOnce()).toBe('loaded\n')
    expect(kept()).toHaveLength(1)
    expect(loadOnce()).toBe('loaded\n')
  })

  it('leaves what is kept alone when the program runs with other flags', () => {
    loadOnce()
    const [path = ''] = kept()
    const first = readFileSync(path)
    expect(loadOnce(['--no-opt'])).toBe('loaded\n')
    expect(readFileSync(path).equals(first)).toBe(true)
  })
})
