/**
 * The bytes of a meta file: see FORMAT.md. Two header slots that are written in turn, so that a torn write leaves the
 * other, then one record for each 64 KiB of data: xxh64 of the data, CRC32C of each 512 bytes, and a hash of the record
 * itself, salted with block id and position, so that a flipped bit or another block's meta file is told from bad data.
 */
import { assert } from '../../shared/assert.js'
import { BYTES_PER_CHECKSUM, CHECKSUM_BYTES } from '../../shared/checksum/crc32c.js'
import { xxh64 } from '../../shared/checksum/xxh64.js'

/** Data bytes that one record covers. */
export const RECORD_DATA_BYTES = 65_536
export const CHUNKS_PER_RECORD = RECORD_DATA_BYTES / BYTES_PER_CHECKSUM
export const META_FORMAT_VERSION = 1

const MAGIC = 'DFSMETA1'
const SLOT_SPACING_BYTES = 512
const SLOT_BYTES = 56
export const HEADER_BYTES = 2 * SLOT_SPACING_BYTES

const AT_COVERED = 8
const AT_SUMS = 16
const AT_RECORD_HASH = AT_SUMS + CHUNKS_PER_RECORD * CHECKSUM_BYTES
export const RECORD_BYTES = AT_RECORD_HASH + 8

/** A point that the disk is known to have reached: everything below it is on stable storage, data and records. */
export interface SyncPoint {
  readonly sequence: number
  readonly lengthBytes: number
  /** xxh64 of the data from the last record boundary to `lengthBytes`. */
  readonly tailHash: bigint
}

/** xxHash64 of no bytes. */
export const HASH_OF_NOTHING = 0xef46db3751d8e999n

/** xxHash64 of stored data. */
export function hashData(bytes: Uint8Array): bigint {
  return xxh64(bytes)
}

export function recordIndexOf(offsetBytes: number): number {
  return Math.floor(offsetBytes / RECORD_DATA_BYTES)
}

export function recordStart(offsetBytes: number): number {
  return offsetBytes - (offsetBytes % RECORD_DATA_BYTES)
}

export function recordOffset(index: number): number {
  return HEADER_BYTES + index * RECORD_BYTES
}

/** Size of the meta file of a replica of that length. */
export function metaLengthBytes(lengthBytes: number): number {
  return recordOffset(Math.ceil(lengthBytes / RECORD_DATA_BYTES))
}

function salt(blockId: number, index: number): bigint {
  return BigInt.asUintN(64, BigInt(blockId) * 0x9e3779b97f4a7c15n + BigInt(index))
}

/**
 * Writes a record.
 * @param data what it covers: up to 64 KiB from a record boundary on
 * @param sums big-endian CRC32C of the chunks of `data`
 */
export function encodeRecord(
  target: Buffer,
  at: number,
  record: {
    readonly blockId: number
    readonly index: number
    readonly data: Uint8Array
    readonly sums: Uint8Array
  },
): void {
  const { data, sums } = record
  assert(data.length > 0 && data.length <= RECORD_DATA_BYTES, 'a record covers 1 byte to 64 KiB')
  assert(
    sums.length === Math.ceil(data.length / BYTES_PER_CHECKSUM) * CHECKSUM_BYTES,
    'a record has one sum for each chunk',
  )
  target.fill(0, at + AT_COVERED, at + AT_RECORD_HASH)
  target.writeBigUInt64LE(hashData(data), at)
  target.writeUInt32LE(data.length, at + AT_COVERED)
  target.set(sums, at + AT_SUMS)
  const hash =
    hashData(target.subarray(at, at + AT_RECORD_HASH)) ^ salt(record.blockId, record.index)
  target.writeBigUInt64LE(hash, at + AT_RECORD_HASH)
}

export interface MetaRecord {
  readonly dataHash: bigint
  /** How many data bytes it covers, 1 to 65536. */
  readonly coveredBytes: number
  /** Big-endian CRC32C of the covered chunks: a view. */
  readonly sums: Buffer
}

/** undefined when the record is not what was written for this block at this position. */
export function decodeRecord(
  bytes: Buffer,
  at: number,
  blockId: number,
  index: number,
): MetaRecord | undefined {
  if (at + RECORD_BYTES > bytes.length) return undefined
  const hash = hashData(bytes.subarray(at, at + AT_RECORD_HASH)) ^ salt(blockId, index)
  if (bytes.readBigUInt64LE(at + AT_RECORD_HASH) !== hash) return undefined
  const coveredBytes = bytes.readUInt32LE(at + AT_COVERED)
  if (coveredBytes === 0 || coveredBytes > RECORD_DATA_BYTES) return undefined
  const sumBytes = Math.ceil(coveredBytes / BYTES_PER_CHECKSUM) * CHECKSUM_BYTES
  return {
    dataHash: bytes.readBigUInt64LE(at),
    coveredBytes,
    sums: bytes.subarray(at + AT_SUMS, at + AT_SUMS + sumBytes),
  }
}

/** Where the slot of that sequence number stands in the file. */
export function slotOffset(sequence: number): number {
  return (sequence % 2) * SLOT_SPACING_BYTES
}

/** A header slot and the zeros behind it, where a bit may have turned; write them at `slotOffset(point.sequence)`. */
export function encodeSlot(blockId: number, point: SyncPoint): Buffer {
  const slot = Buffer.alloc(SLOT_SPACING_BYTES)
  slot.write(MAGIC, 0, 'latin1')
  slot.writeUInt32LE(META_FORMAT_VERSION, 8)
  slot.writeBigUInt64LE(BigInt(point.sequence), 16)
  slot.writeBigUInt64LE(BigInt(blockId), 24)
  slot.writeBigUInt64LE(BigInt(point.lengthBytes), 32)
  slot.writeBigUInt64LE(point.tailHash, 40)
  slot.writeBigUInt64LE(hashData(slot.subarray(0, 48)), 48)
  return slot
}

/** A whole new header: the given point in its slot, the other slot empty. */
export function encodeHeader(blockId: number, point: SyncPoint): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  encodeSlot(blockId, point).copy(header, slotOffset(point.sequence))
  return header
}

/** The newest intact sync point of a header; undefined when there is none for this block. */
export function decodeHeader(header: Buffer, blockId: number): SyncPoint | undefined {
  const points = [0, SLOT_SPACING_BYTES]
    .map((at) => decodeSlot(header.subarray(at, at + SLOT_BYTES), blockId))
    .filter((point) => point !== undefined)
  return points.sort((a, b) => b.sequence - a.sequence)[0]
}

/**
 * Whether every byte of a header is what was written: slots intact or never used, nothing between and behind them. A
 * start needs one good slot only; the scrubber wants to know of any bit that has turned.
 */
export function isHeaderWhole(header: Buffer, blockId: number): boolean {
  if (header.length !== HEADER_BYTES) return false
  return [0, SLOT_SPACING_BYTES].every((at) => {
    const isZero = (from: number, to: number) => header.subarray(from, to).every((it) => it === 0)
    const isSlotGood =
      decodeSlot(header.subarray(at, at + SLOT_BYTES), blockId) !== undefined ||
      isZero(at, at + SLOT_BYTES)
    return isSlotGood && isZero(at + SLOT_BYTES, at + SLOT_SPACING_BYTES)
  })
}

function decodeSlot(slot: Buffer, blockId: number): SyncPoint | undefined {
  if (slot.length < SLOT_BYTES || slot.toString('latin1', 0, 8) !== MAGIC) return undefined
  if (slot.readBigUInt64LE(48) !== hashData(slot.subarray(0, 48))) return undefined
  if (slot.readUInt32LE(8) !== META_FORMAT_VERSION) return undefined
  if (slot.readBigUInt64LE(24) !== BigInt(blockId)) return undefined
  return {
    sequence: Number(slot.readBigUInt64LE(16)),
    lengthBytes: Number(slot.readBigUInt64LE(32)),
    tailHash: slot.readBigUInt64LE(40),
  }
}
