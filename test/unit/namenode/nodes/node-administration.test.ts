import { describe, expect, it, vi } from 'vitest'
import type { NodeOrder } from '../../../../namenode/policy/admin-state.js'
import { DEAD_MS, HEARTBEAT_MS, type ScriptedCluster } from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'
import { as, ROOT } from '../namespace/namespace-fixture.js'

let cluster: ScriptedCluster

scriptedClusterForEach((it) => {
  cluster = it
})

const LEAVE: NodeOrder = { kind: 'decommission' }
const order = (name: string, what: NodeOrder | undefined) =>
  cluster.management.administration.order(ROOT, name, what)
const maintain = (name: string, forMs: number) =>
  order(name, { kind: 'maintenance', untilMs: cluster.clock.wallMs() + forMs })
const view = (name: string) => {
  const found = cluster.management.administration.views().find((it) => it.node === name)
  if (found === undefined) throw new Error(`no datanode ${name}`)
  return found
}
const statistics = () => cluster.management.blockManager.statistics()

describe('a node that is ordered to leave', () => {
  it('is done when all it has is elsewhere, and keeps what it has', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const blocks = [await cluster.store(['a', 'b', 'c']), await cluster.store(['a'])]
    await order('a', LEAVE)
    expect(view('a')).toMatchObject({ state: 'decommissioning', order: { origin: 'operator' } })
    await cluster.pass(15 * HEARTBEAT_MS)
    expect(view('a')).toMatchObject({ state: 'decommissioned', progress: undefined })
    expect(cluster.holders(blocks[0]?.id ?? blockless())).toEqual(['a', 'b', 'c', 'd'])
    expect(cluster.holders(blocks[1]?.id ?? blockless())).toHaveLength(2)
    expect(statistics()).toMatchObject({ underReplicatedBlocks: 0, pendingDeletions: 0 })
  })

  it('gets nothing new and is read last', async () => {
    await cluster.join('a', 'b', 'c')
    const block = await cluster.store(['a', 'b', 'c'])
    await order('a', LEAVE)
    const targets = cluster.management.blockManager.chooseTargets({
      replicas: 3,
      blockSizeBytes: 100,
      writerAddress: '127.0.0.1',
      excluded: new Set(),
      existing: [],
    })
    expect(targets.map((it) => it.datanode.uuid).sort()).toEqual(['b', 'c'])
    const { replicas } = cluster.management.blockManager.locate(block, '127.0.0.1')
    expect(replicas.at(-1)?.datanode.uuid).toBe('a')
  })

  it('waits, and says for what, while there is no other place', async () => {
    await cluster.join('a', 'b', 'c')
    await cluster.store(['a', 'b', 'c'])
    await order('a', LEAVE)
    await cluster.pass(20 * HEARTBEAT_MS)
    expect(view('a')).toMatchObject({
      state: 'decommissioning',
      progress: { blocksLeft: 1, bytesLeft: 100, waiting: { queued: 1 } },
    })
    await cluster.join('d')
    await cluster.pass(15 * HEARTBEAT_MS)
    expect(view('a').state).toBe('decommissioned')
  })

  it('looks at some of what waits in each round, and at each block when it is well', async () => {
    await cluster.join('a', 'b')
    for (let index = 0; index < 1500; index += 1) await cluster.store(['a', 'b'])
    await order('a', LEAVE)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(view('a').progress).toMatchObject({ blocksLeft: 1500, waiting: { queued: 1500 } })
    const { administration } = cluster.management
    const { blocks } = cluster.namespace
    const lookUp = vi.spyOn(blocks, 'get')
    administration.beginRound()
    while (administration.step(200));
    expect(new Set(lookUp.mock.calls.map(([id]) => id)).size).toBe(1000)
    lookUp.mockRestore()
    await cluster.join('c')
    for (const block of [...blocks.values()]) await cluster.node('c').receive(block)
    await cluster.clock.settle()
    expect(view('a').progress).toMatchObject({ blocksLeft: 0 })
  })

  it('waits for files that are being written, and names them', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const open = cluster.namespace.addBlock({ replication: 2, state: 'under-construction' })
    for (const name of ['a', 'b']) await cluster.node(name).receive(open)
    await order('a', LEAVE)
    await cluster.pass(10 * HEARTBEAT_MS)
    expect(view('a')).toMatchObject({
      state: 'decommissioning',
      progress: { waiting: { open: 1 }, openFiles: [open.inodeId] },
    })
    cluster.namespace.change(open.id, { state: 'committed' })
    await cluster.pass(15 * HEARTBEAT_MS)
    expect(view('a').state).toBe('decommissioned')
    expect(cluster.holders(open.id)).toHaveLength(3)
  })

  it('is not done when it dies with the only copy', async () => {
    await cluster.join('a', 'b')
    await cluster.store(['a'])
    await order('a', LEAVE)
    cluster.silent.add('a')
    await cluster.pass(DEAD_MS + 5 * HEARTBEAT_MS)
    expect(view('a')).toMatchObject({
      state: 'decommissioning',
      progress: { waiting: { 'no-good-replica': 1 } },
    })
  })

  it('comes back into service with the surplus removed, never below the target', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    await order('a', LEAVE)
    await cluster.pass(15 * HEARTBEAT_MS)
    await order('a', undefined)
    await cluster.pass(15 * HEARTBEAT_MS)
    expect(view('a')).toMatchObject({ state: 'normal', order: undefined })
    expect(cluster.holders(block.id)).toHaveLength(3)
  })

  it('is still leaving after a restart, and done only when its blocks are confirmed elsewhere', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    await cluster.store(['a', 'b', 'c'])
    await order('a', LEAVE)
    await cluster.pass(15 * HEARTBEAT_MS)
    await cluster.restartNamenode()
    expect(view('a').state).toBe('decommissioning')
    await cluster.pass(3 * HEARTBEAT_MS)
    expect(view('a').state).toBe('decommissioning')
    for (const name of ['a', 'b', 'c', 'd']) await cluster.node(name).join()
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(view('a').state).toBe('decommissioned')
  })

  it.each(['alive', 'dead'])('is not done before it has told what it has: %s', async (liveness) => {
    await cluster.join('a', 'b', 'c')
    await cluster.store(['a'])
    await order('a', LEAVE)
    await cluster.restartNamenode({ losesMap: true })
    for (const name of ['b', 'c']) await cluster.node(name).join()
    // Nothing is known of it, which does not mean that it has nothing.
    await cluster.pass(liveness === 'dead' ? DEAD_MS + 5 * HEARTBEAT_MS : 2 * HEARTBEAT_MS)
    expect(view('a').state).toBe('decommissioning')
    await cluster.node('a').join()
    await cluster.pass(15 * HEARTBEAT_MS)
    expect(view('a').state).toBe('decommissioned')
  })
})

describe('maintenance', () => {
  it('copies nothing while enough replicas are elsewhere, also when the node is switched off', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    await maintain('a', 3_600_000)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(view('a').state).toBe('in-maintenance')
    cluster.silent.add('a')
    await cluster.pass(DEAD_MS + 20 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c'])
    expect(statistics().underReplicatedBlocks).toBe(0)
  })

  it('begins only when the last copy is not the one that goes away', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['a'])
    await maintain('a', 3_600_000)
    expect(view('a').state).toBe('entering-maintenance')
    await cluster.pass(15 * HEARTBEAT_MS)
    expect(view('a').state).toBe('in-maintenance')
    expect(cluster.holders(block.id)).toEqual(['a', 'b'])
  })

  it('makes copies when those elsewhere are endangered', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    await maintain('a', 3_600_000)
    await cluster.pass(5 * HEARTBEAT_MS)
    cluster.silent.add('a')
    cluster.silent.add('b')
    await cluster.pass(DEAD_MS + 20 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('ends by itself: a node that is still away counts as dead then', async () => {
    await cluster.join('a', 'b', 'c', 'd')
    const block = await cluster.store(['a', 'b', 'c'])
    await maintain('a', DEAD_MS + 20 * HEARTBEAT_MS)
    await cluster.pass(5 * HEARTBEAT_MS)
    cluster.silent.add('a')
    await cluster.pass(DEAD_MS + 10 * HEARTBEAT_MS)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c'])
    await cluster.pass(25 * HEARTBEAT_MS)
    expect(view('a').state).toBe('normal')
    expect(cluster.namespace.nodeOrders.size).toBe(0)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('an order', () => {
  it('needs a superuser and a node that exists', async () => {
    await cluster.join('a')
    const { administration } = cluster.management
    await expect(administration.order(as('eve'), 'a', LEAVE)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
    await expect(order('nobody', LEAVE)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('must say which of the nodes of one machine it means', async () => {
    await cluster.join('a', 'b')
    await expect(order('127.0.0.1', LEAVE)).rejects.toMatchObject({ code: 'ILLEGAL_ARGUMENT' })
    await order('127.0.0.1:9000', LEAVE)
    expect(view('a').state).toBe('decommissioning')
    expect(view('b').state).toBe('normal')
  })
})

function blockless(): never {
  throw new Error('no block')
}
