/** Data and meta file of one replica, opened together; and the reading of records that every other part uses. */
import { join } from 'node:path'
import { crashPoint } from '../../shared/crash-point.js'
import type { Disk, DiskFile, OpenMode } from '../../shared/disk.js'
import { DfsError } from '../../shared/errors.js'
import { blockFolder, dataName, type MetaSuffix, metaName } from './layout.js'
import {
  decodeHeader,
  decodeRecord,
  encodeSlot,
  HEADER_BYTES,
  hashData,
  type MetaRecord,
  RECORD_BYTES,
  RECORD_DATA_BYTES,
  recordOffset,
  type SyncPoint,
  slotOffset,
} from './meta-format.js'

export interface ReplicaPaths {
  readonly folder: string
  readonly data: string
  readonly meta: string
}

/** Where the files of a replica are in a volume. */
export function replicaPaths(
  volumeFolder: string,
  id: number,
  generationStamp: number,
  suffix: MetaSuffix,
): ReplicaPaths {
  const folder = join(volumeFolder, blockFolder(id))
  return {
    folder,
    data: join(folder, dataName(id)),
    meta: join(folder, metaName(id, generationStamp, suffix)),
  }
}

/** Records of a range, with the data they cover. */
export interface RecordRange {
  readonly firstIndex: number
  /** Data from the start of the first record on. */
  readonly data: Buffer
  /** One entry for each record that the data reaches. */
  readonly records: readonly (MetaRecord | undefined)[]
}

/** The header of a meta file, unverified; fewer bytes come when the file is shorter. */
export async function readHeader(meta: DiskFile): Promise<Buffer> {
  const header = Buffer.alloc(HEADER_BYTES)
  return header.subarray(0, await meta.read(header, 0, HEADER_BYTES, 0))
}

export class ReplicaFile {
  readonly blockId: number
  readonly data: DiskFile
  readonly meta: DiskFile

  private constructor(blockId: number, data: DiskFile, meta: DiskFile) {
    this.blockId = blockId
    this.data = data
    this.meta = meta
  }

  /** Opens both files; when the second fails the first is closed, and removed if it is new. */
  static async open(
    disk: Disk,
    blockId: number,
    paths: Pick<ReplicaPaths, 'data' | 'meta'>,
    mode: OpenMode,
  ): Promise<ReplicaFile> {
    const data = await disk.open(paths.data, mode)
    if (mode === 'create-new') crashPoint('create.data-made')
    try {
      return new ReplicaFile(blockId, data, await disk.open(paths.meta, mode))
    } catch (error) {
      await data.close()
      // An empty file without its other half would be in the way of every later attempt.
      if (mode === 'create-new') await disk.remove(paths.data)
      throw error
    }
  }

  /**
   * Reads the records that cover a range, and their data, unverified. Fewer come when a file is shorter.
   * @param buffer room for the data: reused by callers that read much
   * @param meta the records as they are in the file, when the caller has them
   */
  async readRecords(
    firstIndex: number,
    count: number,
    buffer: Buffer,
    meta: Buffer | Promise<Buffer> = this.readMeta(firstIndex, count),
  ): Promise<RecordRange> {
    const data = this.data.read(
      buffer,
      0,
      count * RECORD_DATA_BYTES,
      firstIndex * RECORD_DATA_BYTES,
    )
    const [dataLength, present] = Buffer.isBuffer(meta)
      ? [await data, meta]
      : await Promise.all([data, meta])
    const reached = Math.ceil(dataLength / RECORD_DATA_BYTES)
    const records = Array.from({ length: reached }, (_, offset) =>
      decodeRecord(present, offset * RECORD_BYTES, this.blockId, firstIndex + offset),
    )
    return { firstIndex, data: buffer.subarray(0, dataLength), records }
  }

  /** Records as they are in the meta file, unverified; fewer bytes come when it is shorter. */
  async readMeta(firstIndex: number, count: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(count * RECORD_BYTES)
    const length = await this.meta.read(bytes, 0, bytes.length, recordOffset(firstIndex))
    return bytes.subarray(0, length)
  }

  readHeader(): Promise<Buffer> {
    return readHeader(this.meta)
  }

  /** @throws DfsError BLOCK_CORRUPT when neither header slot is intact */
  async readSyncPoint(): Promise<SyncPoint> {
    const point = decodeHeader(await this.readHeader(), this.blockId)
    if (point === undefined) {
      throw new DfsError('BLOCK_CORRUPT', `the header of block ${this.blockId} is damaged`)
    }
    return point
  }

  /** Returns when what was written is on stable storage. */
  async sync(): Promise<void> {
    await Promise.all([this.data.sync(), this.meta.sync()])
  }

  /** Makes a sync point durable. It vouches for data and records, so it is written only when both are. */
  async syncUpTo(point: SyncPoint): Promise<void> {
    await this.sync()
    crashPoint('sync.files-synced')
    const slot = encodeSlot(this.blockId, point)
    await this.meta.write(slot, 0, slot.length, slotOffset(point.sequence))
    crashPoint('sync.point-written')
    await this.meta.sync()
    crashPoint('sync.point-synced')
  }

  /** Closes both, also when one fails. */
  async close(): Promise<void> {
    const results = await Promise.allSettled([this.data.close(), this.meta.close()])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
}

/**
 * The record's data within `range`, when hash and length agree; undefined when they do not.
 * @param expectedBytes how much the record must cover
 */
export function verifiedData(
  range: RecordRange,
  offset: number,
  expectedBytes: number,
): Buffer | undefined {
  const record = range.records[offset]
  if (record === undefined || record.coveredBytes !== expectedBytes) return undefined
  const start = offset * RECORD_DATA_BYTES
  const data = range.data.subarray(start, start + expectedBytes)
  if (data.length !== expectedBytes || hashData(data) !== record.dataHash) return undefined
  return data
}
