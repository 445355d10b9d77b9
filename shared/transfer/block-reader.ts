/**
 * Reads a range of one replica (READ_BLOCK, reference 3.3): packets are checked against their sums and cut to the range.
 * Pieces that `next` returns are views of received packets, valid for good: their memory is never used again.
 */
import type { Socket } from 'node:net'
import { type ChunkChecksum, chunkChecksum, verifyChunks } from '../checksum/crc32c.js'
import type { Clock } from '../clock.js'
import { DfsError } from '../errors.js'
import { Status } from '../hadoop/schema/data-transfer.js'
import { ChecksumType } from '../hadoop/schema/hdfs.js'
import { blockName, statusName } from './block-writer.js'
import {
  type BlockOpResponse,
  encodeClientReadStatus,
  encodeReadBlock,
  readBlockOpResponse,
} from './operations.js'
import { checkPacketGeometry } from './packets.js'
import type { BlockToken, ExtendedBlock } from './pipeline-node.js'
import { type ReceivedPacket, SocketReader } from './socket-reader.js'
import { SocketWriter } from './socket-writer.js'

export interface ReadBlockRequest {
  readonly block: ExtendedBlock
  readonly token: BlockToken
  readonly clientName: string
  /** Position in the block of the first byte wanted. */
  readonly offset: number
  readonly lengthBytes: number
}

export interface BlockReaderOptions {
  readonly clock: Clock
  /** Connected to the datanode, and read by nobody else. The reader closes it, or gives it back: see `finish`. */
  readonly socket: Socket
  readonly request: ReadBlockRequest
  /** Longest silence of the datanode while a piece is waited for. A slow consumer costs nothing. */
  readonly silenceMs: number
}

export class BlockReader {
  readonly #options: BlockReaderOptions
  readonly #socket: Socket
  readonly #reader: SocketReader
  readonly #writer: SocketWriter
  readonly #checksum: ChunkChecksum | undefined
  readonly #end: number
  /** Where the next piece begins in the block. */
  #position: number
  /** Where the next packet has to begin. */
  #nextPacketOffset: number
  #nextSeqno = 0
  #hasEnded = false

  /**
   * Sends the operation and reads the datanode's answer.
   * @throws DfsError REMOTE with the datanode's words when it refuses; CONNECTION_LOST, TIMEOUT, MALFORMED_MESSAGE. The
   *   socket is closed then
   */
  static async open(options: BlockReaderOptions): Promise<BlockReader> {
    const { clock, socket, request, silenceMs } = options
    const reader = new SocketReader(socket, { clock })
    const writer = new SocketWriter(socket, { clock })
    try {
      writer.write(encodeRequest(request))
      const reply = await readBlockOpResponse(reader, silenceMs)
      return new BlockReader(options, reader, writer, reply)
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  private constructor(
    options: BlockReaderOptions,
    reader: SocketReader,
    writer: SocketWriter,
    reply: BlockOpResponse,
  ) {
    const { request } = options
    const info = reply.readOpChecksumInfo
    if (reply.status !== Status.SUCCESS || info === undefined) {
      throw new DfsError(
        'REMOTE',
        `Got error, status=${statusName(reply.status)}, status message ${reply.message ?? ''}, for OP_READ_BLOCK of ${blockName(request.block)}`,
      )
    }
    const { type, bytesPerChecksum } = info.checksum
    const chunkOffset = info.chunkOffset
    if (chunkOffset > request.offset || request.offset - chunkOffset >= bytesPerChecksum) {
      throw new DfsError(
        'MALFORMED_MESSAGE',
        `the first chunk at ${chunkOffset} does not hold offset ${request.offset} of ${blockName(request.block)}`,
      )
    }
    this.#options = options
    this.#socket = options.socket
    this.#reader = reader
    this.#writer = writer
    this.#checksum = type === ChecksumType.NULL ? undefined : chunkChecksum(type, bytesPerChecksum)
    this.#position = request.offset
    this.#end = request.offset + request.lengthBytes
    this.#nextPacketOffset = chunkOffset
  }

  get socket(): Socket {
    return this.#socket
  }

  /** Position in the block behind the last byte that was returned. */
  get position(): number {
    return this.#position
  }

  /**
   * The next bytes of the range, undefined at its end; then the datanode has been told that all is well.
   * @throws DfsError BLOCK_CORRUPT when sums do not fit; CONNECTION_LOST, TIMEOUT, MALFORMED_MESSAGE. What was returned
   *   before is right; the socket is closed
   */
  async next(): Promise<Buffer | undefined> {
    try {
      for (;;) {
        const piece = this.tryNext()
        if (piece !== undefined) return piece
        if (this.#hasEnded) return undefined
        await this.#reader.more(this.#options.silenceMs)
      }
    } catch (error) {
      this.abort()
      throw error
    }
  }

  /** As `next`, but undefined also when nothing has arrived: `hasEnded` tells the difference. */
  tryNext(): Buffer | undefined {
    while (!this.#hasEnded) {
      const packet = this.#reader.tryReadPacket()
      if (packet === undefined) return undefined
      const piece = this.#accept(packet)
      if (piece.length > 0) return piece
    }
    return undefined
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /**
   * After `hasEnded`: gives the socket back for another operation on the same datanode, or undefined when it is not
   * fit for one.
   */
  finish(): Socket | undefined {
    if (!this.#hasEnded || this.#reader.failure !== undefined || this.#reader.bufferedBytes > 0) {
      this.abort()
      return undefined
    }
    this.#reader.detach()
    this.#writer.detach()
    return this.#socket
  }

  /** Closes the connection, whatever is still to come. Idempotent. */
  abort(): void {
    this.#socket.destroy()
  }

  /** The part of a packet that was asked for; empty for the last one. */
  #accept(packet: ReceivedPacket): Buffer {
    this.#checkOrder(packet)
    if (packet.isLast) {
      this.#checkCompleteness()
      this.#hasEnded = true
      const status = this.#checksum === undefined ? Status.SUCCESS : Status.CHECKSUM_OK
      this.#writer.write(encodeClientReadStatus(status))
      return packet.data.subarray(0, 0)
    }
    this.#verify(packet)
    this.#nextPacketOffset = packet.offsetInBlock + packet.dataBytes
    const from = Math.max(0, this.#position - packet.offsetInBlock)
    const to = Math.min(packet.dataBytes, this.#end - packet.offsetInBlock)
    if (from >= to) return packet.data.subarray(0, 0)
    this.#position = packet.offsetInBlock + to
    return from === 0 && to === packet.dataBytes ? packet.data : packet.data.subarray(from, to)
  }

  #checkOrder(packet: ReceivedPacket): void {
    const isExpected =
      packet.seqno === this.#nextSeqno &&
      (packet.isLast
        ? packet.dataBytes === 0
        : packet.offsetInBlock === this.#nextPacketOffset && packet.dataBytes > 0)
    if (!isExpected) {
      throw new DfsError(
        'MALFORMED_MESSAGE',
        `packet ${packet.seqno} at ${packet.offsetInBlock} came, not ${this.#nextSeqno} at ${this.#nextPacketOffset}`,
      )
    }
    this.#nextSeqno += 1
  }

  #checkCompleteness(): void {
    if (this.#position === this.#end) return
    throw new DfsError(
      'CONNECTION_LOST',
      `${blockName(this.#options.request.block)} ended at ${this.#position} instead of ${this.#end}`,
    )
  }

  #verify(packet: ReceivedPacket): void {
    const checksum = this.#checksum
    checkPacketGeometry(packet, packet.sums.length, checksum?.bytesPerChecksum ?? 0)
    if (checksum === undefined) return
    const offsetInChunk = packet.offsetInBlock % checksum.bytesPerChecksum
    const badAt = verifyChunks(checksum, packet.data, packet.sums, offsetInChunk)
    if (badAt < 0) return
    const { block } = this.#options.request
    throw new DfsError(
      'BLOCK_CORRUPT',
      `Checksum error: ${blockName(block)} at ${packet.offsetInBlock + badAt}`,
      { details: { blockId: block.blockId, offsetInBlock: packet.offsetInBlock + badAt } },
    )
  }
}

function encodeRequest(request: ReadBlockRequest): Buffer {
  return encodeReadBlock({
    header: {
      baseHeader: { block: request.block, token: request.token },
      clientName: request.clientName,
    },
    offset: request.offset,
    len: request.lengthBytes,
    sendChecksums: true,
    cachingStrategy: {},
  })
}
