import { spawnSync } from 'node:child_process'
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.js'

const COMMAND = join(import.meta.dirname, '..', '..', '..', 'bin', 'dfs')
let folder: string

/** A `node` that tells what it was given. */
beforeEach(() => {
  folder = temporaryFolder()
  const node = join(folder, 'node')
  const told =
    '"certificates=$NODE_EXTRA_CA_CERTS kept=$DFS_KEPT_EXTRA_CA_CERTS hangup=$DFS_IGNORES_HANGUP" "$@"'
  writeFileSync(node, `#!/bin/sh\nprintf '%s\\n' ${told}\n`)
  chmodSync(node, 0o755)
})

function given(command: string, words: readonly string[], certificates?: string): string[] {
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env
  const env = { ...rest, PATH: `${folder}:${process.env['PATH']}` }
  const { stdout, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    env: certificates === undefined ? env : { ...env, NODE_EXTRA_CA_CERTS: certificates },
  })
  if (error !== undefined) throw error
  expect(stderr).toBe('')
  return stdout.trimEnd().split('\n')
}

describe('the command', () => {
  it('keeps certificates that it does not need from Node', () => {
    const path = '/there/is/a "file".pem'
    expect(given(COMMAND, ['ls'], path)).toEqual([
      `certificates= kept=${path} hangup=`,
      COMMAND,
      'ls',
    ])
    expect(given(COMMAND, [])).toEqual(['certificates= kept= hangup=', COMMAND])
  })

  it('is found through a link and passes its words on as they are', () => {
    const link = join(folder, 'my dfs')
    symlinkSync(COMMAND, link)
    const words = ['a "b" $c *', '', '-x']
    expect(given(link, [...words, 'end'])).toEqual([
      'certificates= kept= hangup=',
      link,
      ...words,
      'end',
    ])
  })

  it('tells Node that hangups are ignored, and only then', () => {
    const [under] = given('nohup', [COMMAND, 'up'])
    expect(under).toBe('certificates= kept= hangup=1')
    const [again] = given('sh', ['-c', 'export DFS_IGNORES_HANGUP=1; exec "$0"', COMMAND])
    expect(again).toBe('certificates= kept= hangup=')
  })

  it('tells Node who started it', () => {
    writeFileSync(join(folder, 'node'), `#!/bin/sh\necho "$DFS_STARTED_BY" "$$"\n`)
    const words = ['-c', 'DFS_STARTED_BY=1:2 "$0"; echo "$$"', COMMAND]
    const [told, shell] = given('sh', words)
    const [startedBy, pid] = (told ?? '').split(' ')
    expect(startedBy).toBe(`${pid}:${shell}`)
  })

  it('is a script for Node as well', () => {
    const { status, stderr } = spawnSync(process.execPath, ['--check', COMMAND], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
