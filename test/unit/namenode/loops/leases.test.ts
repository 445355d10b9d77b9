import { describe, expect, it } from 'vitest'
import { generationStamp } from '../../../../shared/ids.js'
import { DEAD_MS, HEARTBEAT_MS, type ScriptedCluster } from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'

let cluster: ScriptedCluster

scriptedClusterForEach((it) => {
  cluster = it
})

/** A file whose writer died; lengths of the replicas by node. */
function abandoned(visibleBytes: number, lengths: Record<string, number | undefined>) {
  const block = cluster.namespace.addBlock({
    state: 'under-construction',
    lengthBytes: visibleBytes,
  })
  const targets = Object.keys(lengths).map((name) => ({
    datanodeUuid: cluster.node(name).uuid,
    storageId: cluster.node(name).storage,
  }))
  cluster.management.blockManager.expectReplicas(block, targets)
  for (const [name, lengthBytes] of Object.entries(lengths)) {
    if (lengthBytes === undefined) continue
    const { id, generationStamp: stamp } = block
    const replica = { id, generationStamp: stamp, lengthBytes, state: 'being-written' as const }
    cluster.node(name).replicas.set(id, replica)
  }
  return block
}

describe('a truncation inside a block', () => {
  async function truncated(to: number) {
    const { id } = await cluster.store(['a', 'b', 'c'], { lengthBytes: 100 })
    const block = cluster.namespace.change(id, { state: 'under-construction' })
    cluster.namespace.truncating.set(block.inodeId, to)
    return block
  }

  it('cuts every replica that is long enough, whatever an attempt before it has left', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await truncated(30)
    // Cut by an attempt whose end the namenode did not live to see.
    const cut = { ...block, generationStamp: generationStamp(3000), lengthBytes: 30 }
    cluster.node('b').replicas.set(block.id, { ...cut, state: 'finalized' })
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(5 * HEARTBEAT_MS)
    const closed = { id: block.id, lengthBytes: 30, generationStamp: generationStamp(5001) }
    expect(cluster.namespace.closed).toEqual([{ fileId: block.inodeId, block: closed }])
    for (const name of ['a', 'b', 'c']) {
      expect(cluster.node(name).replicas.get(block.id)).toMatchObject(closed)
    }
  })

  it('leaves out a replica that is known to be bad, and the one that missed it is replaced', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await truncated(30)
    const a = cluster.node('a')
    await a.tell('corrupt', block)
    cluster.silent.add('c')
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(12 * HEARTBEAT_MS)
    expect(cluster.namespace.closed.map((it) => it.block.lengthBytes)).toEqual([30])
    expect(a.received.filter((it) => it.kind.endsWith('-recovery'))).toEqual([])
    cluster.silent.delete('c')
    await cluster.node('c').join()
    await cluster.pass(40 * HEARTBEAT_MS)
    for (const name of ['a', 'b', 'c']) {
      expect(cluster.node(name).replicas.get(block.id), name).toMatchObject({
        generationStamp: 5001,
        lengthBytes: 30,
      })
    }
  })
})

describe('the recovery of an abandoned file', () => {
  it('closes it with the shortest length that all have, under a new stamp', async () => {
    await cluster.join('a', 'b', 'c')
    const block = abandoned(40, { a: 90, b: 70, c: 80 })
    expect(await cluster.management.startLeaseRecovery(block.inodeId)).toBe('recovering')
    await cluster.pass(5 * HEARTBEAT_MS)
    const closed = { id: block.id, lengthBytes: 70, generationStamp: generationStamp(5001) }
    expect(cluster.namespace.closed).toEqual([{ fileId: block.inodeId, block: closed }])
    for (const name of ['a', 'b', 'c']) {
      expect(cluster.node(name).replicas.get(block.id)).toMatchObject(closed)
    }
  })

  it('goes on with the survivors when a node is gone', async () => {
    await cluster.join('a', 'b', 'c')
    const block = abandoned(40, { a: 90, b: 80, c: 50 })
    cluster.silent.add('c')
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(12 * HEARTBEAT_MS)
    expect(cluster.namespace.closed.map((it) => it.block.lengthBytes)).toEqual([80])
  })

  it('asks for a replica that was called bad only when nobody else has the bytes', async () => {
    await cluster.join('a', 'b', 'c')
    const block = abandoned(40, { a: 90, b: 70 })
    await cluster.node('b').tell('corrupt', { ...block, lengthBytes: 70 })
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.namespace.closed.map((it) => it.block.lengthBytes)).toEqual([90])
    expect(cluster.node('b').received).toEqual([])
    const other = abandoned(40, { c: 60 })
    await cluster.node('c').tell('corrupt', { ...other, lengthBytes: 60 })
    await cluster.management.startLeaseRecovery(other.inodeId)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.namespace.closed.map((it) => it.block.lengthBytes)).toEqual([90, 60])
  })

  it('never cuts below what readers were promised', async () => {
    await cluster.join('a', 'b')
    const block = abandoned(60, { a: 90, b: 50 })
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.namespace.closed.map((it) => it.block.lengthBytes)).toEqual([90])
    expect(cluster.node('b').replicas.get(block.id)?.generationStamp).not.toBe(5001)
  })

  it('stays open while nobody who could have its bytes answers', async () => {
    await cluster.join('a')
    const block = abandoned(60, { a: 90 })
    cluster.silent.add('a')
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(DEAD_MS + 10 * HEARTBEAT_MS)
    expect(cluster.namespace.closed).toEqual([])
    cluster.silent.delete('a')
    await cluster.node('a').join()
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.namespace.closed.map((it) => it.block.lengthBytes)).toEqual([90])
  })

  it('is tried again soon when no datanode had registered yet, and ever more rarely after that', async () => {
    const block = abandoned(5, {})
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(30_000)
    const attempts = cluster.namespace.nextStamp - 5000
    expect(attempts).toBeGreaterThanOrEqual(4)
    expect(attempts).toBeLessThanOrEqual(6)
    await cluster.join('a')
    const target = { datanodeUuid: cluster.node('a').uuid, storageId: cluster.node('a').storage }
    cluster.management.blockManager.expectReplicas(block, [target])
    cluster.node('a').replicas.set(block.id, { ...block, lengthBytes: 7, state: 'being-written' })
    await cluster.pass(70_000)
    expect(cluster.namespace.closed.map((it) => it.block.lengthBytes)).toEqual([7])
  })

  it('stays open when everybody says that promised bytes are not there', async () => {
    await cluster.join('a', 'b')
    const block = abandoned(60, { a: undefined, b: undefined })
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.namespace.closed).toEqual([])
    expect(cluster.namespace.blocks.has(block.id)).toBe(true)
  })

  it('drops a block of which nobody has a byte', async () => {
    await cluster.join('a', 'b')
    const block = abandoned(0, { a: undefined, b: undefined })
    await cluster.management.startLeaseRecovery(block.inodeId)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.namespace.closed.map((it) => it.block.lengthBytes)).toEqual([0])
  })

  it('is begun once, however often it is asked for', async () => {
    await cluster.join('a')
    const block = abandoned(0, { a: 10 })
    await Promise.all([1, 2, 3].map(() => cluster.management.startLeaseRecovery(block.inodeId)))
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.namespace.closed).toHaveLength(1)
    expect(cluster.namespace.nextStamp).toBe(5001)
  })

  it('says so when nothing is open', async () => {
    await cluster.join('a')
    const block = await cluster.store(['a'])
    expect(await cluster.management.startLeaseRecovery(block.inodeId)).toBe('closed')
  })

  it('is begun by the lease monitor after the hard limit', async () => {
    await cluster.join('a')
    const block = abandoned(0, { a: 10 })
    cluster.namespace.expired = [{ holder: 'gone', files: [block.inodeId] }]
    await cluster.pass(8 * HEARTBEAT_MS)
    expect(cluster.namespace.closed.map((it) => it.block.lengthBytes)).toEqual([10])
  })
})
