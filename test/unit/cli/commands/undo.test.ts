import { beforeEach, expect, it } from 'vitest'
import { runCommand } from '../run-command.js'
import { ScriptedCluster } from '../scripted-cluster.js'

let cluster: ScriptedCluster
const dfs = (...words: string[]) => runCommand(cluster, words)
beforeEach(() => {
  cluster = new ScriptedCluster()
  cluster.deletions
    .add(41, '/a/f')
    .add(42, '/a/d', { isDirectory: true })
    .add(43, '/b', { length: 5 })
})

it('undo sends what is asked for, and says what came back', async () => {
  expect(await dfs('undo', '/a/f')).toEqual({ code: 0, stdout: 'Back: /a/f\n', stderr: '' })
  expect(await dfs('undo')).toMatchObject({ stdout: 'Back: /b\n' })
  const moved = await dfs('undo', '--number', '41', '--to', 'g', '--overwrite', '/a/f')
  expect(moved).toMatchObject({ code: 0, stdout: 'Back: /a/f as /user/alice/g\n' })
  expect(await dfs('undo', '--json', '/a/f')).toMatchObject({
    stdout: '{\n  "from": "/a/f",\n  "path": "/a/f"\n}\n',
  })
  expect(cluster.deletions.requests[2]).toEqual({
    path: '/a/f',
    number: 41,
    to: '/user/alice/g',
    overwrite: true,
  })
  expect(await dfs('undo', '--number', '4x')).toMatchObject({ code: 255 })
  expect(await dfs('undo', '/a', '--to', 'hdfs://other:1/a')).toMatchObject({ code: 255 })
})

it('ls --deleted lists what there is below a path, page by page', async () => {
  const { code, stdout } = await dfs('ls', '--deleted', '-h', '/a')
  const [head, ...rows] = stdout.trimEnd().split('\n')
  expect(code).toBe(0)
  expect(head).toMatch(/^NUMBER +SIZE +DELETED BY +DELETED +KEPT UNTIL +PATH$/)
  expect(rows).toHaveLength(2)
  expect(rows[0]).toMatch(/^ +41 +2 K +alice +2026-11-2\d \d\d:05 +2026-11-2\d \d\d:05 +\/a\/f$/)
  expect(rows[1]).toContain(' /a/d/')
  expect(await dfs('ls', '--deleted', '-C')).toMatchObject({ stdout: '/a/f\n/a/d\n/b\n' })
  const json = JSON.parse((await dfs('ls', '--deleted', '--json', '/b')).stdout)
  expect(json).toEqual([expect.objectContaining({ number: 43, path: '/b', lengthBytes: 5 })])
})

it('report says what it takes', async () => {
  const line = 'Kept for undo: 18432 (18 KB)'
  expect((await dfs('report')).stdout.split('\n')).toContain(line)
  cluster.deletions.isApache = true
  expect((await dfs('report')).stdout).not.toContain('Kept for undo')
})

it('says so when the cluster is one of Apache', async () => {
  cluster.deletions.isApache = true
  for (const words of [
    ['undo', '/f'],
    ['ls', '--deleted'],
  ]) {
    const { code, stderr } = await dfs(...words)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        `${words[0]}: This cluster cannot bring back what was deleted: ` +
        'its namenode is not one of dfs\n',
    })
  }
})
