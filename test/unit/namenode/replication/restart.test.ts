import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  DEAD_MS,
  HEARTBEAT_MS,
  LINGER_MS,
  type ScriptedCluster,
} from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'

let cluster: ScriptedCluster

scriptedClusterForEach((it) => {
  cluster = it
})

const manager = () => cluster.management.blockManager

describe('a namenode that was restarted', () => {
  it('serves reads at once, from unconfirmed replicas', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b'])
    await cluster.restartNamenode()
    const { replicas } = manager().locate(block, '')
    expect(replicas.map((it) => it.state)).toEqual(['unconfirmed', 'unconfirmed'])
  })

  it('accepts writes when the blocks are confirmed, and says why not before', async () => {
    await cluster.join('a', 'b')
    await cluster.store(['a'])
    await cluster.store(['b'])
    await cluster.restartNamenode()
    const before = manager().writeReadiness()
    expect(before.kind).toBe('safe-mode')
    expect('reason' in before && before.reason).toMatch(/0\.00 % .* 0 of 2 known datanodes/)
    await cluster.node('a').join()
    expect(manager().writeReadiness().kind).toBe('safe-mode')
    await cluster.node('b').join()
    expect(manager().writeReadiness()).toEqual({ kind: 'ready' })
  })

  it('deletes nothing before every known node has reported or is dead', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b', 'c'])
    await cluster.restartNamenode()
    cluster.namespace.change(block.id, { replication: 1 })
    const gone = await cluster.namespace.addBlock({ replication: 1 })
    cluster.namespace.delete(gone.id)
    cluster.silent.add('c')
    for (const name of ['a', 'b']) await cluster.node(name).join()
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c'])
    expect(cluster.namespace.forgotten).toEqual([])
    await cluster.pass(DEAD_MS)
    expect(cluster.holders(block.id)).toContain('c')
    expect(cluster.holders(block.id)).toHaveLength(2)
    await cluster.pass(LINGER_MS)
    expect(cluster.namespace.forgotten).toEqual([gone.id])
  })

  it('starts no copies while nodes are only on their way back', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b'])
    await cluster.restartNamenode()
    await cluster.node('a').join()
    await cluster.node('c').join()
    cluster.silent.add('b')
    await cluster.pass(8 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b'])
    await cluster.pass(DEAD_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c'])
  })

  it('rebuilds a damaged replica map from reports', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a', 'b'])
    await cluster.management.close()
    await writeFile(join(cluster.folder, 'replicas.db'), Buffer.alloc(8192, 7))
    await cluster.restartNamenode()
    expect(manager().locate(block, '').replicas).toEqual([])
    for (const name of ['a', 'b']) await cluster.node(name).join()
    expect(manager().locate(block, '').replicas).toHaveLength(2)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b'])
  })

  it('refuses a list of datanodes that it cannot read, instead of forgetting who is known', async () => {
    await cluster.join('a')
    await cluster.management.close()
    await writeFile(join(cluster.folder, 'datanodes.json'), '{"format": 1')
    await expect(cluster.restartNamenode()).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' })
  })

  it('knows dead nodes still', async () => {
    await cluster.join('a', 'b')
    await cluster.restartNamenode()
    expect(
      manager()
        .datanodes()
        .map((it) => it.uuid),
    ).toEqual(['a', 'b'])
    await cluster.pass(DEAD_MS + HEARTBEAT_MS)
    expect(manager().statistics().deadDatanodes).toBe(2)
  })

  it('has orders of the old epoch refused', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a', 'b'])
    cluster.namespace.change(block.id, { replication: 1 })
    await cluster.clock.advance(HEARTBEAT_MS)
    for (const node of cluster.datanodes.values()) node.highestEpoch = 9
    for (const node of cluster.datanodes.values()) await node.heartbeat()
    await cluster.clock.settle()
    expect(cluster.holders(block.id)).toEqual(['a', 'b'])
  })
})
