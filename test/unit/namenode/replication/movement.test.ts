import { afterEach, describe, expect, it } from 'vitest'
import type { NamenodeConfig } from '../../../../namenode/config.js'
import type { BlockRecord } from '../../../../namenode/service/namespace/namespace-model.js'
import { HEARTBEAT_MS, ScriptedCluster } from '../../../support/scripted-cluster.js'

/** What was deleted is looked through this often. */
const WALK_MS = 60_000

let cluster: ScriptedCluster
afterEach(() => cluster.close())

/** `a` has blocks, `b` and what `names` says has none; whatever can be evened out is. */
async function start(blocks: number, config: Partial<NamenodeConfig> = {}): Promise<BlockRecord[]> {
  cluster = await ScriptedCluster.start({
    config: { movement: { bytesPerSecond: 1e12, balanceThreshold: 0 }, ...config },
  })
  await cluster.join('a')
  const stored: BlockRecord[] = []
  for (let index = 0; index < blocks; index += 1) stored.push(await cluster.store(['a']))
  // What it has is in its next heartbeat.
  await cluster.pass(HEARTBEAT_MS)
  return stored
}

const movement = () => cluster.management.movement()

describe('the balance', () => {
  it('is found again as soon as the node is back that was away when moves to it were tried', async () => {
    const blocks = await start(4, { liveness: { staleAfterMs: 30_000, deadAfterMs: 60_000 } })
    await cluster.join('b')
    // Its process has ended, and nobody knows yet.
    cluster.node('b').session = undefined
    cluster.silent.add('b')
    await cluster.pass(8 * HEARTBEAT_MS)
    expect(movement().failedMoves).toBe(4)
    cluster.node('b').incarnation = 'second'
    await cluster.node('b').join()
    cluster.silent.delete('b')
    await cluster.pass(6 * HEARTBEAT_MS)
    expect(cluster.node('b').replicas.size).toBe(2)
    expect(cluster.node('a').replicas.size).toBe(2)
    for (const { id } of blocks) expect(cluster.holders(id).length).toBe(1)
  })

  it('is found with as few moves as it takes, and none is taken back', async () => {
    const blocks = await start(8, { replicationLoopMs: 100 })
    await cluster.join('b')
    await cluster.pass(60 * HEARTBEAT_MS)
    for (const { id } of blocks) expect(cluster.holders(id).length).toBe(1)
    expect(cluster.node('b').replicas.size).toBe(4)
    expect(movement().movedBlocks).toBe(4)
  })

  it('leaves nothing behind of a file that is deleted while its block is on its way', async () => {
    const [block] = await start(2)
    if (block === undefined) throw new Error('no block')
    cluster.node('a').intercept = ({ kind }) => (kind === 'copy' ? 'ignore' : undefined)
    await cluster.join('b')
    await cluster.pass(4 * HEARTBEAT_MS)
    const copy = cluster.node('a').received.find(({ kind }) => kind === 'copy')
    if (copy?.kind !== 'copy') throw new Error('nothing is moved')
    cluster.namespace.delete(copy.block.id as BlockRecord['id'])
    await cluster.pass(4 * HEARTBEAT_MS)
    expect(cluster.node('a').replicas.has(copy.block.id)).toBe(false)
    await cluster.node('b').receive(copy.block)
    cluster.node('a').intercept = () => undefined
    expect(cluster.namespace.forgotten).toEqual([])
    await cluster.pass(WALK_MS + 4 * HEARTBEAT_MS)
    expect(cluster.node('b').replicas.has(copy.block.id)).toBe(false)
    expect(cluster.namespace.forgotten).toEqual([copy.block.id])
  })
})
