/** What peers of the streaming port may do wrong, or slowly: their own connection ends, everybody else is served. */
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BlockReceiver } from '../../../../datanode/transfer/block-receiver.js'
import type { TransferConnection } from '../../../../datanode/transfer/transfer-context.js'
import { systemClock } from '../../../../shared/clock.js'
import {
  OperationCode,
  ReleaseShortCircuitAccessResponseProto,
  ShortCircuitShmResponseProto,
  Status,
} from '../../../../shared/hadoop/schema/data-transfer.js'
import { systemNetwork } from '../../../../shared/network.js'
import { encodeHeartbeatPacket } from '../../../../shared/transfer/packets.js'
import { SocketReader } from '../../../../shared/transfer/socket-reader.js'
import { SocketWriter } from '../../../../shared/transfer/socket-writer.js'
import { startNode } from '../../../support/datanode-fixture.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741900

/** Sends bytes one by one, far below any time limit for silence. @returns whether the other end cut it short */
async function drip(peer: TransferPeer, bytes: Uint8Array, everyMs: number): Promise<boolean> {
  for (const byte of bytes) {
    if (peer.reader.failure !== undefined) return true
    peer.send(Buffer.from([byte]))
    await peer.reader.more(everyMs).catch(() => undefined)
  }
  return false
}

describe('slow senders', () => {
  it('of an operation are cut off', async () => {
    const node = await startNode({ timeouts: { silenceMs: 300 } })
    const peer = await TransferPeer.connect(node.port)
    const bytes = Buffer.from(`001c51ff7f${'0a'.repeat(60)}`, 'hex')
    expect(await drip(peer, bytes, 50)).toBe(true)
    await writeBlock(node.port, ID, pattern(0, 10))
  })

  it('of a packet are cut off, and what they sent before is kept for a recovery', async () => {
    const node = await startNode({ timeouts: { writerSilenceMs: 300 } })
    const peer = await TransferPeer.connect(node.port)
    await peer.setUp({ id: ID })
    peer.packet({ offset: 0, data: pattern(0, 600), seqno: 0 })
    await peer.ack()
    const bytes = Buffer.from(`000003f40019${'00'.repeat(60)}`, 'hex')
    expect(await drip(peer, bytes, 50)).toBe(true)
    expect(node.store.get(ID)).toMatchObject({ kind: 'being-written', lengthBytes: 600 })
    expect(node.context.statistics.activeTransfers).toBe(0)
  })

  it('who say in time that they are alive are not', async () => {
    const node = await startNode({ timeouts: { writerSilenceMs: 300 } })
    const peer = await TransferPeer.connect(node.port)
    await peer.setUp({ id: ID })
    for (let beat = 0; beat < 10; beat += 1) {
      await peer.reader.more(60).catch(() => undefined)
      peer.packet({ offset: 0, seqno: -1 })
      await peer.ack()
    }
    peer.packet({ offset: 0, seqno: 1, isLast: true })
    expect((await peer.ack()).seqno).toBe(1)
  })
})

describe('acknowledgements that nobody reads', () => {
  it('stop the writer they are for, before they fill the memory', async () => {
    const node = await startNode()
    const replica = await node.store.create({
      id: ID,
      generationStamp: 1,
      storageId: undefined,
      sizeBytes: 1024,
    })
    const { near, far } = await socketPair()
    const acks: Uint8Array[] = []
    let drained = () => {}
    const connection: TransferConnection = {
      reader: new SocketReader(near, { clock: systemClock }),
      writer: Object.assign(new SocketWriter(near, { clock: systemClock }), {
        write: (bytes: Uint8Array) => acks.push(bytes),
        drain: () => new Promise<void>((resolve) => (drained = resolve)),
      }),
      peer: 'a writer',
      signal: new AbortController().signal,
      destroy: () => near.destroy(),
    }
    Object.defineProperty(connection.writer, 'isFull', { get: () => acks.length === 3 })
    const { writer } = replica
    if (writer === undefined) throw new Error('a new replica has a writer')
    const checksum = { type: 2, bytesPerChecksum: 512 }
    const { context } = node
    const parts = { context, connection, replica, writer, mirror: undefined, checksum }
    const ended = new BlockReceiver(parts).run().catch((error: unknown) => error)
    far.write(Buffer.concat(Array.from({ length: 10 }, encodeHeartbeatPacket)))
    await waitUntil(() => acks.length >= 3, { what: 'three acknowledgements' })
    await systemClock.sleep(50)
    expect(acks.length).toBe(3)
    drained()
    await waitUntil(() => acks.length === 10, { what: 'the others' })
    far.destroy()
    await ended
  })
})

/** Two ends of one connection. */
async function socketPair(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const accepted: Socket[] = []
  const address = { host: '127.0.0.1', port: 0 }
  const listener = await systemNetwork.listen(address, (socket) => accepted.push(socket))
  onTestFinished(() => listener.close())
  const far = await systemNetwork.connect({ ...address, port: listener.port }, { timeoutMs: 5_000 })
  onTestFinished(() => {
    far.destroy()
  })
  const near = await waitUntil(() => accepted[0], { what: 'a connection' })
  return { near, far }
}

describe('many connections', () => {
  it('beyond the limit push out the one that is idle longest, never one at work', async () => {
    const node = await startNode({ maxTransfers: 1 })
    const writer = await TransferPeer.connect(node.port)
    await writer.setUp({ id: ID })
    const idle: TransferPeer[] = []
    for (let count = 0; count < 3; count += 1) idle.push(await TransferPeer.connect(node.port))
    const late = await TransferPeer.connect(node.port)
    await idle[0]?.closed()
    writer.packet({ offset: 0, seqno: 0, isLast: true })
    expect((await writer.ack()).replies).toEqual([Status.SUCCESS])
    await writer.closed()
    late.readOperation(ID, 0, 0)
    expect((await late.response()).status).toBe(Status.SUCCESS)
    expect(idle[1]?.reader.failure).toBeUndefined()
  })
})

describe('operations that are not offered', () => {
  const operation = (code: number) => Buffer.from([0, 28, code, 0])

  it.each([
    ['COPY_BLOCK', OperationCode.COPY_BLOCK],
    ['REPLACE_BLOCK', OperationCode.REPLACE_BLOCK],
    ['BLOCK_GROUP_CHECKSUM', OperationCode.BLOCK_GROUP_CHECKSUM],
    ['REQUEST_SHORT_CIRCUIT_FDS', OperationCode.REQUEST_SHORT_CIRCUIT_FDS],
  ])('are refused with a text: %s', async (_name, code) => {
    const node = await startNode()
    const peer = await TransferPeer.connect(node.port)
    peer.send(operation(code))
    const { status, message } = await peer.response()
    expect(status).toBe(Status.ERROR_UNSUPPORTED)
    expect(message).toMatch(/\w{5}/)
    await peer.closed()
  })

  it('are refused in their own messages', async () => {
    const node = await startNode()
    const shm = await TransferPeer.connect(node.port)
    shm.send(operation(OperationCode.REQUEST_SHORT_CIRCUIT_SHM))
    const answer = ShortCircuitShmResponseProto.decode(await shm.reader.readDelimited(1000, 5_000))
    expect(answer.status).toBe(Status.ERROR_UNSUPPORTED)
    const release = await TransferPeer.connect(node.port)
    release.send(operation(OperationCode.RELEASE_SHORT_CIRCUIT_FDS))
    const bytes = await release.reader.readDelimited(1000, 5_000)
    const { status, error } = ReleaseShortCircuitAccessResponseProto.decode(bytes)
    expect(status).toBe(Status.ERROR_UNSUPPORTED)
    expect(error).toContain('Short-circuit')
  })
})

describe('blocks that are not what they seem', () => {
  it.each([
    ['of another pool', { poolId: 'BP-2-127.0.0.1-2' }],
    ['of no pool', { poolId: '' }],
    ['with an id of 0', { id: 0 }],
    ['with a negative id', { id: -1 }],
    ['with an id beyond 2^53', { id: 2 ** 60 }],
    ['with a stamp of 0', { stamp: 0 }],
    ['with a negative stamp', { stamp: -5 }],
    ['with a stamp beyond 2^53', { stamp: 2 ** 60 }],
    ['with a negative size', { blockBytes: -1 }],
    ['with a size of 2^50', { blockBytes: 2 ** 50 }],
    ['in a stage that starts nothing', { stage: 2 }],
    ['in a stage that nobody knows', { stage: 99 }],
    ['with sums of an unknown kind', { checksum: { type: 9, bytesPerChecksum: 512 } }],
    ['with sums of chunks of nothing', { checksum: { type: 2, bytesPerChecksum: 0 } }],
    ['with sums of chunks of gigabytes', { checksum: { type: 2, bytesPerChecksum: 2 ** 31 } }],
    ['to be appended to, and unknown', { stage: 0 }],
    ['to be recovered, and unknown', { stage: 3 }],
  ])('are refused to writers: %s', async (_name, setup) => {
    const node = await startNode()
    const peer = await TransferPeer.connect(node.port)
    const { status, message } = await peer.setUp({ id: ID, ...setup })
    expect(status).toBe(Status.ERROR)
    expect(message).toMatch(/\w{5}/)
    await peer.closed()
    expect(node.store.index.size).toBe(0)
    await writeBlock(node.port, ID, pattern(0, 10))
  })

  it.each([
    ['of another pool', { poolId: 'BP-2-127.0.0.1-2' }, 0, 1],
    ['with a stamp that is too new', { stamp: 2000 }, 0, 1],
    ['behind the end', {}, 11, 1],
    ['beyond the end', {}, 0, 11],
    ['at a negative offset', {}, -1, 1],
    ['of a negative length', {}, 0, -1],
    ['where offset and length overflow', {}, 2 ** 62, 2 ** 62],
  ])('are refused to readers: %s', async (_name, options, offset, length) => {
    const node = await startNode()
    await writeBlock(node.port, ID, pattern(0, 10))
    const peer = await TransferPeer.connect(node.port)
    peer.readOperation(ID, offset, length, options)
    const { status, message } = await peer.response()
    expect(status).toBe(Status.ERROR)
    expect(message).toContain('opReadBlock')
    await peer.closed()
  })
})

describe('writers that break the rules of packets', () => {
  it.each([
    ['more bytes than they announced', 70_000, Buffer.alloc(0)],
    ['a gap', 512, pattern(0, 10)],
    ['a negative offset', -512, pattern(0, 10)],
  ])('by %s end alone', async (_name, offset, data) => {
    const node = await startNode()
    const peer = await TransferPeer.connect(node.port)
    await peer.setUp({ id: ID, blockBytes: 1024 })
    const bytes = data.length > 0 ? data : pattern(0, offset)
    peer.packet({ offset: data.length > 0 ? offset : 0, data: bytes, seqno: 0 })
    peer.packet({ offset: data.length > 0 ? 10 : offset, seqno: 1, isLast: true })
    await peer.closed()
    expect(node.context.statistics.activeTransfers).toBe(0)
    await writeBlock(node.port, ID + 1, pattern(0, 10))
  })
})
