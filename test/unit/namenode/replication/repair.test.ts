import { describe, expect, it } from 'vitest'
import {
  DEAD_MS,
  HEARTBEAT_MS,
  ScriptedCluster,
  STALE_MS,
} from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'

let cluster: ScriptedCluster

scriptedClusterForEach((it) => {
  cluster = it
})

const statistics = () => cluster.management.blockManager.statistics()

describe('replicas that were called bad, when nobody has a good one', () => {
  it('are read once more, count again when their disk had only erred, and are copied', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b'])
    await cluster.node('a').tell('corrupt', block)
    await cluster.node('b').tell('corrupt', block)
    const rotten = cluster.node('b').replicas.get(block.id)
    if (rotten !== undefined)
      cluster.node('b').replicas.set(block.id, { ...rotten, isRotten: true })
    // As soon as its node has said so, and not when all blocks are looked through for the next time.
    await cluster.pass(4 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toContain('a')
    expect(cluster.holders(block.id)).toContain('c')
    expect(statistics()).toMatchObject({ missingBlocks: 0, underReplicatedBlocks: 0 })
  })

  it('stay bad when it was an older version that their node found good', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a'])
    const { generationStamp } = block
    cluster.node('a').intercept = (command) => {
      const isOfOld = command.kind === 'attest' && command.block.generationStamp === generationStamp
      return isOfOld ? { commandId: command.commandId, outcome: 'done' } : 'ignore'
    }
    await cluster.node('a').tell('corrupt', block)
    await cluster.clock.settle()
    await cluster.node('a').heartbeat()
    const stamp = (generationStamp + 1) as typeof generationStamp
    const newer = cluster.namespace.change(block.id, { generationStamp: stamp })
    await cluster.node('a').receive(newer)
    await cluster.node('a').tell('corrupt', newer)
    await cluster.pass(2 * HEARTBEAT_MS)
    const located = cluster.management.blockManager.locate(newer, '')
    expect(located).toMatchObject({ isCorrupt: true, replicas: [{ state: 'corrupt' }] })
  })

  it('stay bad when they are, and are not read again and again', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a'])
    const replica = cluster.node('a').replicas.get(block.id)
    if (replica === undefined) throw new Error('it is there')
    cluster.node('a').replicas.set(block.id, { ...replica, isRotten: true })
    await cluster.node('a').tell('corrupt', block)
    await cluster.pass(8 * HEARTBEAT_MS)
    expect(statistics()).toMatchObject({ missingBlocks: 1 })
    expect(cluster.holders(block.id)).toEqual(['a'])
    expect(cluster.node('a').received.filter((it) => it.kind === 'attest')).toHaveLength(1)
  })
})

describe('a node that falls silent', () => {
  it('has its blocks copied after the dead interval, not before', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    cluster.silent.add('c')
    await cluster.pass(STALE_MS + 3 * HEARTBEAT_MS)
    expect(statistics()).toMatchObject({ staleDatanodes: 1, underReplicatedBlocks: 0 })
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c'])
    await cluster.pass(DEAD_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c', 'd'])
    expect(statistics()).toMatchObject({
      deadDatanodes: 1,
      underReplicatedBlocks: 0,
      pendingCopies: 0,
    })
  })

  it('has a block copied as soon as it is stale when only one live copy is left', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b'])
    cluster.silent.add('b')
    await cluster.pass(STALE_MS + 5 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c'])
  })

  it('is not to blame for a pause of the namenode itself', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    cluster.silent.add('c')
    await cluster.pass(HEARTBEAT_MS)
    cluster.clock.standStill(2 * DEAD_MS)
    await cluster.pass(HEARTBEAT_MS)
    expect(statistics()).toMatchObject({ liveDatanodes: 4, staleDatanodes: 0, deadDatanodes: 0 })
    // Its own silence goes on counting where it was.
    await cluster.pass(DEAD_MS + STALE_MS)
    expect(statistics()).toMatchObject({ deadDatanodes: 1 })
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('makes a block missing when it held the only copy, and its return heals it', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a'])
    cluster.silent.add('a')
    await cluster.pass(DEAD_MS + 3 * HEARTBEAT_MS)
    expect(statistics().missingBlocks).toBe(1)
    expect(cluster.management.missingBlocksAfter(0, 10)).toEqual([block.id])
    expect(cluster.management.blockManager.locate(block, '').replicas).toEqual([])
    cluster.silent.delete('a')
    await cluster.node('a').join()
    await cluster.pass(2 * HEARTBEAT_MS)
    expect(statistics().missingBlocks).toBe(0)
    expect(cluster.management.blockManager.locate(block, '').replicas).toHaveLength(1)
  })

  it('must register and report anew when it was taken for dead', async () => {
    await cluster.join('a', 'b')
    cluster.silent.add('b')
    await cluster.pass(DEAD_MS + 2 * HEARTBEAT_MS)
    await expect(cluster.node('b').heartbeat()).rejects.toMatchObject({
      code: 'UNREGISTERED_DATANODE',
    })
  })
})

describe('a node that comes back', () => {
  it('makes one replica too many, which goes, but never below the target', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    cluster.silent.add('c')
    await cluster.pass(DEAD_MS + 10 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toHaveLength(4)
    cluster.silent.delete('c')
    await cluster.node('c').join()
    await cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toHaveLength(3)
    expect(statistics()).toMatchObject({ pendingDeletions: 0, underReplicatedBlocks: 0 })
  })

  it('has copies cancelled that were not handed out yet', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    await cluster.store(['a', 'b', 'c'])
    cluster.silent.add('c')
    await cluster.pass(DEAD_MS - HEARTBEAT_MS)
    // From here nobody fetches commands: the copy is scheduled and stays in the outbox.
    await cluster.clock.advance(2 * HEARTBEAT_MS)
    expect(statistics().pendingCopies).toBe(1)
    cluster.silent.delete('c')
    await cluster.node('c').join()
    await cluster.clock.advance(HEARTBEAT_MS)
    expect(statistics().pendingCopies).toBe(0)
  })
})

describe('a copy', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'that vanishes is offered again, to another node (seed %i)',
    async (seed) => {
      await cluster.close()
      cluster = await ScriptedCluster.start({ seed })
      await cluster.join('a', 'b', 'c', 'd')
      const block = await cluster.store(['a', 'b', 'c'])
      await cluster.join('e')
      // By command, since one without an outcome is handed out again.
      const targets = new Map<string, string>()
      for (const name of ['a', 'b']) {
        cluster.node(name).intercept = (command) => {
          if (command.kind !== 'copy') return undefined
          const target = command.targets[0]?.datanodeUuid ?? ''
          targets.set(command.commandId, target)
          return target === [...targets.values()][0] ? 'ignore' : undefined
        }
      }
      cluster.silent.add('c')
      await cluster.pass(DEAD_MS + 20 * HEARTBEAT_MS)
      const [first, second, ...more] = targets.values()
      expect([first, second].sort()).toEqual(['d', 'e'])
      expect(more).toEqual([])
      expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c', second])
    },
  )

  it('that fails for its target goes to another target', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b'])
    await cluster.join('d')
    let failures = 0
    for (const name of ['a', 'b']) {
      cluster.node(name).intercept = (command) => {
        if (command.kind !== 'copy' || failures > 0) return undefined
        failures += 1
        return { commandId: command.commandId, outcome: 'failed', culprit: 'target' }
      }
    }
    cluster.namespace.change(block.id, { replication: 3 })
    await cluster.pass(8 * HEARTBEAT_MS)
    const targets = ['a', 'b']
      .flatMap((it) => cluster.node(it).received)
      .flatMap((it) => (it.kind === 'copy' ? it.targets.map((t) => t.datanodeUuid) : []))
    expect(failures).toBe(1)
    expect(new Set(targets)).toEqual(new Set(['c', 'd']))
    expect(cluster.holders(block.id)).toHaveLength(3)
  })

  it('never has a corrupt replica as its source', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b'])
    await cluster.node('a').tell('corrupt', block)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.node('a').received.filter((it) => it.kind === 'copy')).toEqual([])
    expect(cluster.holders(block.id)).toContain('c')
  })
})

describe('a corrupt replica', () => {
  it('is replaced first and deleted last', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    const order: string[] = []
    for (const [name, node] of cluster.datanodes) {
      node.intercept = (command) => {
        order.push(`${name} ${command.kind}`)
        return undefined
      }
    }
    await cluster.node('a').tell('corrupt', block)
    expect(statistics().corruptBlocks).toBe(1)
    await cluster.pass(8 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['b', 'c', 'd'])
    expect(order.at(-1)).toBe('a delete')
    expect(order[0]).toMatch(/copy/)
    expect(statistics()).toMatchObject({ corruptBlocks: 0, underReplicatedBlocks: 0 })
  })

  it('makes room on its own node when there is no other, and the cluster heals', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b', 'c'])
    const rotten = cluster.node('a').replicas.get(block.id)
    if (rotten !== undefined) rotten.isRotten = true
    await cluster.node('a').tell('corrupt', block)
    await cluster.pass(12 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c'])
    expect(cluster.node('a').replicas.get(block.id)?.isRotten).toBeUndefined()
    expect(statistics()).toMatchObject({ corruptBlocks: 0, underReplicatedBlocks: 0 })
  })

  it('is kept when it is the only one', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a'])
    cluster.node('a').replicas.set(block.id, { ...block, state: 'finalized', isRotten: true })
    await cluster.node('a').tell('corrupt', block)
    await cluster.pass(DEAD_MS)
    expect(cluster.holders(block.id)).toEqual(['a'])
    expect(statistics()).toMatchObject({ missingBlocks: 1, corruptBlocks: 1 })
    const located = cluster.management.blockManager.locate(block, '')
    expect(located).toMatchObject({ isCorrupt: true, replicas: [{ state: 'corrupt' }] })
  })

  it('is not named to readers while a good one exists', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a', 'b'])
    await cluster.node('a').tell('corrupt', block)
    const located = cluster.management.blockManager.locate(block, '')
    expect(located.replicas.map((it) => it.datanode.uuid)).toEqual(['b'])
    expect(located.isCorrupt).toBe(false)
  })

  it('is verified by its node before a reader is believed', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b'])
    cluster.management.blockManager.suspectReplica(block.id, cluster.node('a').uuid)
    expect(statistics().corruptBlocks).toBe(0)
    await cluster.pass(2 * HEARTBEAT_MS)
    expect(cluster.node('a').received.map((it) => it.kind)).toEqual(['verify'])
    expect(statistics().corruptBlocks).toBe(0)
  })
})

describe('a stale replica', () => {
  it('is not served, does not count, and goes when enough good ones exist', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    cluster.silent.add('c')
    await cluster.pass(DEAD_MS + 2 * HEARTBEAT_MS)
    // The block was recovered with a new stamp while c was away.
    const newer = cluster.namespace.change(block.id, { generationStamp: 2000 as never })
    for (const name of ['a', 'b', 'd']) await cluster.node(name).receive(newer)
    cluster.silent.delete('c')
    await cluster.node('c').join()
    const located = cluster.management.blockManager.locate(newer, '')
    expect(located.replicas.map((it) => it.datanode.uuid).sort()).toEqual(['a', 'b', 'd'])
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'd'])
  })
})

describe('replication that is changed', () => {
  it('downwards removes replicas, upwards adds them', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b', 'c'])
    cluster.namespace.change(block.id, { replication: 1 })
    await cluster.pass(4 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toHaveLength(1)
    cluster.namespace.change(block.id, { replication: 3 })
    await cluster.pass(8 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toHaveLength(3)
  })
})

describe('a failed storage', () => {
  it('is treated as lost at once', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    cluster.node('a').hasFailed = true
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toContain('d')
    const located = cluster.management.blockManager.locate(block, '')
    expect(located.replicas.map((it) => it.datanode.uuid)).not.toContain('a')
  })
})

describe('racks', () => {
  it('get a replica each when all copies are on one', async () => {
    await cluster.join(
      { name: 'a', rack: '/r1', port: 1 },
      { name: 'b', rack: '/r1', port: 2 },
      { name: 'c', rack: '/r2', port: 3 },
    )
    const block = await cluster.store(['a', 'b'])
    await cluster.pass(10 * HEARTBEAT_MS)
    const holders = cluster.holders(block.id)
    expect(holders).toHaveLength(2)
    expect(holders).toContain('c')
  })
})
