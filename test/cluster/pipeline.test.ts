/** A datanode lost in the middle of a write, at every place in the pipeline: the writer goes on and nothing is lost (P1). */
import { describe, expect, it } from 'vitest'
import type { WritableFile } from '../../shared/client/file-streams.js'
import { BreakableNetwork } from '../support/breakable-network.js'
import { content } from '../support/content.js'
import { LyingNetwork } from '../support/lying-network.js'
import { expectHealed } from '../support/replica-files.js'
import {
  CLUSTER_KINDS,
  startTestCluster,
  type TestCluster,
  type TestDatanode,
} from '../support/test-cluster.js'

const FILE = '/file.bin'
const BLOCK_BYTES = 4 * 2 ** 20
const BYTES = content(7, 2 * BLOCK_BYTES + 12_345)
/** Within the first block, and not at the end of a chunk or packet. */
const LOST_AT = 1_500_001

const POSITIONS = [
  ['first', 0],
  ['middle', 1],
  ['last', 2],
] as const

const SETTINGS = { 'block.size': BLOCK_BYTES }

/** Writes half a block, lets `lose` happen to the datanode at a position of the pipeline, writes the rest. */
async function writeThrough(
  cluster: TestCluster,
  position: number,
  lose: (datanode: TestDatanode) => Promise<void> | void,
): Promise<TestDatanode> {
  const file = await cluster.client().create(FILE, { replication: 3 })
  await file.write(BYTES.subarray(0, LOST_AT))
  await file.hflush()
  const [block] = await cluster.blocks(FILE)
  const victim = cluster.datanodes.find(({ uuid }) => uuid === block?.datanodes[position])
  if (victim === undefined) throw new Error(`no datanode at position ${position} of the pipeline`)
  await lose(victim)
  await file.write(BYTES.subarray(LOST_AT))
  await file.close()
  return victim
}

function portOf(datanode: TestDatanode): number {
  if ('transferPort' in datanode) return Number(datanode.transferPort)
  throw new Error('a datanode in this process has a port')
}

interface OpenedFile {
  readonly path: string
  readonly file: WritableFile
}

/** Half-written files in whose pipelines the datanode stands first, in the middle, and last. */
async function openAtEveryPosition(
  cluster: TestCluster,
  datanode: TestDatanode,
): Promise<readonly OpenedFile[]> {
  const found = new Map<number, OpenedFile>()
  const client = cluster.client()
  for (let attempt = 0; found.size < POSITIONS.length; attempt += 1) {
    const path = `/file-${attempt}`
    const file = await client.create(path, { replication: 3 })
    await file.write(BYTES.subarray(0, LOST_AT))
    await file.hflush()
    const [block] = await cluster.blocks(path)
    const position = block?.datanodes.indexOf(datanode.uuid) ?? -1
    if (position >= 0 && !found.has(position)) found.set(position, { path, file })
    else await file.abort()
  }
  return [...found.values()]
}

describe.each(CLUSTER_KINDS)('in a cluster of %s', (kind) => {
  it.each(POSITIONS)('the %s datanode of a pipeline may be killed', async (_name, position) => {
    const cluster = await startTestCluster(kind, { datanodes: 4, settings: SETTINGS })
    const victim = await writeThrough(cluster, position, (datanode) => datanode.kill())
    expect((await cluster.client().readFile(FILE)).equals(BYTES)).toBe(true)
    await expectHealed(cluster, FILE, BYTES)
    await victim.start()
    await expectHealed(cluster, FILE, BYTES)
  })

  it('a datanode that hangs is left out, wherever in a pipeline it stands', async () => {
    const cluster = await startTestCluster(kind, { datanodes: 4, settings: SETTINGS })
    const victim = cluster.datanodes[0]!
    const files = await openAtEveryPosition(cluster, victim)
    victim.pause()
    await Promise.all(
      files.map(async ({ file }) => {
        await file.write(BYTES.subarray(LOST_AT))
        await file.close()
      }),
    )
    // While it hangs: it is dead to the namenode, and a reader that tries it goes on with the next one.
    for (const { path } of files) {
      expect((await cluster.client().readFile(path)).equals(BYTES)).toBe(true)
    }
    victim.resume()
    for (const { path } of files) await expectHealed(cluster, path, BYTES)
  })

  it('all but one datanode of a pipeline may be killed', async () => {
    const cluster = await startTestCluster(kind, { datanodes: 3, settings: SETTINGS })
    const file = await cluster.client().create(FILE, { replication: 3 })
    await file.write(BYTES.subarray(0, LOST_AT))
    await file.hsync()
    await Promise.all(cluster.datanodes.slice(0, 2).map((datanode) => datanode.kill()))
    await file.write(BYTES.subarray(LOST_AT))
    await file.close()
    expect((await cluster.client().readFile(FILE)).equals(BYTES)).toBe(true)
    await Promise.all(cluster.datanodes.map((datanode) => datanode.start()))
    await expectHealed(cluster, FILE, BYTES)
  })

  it('what was flushed can be read while the file is still being written', async () => {
    const cluster = await startTestCluster(kind, { datanodes: 3, settings: SETTINGS })
    const file = await cluster.client().create(FILE)
    await file.write(BYTES.subarray(0, LOST_AT))
    await file.hflush()
    const seen = await cluster.client().readFile(FILE)
    expect(seen.equals(BYTES.subarray(0, LOST_AT))).toBe(true)
    await file.write(BYTES.subarray(LOST_AT))
    await file.close()
    expect((await cluster.client().readFile(FILE)).equals(BYTES)).toBe(true)
  })
})

it.each(POSITIONS)('the %s datanode of a pipeline may be cut off', async (_name, position) => {
  const network = new BreakableNetwork()
  const cluster = await startTestCluster('in-process', {
    datanodes: 4,
    settings: SETTINGS,
    seams: { network },
  })
  const victim = await writeThrough(cluster, position, (datanode) => network.cut(portOf(datanode)))
  expect((await cluster.client().readFile(FILE)).equals(BYTES)).toBe(true)
  network.mend(portOf(victim))
  await expectHealed(cluster, FILE, BYTES)
})

it.each(POSITIONS)(
  'a bit may turn on the way to the %s datanode of a pipeline',
  async (_name, position) => {
    const network = new LyingNetwork()
    const options = { datanodes: 4, settings: SETTINGS, seams: { network } }
    const cluster = await startTestCluster('in-process', options)
    await writeThrough(cluster, position, (datanode) => network.lieTo(portOf(datanode), 8))
    expect(network.lies).toBe(1)
    expect((await cluster.client().readFile(FILE)).equals(BYTES)).toBe(true)
    await expectHealed(cluster, FILE, BYTES)
  },
)
