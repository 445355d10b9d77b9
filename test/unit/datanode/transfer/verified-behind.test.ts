/**
 * Packets of a pipeline are verified by its last node. Until that one has answered, the nodes before it tell nobody of their
 * bytes, sync nothing with a promise and finalize nothing; and whose fault wrong bytes are is found out all the same.
 */
import { describe, expect, it } from 'vitest'
import { decodeHeader } from '../../../../datanode/blocks/meta-format.js'
import { ReplicaFile } from '../../../../datanode/blocks/replica-file.js'
import { prepareRecovery } from '../../../../datanode/blocks/replica-recovery.js'
import { measureReplica } from '../../../../datanode/blocks/replica-repair.js'
import { present } from '../../../../shared/assert.js'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { blockId, generationStamp } from '../../../../shared/ids.js'
import { startNode, type TestNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { ScriptedMirror } from '../../../support/scripted-mirror.js'
import { pattern, sumsAt, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741855
const PACKET = 65_536
/** So much of a block is verified by every node. */
const MIB = 1024 * 1024
const OWN_PACKETS = MIB / PACKET

const BAD_SUMS = sumsAt(0, pattern(7, PACKET))

/** A writer whose packets up to 1 MiB have been acknowledged. */
async function writerBehind(first: TestNode, targets: readonly number[], mirror?: ScriptedMirror) {
  const peer = await TransferPeer.connect(first.port)
  const sizes = { blockBytes: 8 * MIB }
  expect(await peer.setUp({ id: ID, targets, ...sizes })).toMatchObject({ status: Status.SUCCESS })
  for (let seqno = 0; seqno < OWN_PACKETS; seqno += 1) {
    send(peer, seqno)
    await mirror?.answer(seqno)
    expect((await peer.ack()).seqno).toBe(seqno)
  }
  return peer
}

function send(peer: TransferPeer, seqno: number, change: object = {}): void {
  const offset = seqno * PACKET
  peer.packet({ offset, data: pattern(offset, PACKET), seqno, ...change })
}

async function released(node: TestNode) {
  const isReleased = () => {
    const replica = node.store.get(ID)
    return replica?.kind === 'being-written' && replica.writer === undefined
  }
  await waitUntil(isReleased, { what: 'the end of the writer' })
  return present(node.store.get(ID), 'a replica was begun')
}

/** What a node would have done by now if it waited for nobody. */
async function busyForAWhile(node: TestNode): Promise<void> {
  await writeBlock(node.port, ID + 1, pattern(0, MIB))
  await writeBlock(node.port, ID + 2, pattern(0, MIB))
}

async function syncedBytes({ store }: TestNode): Promise<number> {
  const replica = present(store.get(ID), 'a replica was begun')
  const { disk } = replica.volume
  const file = await ReplicaFile.open(disk, ID, store.pathsOf(replica), 'read')
  try {
    return present(decodeHeader(await file.readHeader(), ID), 'the header is whole').lengthBytes
  } finally {
    await file.close()
  }
}

describe('a packet with wrong sums', () => {
  it('is blamed on whoever sent it to the first node that has it', async () => {
    const nodes = [await startNode(), await startNode(), await startNode()] as const
    const peer = await writerBehind(
      nodes[0],
      nodes.slice(1).map(({ port }) => port),
    )
    send(peer, OWN_PACKETS, { sums: BAD_SUMS })
    expect(await peer.ack()).toEqual({ seqno: OWN_PACKETS, replies: [Status.ERROR_CHECKSUM] })
    await peer.closed()
    for (const node of nodes) {
      expect(await released(node)).toMatchObject({ lengthBytes: MIB })
      const block = { id: blockId(ID), generationStamp: generationStamp(1001), lengthBytes: MIB }
      expect(await prepareRecovery(node.store, block, 1002)).toEqual(block)
    }
  })

  it('is blamed on the node behind that alone has it so, and the good bytes stay', async () => {
    const [node, mirror] = [await startNode(), await ScriptedMirror.start()]
    const peer = await writerBehind(node, [mirror.port], mirror)
    send(peer, OWN_PACKETS)
    await mirror.answer(OWN_PACKETS, Status.ERROR_CHECKSUM)
    expect(await peer.ack()).toEqual({
      seqno: OWN_PACKETS,
      replies: [Status.SUCCESS, Status.ERROR_CHECKSUM],
    })
    await peer.closed()
    expect(await released(node)).toMatchObject({ lengthBytes: MIB + PACKET, visibleBytes: MIB })
  })

  it('is cut off, and all behind it, when nobody has said anything of it', async () => {
    const [node, mirror] = [await startNode(), await ScriptedMirror.start()]
    const peer = await writerBehind(node, [mirror.port], mirror)
    send(peer, OWN_PACKETS)
    send(peer, OWN_PACKETS + 1, { sums: BAD_SUMS })
    send(peer, OWN_PACKETS + 2)
    await waitUntil(() => mirror.received.includes(OWN_PACKETS + 2), { what: 'the packets behind' })
    peer.socket.destroy()
    const lengthBytes = MIB + PACKET
    expect(await released(node)).toMatchObject({ lengthBytes, visibleBytes: MIB })
    const block = { id: blockId(ID), generationStamp: generationStamp(1001), lengthBytes }
    expect(await prepareRecovery(node.store, block, 1002)).toEqual(block)
  })

  it('gets no sums of ours when the disk fills up behind it', async () => {
    const disk = new FailingDisk()
    const [node, mirror] = [await startNode({ disk }), await ScriptedMirror.start()]
    const peer = await writerBehind(node, [mirror.port], mirror)
    const data = pattern(MIB, 700)
    peer.packet({ offset: MIB, data, seqno: OWN_PACKETS, sums: BAD_SUMS.subarray(0, 8) })
    const written = () => node.store.get(ID)?.lengthBytes === MIB + 700
    await waitUntil(written, { what: 'the bytes' })
    disk.faults.push({ call: 'write', pathPart: `blk_${ID}`, isEnd: true, effect: 'ENOSPC' })
    peer.packet({ offset: MIB + 512, data: pattern(MIB + 512, 1000), seqno: OWN_PACKETS + 1 })
    await peer.closed()
    disk.faults.length = 0
    expect(await released(node)).toMatchObject({ lengthBytes: MIB, visibleBytes: MIB })
    const block = { id: blockId(ID), generationStamp: generationStamp(1001), lengthBytes: MIB }
    expect(await prepareRecovery(node.store, block, 1002)).toEqual(block)
  })

  it('ends what a start finds after a crash', async () => {
    const [node, mirror] = [await startNode(), await ScriptedMirror.start()]
    const peer = await writerBehind(node, [mirror.port], mirror)
    send(peer, OWN_PACKETS)
    send(peer, OWN_PACKETS + 1, { sums: BAD_SUMS })
    const endBytes = MIB + 2 * PACKET
    await waitUntil(() => node.store.get(ID)?.lengthBytes === endBytes, { what: 'the bytes' })
    const replica = present(node.store.get(ID), 'a replica was begun')
    const { disk } = replica.volume
    const file = await ReplicaFile.open(disk, ID, node.store.pathsOf(replica), 'read')
    expect((await measureReplica(file)).lengthBytes).toBe(MIB + PACKET)
    await file.close()
  })
})

describe('until the node behind has answered', () => {
  it('the replica is not finalized', async () => {
    const [node, mirror] = [await startNode(), await ScriptedMirror.start()]
    const peer = await writerBehind(node, [mirror.port], mirror)
    send(peer, OWN_PACKETS)
    peer.packet({ offset: MIB + PACKET, seqno: OWN_PACKETS + 1, isLast: true })
    await waitUntil(() => mirror.received.includes(OWN_PACKETS + 1), { what: 'the last packet' })
    await busyForAWhile(node)
    expect(node.store.get(ID)).toMatchObject({ kind: 'being-written' })
    await mirror.answer(OWN_PACKETS)
    await waitUntil(() => node.store.get(ID)?.kind === 'finalized', { what: 'the final name' })
    await mirror.answer(OWN_PACKETS + 1)
    for (const seqno of [OWN_PACKETS, OWN_PACKETS + 1]) {
      expect(await peer.ack()).toEqual({ seqno, replies: [0, 0] })
    }
  })

  it('no sync point covers its bytes', async () => {
    const [node, mirror] = [await startNode(), await ScriptedMirror.start()]
    const peer = await writerBehind(node, [mirror.port], mirror)
    send(peer, OWN_PACKETS)
    send(peer, OWN_PACKETS + 1, { sync: true })
    send(peer, OWN_PACKETS + 2)
    await waitUntil(() => mirror.received.includes(OWN_PACKETS + 1), { what: 'the packet behind' })
    await busyForAWhile(node)
    expect(await syncedBytes(node)).toBe(0)
    for (const seqno of [0, 1, 2]) await mirror.answer(OWN_PACKETS + seqno)
    for (const seqno of [0, 1, 2]) expect((await peer.ack()).seqno).toBe(OWN_PACKETS + seqno)
    expect(await syncedBytes(node)).toBeGreaterThanOrEqual(MIB + 2 * PACKET)
  })

  it('a node that dies instead of answering ends the wait', async () => {
    const [node, mirror] = [await startNode(), await ScriptedMirror.start()]
    const peer = await writerBehind(node, [mirror.port], mirror)
    send(peer, OWN_PACKETS)
    peer.packet({ offset: MIB + PACKET, seqno: OWN_PACKETS + 1, isLast: true })
    await waitUntil(() => mirror.received.includes(OWN_PACKETS + 1), { what: 'the last packet' })
    mirror.end()
    expect(await peer.ack()).toEqual({ seqno: -2, replies: [Status.SUCCESS, Status.ERROR] })
    expect(await released(node)).toMatchObject({ lengthBytes: MIB + PACKET, visibleBytes: MIB })
  })
})
