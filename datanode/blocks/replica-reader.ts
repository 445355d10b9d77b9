/**
 * Reads a replica in pieces, verified before they are handed out: every 64 KiB against its xxh64, the record itself
 * against its own hash. Bad bytes are never returned, not even to a caller that would check again.
 */
import { assert } from '../../shared/assert.js'
import {
  BYTES_PER_CHECKSUM,
  CHECKSUM_BYTES,
  CRC32C_512,
  chunkChecksums,
  verifyChunks,
} from '../../shared/checksum/crc32c.js'
import { DfsError } from '../../shared/errors.js'
import type { ReadableFiles } from './kept-files.js'
import { RECORD_DATA_BYTES, recordIndexOf, recordStart } from './meta-format.js'
import type { Replica } from './replica.js'
import { verifiedData } from './replica-file.js'

/** The most that one piece carries. */
export const MAX_PIECE_BYTES = 16 * RECORD_DATA_BYTES

/** Verified data with the sums of its chunks. `data` is a view of the buffer that was handed in, or of memory. */
export interface VerifiedPiece {
  readonly offset: number
  readonly data: Buffer
  readonly sums: Buffer
}

export interface ReplicaView {
  readonly replica: Replica
  readonly file: ReadableFiles
  /** Bytes that may be read. */
  readonly visibleBytes: number
  /** What the records in the files add up to; for a replica in motion only whole records are read from them. */
  readonly recordedBytes: number
  /** End of a replica in motion, from memory. */
  readonly tail: { readonly start: number; readonly data: Buffer } | undefined
}

export class ReplicaReader {
  readonly #view: ReplicaView

  constructor(view: ReplicaView) {
    this.#view = view
  }

  get replica(): Replica {
    return this.#view.replica
  }

  get visibleBytes(): number {
    return this.#view.visibleBytes
  }

  /**
   * Reads [from, to), or as much of it as one piece carries.
   * @param from at a chunk boundary
   * @param to at a chunk boundary, or the visible length
   * @param buffer at least MAX_PIECE_BYTES + 64 KiB; the piece is a view of it
   * @throws DfsError BLOCK_CORRUPT with the offset of the bad record in its details
   */
  async read(from: number, to: number, buffer: Buffer): Promise<VerifiedPiece> {
    const { tail, visibleBytes } = this.#view
    assert(from % BYTES_PER_CHECKSUM === 0, 'a piece starts at a chunk boundary')
    assert(from < to && to <= visibleBytes, 'only visible bytes are read')
    if (tail !== undefined && from >= tail.start) {
      const data = tail.data.subarray(from - tail.start, to - tail.start)
      return { offset: from, data, sums: chunkChecksums(data) }
    }
    const limit = Math.min(to, recordStart(from) + MAX_PIECE_BYTES, tail?.start ?? to)
    return await this.#readFiles(from, limit, buffer)
  }

  /**
   * As `read`, and compares the data with the sums of the client that wrote them too: they tell of bytes that changed
   * in this node's memory before their xxh64 was made. A reader over the network does that itself.
   */
  async readThoroughly(from: number, to: number, buffer: Buffer): Promise<VerifiedPiece> {
    const piece = await this.read(from, to, buffer)
    const bad = verifyChunks(CRC32C_512, piece.data, piece.sums)
    if (bad >= 0) throw corrupt(this.#view.replica.id, from + bad)
    return piece
  }

  async #readFiles(from: number, to: number, buffer: Buffer): Promise<VerifiedPiece> {
    const firstIndex = recordIndexOf(from)
    const count = recordIndexOf(to - 1) - firstIndex + 1
    const range = await this.#view.file.readRecords(firstIndex, count, buffer)
    const allSums: Buffer[] = []
    for (let offset = 0; offset < count; offset += 1) {
      const start = (firstIndex + offset) * RECORD_DATA_BYTES
      const expected = Math.min(RECORD_DATA_BYTES, this.#view.recordedBytes - start)
      const record = range.records[offset]
      if (verifiedData(range, offset, expected) === undefined || record === undefined) {
        throw corrupt(this.#view.replica.id, start)
      }
      allSums.push(record.sums)
    }
    const base = firstIndex * RECORD_DATA_BYTES
    const data = range.data.subarray(from - base, to - base)
    const [onlySums] = allSums
    const sums = count === 1 && onlySums !== undefined ? onlySums : Buffer.concat(allSums)
    const wanted = sums.subarray(
      sumOffset(from - base),
      sumOffset(to - base + BYTES_PER_CHECKSUM - 1),
    )
    return { offset: from, data, sums: this.#sumsUpTo(to, data, wanted) }
  }

  /** The sum of a chunk that the visible length cuts is made anew from the verified data. */
  #sumsUpTo(to: number, data: Buffer, sums: Buffer): Buffer {
    const cutBytes = to % BYTES_PER_CHECKSUM
    if (cutBytes === 0 || to === this.#view.recordedBytes) return sums
    const own = Buffer.from(sums)
    const sum = CRC32C_512.sum(data.subarray(data.length - cutBytes))
    own.writeUInt32BE(sum, own.length - CHECKSUM_BYTES)
    return own
  }

  close(): Promise<void> {
    return this.#view.file.close()
  }
}

const sumOffset = (bytes: number) => Math.floor(bytes / BYTES_PER_CHECKSUM) * CHECKSUM_BYTES

function corrupt(blockId: number, recordOffsetBytes: number): DfsError {
  return new DfsError(
    'BLOCK_CORRUPT',
    `Checksum error: block ${blockId} is damaged at offset ${recordOffsetBytes}`,
    { details: { blockId, offset: recordOffsetBytes } },
  )
}
