/** Whose large writes leave no copy in the page cache: the client says, else the setting, and copies never do. */
import { expect, it } from 'vitest'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { encodeTransferBlock } from '../../../../shared/transfer/operations.js'
import { EMPTY_TOKEN } from '../../../../shared/transfer/pipeline-node.js'
import { content } from '../../../support/content.js'
import { POOL, startNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { node as info, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'

const ID = 1073741855
const BYTES = content(3, 4 * 1024 * 1024)

async function startRecorded(dropCacheBehindWrites: boolean) {
  const disk = new FailingDisk()
  return { node: await startNode({ disk, dropCacheBehindWrites }), disk }
}

it.each([
  [false, undefined, false],
  [true, undefined, true],
  [false, true, true],
  [true, false, false],
])('setting %s, client %s: %s, on all nodes of a pipeline', async (setting, dropBehind, drops) => {
  const [first, second] = [await startRecorded(setting), await startRecorded(setting)]
  await writeBlock(first.node.port, ID, BYTES, { targets: [second.node.port], dropBehind })
  for (const { disk } of [first, second]) expect(disk.bytesPastCache > 0).toBe(drops)
})

it('a copy from node to node leaves none', async () => {
  const [source, target] = [await startRecorded(false), await startRecorded(false)]
  await writeBlock(source.node.port, ID, BYTES)
  const peer = await TransferPeer.connect(source.node.port)
  const block = { poolId: POOL, blockId: ID, generationStamp: 1001, numBytes: 0 }
  const header = { baseHeader: { block, token: EMPTY_TOKEN }, clientName: 'test' }
  peer.send(encodeTransferBlock({ header, targets: [info(target.node.port)] }))
  expect((await peer.response()).status).toBe(Status.SUCCESS)
  expect(target.disk.bytesPastCache).toBeGreaterThan(0)
  expect(source.disk.bytesPastCache).toBe(0)
})
