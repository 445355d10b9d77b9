/**
 * Memory in front of a replica's files: received data from a record boundary on, with the sum of each 512-byte chunk.
 */
import { assert } from '../../shared/assert.js'
import {
  BYTES_PER_CHECKSUM,
  CHECKSUM_BYTES,
  CRC32C_512,
  crc32c,
  sumAt,
  writeChunkChecksums,
} from '../../shared/checksum/crc32c.js'
import { encodeRecord, RECORD_BYTES, RECORD_DATA_BYTES, recordStart } from './meta-format.js'
import { WindowMemory } from './window-memory.js'

/** A slow writer's window: two records. */
export const SMALL_WINDOW_BYTES = 2 * RECORD_DATA_BYTES
/** A fast writer's window: what one write to the disk may carry, and the record that its first byte may stand in. */
export const LARGE_WINDOW_BYTES = 17 * RECORD_DATA_BYTES
/** More writers than this at once have windows of their own, which are not reused. */
const MAX_SHARED_WINDOWS = 64
/** Small ones too: memory outside the heap, allocated for each small file, makes V8 collect all of it every few hundred files. */
const shared: readonly WindowMemory[] = [
  new WindowMemory(SMALL_WINDOW_BYTES, MAX_SHARED_WINDOWS),
  new WindowMemory(LARGE_WINDOW_BYTES, MAX_SHARED_WINDOWS),
]

export class WriteWindow {
  /** Offset in the block of the first byte; a record boundary. */
  readonly start: number
  readonly #bytes: Buffer
  readonly #sums: Buffer
  /** Where its memory came from, aligned to pages, and goes back to when it is not needed any more. */
  readonly #source: WindowMemory | undefined
  #end: number

  /** @param capacityBytes a multiple of 64 KiB */
  constructor(start: number, capacityBytes: number) {
    assert(start % RECORD_DATA_BYTES === 0, 'a window starts at a record boundary')
    this.start = start
    this.#end = start
    const source = shared.find((it) => it.windowBytes === capacityBytes)
    const memory = source?.take()
    this.#source = memory === undefined ? undefined : source
    this.#bytes = memory ?? Buffer.allocUnsafeSlow(capacityBytes)
    this.#sums = Buffer.allocUnsafe((capacityBytes / BYTES_PER_CHECKSUM) * CHECKSUM_BYTES)
  }

  get end(): number {
    return this.#end
  }

  /** Offsets in the block and places in memory are multiples of a page together. */
  get isAligned(): boolean {
    return this.#source !== undefined
  }

  get roomBytes(): number {
    return this.start + this.#bytes.length - this.#end
  }

  /** A window that begins with this one's last, incomplete record. */
  successor(capacityBytes: number): WriteWindow {
    const start = recordStart(this.#end)
    const next = new WriteWindow(start, capacityBytes)
    this.#bytes.copy(next.#bytes, 0, start - this.start, this.#end - this.start)
    const firstSum = ((start - this.start) / BYTES_PER_CHECKSUM) * CHECKSUM_BYTES
    this.#sums.copy(next.#sums, 0, firstSum, this.#sumsEnd(this.#end))
    next.#end = this.#end
    return next
  }

  /**
   * Appends data.
   * @param sums CRC32C of the data's chunks, the first one up to the next chunk boundary; undefined: computed here
   */
  append(data: Uint8Array, sums: Uint8Array | undefined): void {
    assert(data.length <= this.roomBytes, 'the window has room')
    if (data.length === 0) return
    this.#bytes.set(data, this.#end - this.start)
    const offsetInChunk = this.#end % BYTES_PER_CHECKSUM
    const firstBytes =
      offsetInChunk === 0 ? 0 : Math.min(BYTES_PER_CHECKSUM - offsetInChunk, data.length)
    if (firstBytes > 0) this.#continueChunk(data.subarray(0, firstBytes))
    const rest = data.subarray(firstBytes)
    const at = this.#sumsEnd(this.#end + firstBytes)
    if (sums === undefined) writeChunkChecksums(CRC32C_512, rest, 0, this.#sums, at)
    else this.#sums.set(sums.subarray(firstBytes > 0 ? CHECKSUM_BYTES : 0), at)
    this.#end += data.length
  }

  /** The sum of a chunk that was begun earlier is carried on: the wire's covers the new bytes only. */
  #continueChunk(data: Uint8Array): void {
    const index = Math.floor((this.#end - this.start) / BYTES_PER_CHECKSUM)
    const sum = crc32c(data, sumAt(this.#sums, index))
    this.#sums.writeUInt32BE(sum, index * CHECKSUM_BYTES)
  }

  /** Data in place, between two offsets in the block. */
  view(from: number, to: number): Buffer {
    assert(from >= this.start && to <= this.#end, 'a view lies in its window')
    return this.#bytes.subarray(from - this.start, to - this.start)
  }

  /** The records that cover [from, to), from the boundary before `from` on, encoded. */
  encodeRecords(blockId: number, from: number, to: number): Buffer {
    const first = recordStart(from)
    const encoded = Buffer.allocUnsafe(Math.ceil((to - first) / RECORD_DATA_BYTES) * RECORD_BYTES)
    for (let start = first, at = 0; start < to; start += RECORD_DATA_BYTES, at += RECORD_BYTES) {
      const end = Math.min(start + RECORD_DATA_BYTES, to)
      encodeRecord(encoded, at, {
        blockId,
        index: start / RECORD_DATA_BYTES,
        data: this.view(start, end),
        sums: this.#sums.subarray(this.#sumsEnd(start), this.#sumsEnd(end)),
      })
    }
    return encoded
  }

  /** Gives the memory back, once; nothing may look at it afterwards. */
  recycle(): void {
    this.#source?.giveBack(this.#bytes)
  }

  /** Where in the sums those of the data before `offset` end. */
  #sumsEnd(offset: number): number {
    return Math.ceil((offset - this.start) / BYTES_PER_CHECKSUM) * CHECKSUM_BYTES
  }
}
