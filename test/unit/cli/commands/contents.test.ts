/** Commands that change what files hold without sending a byte, and the trash growing older. */
import { beforeEach, describe, expect, it } from 'vitest'
import { checkpointName } from '../../../../shared/trash-checkpoint.js'
import { runCommand } from '../run-command.js'
import { ScriptedCluster } from '../scripted-cluster.js'

let cluster: ScriptedCluster
const dfs = (...words: string[]) => runCommand(cluster, words)

beforeEach(() => {
  cluster = new ScriptedCluster()
    .addDirectory('/a')
    .addFile('/a/f', 'file f')
    .addFile('/a/g', 'file g!')
})

describe('dfs truncate', () => {
  it('says what it did, or that the end is still being cut', async () => {
    expect(await dfs('truncate', '0', '/a/f')).toEqual({
      code: 0,
      stdout: 'Truncated /a/f to length: 0\n',
      stderr: '',
    })
    expect(await dfs('truncate', '4', '/a/g')).toMatchObject({
      code: 0,
      stdout:
        'Truncating /a/g to length: 4. Wait for block recovery to complete before further updating this file.\n',
    })
    expect(cluster.contentOf('/a/g')).toBe('file')
  })

  it('waits with -w', async () => {
    expect(await dfs('truncate', '-w', '4', '/a/*')).toMatchObject({
      code: 0,
      stdout: [
        'Waiting for /a/f ....',
        'Truncated /a/f to length: 4',
        'Waiting for /a/g ....',
        'Truncated /a/g to length: 4',
        '',
      ].join('\n'),
    })
  })

  it('refuses more bytes than there are, and directories', async () => {
    expect(await dfs('truncate', '7', '/a/f', '/a/g', '/a')).toMatchObject({
      code: 1,
      stderr: [
        'truncate: Cannot truncate to a larger file size. Current size: 6, truncate size: 7.',
        "truncate: `/a': Is a directory",
        '',
      ].join('\n'),
    })
  })
})

describe('dfs concat', () => {
  it('makes one file of many', async () => {
    expect(await dfs('concat', '/a/f', '/a/g')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(cluster.contentOf('/a/f')).toBe('file ffile g!')
    expect(cluster.contentOf('/a/g')).toBeUndefined()
  })
})

describe('dfs expunge', () => {
  const TRASH = '/user/alice/.Trash'
  const HOUR_MS = 3_600_000
  const young = checkpointName(Date.now() - HOUR_MS / 2)
  const old = checkpointName(Date.now() - 2 * HOUR_MS)
  const names = () =>
    [...cluster.entries.keys()]
      .filter((it) => it.startsWith(`${TRASH}/`) && !it.slice(TRASH.length + 1).includes('/'))
      .map((it) => it.slice(TRASH.length + 1))

  beforeEach(() => {
    cluster.trashIntervalMinutes = 60
    cluster.addDirectory('/user').addDirectory('/user/alice').addDirectory(TRASH)
    for (const name of ['Current', young, old, 'mine']) {
      cluster.addDirectory(`${TRASH}/${name}`).addFile(`${TRASH}/${name}/f`, 'x')
    }
  })

  it('deletes old checkpoints and makes a new one', async () => {
    expect(await dfs('expunge')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(names()).not.toContain(old)
    expect(names()).toEqual(expect.arrayContaining([young, 'mine']))
    expect(names()).not.toContain('Current')
    expect(names()).toHaveLength(3)
  })

  it('deletes all checkpoints with -immediate, and leaves what was deleted last', async () => {
    expect(await dfs('expunge', '-immediate')).toMatchObject({ code: 0 })
    expect(names()).toEqual(['Current', 'mine'])
  })

  it('says so when the trash is off', async () => {
    cluster.trashIntervalMinutes = 0
    expect(await dfs('expunge')).toMatchObject({
      code: 1,
      stderr: 'expunge: The trash of this cluster is off\n',
    })
  })
})
