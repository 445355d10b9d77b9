/** Deletions are undone with every byte, also when everything dies between; and their space comes back in the end. */
import { describe, expect, it } from 'vitest'
import { content as bytesOf } from '../support/content.js'
import { CLUSTER_KINDS, startTestCluster, waitForReplicas } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

describe.each(CLUSTER_KINDS)('undo (%s)', (kind) => {
  it('brings back what was deleted before everything was killed', async () => {
    const cluster = await startTestCluster(kind, { datanodes: 3, settings: { 'undo.keep': '1h' } })
    const client = cluster.client()
    const content = bytesOf(1, 2_500_000)
    await client.writeFile('/data/a/f', content)
    await client.writeFile('/data/g', 'first')
    await client.writeFile('/data/g', 'second', { overwrite: true })
    await client.delete('/data/a', { recursive: true })
    expect((await client.contentSummary('/')).lengthBytes).toBe(6)
    await Promise.all([cluster.namenode, ...cluster.datanodes].map((it) => it.kill()))
    await Promise.all([cluster.namenode, ...cluster.datanodes].map((it) => it.start()))
    await cluster.ready()
    expect(await client.undo({ path: '/data/a' })).toEqual({ from: '/data/a', path: '/data/a' })
    expect((await client.readFile('/data/a/f')).equals(content)).toBe(true)
    await client.undo({ path: '/data/g', to: '/data/old' })
    expect((await client.readFile('/data/old')).toString()).toBe('first')
  })
})

describe('what is kept for undo', () => {
  const start = (keep: string) =>
    startTestCluster('in-process', {
      datanodes: 3,
      settings: { 'undo.keep': keep, 'replication.target': 2 },
    })
  const CONTENT = bytesOf(2, 500_000)

  it('is copied when a node dies, and counts as kept', async () => {
    const cluster = await start('1h')
    const client = cluster.client()
    await client.writeFile('/f', CONTENT)
    await waitForReplicas(cluster, '/f', 2)
    const [block] = await cluster.blocks('/f')
    const [holder] = cluster.datanodes.filter((it) => block?.datanodes.includes(it.uuid))
    await client.delete('/f')
    expect(await client.keptForUndo()).toEqual({ deletions: 1, spaceConsumedBytes: 1_000_000 })
    const ask = async (path: string) =>
      await (await fetch(new URL(`${path}user=${client.user}`, cluster.httpUrl))).text()
    expect(await ask('/fsck?path=/&keptForUndo=1&')).toContain(
      'Kept for undo:\n Total size:\t500000 B',
    )
    // HDFS's own clients do not ask.
    expect(await ask('/fsck?path=/&')).not.toContain('Kept for undo')
    expect(await ask('/api/v1/fsck?')).toMatch(
      /"keptForUndo":\{"deletions":1,"files":1,"blocks":1,/,
    )
    await holder?.kill()
    const copies = () =>
      cluster.datanodes.filter(
        (it) => it !== holder && it.replicaPaths(block?.blockId ?? 0).length > 0,
      )
    await waitUntil(async () => copies().length === 2, {
      what: 'the deleted file to have two replicas again',
      timeoutMs: 15_000,
    })
    await client.undo()
    expect((await client.readFile('/f')).equals(CONTENT)).toBe(true)
  })

  it('goes when its time is over', async () => {
    const cluster = await start('2s')
    const client = cluster.client()
    await client.writeFile('/f', CONTENT)
    await waitForReplicas(cluster, '/f', 2)
    const [block] = await cluster.blocks('/f')
    if (block === undefined) throw new Error('the file has a block')
    const files = () => cluster.datanodes.flatMap((it) => it.replicaPaths(block.blockId))
    await client.delete('/f')
    expect(files()).toHaveLength(2)
    await waitUntil(async () => files().length === 0, {
      what: 'the replicas to go when nobody wanted the file back',
      timeoutMs: 60_000,
    })
    expect(await client.keptForUndo()).toEqual({ deletions: 0, spaceConsumedBytes: 0 })
  })
})
