import { describe, expect, it } from 'vitest'
import type { BlockRecord } from '../../../../namenode/service/namespace/namespace-model.js'
import { type BlockId, generationStamp } from '../../../../shared/ids.js'
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

/** Three replicas got a new version; one node died after its rename and before it had told. */
async function aNodeThatIsAhead() {
  await cluster.join('a', 'b', 'c')
  const old = await cluster.store(['a', 'b', 'c'])
  const now = { ...old, generationStamp: generationStamp(old.generationStamp + 1) }
  const node = cluster.node('c')
  node.replicas.set(old.id, { ...now, state: 'finalized' })
  cluster.namespace.change(old.id, { generationStamp: now.generationStamp })
  for (const name of ['a', 'b']) await cluster.node(name).receive(now)
  return [now, node] as const
}

const goodHolders = (block: BlockRecord) =>
  cluster.management.blockManager
    .locate(block, '')
    .replicas.map(({ datanode }) => String(datanode.uuid))
    .sort()

const statistics = () => cluster.management.blockManager.statistics()

describe('a deleted file', () => {
  it('loses its replicas everywhere, then its block is forgotten', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b', 'c'])
    cluster.namespace.delete(block.id)
    await cluster.pass(4 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual([])
    await cluster.pass(LINGER_MS)
    expect(cluster.namespace.forgotten).toEqual([block.id])
    expect(statistics().pendingDeletions).toBe(0)
  })

  it('is remembered for a while, for a replica that a pipeline or a copy may still make', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a'])
    cluster.namespace.delete(block.id)
    await cluster.pass(2 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual([])
    await cluster.node('b').receive(block)
    await cluster.pass(LINGER_MS + 4 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual([])
    await cluster.pass(LINGER_MS)
    expect(cluster.namespace.forgotten).toEqual([block.id])
  })

  it('is remembered while a dead node may come back with a replica', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a', 'b'])
    cluster.silent.add('b')
    await cluster.pass(DEAD_MS + 2 * HEARTBEAT_MS)
    cluster.namespace.delete(block.id)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['b'])
    expect(cluster.namespace.forgotten).toEqual([])
    cluster.silent.delete('b')
    await cluster.node('b').join()
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual([])
    await cluster.pass(LINGER_MS)
    expect(cluster.namespace.forgotten).toEqual([block.id])
  })

  it.each(['before', 'after'])(
    'is remembered while a volume that failed %s its end may come back with a replica',
    async (when) => {
      await cluster.join('a', 'b', 'c')
      const block = await cluster.store(['a', 'b'])
      const node = cluster.node('b')
      node.intercept = (command) =>
        command.kind === 'delete' ? { commandId: command.commandId, outcome: 'failed' } : undefined
      if (when === 'before') {
        node.hasFailed = true
        await cluster.pass(4 * HEARTBEAT_MS)
      }
      cluster.namespace.delete(block.id)
      node.hasFailed = true
      await cluster.pass(4 * HEARTBEAT_MS)
      expect(cluster.holders(block.id)).toEqual(['b'])
      expect(cluster.namespace.forgotten).toEqual([])
      node.hasFailed = false
      node.intercept = () => undefined
      node.incarnation = 'second'
      await node.join()
      await cluster.pass(5 * HEARTBEAT_MS)
      expect(cluster.holders(block.id)).toEqual([])
      await cluster.pass(LINGER_MS)
      expect(cluster.namespace.forgotten).toEqual([block.id])
    },
  )
})

describe('an order to delete', () => {
  it('without an outcome keeps its replica from being counted, however long it takes', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b', 'c'])
    for (const node of cluster.datanodes.values())
      node.intercept = ({ kind }) => (kind === 'delete' ? 'ignore' : undefined)
    cluster.namespace.change(block.id, { replication: 2 })
    await cluster.pass(60 * HEARTBEAT_MS)
    expect(statistics().pendingDeletions).toBe(1)
    // One node has an order that it may still carry out: the other two may not lose theirs for it.
    const orders = [...cluster.datanodes.values()].flatMap((it) =>
      it.received.filter((command) => command.kind === 'delete'),
    )
    expect(new Set(orders.map((it) => it.commandId)).size).toBe(1)
    expect(orders.length).toBeGreaterThan(1)
  })

  it('that was lost with the process that had it is given to the next', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a', 'b'])
    cluster.node('b').intercept = () => 'ignore'
    cluster.namespace.delete(block.id)
    await cluster.pass(3 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['b'])
    cluster.node('b').intercept = () => undefined
    cluster.node('b').incarnation = 'the next process'
    await cluster.pass(2 * HEARTBEAT_MS)
    await cluster.node('b').join()
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual([])
    await cluster.pass(LINGER_MS)
    expect(cluster.namespace.forgotten).toEqual([block.id])
  })

  it('that was refused changes nothing', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a', 'b'])
    for (const node of cluster.datanodes.values()) {
      node.intercept = (command) =>
        command.kind === 'delete' ? { commandId: command.commandId, outcome: 'refused' } : undefined
    }
    cluster.namespace.change(block.id, { replication: 1 })
    await cluster.pass(3 * HEARTBEAT_MS)
    expect(cluster.management.blockManager.locate(block, '').replicas).toHaveLength(2)
  })

  it('that meets a newer replica than the map knows has the next report believed, whatever was heard lately', async () => {
    const [now, node] = await aNodeThatIsAhead()
    const refuse = (commandId: string) => ({ commandId, outcome: 'refused' }) as const
    node.intercept = ({ kind, commandId }) => (kind === 'delete' ? refuse(commandId) : undefined)
    await cluster.pass(20 * HEARTBEAT_MS)
    expect(node.received.map(({ kind }) => kind)).toContain('delete')
    expect(goodHolders(now)).toEqual(['a', 'b', 'c'])
  })

  it('is not needed when a new process reports in full what the one before had not yet told', async () => {
    const [now, node] = await aNodeThatIsAhead()
    node.incarnation = 'the next process'
    await cluster.pass(2 * HEARTBEAT_MS)
    await node.join()
    expect(goodHolders(now)).toEqual(['a', 'b', 'c'])
  })

  it('whose outcome is late does not undo a copy that came since', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a', 'b'])
    cluster.namespace.change(block.id, { replication: 1 })
    await cluster.clock.advance(HEARTBEAT_MS)
    // Both fetch their commands; the one that has the order deletes and tells, its outcome comes with the next heartbeat.
    for (const node of cluster.datanodes.values()) await node.heartbeat()
    const [left = ''] = cluster.holders(block.id)
    const gone = cluster.node(left === 'a' ? 'b' : 'a')
    cluster.namespace.change(block.id, { replication: 2 })
    await gone.receive(block)
    await gone.heartbeat()
    expect(cluster.management.blockManager.locate(block, '').replicas).toHaveLength(2)
  })
})

describe('surplus', () => {
  it.each([
    ['lost', (name: string, id: BlockId) => cluster.node(name).replicas.delete(id)],
    [
      'rotten',
      (name: string, id: BlockId) => {
        const replica = cluster.node(name).replicas.get(id)
        if (replica !== undefined) replica.isRotten = true
      },
    ],
  ])(
    'is deleted only when what stays was seen to be sound: others are %s unnoticed',
    async (_how, harm) => {
      await cluster.join('a', 'b', 'c')
      for (const survivor of ['a', 'b', 'c']) {
        const block = await cluster.store(['a', 'b', 'c'])
        for (const name of ['a', 'b', 'c']) if (name !== survivor) harm(name, block.id)
        cluster.namespace.change(block.id, { replication: 1 })
        await cluster.pass(80 * HEARTBEAT_MS)
        const replica = cluster.node(survivor).replicas.get(block.id)
        expect(replica?.isRotten ?? false, survivor).toBe(false)
        expect(cluster.holders(block.id), survivor).toEqual([survivor])
      }
    },
  )
})

describe('proof before surplus goes', () => {
  it('may take longer to find than it lasts, and is asked for once', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b', 'c'])
    let isSlow = true
    for (const node of cluster.datanodes.values())
      node.intercept = ({ kind }) => (kind === 'attest' && isSlow ? 'ignore' : undefined)
    cluster.namespace.change(block.id, { replication: 2 })
    await cluster.pass(150 * HEARTBEAT_MS)
    isSlow = false
    await cluster.pass(10 * HEARTBEAT_MS)
    expect(cluster.holders(block.id).length).toBe(2)
    const asked = [...cluster.datanodes.values()].flatMap((it) =>
      it.received.filter(({ kind }) => kind === 'attest').map(({ commandId }) => commandId),
    )
    expect(new Set(asked).size).toBe(2)
  })
})
