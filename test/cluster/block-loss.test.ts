/** Every way to lose a replica, and that the cluster notices and returns to three without being asked (P2, P3). */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { content } from '../support/content.js'
import { expectHealed, writeReplicated } from '../support/replica-files.js'
import {
  CLUSTER_KINDS,
  type ClusterKind,
  holdersOf,
  startTestCluster,
  type TestCluster,
  waitForReplicas,
} from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const FILE = '/data/file.bin'
/** Two whole blocks and a part of a third that ends within a chunk. */
const BYTES = content(1, 2.5 * 2 ** 20 + 77)

/** Verifies every replica within a second. */
const SCRUBBING = { 'datanode.scrub-period': '1s', 'datanode.scrub-rate': '1GiB' }

async function clusterWithFile(
  kind: ClusterKind,
  datanodes: number,
  settings = {},
): Promise<TestCluster> {
  const cluster = await startTestCluster(kind, { datanodes, settings })
  await writeReplicated(cluster, FILE, BYTES)
  return cluster
}

const firstBlock = async (cluster: TestCluster) => {
  const [block] = await cluster.blocks(FILE)
  if (block === undefined) throw new Error('the file has blocks')
  return block
}

describe.each(CLUSTER_KINDS)('in a cluster of %s', (kind) => {
  it('the blocks of one killed datanode of four are copied elsewhere', async () => {
    const cluster = await clusterWithFile(kind, 4)
    const [victim] = await holdersOf(cluster, FILE)
    await victim!.kill()
    await expectHealed(cluster, FILE, BYTES)
  })

  it('the blocks of two datanodes killed at once are copied elsewhere', async () => {
    const cluster = await clusterWithFile(kind, 5)
    const [first, second] = await holdersOf(cluster, FILE)
    await Promise.all([first!.kill(), second!.kill()])
    await expectHealed(cluster, FILE, BYTES)
  })

  it.each(['delete', 'data', 'meta', 'truncate'] as const)(
    'a replica damaged under a running datanode (%s) is found and replaced',
    async (damage) => {
      const cluster = await clusterWithFile(kind, 3, SCRUBBING)
      const [victim] = await holdersOf(cluster, FILE)
      const { blockId } = await firstBlock(cluster)
      await victim!.corrupt(blockId, damage)
      // The data of a replica with a bad meta file is still right: see that the file is replaced.
      const metas = () =>
        victim!
          .replicaPaths(blockId)
          .filter(({ meta }) => existsSync(meta))
          .map(({ meta }) => readFileSync(meta))
      const damaged = metas()
      // Readers are served all the while, from the other replicas.
      expect((await cluster.client().readFile(FILE)).equals(BYTES)).toBe(true)
      if (damage === 'meta') {
        await waitUntil(() => !metas().some((meta) => damaged.some((old) => old.equals(meta))), {
          what: 'the damaged meta file to go',
        })
      }
      await expectHealed(cluster, FILE, BYTES)
    },
  )

  it('a volume emptied under a running datanode is filled again', async () => {
    const cluster = await clusterWithFile(kind, 3, SCRUBBING)
    const [victim] = await holdersOf(cluster, FILE)
    const blocks = join(victim!.dataFolders[0]!, 'blocks')
    for (const name of readdirSync(blocks)) rmSync(join(blocks, name), { recursive: true })
    await expectHealed(cluster, FILE, BYTES)
  })

  it('a returning datanode whose blocks were meanwhile replaced gives up its stale ones', async () => {
    const cluster = await clusterWithFile(kind, 3)
    const client = cluster.client()
    const [victim] = await holdersOf(cluster, FILE)
    const stale = await firstBlock(cluster)
    await victim!.kill()
    const newer = content(2, BYTES.length)
    await client.writeFile(FILE, newer, { overwrite: true, replication: 2 })
    await victim!.start()
    await client.setReplication(FILE, 3)
    await expectHealed(cluster, FILE, newer)
    await waitUntil(() => victim!.replicaPaths(stale.blockId).length === 0, {
      what: 'the deleted block to leave the returned datanode',
    })
  })

  it('all replicas but one may go', async () => {
    const cluster = await clusterWithFile(kind, 4)
    const [first, second] = await holdersOf(cluster, FILE)
    await Promise.all([first!.kill(), second!.kill()])
    await waitUntil(async () => (await holdersOf(cluster, FILE)).length === 2, {
      what: 'a second replica on the last free datanode',
    })
    expect((await cluster.client().readFile(FILE)).equals(BYTES)).toBe(true)
    await Promise.all([first!.start(), second!.start()])
    await expectHealed(cluster, FILE, BYTES)
  })

  it('when every replica is gone reads say so, the check lists the file, and a return heals it', async () => {
    const cluster = await clusterWithFile(kind, 3)
    await Promise.all(cluster.datanodes.map((datanode) => datanode.kill()))
    await waitUntil(async () => (await cluster.client().fsStats()).missingBlocks === 3, {
      what: 'three missing blocks',
    })
    await expect(cluster.client().readFile(FILE)).rejects.toMatchObject({ code: 'BLOCK_MISSING' })
    const answer = await fetch(`${cluster.httpUrl}/fsck?path=/&ugi=root`)
    expect(await answer.text()).toContain(FILE)
    await cluster.datanodes[1]!.start()
    await waitForReplicas(cluster, FILE, 1)
    expect((await cluster.client().readFile(FILE)).equals(BYTES)).toBe(true)
    await Promise.all(cluster.datanodes.map((datanode) => datanode.start()))
    await expectHealed(cluster, FILE, BYTES)
  })

  it('replicas in excess are removed when the dead return', async () => {
    const cluster = await clusterWithFile(kind, 4)
    const [victim] = await holdersOf(cluster, FILE)
    await victim!.kill()
    await expectHealed(cluster, FILE, BYTES)
    await victim!.start()
    const { blockId } = await firstBlock(cluster)
    await waitUntil(
      () =>
        cluster.datanodes.filter((datanode) => datanode.replicaPaths(blockId).length > 0).length ===
        3,
      { what: 'exactly three replicas on disk' },
    )
    await expectHealed(cluster, FILE, BYTES)
  })
})
