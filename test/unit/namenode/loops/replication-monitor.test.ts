import { afterEach, expect, it } from 'vitest'
import { HEARTBEAT_MS, ScriptedCluster } from '../../../support/scripted-cluster.js'

let cluster: ScriptedCluster
afterEach(() => cluster.close())

/** How often a block is looked at while so much time passes. */
async function looksWithin(ms: number): Promise<number> {
  const { blocks } = cluster.namespace
  const get = blocks.get.bind(blocks)
  let looks = 0
  blocks.get = (id) => {
    looks += 1
    return get(id)
  }
  await cluster.pass(ms)
  blocks.get = get
  return looks
}

it('tries what has nowhere to go more and more seldom, until a node comes', async () => {
  cluster = await ScriptedCluster.start({ config: { replicationLoopMs: 50 } })
  await cluster.join('a', 'b')
  const ids = []
  for (let index = 0; index < 20; index += 1)
    ids.push((await cluster.store(['a', 'b'], { replication: 3 })).id)
  await cluster.pass(5 * HEARTBEAT_MS)
  // 20 ticks in a second; without rests each of them would look at every block.
  expect(await looksWithin(5 * HEARTBEAT_MS)).toBeLessThan(ids.length * 20)
  await cluster.join('c')
  await cluster.pass(12 * HEARTBEAT_MS)
  for (const id of ids) expect(cluster.holders(id)).toEqual(['a', 'b', 'c'])
})

const LARGE = { name: 'a', capacityBytes: 2 ** 50 }
/** There is room for these on a large node alone. */
const TOO_LONG = { replication: 2, lengthBytes: 2 ** 39 }

it('copies what can be copied although many blocks that are worse off cannot', async () => {
  cluster = await ScriptedCluster.start()
  await cluster.join(LARGE, 'b', 'c')
  for (let index = 0; index < 600; index += 1) await cluster.store(['a'], TOO_LONG)
  const { id } = await cluster.store(['a', 'b'], { replication: 3 })
  await cluster.pass(10 * HEARTBEAT_MS)
  expect(cluster.holders(id)).toEqual(['a', 'b', 'c'])
})

it('comes to every recorded block, however many of a worse risk are recorded before it', async () => {
  cluster = await ScriptedCluster.start()
  await cluster.join(LARGE, 'b', 'c')
  for (let index = 0; index < 1200; index += 1) await cluster.store(['a'], TOO_LONG)
  const { id } = await cluster.store(['a', 'b'], { replication: 3 })
  // What is known of the blocks is on the disk; the queue begins empty.
  await cluster.restartNamenode()
  for (const node of cluster.datanodes.values()) await node.join()
  await cluster.pass(20 * HEARTBEAT_MS)
  expect(cluster.holders(id)).toEqual(['a', 'b', 'c'])
})
