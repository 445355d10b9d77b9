import { expect, it, onTestFinished } from 'vitest'
import { HEARTBEAT_MS, ScriptedCluster } from '../../../support/scripted-cluster.js'

it('blocks that are all on one rack move one replica to a second one when there is one', async () => {
  const table = ['a=/r1', 'b=/r1', 'c=/r1', 'd=/r1', 'x=/r2']
  const topology = { table, script: undefined, argumentsAtOnce: 1, timeoutMs: 1 }
  const cluster = await ScriptedCluster.start({ config: { topology } })
  onTestFinished(() => cluster.close())
  await cluster.join('a', 'b', 'c', 'd')
  const block = await cluster.store(['a', 'b', 'c'])
  await cluster.pass(20 * HEARTBEAT_MS)
  expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c'])
  await cluster.join('x')
  await cluster.pass(150 * HEARTBEAT_MS)
  expect(cluster.holders(block.id)).toHaveLength(3)
  expect(cluster.holders(block.id)).toContain('x')
})

it('a cluster of which two thirds die and return makes no storm and loses nothing', async () => {
  const cluster = await ScriptedCluster.start({ config: { copyStreamsPerNode: 2 } })
  onTestFinished(() => cluster.close())
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  await cluster.join(...names)
  const blocks = []
  for (let index = 0; index < 24; index += 1) {
    const on = [0, 2, 4].map((step) => names[(index + step) % names.length] ?? 'a')
    blocks.push(await cluster.store(on))
  }
  const lost = names.slice(2)
  for (const name of lost) cluster.silent.add(name)
  let most = 0
  for (let beat = 0; beat < 30; beat += 1) {
    await cluster.pass(HEARTBEAT_MS)
    most = Math.max(most, cluster.management.blockManager.statistics().pendingCopies)
  }
  expect(most).toBeLessThanOrEqual(2 * names.length)
  for (const name of lost) {
    cluster.silent.delete(name)
    await cluster.node(name).join()
  }
  await cluster.pass(120 * HEARTBEAT_MS)
  for (const block of blocks) expect(cluster.holders(block.id)).toHaveLength(3)
  expect(cluster.management.blockManager.statistics()).toMatchObject({
    missingBlocks: 0,
    underReplicatedBlocks: 0,
    pendingDeletions: 0,
  })
})

it('a flapping node causes no copy while it is never away for the dead interval', async () => {
  const cluster = await ScriptedCluster.start()
  onTestFinished(() => cluster.close())
  await cluster.join('a', 'b', 'c', 'd')
  const block = await cluster.store(['a', 'b', 'c'])
  for (let round = 0; round < 8; round += 1) {
    cluster.silent.add('c')
    await cluster.pass(8 * HEARTBEAT_MS)
    cluster.silent.delete('c')
    if (round % 2 === 0) cluster.node('c').incarnation += '+'
    await cluster.node('c').join()
    await cluster.pass(2 * HEARTBEAT_MS)
  }
  const orders = [...cluster.datanodes.values()].flatMap((it) => it.received)
  expect(orders.filter((it) => it.kind === 'copy' || it.kind === 'delete')).toEqual([])
  expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c'])
})
