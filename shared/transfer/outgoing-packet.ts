/**
 * A packet being filled by a writer. Head and sums are written in front of the data once these are complete, so that a
 * packet leaves as one piece of memory; it is kept until it is acknowledged and then used again.
 */
import { assert } from '../assert.js'
import { type ChunkChecksum, checksumCount, writeChunkChecksums } from '../checksum/crc32c.js'
import {
  MAX_PACKET_HEAD_BYTES,
  PACKET_DATA_BYTES,
  packetHeadBytes,
  writePacketHead,
} from './packets.js'

/**
 * How many bytes the packet that starts at `offsetInBlock` may hold: up to the chunk boundary when it starts within a
 * chunk (datanodes want such a packet to hold a single sum), else up to the next multiple of the packet size.
 */
export function packetCapacity(
  offsetInBlock: number,
  blockSizeBytes: number,
  bytesPerChecksum: number,
  packetDataBytes: number = PACKET_DATA_BYTES,
): number {
  const inChunk = offsetInBlock % bytesPerChecksum
  const untilBoundary =
    inChunk === 0 ? packetDataBytes - (offsetInBlock % packetDataBytes) : bytesPerChecksum - inChunk
  return Math.min(untilBoundary, blockSizeBytes - offsetInBlock)
}

export class OutgoingPacket {
  readonly #memory: Buffer
  readonly #dataStart: number
  readonly #checksum: ChunkChecksum
  /** Of whole chunks of the data, as they lie when a packet begins at a boundary. */
  readonly #views: Uint8Array[] = []
  #offsetInBlock = 0
  #capacityBytes = 0
  #dataBytes = 0
  #seqno = 0
  #isLast = false
  #bytes: Buffer | undefined

  constructor(checksum: ChunkChecksum, packetDataBytes: number) {
    const sums = checksumCount(packetDataBytes, checksum.bytesPerChecksum)
    this.#checksum = checksum
    this.#dataStart = MAX_PACKET_HEAD_BYTES + 4 * sums
    this.#memory = Buffer.allocUnsafeSlow(this.#dataStart + packetDataBytes)
  }

  /** Makes it an empty packet for that position. */
  reset(offsetInBlock: number, capacityBytes: number): this {
    assert(this.#dataStart + capacityBytes <= this.#memory.length, 'a packet has room for its data')
    this.#offsetInBlock = offsetInBlock
    this.#capacityBytes = capacityBytes
    this.#dataBytes = 0
    this.#bytes = undefined
    return this
  }

  get seqno(): number {
    return this.#seqno
  }

  get isLast(): boolean {
    return this.#isLast
  }

  get dataBytes(): number {
    return this.#dataBytes
  }

  get isFull(): boolean {
    return this.#dataBytes === this.#capacityBytes
  }

  get offsetInBlock(): number {
    return this.#offsetInBlock
  }

  /** Position in the block behind the data. */
  get endInBlock(): number {
    return this.#offsetInBlock + this.#dataBytes
  }

  /** What to send. */
  get bytes(): Buffer {
    assert(this.#bytes !== undefined, 'a packet is sealed before it is sent')
    return this.#bytes
  }

  /** Copies as much as fits of `source` from `start` on; returns how many bytes that were. */
  fill(source: Uint8Array, start: number): number {
    assert(this.#bytes === undefined, 'a sealed packet takes no more data')
    const count = Math.min(this.#capacityBytes - this.#dataBytes, source.length - start)
    const piece =
      start === 0 && count === source.length ? source : source.subarray(start, start + count)
    this.#memory.set(piece, this.#dataStart + this.#dataBytes)
    this.#dataBytes += count
    return count
  }

  /** Completes the packet: sums, header. */
  seal(options: { seqno: number; isLast: boolean; syncBlock: boolean }): this {
    const { bytesPerChecksum } = this.#checksum
    const offsetInChunk = this.#offsetInBlock % bytesPerChecksum
    const dataEnd = this.#dataStart + this.#dataBytes
    const sumsBytes = 4 * checksumCount(this.#dataBytes, bytesPerChecksum, offsetInChunk)
    const sumsStart = this.#dataStart - sumsBytes
    const data = this.#memory.subarray(this.#dataStart, dataEnd)
    const views = offsetInChunk === 0 ? this.#views : undefined
    writeChunkChecksums(this.#checksum, data, offsetInChunk, this.#memory, sumsStart, views)
    const start = sumsStart - packetHeadBytes(options)
    const header = { ...options, offsetInBlock: this.#offsetInBlock, dataBytes: this.#dataBytes }
    writePacketHead(this.#memory, start, header, sumsBytes)
    this.#seqno = options.seqno
    this.#isLast = options.isLast
    this.#bytes = this.#memory.subarray(start, dataEnd)
    return this
  }
}

/** Memory of acknowledged packets, for the next ones. */
export class PacketPool {
  readonly #checksum: ChunkChecksum
  readonly #packetDataBytes: number
  readonly #limit: number
  readonly #free: OutgoingPacket[] = []

  /** @param limit how many unused packets are kept */
  constructor(checksum: ChunkChecksum, packetDataBytes: number, limit: number) {
    this.#checksum = checksum
    this.#packetDataBytes = packetDataBytes
    this.#limit = limit
  }

  take(offsetInBlock: number, capacityBytes: number): OutgoingPacket {
    const packet = this.#free.pop() ?? new OutgoingPacket(this.#checksum, this.#packetDataBytes)
    return packet.reset(offsetInBlock, capacityBytes)
  }

  /** Gives back a packet that nobody will send or look at any more. */
  give(packet: OutgoingPacket): void {
    if (this.#free.length < this.#limit) this.#free.push(packet)
  }
}
