/**
 * Checksums of chunks: every 512 bytes of a block travel and rest with a CRC of their own (protocol reference 3.2).
 *
 * Measured on 64 KiB of 512-byte chunks: one library call for each chunk 1.3 GB/s (the call costs more than the sum),
 * slicing-by-8 in JavaScript 0.6 to 0.9 GB/s, one library call for all 64 KiB 4.9 GB/s. Hence sums are made chunk by
 * chunk, but verified with a single call: the sums given for the chunks are combined into what the whole must have.
 * A change inside one chunk is found as surely as by that chunk's own sum, since combining is one to one; changes in
 * several chunks at once slip through with probability 2^-32, as with any CRC over a whole packet.
 */
import { crc32 as libraryCrc32, crc32c as libraryCrc32c } from '@node-rs/crc32'
import { assert } from '../assert.js'
import { DfsError } from '../errors.js'
import { CrcShift, POLYNOMIAL_CRC32, POLYNOMIAL_CRC32C } from './composite-crc.js'

/** What HDFS uses everywhere; blocks of other systems may differ. */
export const BYTES_PER_CHECKSUM = 512
/** Bytes of one stored or sent sum. */
export const CHECKSUM_BYTES = 4

/** CRC32C (Castagnoli) of `bytes`; `previous` is the CRC of what came before them. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  return libraryCrc32c(bytes, previous)
}

/** A way to sum chunks: what `ChecksumProto` names on the wire. */
export interface ChunkChecksum {
  /** `ChecksumTypeProto`: 1 CRC32, 2 CRC32C. */
  readonly type: number
  readonly bytesPerChecksum: number
  /** The sum of `bytes`; `previous` continues an earlier one. */
  sum(bytes: Uint8Array, previous?: number): number
  /** Moves a sum over `bytesPerChecksum` further bytes: for combining. */
  readonly shift: CrcShift
}

const TYPE_CRC32 = 1
const TYPE_CRC32C = 2
/** Java refuses more; a larger value in a reply is an attack or a bug. */
const MAX_BYTES_PER_CHECKSUM = 1 << 20

const known = new Map<string, ChunkChecksum>()

/**
 * The checksum of that type and chunk size.
 * @throws DfsError UNSUPPORTED for other types, or chunk sizes outside 1 to 1 MiB
 */
export function chunkChecksum(type: number, bytesPerChecksum: number): ChunkChecksum {
  const key = `${type}/${bytesPerChecksum}`
  const existing = known.get(key)
  if (existing !== undefined) return existing
  if (bytesPerChecksum < 1 || bytesPerChecksum > MAX_BYTES_PER_CHECKSUM) {
    throw new DfsError('UNSUPPORTED', `checksums of ${bytesPerChecksum} bytes are not supported`)
  }
  if (type !== TYPE_CRC32 && type !== TYPE_CRC32C) {
    throw new DfsError('UNSUPPORTED', `checksum type ${type} is not supported`)
  }
  const isCastagnoli = type === TYPE_CRC32C
  const made: ChunkChecksum = {
    type,
    bytesPerChecksum,
    sum: isCastagnoli ? libraryCrc32c : libraryCrc32,
    shift: new CrcShift(
      isCastagnoli ? POLYNOMIAL_CRC32C : POLYNOMIAL_CRC32,
      BigInt(bytesPerChecksum),
    ),
  }
  if (known.size < 64) known.set(key, made)
  return made
}

/** CRC32C of 512-byte chunks: what our own cluster uses. */
export const CRC32C_512: ChunkChecksum = chunkChecksum(TYPE_CRC32C, BYTES_PER_CHECKSUM)

/**
 * How many sums cover `lengthBytes` that begin `offsetInChunk` bytes behind a chunk boundary: the first covers only up
 * to the next boundary (protocol reference 3.4, partial chunks).
 */
export function checksumCount(
  lengthBytes: number,
  bytesPerChecksum = BYTES_PER_CHECKSUM,
  offsetInChunk = 0,
): number {
  if (lengthBytes === 0) return 0
  return Math.ceil((lengthBytes + offsetInChunk) / bytesPerChecksum)
}

/** The big-endian sums of the chunks of `data`, which begins at a chunk boundary. */
export function chunkChecksums(data: Uint8Array, bytesPerChecksum = BYTES_PER_CHECKSUM): Buffer {
  const sums = Buffer.allocUnsafe(CHECKSUM_BYTES * checksumCount(data.length, bytesPerChecksum))
  writeChunkChecksums(chunkChecksum(TYPE_CRC32C, bytesPerChecksum), data, 0, sums, 0)
  return sums
}

/**
 * Writes the big-endian sums of `data` into `target` from `targetOffset` on.
 * @param offsetInChunk where in its chunk the first byte of `data` stands
 * @param views kept by a caller whose `data` always begins at the same place of the same memory, at a chunk boundary: views
 * of its whole chunks, added here when they are first needed. Making one costs a third of the call that it is made for
 * @returns the offset behind the last sum
 */
export function writeChunkChecksums(
  checksum: ChunkChecksum,
  data: Uint8Array,
  offsetInChunk: number,
  target: Uint8Array,
  targetOffset: number,
  views?: Uint8Array[],
): number {
  const { bytesPerChecksum } = checksum
  assert(offsetInChunk < bytesPerChecksum, 'an offset in a chunk is less than a chunk')
  assert(offsetInChunk === 0 || views === undefined, 'views of whole chunks begin at a boundary')
  let at = targetOffset
  let start = 0
  let end = bytesPerChecksum - offsetInChunk
  for (let index = 0; start < data.length; index += 1) {
    let chunk = end <= data.length ? views?.[index] : undefined
    if (chunk === undefined) {
      chunk = data.subarray(start, end)
      if (end <= data.length) views?.push(chunk)
    }
    const sum = checksum.sum(chunk)
    target[at] = sum >>> 24
    target[at + 1] = sum >>> 16
    target[at + 2] = sum >>> 8
    target[at + 3] = sum
    at += CHECKSUM_BYTES
    start = end
    end += bytesPerChecksum
  }
  return at
}

/**
 * Compares `data` with its big-endian sums.
 * @param offsetInChunk where in its chunk the first byte of `data` stands
 * @returns -1 when all is well, else the index in `data` of the first byte of the first bad chunk
 */
export function verifyChunks(
  checksum: ChunkChecksum,
  data: Uint8Array,
  sums: Uint8Array,
  offsetInChunk = 0,
): number {
  const { bytesPerChecksum, shift } = checksum
  const count = checksumCount(data.length, bytesPerChecksum, offsetInChunk)
  assert(sums.length === count * CHECKSUM_BYTES, 'there is one sum for each chunk')
  if (count < 2) {
    return count === 0 || checksum.sum(data) === sumAt(sums, 0) ? -1 : 0
  }
  // A short last chunk stands apart: moving a sum over 512 bytes is a table, over any length is not.
  const lastStart = (count - 1) * bytesPerChecksum - offsetInChunk
  const isLastWhole = data.length - lastStart === bytesPerChecksum
  const combined = isLastWhole ? count : count - 1
  let expected = sumAt(sums, 0)
  for (let index = 1; index < combined; index += 1) {
    expected = shift.apply(expected) ^ sumAt(sums, index)
  }
  const isGood = isLastWhole
    ? checksum.sum(data) === expected >>> 0
    : checksum.sum(data.subarray(0, lastStart)) === expected >>> 0 &&
      checksum.sum(data.subarray(lastStart)) === sumAt(sums, count - 1)
  return isGood ? -1 : firstBadChunk(checksum, data, sums, offsetInChunk)
}

function firstBadChunk(
  checksum: ChunkChecksum,
  data: Uint8Array,
  sums: Uint8Array,
  offsetInChunk: number,
): number {
  let start = 0
  let end = checksum.bytesPerChecksum - offsetInChunk
  for (let index = 0; start < data.length; index += 1) {
    if (checksum.sum(data.subarray(start, end)) !== sumAt(sums, index)) return start
    start = end
    end += checksum.bytesPerChecksum
  }
  // The whole differs although each part agrees: the memory changed between the two looks.
  return 0
}

/** The big-endian sum number `index` in `sums`, unsigned. */
export function sumAt(sums: Uint8Array, index: number): number {
  const at = index * CHECKSUM_BYTES
  const high = (sums[at] ?? 0) * 0x1000000
  return high + (((sums[at + 1] ?? 0) << 16) | ((sums[at + 2] ?? 0) << 8) | (sums[at + 3] ?? 0))
}
