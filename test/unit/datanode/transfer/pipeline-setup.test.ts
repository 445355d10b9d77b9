/** How a pipeline comes about: new replicas are made side by side, resumed ones from the first node to the last. */
import { expect, it } from 'vitest'
import {
  BlockConstructionStage as Stage,
  Status,
} from '../../../../shared/hadoop/schema/data-transfer.js'
import { startNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741855

it('a node whose disk is slow does not keep those behind it waiting', async () => {
  const disk = new FailingDisk()
  const [first, second] = [await startNode({ disk }), await startNode()]
  let open = () => {}
  disk.writesWaitFor = new Promise((resolve) => {
    open = resolve
  })
  const peer = await TransferPeer.connect(first.port)
  const answer = peer.setUp({ id: ID, targets: [second.port] })
  await waitUntil(() => second.store.get(ID) !== undefined, { what: 'the replica behind' })
  expect(first.store.get(ID)).toBeUndefined()
  open()
  expect(await answer).toMatchObject({ status: Status.SUCCESS })
  peer.packet({ offset: 0, data: pattern(0, 1000), seqno: 0 })
  expect(await peer.ack()).toEqual({ seqno: 0, replies: [0, 0] })
})

it('a node that cannot make its replica says so of itself, and lets go of those behind it', async () => {
  const disk = new FailingDisk()
  const [first, second] = [await startNode({ disk }), await startNode()]
  disk.faults.push({ call: 'open', pathPart: String(ID), effect: 'ENOSPC' })
  const peer = await TransferPeer.connect(first.port)
  const answer = await peer.setUp({ id: ID, targets: [second.port] })
  expect(answer).toMatchObject({ status: Status.ERROR, firstBadLink: '' })
  await peer.closed()
  await waitUntil(
    () => {
      const replica = second.store.get(ID)
      return replica?.kind === 'being-written' && replica.writer === undefined
    },
    // Before its own patience with a silent writer ends.
    { what: 'the node behind to be let go', timeoutMs: 3000 },
  )
  expect(first.store.get(ID)).toBeUndefined()
})

it('a replica that cannot be resumed leaves those behind it as they are', async () => {
  const [first, second] = [await startNode(), await startNode()]
  await writeBlock(second.port, ID, pattern(0, 1000))
  const peer = await TransferPeer.connect(first.port)
  const answer = await peer.setUp({
    ...{ id: ID, stage: Stage.PIPELINE_SETUP_APPEND, latestStamp: 1002 },
    ...{ minBytes: 1000, maxBytes: 1000, targets: [second.port] },
  })
  expect(answer).toMatchObject({ status: Status.ERROR })
  await peer.closed()
  expect(second.store.get(ID)).toMatchObject({ kind: 'finalized', generationStamp: 1001 })
})
