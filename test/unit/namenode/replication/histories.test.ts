import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BlockRecord } from '../../../../namenode/service/namespace/namespace-model.js'
import { DEAD_MS, HEARTBEAT_MS, ScriptedCluster } from '../../../support/scripted-cluster.js'

const NODES = ['a', 'b', 'c', 'd', 'e']

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      beats: fc.integer({ min: 1, max: 25 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('silence' as const),
      node: fc.constantFrom(...NODES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('return' as const),
      node: fc.constantFrom(...NODES),
      restarted: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rot' as const),
      node: fc.constantFrom(...NODES),
      block: fc.nat(3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('lose' as const),
      node: fc.constantFrom(...NODES),
      block: fc.nat(3),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('setrep' as const),
      block: fc.nat(3),
      replication: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('half-report' as const),
      node: fc.constantFrom(...NODES),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Sound replicas, wherever they are: what the world has, whatever the namenode believes. */
function sound(cluster: ScriptedCluster, block: BlockRecord): number {
  return [...cluster.datanodes.values()].filter((it) => {
    const replica = it.replicas.get(block.id)
    return replica !== undefined && replica.isRotten !== true
  }).length
}

/** Whether a fault leaves a sound replica for certain: of those beyond the target, all may be on their way out already. */
function maySpareOne(cluster: ScriptedCluster, block: BlockRecord): boolean {
  const target = cluster.namespace.blocks.get(block.id)?.replication ?? 0
  return Math.min(sound(cluster, block), target) >= 2
}

async function act(
  cluster: ScriptedCluster,
  blocks: readonly BlockRecord[],
  it: Step,
): Promise<void> {
  const block = 'block' in it ? blocks[it.block] : undefined
  const node = 'node' in it ? cluster.node(it.node) : undefined
  switch (it.kind) {
    case 'pass':
      return cluster.pass(it.beats * HEARTBEAT_MS)
    case 'silence':
      cluster.silent.add(it.node)
      return
    case 'return':
      if (!cluster.silent.delete(it.node)) return
      if (it.restarted) cluster.node(it.node).incarnation += '+'
      return cluster.node(it.node).join()
    case 'rot': {
      const replica = block === undefined ? undefined : node?.replicas.get(block.id)
      // The faults keep one sound replica of each block, as in the fault atlas: then nothing may be lost.
      if (block === undefined || replica === undefined || !maySpareOne(cluster, block)) return
      replica.isRotten = true
      if (node?.session !== undefined && !cluster.silent.has(it.node))
        await tellQuietly(() => node.tell('corrupt', replica))
      return
    }
    case 'lose':
      if (block === undefined || !maySpareOne(cluster, block)) return
      node?.replicas.delete(block.id)
      return
    case 'setrep':
      if (block === undefined) return
      cluster.namespace.change(block.id, { replication: it.replication })
      return
    case 'restart':
      await cluster.restartNamenode()
      for (const name of NODES) if (!cluster.silent.has(name)) await cluster.node(name).join()
      return
    case 'half-report':
      if (node?.session !== undefined && !cluster.silent.has(it.node)) {
        await node.report({ skipLast: true }).catch(() => undefined)
      }
  }
}

/** A node that was taken for dead in the meantime is answered with a refusal, which is as good here. */
async function tellQuietly(tell: () => Promise<void>): Promise<void> {
  try {
    await tell()
  } catch (error) {
    expect(error).toMatchObject({ code: 'UNREGISTERED_DATANODE' })
  }
}

describe('any history of faults that leaves one sound replica', () => {
  it('never ends with the namenode having deleted the last one, and heals when the faults stop (I8, I13)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(), async (steps, seed) => {
        const cluster = await ScriptedCluster.start({ seed })
        try {
          await cluster.join(...NODES)
          const blocks: BlockRecord[] = []
          for (const on of [['a', 'b', 'c'], ['c', 'd', 'e'], ['a', 'd'], ['b']]) {
            blocks.push(await cluster.store(on))
          }
          for (const it of steps) {
            await act(cluster, blocks, it).catch((error: unknown) => {
              expect(error).toMatchObject({ code: 'UNREGISTERED_DATANODE' })
            })
            for (const block of blocks) expect(sound(cluster, block)).toBeGreaterThan(0)
          }
          for (const name of NODES) {
            cluster.silent.delete(name)
            const node = cluster.node(name)
            await cluster.clock.advance(3 * HEARTBEAT_MS)
            await node.join()
            for (const replica of node.replicas.values()) {
              if (replica.isRotten === true) await node.tell('corrupt', replica)
            }
          }
          await cluster.pass(DEAD_MS + 70 * HEARTBEAT_MS)
          for (const name of NODES) await cluster.node(name).report()
          await cluster.pass(60 * HEARTBEAT_MS)
          for (const block of blocks) {
            const target = cluster.namespace.blocks.get(block.id)?.replication
            expect(sound(cluster, block)).toBe(target)
            expect(cluster.holders(block.id)).toHaveLength(target ?? 0)
          }
        } finally {
          await cluster.close()
        }
      }),
      { numRuns: 10 },
    )
  }, 120_000)
})
