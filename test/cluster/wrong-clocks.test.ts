/** Wall clocks of running servers that jump by an hour, forwards and back: nothing that counts goes by them. */
import { expect, it, onTestFinished } from 'vitest'
import type { DfsClient } from '../../shared/client/dfs-client.js'
import { obstacleToBadDisks } from '../support/bad-disk.js'
import { content } from '../support/content.js'
import { sayNotTested } from '../support/not-tested.js'
import { ProcessCluster, type ProcessNode } from '../support/process-cluster.js'
import { expectHealed } from '../support/replica-files.js'
import { BRISK } from '../support/test-cluster.js'
import { WrongClock } from '../support/wrong-clock.js'

const HOUR_MS = 3_600_000
/** Far ahead, then far behind, then right again: each is more than every limit of time in these clusters. */
const JUMPS = [HOUR_MS, -HOUR_MS, 0]
const BYTES = content(47, 1_500_000)
/** More than a silent node has before it is taken for dead. */
const WATCHED_MS = 2_500

async function clusterWith(pick: (cluster: ProcessCluster) => ProcessNode) {
  const cluster = await ProcessCluster.start({ datanodes: 3, settings: BRISK })
  onTestFinished(({ task }) => cluster.stop({ keepFolder: task.result?.state === 'fail' }))
  const clock = new WrongClock()
  const node = pick(cluster)
  await node.stop()
  await node.start(clock.environment)
  await cluster.ready()
  return { cluster, node, clock }
}

async function deadNodes(client: DfsClient): Promise<string[]> {
  return (await client.datanodeReport()).filter(({ isAlive }) => !isAlive).map(({ uuid }) => uuid)
}

/** Watches for longer than a silent node lives. */
async function expectNobodyDead(client: DfsClient): Promise<void> {
  const endsMs = performance.now() + WATCHED_MS
  while (performance.now() < endsMs) {
    expect(await deadNodes(client)).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** What each datanode answers to whom the namenode sends there: tickets are valid for a time. */
async function downloadsByHttp(cluster: ProcessCluster, path: string): Promise<Buffer[]> {
  const asked = await fetch(`${cluster.httpUrl}/api/v1/files${path}`, { redirect: 'manual' })
  const location = asked.headers.get('location') ?? ''
  return await Promise.all(
    cluster.datanodes.map(async ({ addresses }) => {
      const there = new URL(location)
      there.port = String(addresses['httpPort'])
      const answer = await fetch(there)
      expect(answer.status).toBe(200)
      return Buffer.from(await answer.arrayBuffer())
    }),
  )
}

const obstacle = obstacleToBadDisks()

if (obstacle !== undefined) {
  sayNotTested('wall clocks that jump', obstacle)
} else {
  it.each([
    ['the namenode', (cluster: ProcessCluster) => cluster.namenode],
    ['a datanode', (cluster: ProcessCluster) => cluster.datanodes[0] as ProcessNode],
  ])(
    'a jump of the clock of %s kills nobody, ends no lease and loses nothing',
    async (_who, pick) => {
      const { cluster, node, clock } = await clusterWith(pick)
      const client = cluster.client()
      // Open all the while: closed for its writer when its lease is taken for over.
      const open = await cluster.client().create('/tmp-open', { replication: 3 })
      await open.write(BYTES.subarray(0, 1000))
      await open.hflush()
      for (const [round, offsetMs] of JUMPS.entries()) {
        const half = await client.create(`/during-${round}`, { replication: 3 })
        await half.write(BYTES.subarray(0, 700_000))
        clock.jumpTo(offsetMs)
        await half.write(BYTES.subarray(700_000))
        await half.close()
        await client.writeFile(`/after-${round}`, BYTES, { replication: 3 })
        await expectNobodyDead(client)
        await open.write(BYTES.subarray(1000 * (round + 1), 1000 * (round + 2)))
        await open.hflush()
        // What people see goes by the namenode's clock, wherever that has jumped to.
        const { modificationTimeMs } = await client.stat(`/after-${round}`)
        const seenMs = Date.now() + (node === cluster.namenode ? offsetMs : 0)
        expect(Math.abs(modificationTimeMs - seenMs)).toBeLessThan(60_000)
        for (const bytes of await downloadsByHttp(cluster, `/after-${round}`)) {
          expect(bytes.equals(BYTES)).toBe(true)
        }
      }
      await open.close()
      expect(clock.reads).toBeGreaterThan(0)
      for (const [round] of JUMPS.entries()) {
        await expectHealed(cluster, `/during-${round}`, BYTES)
        await expectHealed(cluster, `/after-${round}`, BYTES)
      }
      const whole = await client.readFile('/tmp-open')
      expect(whole.equals(BYTES.subarray(0, 1000 * (JUMPS.length + 1)))).toBe(true)
    },
  )
}
