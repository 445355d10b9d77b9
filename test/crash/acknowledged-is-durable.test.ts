/**
 * Promise P1 with a hammer: writers write, `kill -9` hits one process or all of them at random moments, and at the end
 * every file whose close succeeded is there, byte for byte. DFS_CRASH_ROUNDS asks for more rounds, DFS_SEED repeats a run.
 */
import { expect, it } from 'vitest'
import { seededRandom } from '../../shared/random.js'
import { content } from '../support/content.js'
import { DurableWriter } from '../support/durable-writer.js'
import { startTestCluster, type TestCluster, type TestNode } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const ROUNDS = Number(process.env['DFS_CRASH_ROUNDS'] ?? 40)
const SEED = Number(process.env['DFS_SEED'] ?? Math.floor(Math.random() * 1e9))
const WRITERS = 3
/** A round takes a second on an idle machine; a busy one may need many. */
const LIMIT_MS = 120_000 + ROUNDS * 20_000

/** Whom a round kills: mostly one process, sometimes all. */
function chooseVictims(cluster: TestCluster, chance: number): readonly TestNode[] {
  const nodes: readonly TestNode[] = [cluster.namenode, ...cluster.datanodes]
  if (chance < 0.2) return nodes
  return [nodes[Math.floor(((chance - 0.2) / 0.8) * nodes.length)] ?? cluster.namenode]
}

it(
  `every acknowledged file survives ${ROUNDS} rounds of kill -9 (DFS_SEED=${SEED})`,
  async () => {
    const random = seededRandom(SEED)
    const cluster = await startTestCluster('processes', {
      datanodes: 3,
      settings: { 'block.size': '64KiB', 'log.level': 'warn' },
    })
    const writers = Array.from({ length: WRITERS }, (_, index) =>
      new DurableWriter(`writer-${index}`, cluster.fs).start(),
    )
    const written = () => writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0)
    for (let round = 0; round < ROUNDS; round += 1) {
      // A moment that is random to the cluster: after a few more files, and some milliseconds.
      const before = written()
      await waitUntil(() => written() > before, { what: 'a file to be acknowledged' })
      await new Promise((resolve) => setTimeout(resolve, random.below(120)))
      const victims = chooseVictims(cluster, random.next())
      await Promise.all(victims.map((node) => node.kill()))
      await Promise.all(victims.map((node) => node.start()))
    }
    await Promise.all(writers.map((writer) => writer.stop()))
    await cluster.ready()

    const client = cluster.client()
    const lost: string[] = []
    for (const { path, seed, lengthBytes } of writers.flatMap(({ acknowledged }) => acknowledged)) {
      const found = await waitUntil(() => client.readFile(path), {
        what: `${path} to be readable`,
        timeoutMs: 15_000,
      }).catch((error: unknown) => String(error))
      const isRight = Buffer.isBuffer(found) && found.equals(content(seed, lengthBytes))
      if (!isRight) lost.push(`${path} (${lengthBytes} bytes): ${String(found).slice(0, 300)}`)
    }
    expect(lost).toEqual([])
    expect(written()).toBeGreaterThan(ROUNDS)
  },
  LIMIT_MS,
)
