import { describe, expect, it } from 'vitest'
import type { BlockRecord } from '../../../../namenode/service/namespace/namespace-model.js'
import { blockId } from '../../../../shared/ids.js'
import { DEAD_MS, HEARTBEAT_MS, type ScriptedCluster } from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'

let cluster: ScriptedCluster

scriptedClusterForEach((it) => {
  cluster = it
})

const located = (block: BlockRecord) => cluster.management.blockManager.locate(block, '').replicas
/** Longer than events outweigh reports. */
const LONG_MS = 61_000

describe('a full report', () => {
  it('that changes nothing costs one message and confirms the storage', async () => {
    await cluster.join('a')
    await cluster.store(['a'])
    const node = cluster.node('a')
    const session = node.envelope()
    const { bucketDigests } = await import('../../../../shared/control/block-digest.js')
    const reply = await cluster.management.controlPlane.reportDigest({
      ...session,
      reportId: 'r',
      storageId: node.storage,
      buckets: bucketDigests(node.replicas.values()),
    })
    expect(reply.differing).toEqual([])
    expect(cluster.management.blockManager.datanodes()[0]?.isConfirmed).toBe(true)
  })

  it('makes what it lacks vanish, which leads to a copy', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b'])
    await cluster.pass(LONG_MS)
    cluster.node('b').replicas.delete(block.id)
    expect(located(block)).toHaveLength(2)
    await cluster.node('b').report()
    expect(located(block).map((it) => it.datanode.uuid)).toEqual(['a'])
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toHaveLength(2)
  })

  it('that breaks off half way makes nothing vanish', async () => {
    await cluster.join('a')
    // Two buckets, so that there is something to break off after.
    const first = await cluster.store(['a'])
    const second = await cluster.store(['a'], { id: blockId(first.id + 5000) })
    await cluster.pass(LONG_MS)
    cluster.node('a').replicas.clear()
    const extra = { generationStamp: 1, lengthBytes: 1, state: 'finalized' as const }
    for (const id of [first.id + 1, second.id + 1])
      cluster.node('a').replicas.set(id, { id, ...extra })
    await cluster.node('a').report({ skipLast: true })
    expect(located(first)).toHaveLength(1)
    expect(located(second)).toHaveLength(1)
    await cluster.node('a').report()
    expect(located(first)).toHaveLength(0)
    expect(located(second)).toHaveLength(0)
  })

  it('does not undo what was reported while it was compiled', async () => {
    await cluster.join('a')
    const old = await cluster.store(['a'])
    await cluster.pass(LONG_MS)
    const fresh = await cluster.store(['a'])
    await cluster.node('a').tell('deleted', old)
    // Compiled before: it lists the old block and not the fresh one.
    await cluster.node('a').report({ only: (id) => id !== fresh.id })
    expect(located(fresh)).toHaveLength(1)
    expect(located(old)).toHaveLength(0)
  })

  it('tells of a replica whose header was mended just before', async () => {
    await cluster.join('a')
    const block = await cluster.store(['a'])
    const node = cluster.node('a')
    const held = node.replicas.get(block.id)
    if (held === undefined) throw new Error('no replica')
    await cluster.pass(LONG_MS)
    // As after the loss of the replica map: only the report can tell of it.
    await node.tell('deleted', block)
    await cluster.pass(LONG_MS)
    await node.tell('mended', block)
    node.replicas.set(block.id, held)
    await node.report()
    expect(located(block)).toHaveLength(1)
  })

  it('whose parts are of another report is refused', async () => {
    await cluster.join('a')
    const node = cluster.node('a')
    const request = {
      ...node.envelope(),
      reportId: 'lost',
      storageId: node.storage,
      isLast: true,
      buckets: [],
    }
    await expect(cluster.management.controlPlane.reportBuckets(request)).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })

  it('that ends without all buckets confirms nothing', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a', 'b'])
    await cluster.pass(LONG_MS)
    const node = cluster.node('a')
    await node.register()
    const digest = await cluster.management.controlPlane.reportDigest({
      ...node.envelope(),
      reportId: 'r',
      storageId: node.storage,
      buckets: [{ bucket: 262144, count: 9, digest: '0000000000000000' }],
    })
    expect(digest.differing).toEqual([262144])
    const request = {
      ...node.envelope(),
      reportId: 'r',
      storageId: node.storage,
      isLast: true,
      buckets: [],
    }
    await expect(cluster.management.controlPlane.reportBuckets(request)).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    expect(located(block)).toHaveLength(2)
    expect(cluster.management.blockManager.findDatanode('a')?.isConfirmed).toBe(false)
  })

  it('that never comes is asked for', async () => {
    await cluster.join('a')
    await cluster.node('a').register()
    await cluster.pass(8 * HEARTBEAT_MS)
    expect(cluster.node('a').received.map((it) => it.kind)).toContain('full-report')
    expect(cluster.management.blockManager.datanodes()[0]?.isConfirmed).toBe(true)
  })

  it('that lists a corrupt replica does not make it good: a file is there, its bytes are still bad', async () => {
    await cluster.join('a')
    const block = await cluster.store(['a'])
    await cluster.pass(LONG_MS)
    const node = cluster.node('a')
    node.replicas.set(block.id, { ...block, state: 'finalized', isRotten: true })
    await node.tell('corrupt', block)
    await cluster.pass(LONG_MS)
    // Something else differs, so that the bucket is listed at all.
    node.replicas.set(block.id + 1, {
      id: block.id + 1,
      generationStamp: 1,
      lengthBytes: 1,
      state: 'finalized',
    })
    await node.report()
    expect(located(block).map((it) => it.state)).toEqual(['corrupt'])
  })

  it('quarantines blocks that the namespace does not know', async () => {
    await cluster.join('a')
    const node = cluster.node('a')
    node.replicas.set(77, { id: 77, generationStamp: 5, lengthBytes: 9, state: 'finalized' })
    await node.report()
    await cluster.pass(DEAD_MS + 70_000)
    expect(node.replicas.has(77)).toBe(true)
    expect(node.received.filter((it) => it.kind === 'delete')).toEqual([])
  })
})

describe('a full report of a namespace that has forgotten something', () => {
  it('has the namespace skip the numbers that are in use, before the storage is confirmed', async () => {
    await cluster.join('a')
    const node = cluster.node('a')
    cluster.namespace.skipped.length = 0
    node.replicas.set(900, { id: 900, generationStamp: 70, lengthBytes: 9, state: 'finalized' })
    node.replicas.set(901, { id: 901, generationStamp: 60, lengthBytes: 9, state: 'finalized' })
    await node.report()
    expect(cluster.namespace.skipped).toEqual([{ blockId: 901, generationStamp: 70 }])
  })
})

describe('a message with very much in it', () => {
  it('is applied in slices between which other work gets its turn, and then wholly', async () => {
    await cluster.join('a')
    const node = cluster.node('a')
    const block = (index: number) => ({ id: 9_000_000 + index, generationStamp: 1, lengthBytes: 1 })
    const events = Array.from({ length: 500 }, (_, index) => ({
      kind: 'received' as const,
      storageId: node.storage,
      block: block(index),
    }))
    let isAnswered = false
    const answer = cluster.management.controlPlane
      .blockEvents({ ...node.envelope(), events })
      .then(() => {
        isAnswered = true
      })
    await cluster.clock.settle()
    expect(isAnswered).toBe(false)
    await cluster.clock.advance(1)
    await answer
    for (let index = 0; index < 500; index += 1) {
      node.replicas.set(block(index).id, { ...block(index), state: 'finalized' })
    }
    // Nothing differs: all of it has arrived.
    const { bucketDigests } = await import('../../../../shared/control/block-digest.js')
    const reply = cluster.management.controlPlane.reportDigest({
      ...node.envelope(),
      reportId: 'r',
      storageId: node.storage,
      buckets: bucketDigests(node.replicas.values()),
    })
    expect((await reply).differing).toEqual([])
  })
})
