/** Snapshots from end to end: bytes that stay, through appends, losses and restarts, and what `dfs snapshot` prints. */
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '../../cli/program.js'
import { type Cluster, startCluster } from '../../embedded/start-cluster.js'
import { silentLog } from '../../shared/log.js'
import { systemSeams } from '../../shared/system-seams.js'
import { content } from '../support/content.js'

const MIB = 1024 * 1024
let cluster: Cluster

beforeAll(async () => {
  cluster = await startCluster({
    datanodes: 3,
    settings: { 'block.size': '1MiB', 'block.min-size': '0', 'datanode.reserved': '16MiB' },
  })
})
afterAll(() => cluster.stop())

async function dfs(...words: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const texts = [text(stdout), text(stderr)] as const
  const code = await run(words, {
    stdout,
    stderr,
    stdin: Readable.from([]),
    environment: { DFS_FS: cluster.fs },
    signal: new AbortController().signal,
    isErrorTerminal: false,
    osUser: () => cluster.client().user,
    workingDirectory: () => '/',
    seams: systemSeams(silentLog),
  })
  stdout.end()
  stderr.end()
  return { code, stdout: await texts[0], stderr: await texts[1] }
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

it('keeps every byte of what is appended to, replaced and deleted', async () => {
  const client = cluster.client()
  const [old, gone] = [content(1, 2 * MIB + 777), content(2, 3000)]
  await client.mkdir('/d')
  await client.writeFile('/d/grown', old)
  await client.writeFile('/d/gone', gone)
  await client.snapshots.allow('/d')
  expect(await client.snapshots.create('/d', 's1')).toBe('/d/.snapshot/s1')
  const writer = await client.append('/d/grown')
  await writer.write(content(3, 100_000))
  // While somebody writes, and afterwards.
  expect((await client.readFile('/d/.snapshot/s1/grown')).equals(old)).toBe(true)
  await writer.close()
  await client.delete('/d/gone')
  await client.writeFile('/d/new', gone)
  expect((await client.readFile('/d/.snapshot/s1/grown')).equals(old)).toBe(true)
  expect((await client.readFile('/d/.snapshot/s1/gone')).equals(gone)).toBe(true)
  expect(await client.statIfExists('/d/.snapshot/s1/new')).toBeUndefined()
  const now = await client.readFile('/d/grown')
  expect(now.equals(Buffer.concat([old, content(3, 100_000)]))).toBe(true)
})

it('is handled with one verb', async () => {
  expect(await dfs('snapshot', 'create', '/d', 's2')).toMatchObject({
    code: 0,
    stdout: '/d/.snapshot/s2\n',
  })
  expect((await dfs('snapshot', 'ls')).stdout).toBe('2 snapshots  /d\n')
  expect((await dfs('snapshot', 'ls', '/d')).stdout).toMatch(
    /^[-\d]+ [\d:]+ {2}s1 {2}\/d\/\.snapshot\/s1\n[-\d]+ [\d:]+ {2}s2 {2}\/d\/\.snapshot\/s2\n$/,
  )
  const lines = ['M\t.', '+\t./new', '-\t./gone', 'M\t./grown']
  for (const to of ['s2', '.']) {
    const { stdout } = await dfs('snapshot', 'diff', '/d', 's1', to)
    expect(stdout.trim().split('\n').toSorted()).toEqual(lines.toSorted())
  }
  expect(JSON.parse((await dfs('snapshot', 'diff', '/d', 's1', '--json')).stdout)).toContainEqual({
    kind: 'deleted',
    path: 'gone',
  })
  expect(JSON.parse((await dfs('snapshot', 'ls', '/d', '--json')).stdout)).toMatchObject([
    { name: 's1', number: 0 },
    { name: 's2', number: 1 },
  ])
  expect((await dfs('snapshot', 'rename', '/d', 's2', 'later')).code).toBe(0)
  expect((await dfs('snapshot', 'disallow', '/d')).stderr).toContain(
    'snapshot: The directory /d has snapshot(s).',
  )
  expect((await dfs('snapshot', 'delete', '/d', 'later')).code).toBe(0)
  expect((await dfs('snapshot', 'make', '/d')).code).toBe(255)
  expect((await dfs('snapshot', 'delete', '/d')).code).toBe(255)
  expect((await dfs('ls', '-C', '/d/.snapshot')).stdout).toBe('/d/.snapshot/s1\n')
})

it('gives its part of a quota back before its deletion is answered', async () => {
  const client = cluster.client()
  await client.mkdir('/limited')
  await client.writeFile('/limited/shown', content(4, 1000))
  await client.snapshots.allow('/limited')
  await client.snapshots.create('/limited', 's')
  await client.attributes.setQuota('/limited', { names: 2 })
  await client.delete('/limited/shown')
  const write = () => client.writeFile('/limited/next', content(5, 1000))
  await expect(write()).rejects.toThrow('quota=2 file count=3')
  await client.snapshots.delete('/limited', 's')
  await write()
})
