import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chunkChecksums } from '../../../../shared/checksum/crc32c.js'
import { type Clock, systemClock } from '../../../../shared/clock.js'
import { DfsError } from '../../../../shared/errors.js'
import { type Listener, systemNetwork } from '../../../../shared/network.js'
import { encodeBlockOpResponse, readOperation } from '../../../../shared/transfer/operations.js'
import { encodePacketHead } from '../../../../shared/transfer/packets.js'
import { EMPTY_TOKEN, type WriteBlockRequest } from '../../../../shared/transfer/pipeline-node.js'
import { type PacketPieces, sendBlock } from '../../../../shared/transfer/send-block.js'
import { SocketReader } from '../../../../shared/transfer/socket-reader.js'
import { FakeClock } from '../../../support/fake-clock.js'

const block = { poolId: 'BP-1', blockId: 7, generationStamp: 1001, numBytes: 1000 }
const timeouts = { connectMs: 1000, silenceMs: 60_000, silencePerNodeMs: 0 }
const id = { ipAddr: '127.0.0.1', hostName: 'h', datanodeUuid: 'u', infoPort: 0, ipcPort: 0 }

let listener: Listener
let received: Buffer
let answer: Buffer | undefined
let onSilence = () => {}

beforeEach(async () => {
  received = Buffer.alloc(0)
  answer = encodeBlockOpResponse({ status: 0 })
  listener = await systemNetwork.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
    serve(socket).catch(() => socket.destroy())
  })
})

async function serve(socket: Socket): Promise<void> {
  const reader = new SocketReader(socket, { clock: systemClock })
  await readOperation(reader, 1000, 1000)
  for (;;) {
    const packet = await reader.readPacket(1000)
    received = Buffer.concat([received, packet.data])
    if (packet.isLast) break
  }
  if (answer === undefined) onSilence()
  else socket.end(answer)
}

afterEach(() => listener.close())

const send = (packets: AsyncIterable<PacketPieces>, clock: Clock = systemClock) => {
  const { port } = listener
  const request: WriteBlockRequest = {
    block,
    token: EMPTY_TOKEN,
    clientName: '',
    stage: 8,
    nodes: [{ info: { id: { ...id, xferPort: port } }, storageId: 's', storageType: 1 }],
    minBytesReceived: 0,
    maxBytesReceived: 0,
    latestGenerationStamp: 0,
    checksum: { type: 2, bytesPerChecksum: 512 },
  }
  const address = { host: '127.0.0.1', port }
  return sendBlock({
    clock,
    network: systemNetwork,
    address,
    request,
    packets,
    timeouts,
  })
}

async function* packetsOf(data: Buffer): AsyncGenerator<PacketPieces> {
  const header = { seqno: 0, isLast: false, syncBlock: false }
  const sums = chunkChecksums(data)
  yield [
    encodePacketHead({ ...header, offsetInBlock: 0, dataBytes: data.length }, sums.length),
    sums,
    data,
  ]
  yield [
    encodePacketHead(
      { ...header, seqno: 1, isLast: true, offsetInBlock: data.length, dataBytes: 0 },
      0,
    ),
  ]
}

test('sendBlock sends all packets and waits for the answer', async () => {
  const data = Buffer.alloc(1000, 5)
  expect(await send(packetsOf(data))).toEqual({ sentBytes: 31 + 8 + 1000 + 31 })
  expect(received.equals(data)).toBe(true)
})

test('sendBlock blames the target for a refusal, for silence and for being away', async () => {
  const blame = { culprit: 'target' }
  answer = encodeBlockOpResponse({ status: 1, message: 'full' })
  await expect(send(packetsOf(Buffer.alloc(10)))).rejects.toMatchObject({
    ...blame,
    message: expect.stringContaining('ERROR full'),
  })
  answer = undefined
  const clock = new FakeClock()
  onSilence = () => {
    clock.advance(60_000).catch(() => undefined)
  }
  await expect(send(packetsOf(Buffer.alloc(10)), clock)).rejects.toMatchObject({
    ...blame,
    code: 'TIMEOUT',
  })
  await listener.close()
  await expect(send(packetsOf(Buffer.alloc(10)))).rejects.toMatchObject({
    ...blame,
    code: 'CONNECTION_REFUSED',
  })
})

test('sendBlock blames the source when its packets cannot be read', async () => {
  async function* broken(): AsyncGenerator<PacketPieces> {
    yield* []
    throw new DfsError('BLOCK_CORRUPT', 'bad chunk')
  }
  await expect(send(broken())).rejects.toMatchObject({ culprit: 'source', code: 'BLOCK_CORRUPT' })
})
