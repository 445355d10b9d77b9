/**
 * Takes packets into a replica: verifies them, keeps what is new, and hands it to the disk in batches as large as what
 * arrived while the disk was busy, so that a fast writer costs few system calls and a slow one waits for nobody.
 */
import {
  BYTES_PER_CHECKSUM,
  CHECKSUM_BYTES,
  type ChunkChecksum,
  chunkChecksum,
  verifyChunks,
} from '../../shared/checksum/crc32c.js'
import { DfsError } from '../../shared/errors.js'
import { ChecksumType } from '../../shared/hadoop/schema/hdfs.js'
import { checkPacketGeometry } from '../../shared/transfer/packets.js'
import type { ReceivedPacket } from '../../shared/transfer/socket-reader.js'
import type { ReplicaWriter } from '../blocks/replica-writer.js'

/** Below this a batch waits for what has already reached the process. */
const SMALL_BATCH_BYTES = 256 * 1024
/** Of each block so much is verified by every node: small files are finalized without waiting for the node behind. */
const ALWAYS_VERIFIED_BYTES = 1024 * 1024
/** How many turns of the event loop a small batch waits at most. */
const MAX_DEFERRALS = 4

export interface PacketAppenderOptions {
  readonly writer: ReplicaWriter
  /** What the sender's sums are; type NULL sends none. */
  readonly checksum: { readonly type: number; readonly bytesPerChecksum: number }
  /** A node behind gets the same packets, verifies them and says so: `ReplicaWriter.vouchFor` is called then. */
  readonly isVerifiedBehind: boolean
  /** Called after each batch that reached the system. */
  readonly onFlushed: () => void
  readonly onFailed: (error: unknown) => void
}

export class PacketAppender {
  readonly #options: PacketAppenderOptions
  readonly #checksum: ChunkChecksum | undefined
  /** Sums from the wire are stored as they are when they are of the kind that we store. */
  readonly #isNative: boolean
  /** Also from the first packet on whose writer wants its bytes on stable storage at once: it would wait for the node behind. */
  #verifiesAll: boolean
  #isPumpScheduled = false
  #deferrals = 0
  #lengthAtDeferral = 0

  /** @throws DfsError UNSUPPORTED for a checksum that we do not know */
  constructor(options: PacketAppenderOptions) {
    this.#options = options
    options.writer.observe({
      onFlushed: () => {
        options.onFlushed()
        this.#schedulePump()
      },
      onFailed: options.onFailed,
    })
    const { type, bytesPerChecksum } = options.checksum
    this.#checksum = type === ChecksumType.NULL ? undefined : chunkChecksum(type, bytesPerChecksum)
    this.#isNative = type === ChecksumType.CRC32C && bytesPerChecksum === BYTES_PER_CHECKSUM
    this.#verifiesAll = !options.isVerifiedBehind
  }

  /**
   * Whether a packet's sums are left to the node behind. Only those that are stored as they came and begin at a chunk of
   * their own: where sums are made here, they would bless what came.
   */
  #leavesToNodeBehind({ offsetInBlock }: ReceivedPacket): boolean {
    return (
      !this.#verifiesAll &&
      this.#isNative &&
      offsetInBlock >= ALWAYS_VERIFIED_BYTES &&
      offsetInBlock % BYTES_PER_CHECKSUM === 0 &&
      offsetInBlock === this.#options.writer.lengthBytes
    )
  }

  /**
   * Whether the packet's sums are right, or somebody else will tell.
   * @throws DfsError MALFORMED_MESSAGE for impossible numbers, ILLEGAL_ARGUMENT for a gap before the packet
   */
  verify(packet: ReceivedPacket): boolean {
    const { sums, data, offsetInBlock } = packet
    this.#verifiesAll ||= packet.syncBlock
    const checksum = this.#checksum
    checkPacketGeometry(packet, sums.length, checksum?.bytesPerChecksum ?? 0)
    const { lengthBytes } = this.#options.writer
    if (data.length > 0 && offsetInBlock > lengthBytes) {
      throw new DfsError(
        'ILLEGAL_ARGUMENT',
        `a packet starts at ${offsetInBlock}, but the block has only ${lengthBytes} bytes`,
      )
    }
    if (checksum === undefined || this.#leavesToNodeBehind(packet)) return true
    return verifyChunks(checksum, data, sums, offsetInBlock % checksum.bytesPerChecksum) === -1
  }

  /**
   * Stores what a packet brings after `verify`; bytes that are there already are left as they are (reference 3.4).
   * @returns a promise only when the disk must be waited for
   */
  append(packet: ReceivedPacket): Promise<void> | undefined {
    const { writer } = this.#options
    const skip = writer.lengthBytes - packet.offsetInBlock
    if (packet.data.length === 0 || skip >= packet.data.length) return undefined
    const data = packet.data.subarray(skip)
    if (!writer.reserve(data.length)) return this.#appendWhenThereIsRoom(packet, data)
    this.#append(packet, data)
    return undefined
  }

  async #appendWhenThereIsRoom(packet: ReceivedPacket, data: Buffer): Promise<void> {
    const { writer } = this.#options
    do {
      await writer.flushSome()
    } while (!writer.reserve(data.length))
    this.#append(packet, data)
  }

  #append(packet: ReceivedPacket, data: Buffer): void {
    const { writer } = this.#options
    const sums = this.#isNative ? this.#sumsFrom(packet, writer.lengthBytes) : undefined
    writer.append(data, sums, !this.#leavesToNodeBehind(packet))
    this.#schedulePump()
  }

  /** Sums of the chunks from the one that holds `offset` on. */
  #sumsFrom({ sums, offsetInBlock }: ReceivedPacket, offset: number): Buffer {
    const chunk = (position: number) => Math.floor(position / BYTES_PER_CHECKSUM)
    return sums.subarray((chunk(offset) - chunk(offsetInBlock)) * CHECKSUM_BYTES)
  }

  #schedulePump(): void {
    if (this.#isPumpScheduled || this.#options.writer.isFlushing) return
    this.#isPumpScheduled = true
    setImmediate(() => {
      this.#isPumpScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    const { writer } = this.#options
    const pendingBytes = writer.lengthBytes - writer.flushedBytes
    if (pendingBytes === 0 || writer.isFlushing) return
    const isGrowing = writer.lengthBytes > this.#lengthAtDeferral
    if (pendingBytes < SMALL_BATCH_BYTES && isGrowing && this.#deferrals < MAX_DEFERRALS) {
      this.#deferrals += 1
      this.#lengthAtDeferral = writer.lengthBytes
      this.#schedulePump()
      return
    }
    this.#deferrals = 0
    // Its end, good or bad, is told to the observer, which also hears of batches that others had written.
    writer.flushSome().catch(this.#options.onFailed)
  }
}
