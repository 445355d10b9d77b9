/** Many at a time: connections that do nothing, and writers that all have a file open. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { WritableFile } from '../../shared/client/file-streams.js'
import { content } from '../support/content.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { BRISK } from '../support/test-cluster.js'

const IDLE_CONNECTIONS = 1_000
const WRITERS = 500
const FILE_BYTES = 20_000
const AT_ONCE = 100

let cluster: ProcessCluster
beforeAll(async () => {
  // This process and those of the cluster share two cores: slowness is no death.
  const settings = { ...BRISK, 'liveness.stale-after': '60s', 'liveness.dead-after': '300s' }
  cluster = await ProcessCluster.start({ datanodes: 3, settings })
})
afterAll(() => cluster?.stop())

it(`${WRITERS} writers hold a file open beside ${IDLE_CONNECTIONS} idle connections`, async () => {
  // A client has a connection of its own, which stays when the call is over.
  const idle = Array.from({ length: IDLE_CONNECTIONS }, () => cluster.client())
  await inTurns(idle, (client) => client.exists('/'))
  const writer = cluster.client()
  const files: WritableFile[] = []
  const numbers = Array.from({ length: WRITERS }, (_, index) => index)
  await inTurns(numbers, async (number) => {
    const file = await writer.create(`/load/${number}`, { replication: 2 })
    await file.write(content(number, FILE_BYTES).subarray(0, FILE_BYTES / 2))
    await file.hflush()
    files[number] = file
  })
  // All are open now; everybody else is served.
  expect(await writer.exists('/load/7')).toBe(true)
  await inTurns(numbers, async (number) => {
    const file = files[number]
    if (file === undefined) throw new Error(`writer ${number} has no file`)
    await file.write(content(number, FILE_BYTES).subarray(FILE_BYTES / 2))
    await file.close()
  })
  const wrong: number[] = []
  await inTurns(numbers, async (number) => {
    const bytes = await writer.readFile(`/load/${number}`)
    if (!bytes.equals(content(number, FILE_BYTES))) wrong.push(number)
  })
  expect(wrong).toEqual([])
  // Whoever was idle goes on, whether its connection gave way meanwhile or not.
  await inTurns(idle.slice(0, 200), (client) => client.exists('/load'))
}, 400_000)

/** All of them, so many at a time. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values()
  const worker = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
