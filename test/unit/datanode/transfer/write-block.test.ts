import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { prepareRecovery } from '../../../../datanode/blocks/replica-recovery.js'
import { present } from '../../../../shared/assert.js'
import {
  BlockConstructionStage as Stage,
  Status,
} from '../../../../shared/hadoop/schema/data-transfer.js'
import { blockId, generationStamp } from '../../../../shared/ids.js'
import { startNode, type TestNode } from '../../../support/datanode-fixture.js'
import { flipBit } from '../../../support/flip-bit.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741855

async function expectStored(node: TestNode, id: number, bytes: Buffer, stamp = 1001) {
  const replica = node.store.get(id)
  expect(replica).toMatchObject({ kind: 'finalized', generationStamp: stamp })
  expect(readFileSync(node.store.pathsOf(replica!).data).equals(bytes)).toBe(true)
  const reader = await node.store.openReader(id, 'test')
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const piece = await reader.read(at, bytes.length, Buffer.alloc(17 * 65_536))
    parts.push(Buffer.from(piece.data))
    at += piece.data.length
  }
  await reader.close()
  expect(Buffer.concat(parts).equals(bytes)).toBe(true)
}

/** A writer that has set up its pipeline. */
async function writerOf(node: TestNode, setup: Partial<Parameters<TransferPeer['setUp']>[0]> = {}) {
  const peer = await TransferPeer.connect(node.port)
  expect(await peer.setUp({ id: ID, ...setup })).toMatchObject({ status: Status.SUCCESS })
  return peer
}

describe('writing a block', () => {
  it('takes odd packets as a real datanode does (captured conversation edge-datanode)', async () => {
    const node = await startNode()
    const peer = await writerOf(node)
    peer.packet({ offset: 0, data: pattern(0, 1000), seqno: 7 })
    expect(await peer.ack()).toEqual({ seqno: 7, replies: [Status.SUCCESS] })
    peer.packet({ offset: 512, data: pattern(512, 588), seqno: 9 })
    expect(await peer.ack()).toEqual({ seqno: 9, replies: [Status.SUCCESS] })
    peer.packet({ offset: 0, seqno: -1 })
    expect(await peer.ack()).toEqual({ seqno: -1, replies: [Status.SUCCESS] })
    peer.packet({ offset: 1100, seqno: 10, sync: true })
    expect(await peer.ack()).toEqual({ seqno: 10, replies: [Status.SUCCESS] })
    peer.packet({ offset: 1100, data: pattern(1100, 200), seqno: 11 })
    expect(await peer.ack()).toEqual({ seqno: 11, replies: [Status.SUCCESS] })
    peer.packet({ offset: 1300, seqno: 12, isLast: true })
    expect(await peer.ack()).toEqual({ seqno: 12, replies: [Status.SUCCESS] })
    await peer.closed()
    await expectStored(node, ID, pattern(0, 1300))
    expect(node.events.list).toEqual([
      { kind: 'receiving', id: ID, generationStamp: 1001, lengthBytes: 0 },
      { kind: 'received', id: ID, generationStamp: 1001, lengthBytes: 1300 },
    ])
  })

  it.each([0, 1, 511, 512, 513, 65_536, 65_537, 3_000_000])(
    'stores %i bytes and acknowledges every packet in order',
    async (length) => {
      const node = await startNode()
      const acks = await writeBlock(node.port, ID, pattern(0, length))
      expect(acks.map(({ seqno }) => seqno)).toEqual(acks.map((_, index) => index))
      await expectStored(node, ID, pattern(0, length))
    },
  )

  it('forwards through a pipeline of three; every node stores, each acknowledgement has three replies', async () => {
    const nodes = [await startNode(), await startNode(), await startNode()]
    const [first, second, third] = nodes.map(({ port }) => port)
    const data = pattern(0, 700_001)
    const acks = await writeBlock(first!, ID, data, { targets: [second!, third!] })
    for (const ack of acks) expect(ack.replies).toEqual([0, 0, 0])
    for (const node of nodes) await expectStored(node, ID, data)
  })

  it('acknowledges a packet whose bytes are all there: Java sends a begun chunk once more when it closes', async () => {
    const node = await startNode()
    const peer = await writerOf(node)
    peer.packet({ offset: 0, data: pattern(0, 700), seqno: 0 })
    expect(await peer.ack()).toEqual({ seqno: 0, replies: [Status.SUCCESS] })
    peer.packet({ offset: 512, data: pattern(512, 188), seqno: 1 })
    expect(await peer.ack()).toEqual({ seqno: 1, replies: [Status.SUCCESS] })
    peer.packet({ offset: 700, seqno: 2, isLast: true })
    expect(await peer.ack()).toEqual({ seqno: 2, replies: [Status.SUCCESS] })
    await expectStored(node, ID, pattern(0, 700))
  })

  it('acknowledges to a writer that has ended its side after the last packet', async () => {
    const node = await startNode()
    const peer = await writerOf(node)
    peer.packet({ offset: 0, data: pattern(0, 700), seqno: 0 })
    peer.packet({ offset: 700, seqno: 1, isLast: true })
    peer.socket.end()
    expect(await peer.ack()).toEqual({ seqno: 0, replies: [Status.SUCCESS] })
    expect(await peer.ack()).toEqual({ seqno: 1, replies: [Status.SUCCESS] })
    await peer.closed()
    await expectStored(node, ID, pattern(0, 700))
  })

  it('acknowledges the last packet only after the namenode has been told', async () => {
    const node = await startNode()
    let answer = () => {}
    node.events.hold = new Promise((resolve) => {
      answer = resolve
    })
    const peer = await writerOf(node)
    peer.packet({ offset: 0, data: pattern(0, 10), seqno: 0 })
    await peer.ack()
    peer.packet({ offset: 10, seqno: 1, isLast: true })
    await waitUntil(() => node.events.kinds().includes('received'), { what: 'the report' })
    expect(peer.reader.bufferedBytes).toBe(0)
    answer()
    expect(await peer.ack()).toEqual({ seqno: 1, replies: [0] })
  })

  it('answers wrong checksums with ERROR_CHECKSUM at its own position, closes and never finalizes', async () => {
    const node = await startNode()
    const peer = await writerOf(node)
    peer.packet({ offset: 0, data: pattern(0, 600), seqno: 0, sums: Buffer.alloc(8, 1) })
    expect(await peer.ack()).toEqual({ seqno: 0, replies: [Status.ERROR_CHECKSUM] })
    await peer.closed()
    expect(node.store.get(ID)).toMatchObject({ kind: 'being-written', lengthBytes: 0 })
  })

  it('closes without an acknowledgement when a packet leaves a gap', async () => {
    const node = await startNode()
    const peer = await writerOf(node)
    peer.packet({ offset: 0, data: pattern(0, 512), seqno: 0 })
    await peer.ack()
    peer.packet({ offset: 2048, data: pattern(0, 512), seqno: 1 })
    await peer.closed()
    expect(peer.reader.bufferedBytes).toBe(0)
  })

  it('refuses a block that exists, one of another pool, and impossible numbers', async () => {
    const node = await startNode()
    await writeBlock(node.port, ID, pattern(0, 10))
    const refused = async (setup: Parameters<TransferPeer['setUp']>[0]) => {
      const peer = await TransferPeer.connect(node.port)
      const answer = await peer.setUp(setup)
      await peer.closed()
      return answer.status
    }
    expect(await refused({ id: ID })).toBe(Status.ERROR_EXISTS)
    expect(await refused({ id: ID + 1, poolId: 'BP-x' })).toBe(Status.ERROR)
    expect(await refused({ id: -5 })).toBe(Status.ERROR)
    expect(await refused({ id: ID + 2, blockBytes: -1 })).toBe(Status.ERROR)
    expect(await refused({ id: ID + 2, stage: 2 })).toBe(Status.ERROR)
    expect(await refused({ id: ID + 2, checksum: { type: 9, bytesPerChecksum: 512 } })).toBe(
      Status.ERROR,
    )
    expect(node.store.index.size).toBe(1)
  })

  it('names a mirror that cannot be reached and leaves nothing behind', async () => {
    const node = await startNode()
    const peer = await TransferPeer.connect(node.port)
    const answer = await peer.setUp({ id: ID, targets: [1] })
    expect(answer).toMatchObject({ status: Status.ERROR, firstBadLink: '127.0.0.1:1' })
    await peer.closed()
    await waitUntil(() => node.store.get(ID) === undefined, { what: 'the empty replica to go' })
  })

  it('passes on which node further down refused', async () => {
    const [first, second] = [await startNode(), await startNode()]
    const peer = await TransferPeer.connect(first!.port)
    const answer = await peer.setUp({ id: ID, targets: [second!.port, 1] })
    expect(answer).toMatchObject({ status: Status.ERROR, firstBadLink: '127.0.0.1:1' })
  })

  it('tells of a mirror that dies once, with seqno -2 and two replies, and keeps its bytes', async () => {
    const [first, second] = [await startNode(), await startNode()]
    const peer = await writerOf(first!, { targets: [second!.port] })
    peer.packet({ offset: 0, data: pattern(0, 1000), seqno: 0 })
    expect(await peer.ack()).toEqual({ seqno: 0, replies: [0, 0] })
    await second!.stop()
    expect(await peer.ack()).toEqual({ seqno: -2, replies: [Status.SUCCESS, Status.ERROR] })
    await peer.closed()
    expect(peer.reader.bufferedBytes).toBe(0)
    await waitUntil(() => first!.store.get(ID)?.kind === 'being-written', { what: 'the replica' })
    expect(first!.store.get(ID)).toMatchObject({ lengthBytes: 1000, visibleBytes: 1000 })
  })
})

describe('recovering a block', () => {
  /** Leaves a replica of 1000 acknowledged and 600 unacknowledged bytes behind. */
  async function abandoned(): Promise<TestNode> {
    const node = await startNode()
    const peer = await writerOf(node)
    peer.packet({ offset: 0, data: pattern(0, 1000), seqno: 0 })
    await peer.ack()
    peer.socket.destroy()
    await waitUntil(
      () => {
        const replica = node.store.get(ID)
        return replica?.kind === 'being-written' && replica.writer === undefined
      },
      { what: 'the writer to be let go' },
    )
    return node
  }

  it('resumes with a new stamp, resends from the chunk start and finalizes', async () => {
    const node = await abandoned()
    const peer = await writerOf(node, {
      stage: Stage.PIPELINE_SETUP_STREAMING_RECOVERY,
      minBytes: 1000,
      maxBytes: 1600,
      latestStamp: 1002,
    })
    peer.packet({ offset: 512, data: pattern(512, 1088), seqno: 3 })
    expect(await peer.ack()).toEqual({ seqno: 3, replies: [0] })
    peer.packet({ offset: 1600, seqno: 4, isLast: true })
    expect(await peer.ack()).toEqual({ seqno: 4, replies: [0] })
    await expectStored(node, ID, pattern(0, 1600), 1002)
  })

  it('fences the old writer while it is still connected', async () => {
    const node = await startNode()
    const old = await writerOf(node)
    old.packet({ offset: 0, data: pattern(0, 1000), seqno: 0 })
    await old.ack()
    const peer = await writerOf(node, {
      stage: Stage.PIPELINE_SETUP_STREAMING_RECOVERY,
      minBytes: 1000,
      maxBytes: 1000,
      latestStamp: 1002,
    })
    await waitUntil(() => old.reader.failure !== undefined, {
      what: 'the old writer to be cut off',
      timeoutMs: 1_000,
    })
    peer.packet({ offset: 1000, seqno: 1, isLast: true })
    await peer.ack()
    await expectStored(node, ID, pattern(0, 1000), 1002)
  })

  it.each([
    ['fewer bytes than were acknowledged', { minBytes: 1001, maxBytes: 2000, latestStamp: 1002 }],
    ['an older stamp', { minBytes: 0, maxBytes: 2000, stamp: 999, latestStamp: 1000 }],
    ['a stamp that the replica does not have yet', { minBytes: 0, stamp: 1005, latestStamp: 1006 }],
  ])('refuses %s', async (_, setup) => {
    const node = await abandoned()
    const peer = await TransferPeer.connect(node.port)
    const stage = Stage.PIPELINE_SETUP_STREAMING_RECOVERY
    const answer = await peer.setUp({ id: ID, stage, ...setup })
    expect(answer.status).toBe(Status.ERROR)
    expect(node.store.get(ID)).toMatchObject({ generationStamp: 1001, lengthBytes: 1000 })
  })

  it.each([
    Stage.PIPELINE_SETUP_STREAMING_RECOVERY,
    Stage.PIPELINE_SETUP_APPEND_RECOVERY,
    Stage.PIPELINE_CLOSE_RECOVERY,
  ])('gives no new stamp to bytes that have turned bad (stage %s)', async (stage) => {
    const node = await startNode()
    await writeBlock(node.port, ID, pattern(0, 200_000))
    const replica = present(node.store.get(ID), 'a replica was written')
    const bytes = readFileSync(node.store.pathsOf(replica).data)
    bytes[70_000] = (bytes[70_000] ?? 0) ^ 1
    writeFileSync(node.store.pathsOf(replica).data, bytes)
    const peer = await TransferPeer.connect(node.port)
    const setup = { minBytes: 200_000, maxBytes: 200_000, latestStamp: 1002 }
    expect((await peer.setUp({ id: ID, stage, ...setup })).status).toBe(Status.ERROR)
    expect(node.store.get(ID)).toBe(replica)
    expect(node.store.isCorrupt(ID)).toBe(true)
    const block = { id: blockId(ID), generationStamp: generationStamp(1001), lengthBytes: 200_000 }
    await expect(prepareRecovery(node.store, block, 1003)).rejects.toMatchObject({
      code: 'BLOCK_CORRUPT',
    })
  })

  it('gives bytes that have turned bad no new sums when it cuts behind them', async () => {
    const node = await abandoned()
    const { data } = node.store.pathsOf(present(node.store.get(ID), 'it was begun'))
    flipBit(data, 800)
    const peer = await TransferPeer.connect(node.port)
    const stage = Stage.PIPELINE_SETUP_STREAMING_RECOVERY
    const setup = { minBytes: 900, maxBytes: 900, latestStamp: 1002 }
    expect((await peer.setUp({ id: ID, stage, ...setup })).status).toBe(Status.ERROR)
    expect(node.store.get(ID)).toMatchObject({ generationStamp: 1001, lengthBytes: 1000 })
  })

  it('close recovery gives the new stamp and finalizes without packets, twice alike', async () => {
    const node = await abandoned()
    const setup = { stage: Stage.PIPELINE_CLOSE_RECOVERY, minBytes: 1000, maxBytes: 1000 }
    await writerOf(node, { ...setup, latestStamp: 1002 })
    await expectStored(node, ID, pattern(0, 1000), 1002)
    await writerOf(node, { ...setup, stamp: 1002, latestStamp: 1002 })
    await expectStored(node, ID, pattern(0, 1000), 1002)
  })

  it('appends in mid-chunk: the first packet carries one sum for the new bytes only', async () => {
    const node = await startNode()
    await writeBlock(node.port, ID, pattern(0, 513))
    const peer = await writerOf(node, {
      stage: Stage.PIPELINE_SETUP_APPEND,
      minBytes: 513,
      latestStamp: 1002,
    })
    peer.packet({ offset: 513, data: pattern(513, 511), seqno: 0 })
    peer.packet({ offset: 1024, data: pattern(1024, 2), seqno: 1 })
    peer.packet({ offset: 1026, seqno: 2, isLast: true })
    for (const seqno of [0, 1, 2]) expect(await peer.ack()).toEqual({ seqno, replies: [0] })
    await expectStored(node, ID, pattern(0, 1026), 1002)
  })

  it('refuses an append at a length that the replica does not have', async () => {
    const node = await startNode()
    await writeBlock(node.port, ID, pattern(0, 513))
    for (const minBytes of [512, 514]) {
      const peer = await TransferPeer.connect(node.port)
      const stage = Stage.PIPELINE_SETUP_APPEND
      expect((await peer.setUp({ id: ID, stage, minBytes, latestStamp: 1002 })).status).toBe(1)
    }
    await expectStored(node, ID, pattern(0, 513))
  })
})
