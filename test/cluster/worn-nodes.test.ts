/** Nodes that stop, flap, come twice or remember less than others: the cluster is as good afterwards as before. */
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { content } from '../support/content.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { expectHealed, writeReplicated } from '../support/replica-files.js'
import { BRISK, waitForReplicas } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const BYTES = content(31, 1_500_000)

async function start(datanodes: number): Promise<ProcessCluster> {
  const cluster = await ProcessCluster.start({ datanodes, settings: BRISK })
  onTestFinished(({ task }) => cluster.stop({ keepFolder: task.result?.state === 'fail' }))
  return cluster
}

async function liveNodes(cluster: ProcessCluster): Promise<number> {
  return (await cluster.client().datanodeReport()).filter(({ isAlive }) => isAlive).length
}

function replicaCount(cluster: ProcessCluster): number {
  return cluster.datanodes
    .flatMap(({ dataFolders }) => dataFolders)
    .flatMap((folder) => readdirSync(join(folder, 'blocks'), { recursive: true, encoding: 'utf8' }))
    .filter((name) => name.endsWith('.meta')).length
}

it('a datanode stopped for longer than the dead interval comes back, and what is too much goes', async () => {
  const cluster = await start(4)
  await writeReplicated(cluster, '/before', BYTES)
  const [stopped] = cluster.datanodes
  stopped?.pause()
  await waitUntil(async () => (await liveNodes(cluster)) === 3, { what: 'the node to be dead' })
  await waitForReplicas(cluster, '/before', 3)
  const client = cluster.client()
  await client.writeFile('/during', BYTES)
  const file = await client.append('/before')
  await file.write(BYTES.subarray(0, 1000))
  await file.close()
  stopped?.resume()
  await waitUntil(async () => (await liveNodes(cluster)) === 4, { what: 'the node to be back' })
  await expectHealed(cluster, '/before', Buffer.concat([BYTES, BYTES.subarray(0, 1000)]))
  await expectHealed(cluster, '/during', BYTES)
})

it('a pause of the whole machine kills nobody', async () => {
  const cluster = await start(3)
  await writeReplicated(cluster, '/a', BYTES)
  const nodes = [cluster.namenode, ...cluster.datanodes]
  for (const node of nodes) node.pause()
  // Twice the dead interval: what is judged by a clock that went on would be dead now.
  const beganMs = performance.now()
  await waitUntil(() => performance.now() - beganMs > 4_000, { what: 'the pause to be long' })
  for (const node of nodes) node.resume()
  await cluster.client().writeFile('/b', BYTES)
  const log = readFileSync(cluster.folder.logFile('namenode'), 'utf8')
  expect(log).toContain('datanode is live')
  expect(log).not.toContain('datanode is dead')
  await expectHealed(cluster, '/a', BYTES)
  await expectHealed(cluster, '/b', BYTES)
})

it('a datanode that comes and goes loses nothing and multiplies nothing', async () => {
  const cluster = await start(4)
  await writeReplicated(cluster, '/a', BYTES)
  const [flapping] = cluster.datanodes
  for (let round = 0; round < 4; round += 1) {
    await flapping?.kill()
    await waitUntil(async () => (await liveNodes(cluster)) === 3, { what: 'the node to be dead' })
    await flapping?.start()
    await cluster.ready()
  }
  await expectHealed(cluster, '/a', BYTES)
  const blocks = (await cluster.blocks('/a')).length
  await waitUntil(() => replicaCount(cluster) === 3 * blocks, {
    what: 'no replica to be too many',
    explain: () => replicaCount(cluster),
  })
})

it('a copy of a running datanode is refused, and harms neither it nor the blocks', async () => {
  const cluster = await start(3)
  await writeReplicated(cluster, '/a', BYTES)
  const [original] = cluster.datanodes
  const [folder] = original?.dataFolders ?? []
  if (original === undefined || folder === undefined) throw new Error('the cluster has a datanode')
  const cloned = cluster.folder.dataFolder('datanode-9')
  cpSync(folder, cloned, { recursive: true })
  await cluster.addDatanode(8, {})
  await waitUntil(() => cluster.logTail('datanode-9').includes('was its data folder copied?'), {
    what: 'the copy to be refused',
    explain: () => cluster.logTail('datanode-9'),
  })
  expect(await liveNodes(cluster)).toBe(3)
  await expectHealed(cluster, '/a', BYTES)
})

it('a namenode restored from an old copy deletes no block, and gives no block id a second time', async () => {
  const cluster = await start(3)
  await writeReplicated(cluster, '/old', BYTES)
  await cluster.namenode.stop()
  const folder = cluster.folder.dataFolder('namenode')
  const copy = `${folder}.copy`
  cpSync(folder, copy, { recursive: true })
  await cluster.namenode.start()
  await cluster.ready()
  await writeReplicated(cluster, '/new', BYTES)
  const newBlocks = new Set((await cluster.blocks('/new')).map(({ blockId }) => blockId))
  const before = replicaCount(cluster)
  await cluster.namenode.stop()
  rmSync(folder, { recursive: true })
  cpSync(copy, folder, { recursive: true })
  await cluster.namenode.start()
  await cluster.ready()
  expect(await cluster.client().exists('/new')).toBe(false)
  await cluster.client().writeFile('/newer', content(32, 1_500_000))
  const reused = (await cluster.blocks('/newer')).filter(({ blockId }) => newBlocks.has(blockId))
  expect(reused).toEqual([])
  await expectHealed(cluster, '/old', BYTES)
  await expectHealed(cluster, '/newer', content(32, 1_500_000))
  expect(replicaCount(cluster)).toBeGreaterThanOrEqual(before)
})
