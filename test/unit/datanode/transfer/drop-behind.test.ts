/** Whose large writes leave no copy in the page cache: the client says, else the setting, and copies never do. */
import { expect, it } from 'vitest'
import { type CachedWrites, dropsBehind } from '../../../../datanode/policy/drop-behind.js'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { encodeTransferBlock } from '../../../../shared/transfer/operations.js'
import { EMPTY_TOKEN } from '../../../../shared/transfer/pipeline-node.js'
import { content } from '../../../support/content.js'
import { POOL, startNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { node as info, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'

const ID = 1073741855
const BYTES = content(3, 4 * 1024 * 1024)

async function startRecorded(cachedWrites?: CachedWrites) {
  const disk = new FailingDisk()
  // Slower than any machine sends: what arrives during a write makes the next batch a large one.
  disk.writeDelayMs = 30
  return { node: await startNode({ disk, ...(cachedWrites && { cachedWrites }) }), disk }
}

it.each([
  ['all', undefined, [true, true, true]],
  ['first', undefined, [true, false, false]],
  ['none', undefined, [false, false, false]],
  ['all', true, [false, false, false]],
  ['first', true, [false, false, false]],
  ['none', false, [true, true, true]],
  ['first', false, [true, true, true]],
] as const)(
  'setting %s, client %s: cached on the nodes of a pipeline %j',
  async (setting, dropBehind, cached) => {
    const nodes = await Promise.all(cached.map(() => startRecorded(setting)))
    const [first, ...others] = nodes.map((it) => it.node.port)
    await writeBlock(first ?? 0, ID, BYTES, { targets: others, dropBehind })
    expect(nodes.map(({ disk }) => disk.bytesPastCache === 0)).toEqual(cached)
  },
)

it('a writer that does not say how long its pipeline is, is taken to write to the first node', () => {
  expect(dropsBehind('first', { targets: [1, 2], pipelineSize: 0 })).toBe(false)
})

it('a copy from node to node leaves none', async () => {
  const [source, target] = [await startRecorded(), await startRecorded()]
  await writeBlock(source.node.port, ID, BYTES)
  const peer = await TransferPeer.connect(source.node.port)
  const block = { poolId: POOL, blockId: ID, generationStamp: 1001, numBytes: 0 }
  const header = { baseHeader: { block, token: EMPTY_TOKEN }, clientName: 'test' }
  peer.send(encodeTransferBlock({ header, targets: [info(target.node.port)] }))
  expect((await peer.response()).status).toBe(Status.SUCCESS)
  expect(target.disk.bytesPastCache).toBeGreaterThan(0)
  expect(source.disk.bytesPastCache).toBe(0)
})
