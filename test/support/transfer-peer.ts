/** A client of a datanode's streaming port that sends what it is told, right or wrong. */
import { onTestFinished } from 'vitest'
import {
  CRC32C_512,
  checksumCount,
  chunkChecksums,
  writeChunkChecksums,
} from '../../shared/checksum/crc32c.js'
import { systemClock } from '../../shared/clock.js'
import { BlockConstructionStage, Status } from '../../shared/hadoop/schema/data-transfer.js'
import { systemNetwork } from '../../shared/network.js'
import {
  type BlockOpResponse,
  decodePipelineAck,
  encodeClientReadStatus,
  encodeReadBlock,
  encodeWriteBlock,
  type PipelineAck,
  readBlockOpResponse,
} from '../../shared/transfer/operations.js'
import { encodePacket } from '../../shared/transfer/packets.js'
import { EMPTY_TOKEN } from '../../shared/transfer/pipeline-node.js'
import { SocketReader } from '../../shared/transfer/socket-reader.js'
import { POOL } from './datanode-fixture.js'

const TIMEOUT_MS = 5_000

/** The pattern of the captured conversations: byte i = ((i * 31) xor (i >> 8)) and 255. */
export function pattern(from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let index = 0; index < length; index += 1) {
    const i = from + index
    bytes[index] = ((i * 31) ^ (i >> 8)) & 255
  }
  return bytes
}

/** Sums as a client makes them: the first covers up to the next chunk boundary of the block. */
export function sumsAt(offset: number, data: Uint8Array): Buffer {
  if (offset % 512 === 0) return chunkChecksums(data)
  const sums = Buffer.alloc(4 * checksumCount(data.length, 512, offset % 512))
  writeChunkChecksums(CRC32C_512, data, offset % 512, sums, 0)
  return sums
}

export const node = (port: number) => ({
  id: {
    ipAddr: '127.0.0.1',
    hostName: 'localhost',
    datanodeUuid: `node-${port}`,
    xferPort: port,
    infoPort: 0,
    ipcPort: 0,
  },
})

export interface WriteSetup {
  readonly id: number
  readonly stamp?: number
  readonly stage?: number
  readonly targets?: readonly number[]
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly latestStamp?: number
  readonly blockBytes?: number
  readonly poolId?: string
  readonly checksum?: { readonly type: number; readonly bytesPerChecksum: number }
  readonly dropBehind?: boolean | undefined
}

export interface SentPacket {
  readonly offset: number
  readonly data?: Uint8Array
  readonly seqno: number
  readonly isLast?: boolean
  readonly sync?: boolean
  readonly sums?: Uint8Array
}

export class TransferPeer {
  readonly socket
  readonly reader: SocketReader

  static async connect(port: number): Promise<TransferPeer> {
    const address = { host: '127.0.0.1', port }
    return new TransferPeer(await systemNetwork.connect(address, { timeoutMs: TIMEOUT_MS }))
  }

  private constructor(socket: Awaited<ReturnType<typeof systemNetwork.connect>>) {
    this.socket = socket
    this.reader = new SocketReader(socket, { clock: systemClock })
    onTestFinished(() => {
      socket.destroy()
    })
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  writeOperation(setup: WriteSetup): void {
    const { id, stamp = 1001, targets = [], minBytes = 0, maxBytes = 0 } = setup
    const numBytes = setup.blockBytes ?? 1024 * 1024
    const poolId = setup.poolId ?? POOL
    const block = { poolId, blockId: id, generationStamp: stamp, numBytes }
    this.send(
      encodeWriteBlock({
        header: { baseHeader: { block, token: EMPTY_TOKEN }, clientName: 'test' },
        targets: targets.map(node),
        stage: setup.stage ?? BlockConstructionStage.PIPELINE_SETUP_CREATE,
        pipelineSize: targets.length + 1,
        minBytesRcvd: minBytes,
        maxBytesRcvd: maxBytes,
        latestGenerationStamp: setup.latestStamp ?? 0,
        requestedChecksum: setup.checksum ?? { type: 2, bytesPerChecksum: 512 },
        cachingStrategy: setup.dropBehind === undefined ? {} : { dropBehind: setup.dropBehind },
      }),
    )
  }

  /** Sends the operation and returns the answer. */
  async setUp(setup: WriteSetup): Promise<BlockOpResponse> {
    this.writeOperation(setup)
    return await readBlockOpResponse(this.reader, TIMEOUT_MS)
  }

  packet({
    offset,
    data = Buffer.alloc(0),
    seqno,
    isLast = false,
    sync = false,
    sums,
  }: SentPacket) {
    const header = {
      offsetInBlock: offset,
      seqno,
      isLast,
      dataBytes: data.length,
      syncBlock: sync,
    }
    this.send(encodePacket(header, sums ?? sumsAt(offset, data), data))
  }

  async ack(): Promise<PipelineAck> {
    return decodePipelineAck(await this.reader.readDelimited(16 * 1024, TIMEOUT_MS))
  }

  async response(): Promise<BlockOpResponse> {
    return await readBlockOpResponse(this.reader, TIMEOUT_MS)
  }

  /** Resolves when the server has closed; what still came is in the reader. */
  async closed(): Promise<void> {
    while (this.reader.failure === undefined) {
      try {
        await this.reader.more(TIMEOUT_MS)
      } catch (error) {
        if (this.reader.failure === undefined) throw error
      }
    }
  }

  readOperation(
    id: number,
    offset: number,
    len: number,
    options: { stamp?: number; sendChecksums?: boolean; poolId?: string } = {},
  ): void {
    const generationStamp = options.stamp ?? 1001
    const block = { poolId: options.poolId ?? POOL, blockId: id, generationStamp, numBytes: 0 }
    this.send(
      encodeReadBlock({
        header: { baseHeader: { block, token: EMPTY_TOKEN }, clientName: 'test' },
        offset,
        len,
        ...(options.sendChecksums === undefined ? {} : { sendChecksums: options.sendChecksums }),
      }),
    )
  }

  /** Packets up to the last one, as they came. */
  async packets() {
    const packets: { offset: number; data: Buffer; sums: Buffer; seqno: number }[] = []
    for (;;) {
      const packet = await this.reader.readPacket(TIMEOUT_MS)
      const { offsetInBlock: offset, seqno } = packet
      const data = Buffer.from(packet.data)
      packets.push({ offset, data, sums: Buffer.from(packet.sums), seqno })
      if (packet.isLast) return packets
    }
  }

  sendReadStatus(): void {
    this.send(encodeClientReadStatus(Status.CHECKSUM_OK))
  }
}

/** Writes a whole block through a fresh connection, in packets of 64 KiB; returns after the last acknowledgement. */
export async function writeBlock(
  port: number,
  id: number,
  data: Buffer,
  options: Pick<WriteSetup, 'stamp' | 'targets' | 'dropBehind'> = {},
): Promise<PipelineAck[]> {
  const peer = await TransferPeer.connect(port)
  const answer = await peer.setUp({ id, ...options })
  if (answer.status !== Status.SUCCESS) throw new Error(`refused: ${answer.message}`)
  let seqno = 0
  for (let at = 0; at < data.length; at += 65_536, seqno += 1) {
    peer.packet({ offset: at, data: data.subarray(at, at + 65_536), seqno })
  }
  peer.packet({ offset: data.length, seqno, isLast: true })
  const acks: PipelineAck[] = []
  for (let index = 0; index <= seqno; index += 1) acks.push(await peer.ack())
  return acks
}
