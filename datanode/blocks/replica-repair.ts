/**
 * What the files of a replica really hold, and how they are cut to an agreed length. Used at start, and when a recovery
 * or an append takes a replica up again. Every step leaves files from which the next start finds at least the bytes
 * that were on stable storage before (FORMAT.md, crash table).
 */
import {
  BYTES_PER_CHECKSUM,
  CHECKSUM_BYTES,
  CRC32C_512,
  checksumCount,
  chunkChecksums,
  sumAt,
  verifyChunks,
} from '../../shared/checksum/crc32c.js'
import { crashPoint } from '../../shared/crash-point.js'
import { DfsError } from '../../shared/errors.js'
import {
  encodeRecord,
  HASH_OF_NOTHING,
  hashData,
  metaLengthBytes,
  RECORD_BYTES,
  RECORD_DATA_BYTES,
  recordIndexOf,
  recordOffset,
  recordStart,
  type SyncPoint,
} from './meta-format.js'
import { type RecordRange, type ReplicaFile, verifiedData } from './replica-file.js'

const BATCH_RECORDS = 16

export const EMPTY_SYNC_POINT: SyncPoint = {
  sequence: 0,
  lengthBytes: 0,
  tailHash: HASH_OF_NOTHING,
}

/**
 * The verified length of a replica that was being written when its process ended. Records below the sync point are on
 * stable storage by its word and are left to the scrubber; behind it data and records may have been lost in any order.
 */
export async function measureReplica(
  file: ReplicaFile,
): Promise<{ readonly lengthBytes: number; readonly syncPoint: SyncPoint }> {
  const syncPoint = await readSyncPointOrEmpty(file)
  const isSyncPointGood = await holdsSyncPoint(file, syncPoint)
  const firstIndex = isSyncPointGood ? recordIndexOf(syncPoint.lengthBytes) : 0
  const measured = await measureFrom(file, firstIndex)
  const lengthBytes = isSyncPointGood ? Math.max(measured, syncPoint.lengthBytes) : measured
  return { lengthBytes, syncPoint }
}

/**
 * Of a replica whose records vouch for its bytes: without an intact header its next sync point is the first one.
 * @throws what the disk throws
 */
export async function readSyncPointOrEmpty(file: ReplicaFile): Promise<SyncPoint> {
  try {
    return await file.readSyncPoint()
  } catch (error) {
    if (error instanceof DfsError && error.code === 'BLOCK_CORRUPT') return EMPTY_SYNC_POINT
    throw error
  }
}

async function holdsSyncPoint(file: ReplicaFile, point: SyncPoint): Promise<boolean> {
  const tail = await readRawTail(file, point.lengthBytes)
  return tail !== undefined && hashData(tail) === point.tailHash
}

async function readRawTail(file: ReplicaFile, lengthBytes: number): Promise<Buffer | undefined> {
  const start = recordStart(lengthBytes)
  const tail = Buffer.allocUnsafe(lengthBytes - start)
  const came = await file.data.read(tail, 0, tail.length, start)
  const isThere = came === tail.length && (await file.data.sizeBytes()) >= lengthBytes
  return isThere ? tail : undefined
}

/** Up to where data and records agree, from a record on that is not looked behind. */
async function measureFrom(file: ReplicaFile, firstIndex: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(BATCH_RECORDS * RECORD_DATA_BYTES)
  for (let index = firstIndex; ; index += BATCH_RECORDS) {
    const range = await file.readRecords(index, BATCH_RECORDS, buffer)
    for (let offset = 0; offset < BATCH_RECORDS; offset += 1) {
      const goodBytes = goodBytesOf(range, offset)
      if (goodBytes < RECORD_DATA_BYTES) return (index + offset) * RECORD_DATA_BYTES + goodBytes
    }
  }
}

/**
 * How many bytes of a record agree with its sums: all that it covers, or the whole chunks before the first bad one. With
 * those of the writer too: a node that leaves verifying to the one behind it may have stored bytes that came badly.
 */
function goodBytesOf(range: RecordRange, offset: number): number {
  const record = range.records[offset]
  if (record === undefined) return 0
  const whole = verifiedData(range, offset, record.coveredBytes)
  if (whole !== undefined) {
    const sums = record.sums.subarray(0, CHECKSUM_BYTES * checksumCount(whole.length))
    const bad = verifyChunks(CRC32C_512, whole, sums)
    return bad === -1 ? whole.length : bad
  }
  const start = offset * RECORD_DATA_BYTES
  const data = range.data.subarray(start, start + record.coveredBytes)
  let good = 0
  while (good + BYTES_PER_CHECKSUM <= data.length) {
    const sum = CRC32C_512.sum(data.subarray(good, good + BYTES_PER_CHECKSUM))
    if (sum !== sumAt(record.sums, good / BYTES_PER_CHECKSUM)) break
    good += BYTES_PER_CHECKSUM
  }
  return good
}

/**
 * Cuts both files to `lengthBytes`, at most the verified length, and returns when that is on stable storage.
 * The sync point comes first: from then on a crash at any step finds at least these bytes.
 */
export async function cutReplica(
  file: ReplicaFile,
  lengthBytes: number,
  previous: SyncPoint,
): Promise<SyncPoint> {
  const tail = await readRawTail(file, lengthBytes)
  if (tail === undefined) {
    throw new DfsError(
      'BLOCK_CORRUPT',
      `block ${file.blockId} is shorter than ${lengthBytes} bytes`,
    )
  }
  crashPoint('cut.begun')
  const point = { sequence: previous.sequence + 1, lengthBytes, tailHash: hashData(tail) }
  await file.syncUpTo(point)
  crashPoint('cut.point-synced')
  await file.data.truncate(lengthBytes)
  crashPoint('cut.data-truncated')
  if (tail.length > 0) {
    const record = Buffer.alloc(RECORD_BYTES)
    const index = recordIndexOf(lengthBytes)
    encodeRecord(record, 0, {
      blockId: file.blockId,
      index,
      data: tail,
      sums: chunkChecksums(tail),
    })
    await file.meta.write(record, 0, record.length, recordOffset(index))
    crashPoint('cut.record-written')
  }
  await file.meta.truncate(metaLengthBytes(lengthBytes))
  crashPoint('cut.meta-truncated')
  await file.sync()
  return point
}

/**
 * Verifies a replica from `verifiedBytes` on, and cuts it before the first chunk that does not agree with its sum.
 * @returns what its length is afterwards. Damage before `verifiedBytes` is none of this one's business: then all is left
 *   as it is, for a recovery to find
 */
export async function cutUnverified(
  file: ReplicaFile,
  verifiedBytes: number,
  lengthBytes: number,
): Promise<number> {
  const goodBytes = Math.min(lengthBytes, await measureFrom(file, recordIndexOf(verifiedBytes)))
  if (goodBytes < verifiedBytes) return lengthBytes
  await cutReplica(file, goodBytes, await readSyncPointOrEmpty(file))
  return goodBytes
}

/**
 * Makes data and sums end at `lengthBytes` after a write behind it has failed halfway.
 * @param end the last, incomplete record below it, from memory: sums of what came from the disk would bless any damage
 * @returns false when the disk holds something else: then nothing was changed
 */
export async function restoreEnd(
  file: ReplicaFile,
  lengthBytes: number,
  end: Uint8Array,
): Promise<boolean> {
  const tail = await readRawTail(file, lengthBytes)
  if (tail === undefined || !tail.equals(end)) return false
  await cutReplica(file, lengthBytes, await readSyncPointOrEmpty(file))
  return true
}

/**
 * Reads the first bytes of a replica, each record against its sums.
 * @throws DfsError BLOCK_CORRUPT with the offset of a record that is damaged
 */
export async function verifyBeginning(file: ReplicaFile, lengthBytes: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(BATCH_RECORDS * RECORD_DATA_BYTES)
  for (let start = 0; start < lengthBytes; start += buffer.length) {
    const range = await file.readRecords(recordIndexOf(start), BATCH_RECORDS, buffer)
    for (let record = 0; record < BATCH_RECORDS; record += 1) {
      const offset = start + record * RECORD_DATA_BYTES
      const wantedBytes = Math.min(RECORD_DATA_BYTES, lengthBytes - offset)
      if (wantedBytes <= 0 || goodBytesOf(range, record) >= wantedBytes) continue
      throw new DfsError(
        'BLOCK_CORRUPT',
        `Checksum error: block ${file.blockId} is damaged at offset ${offset}`,
        { details: { blockId: file.blockId, offset } },
      )
    }
  }
}

/**
 * The last, incomplete record of a replica of that length, verified: what a writer needs to go on.
 * @throws DfsError BLOCK_CORRUPT
 */
export async function readVerifiedTail(file: ReplicaFile, lengthBytes: number): Promise<Buffer> {
  const start = recordStart(lengthBytes)
  if (start === lengthBytes) return Buffer.alloc(0)
  const range = await file.readRecords(
    recordIndexOf(lengthBytes),
    1,
    Buffer.allocUnsafe(RECORD_DATA_BYTES),
  )
  const tail = verifiedData(range, 0, lengthBytes - start)
  if (tail === undefined) {
    throw new DfsError('BLOCK_CORRUPT', `the end of block ${file.blockId} is damaged`)
  }
  return tail
}
