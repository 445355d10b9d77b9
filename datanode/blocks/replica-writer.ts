/**
 * Writes one replica: data go into memory at once, to the files in batches of up to a megabyte while more arrive, to
 * stable storage when asked and every 16 MiB. Checksums at rest are derived from the data; sums from the wire are taken
 * over as they came. Who verifies them, and when, is the caller's business: the writer knows up to where it has been done,
 * and no sync point covers what is behind. One writer for each replica, one caller for each writer.
 */
import { assert } from '../../shared/assert.js'
import { crashPoint } from '../../shared/crash-point.js'
import { DIRECT_UNIT_BYTES } from '../../shared/direct-writes.js'
import type { WriteRoute } from '../../shared/disk.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import {
  HASH_OF_NOTHING,
  hashData,
  recordIndexOf,
  recordOffset,
  recordStart,
  type SyncPoint,
} from './meta-format.js'
import type { ReplicaFile } from './replica-file.js'
import { LARGE_WINDOW_BYTES, SMALL_WINDOW_BYTES, WriteWindow } from './write-window.js'

/** Smaller batches cost more calls to the disk than their copies in the cache do: they are left to the system to collect. */
const MIN_DIRECT_BYTES = 256 * 1024
const BACKGROUND_SYNC_BYTES = 16 * 1024 * 1024
const MEBIBYTE = 1024 * 1024

export interface ReplicaWriterOptions {
  readonly file: ReplicaFile
  readonly syncPoint: SyncPoint
  /** What the files hold, from the last record boundary on. */
  readonly tail: Uint8Array
  readonly lengthBytes: number
  /** false: nothing is synced in the background (`syncOnClose` is off). */
  readonly syncInBackground: boolean
  /** Large batches leave no copy in the page cache. */
  readonly pastCache: boolean
  /** Makes the files' names durable; called before the first sync. */
  readonly syncNames: () => Promise<void>
}

/** Told of each batch that reached the system, whoever had it written, and of the failure that ends the writer. */
export interface FlushObserver {
  readonly onFlushed: () => void
  readonly onFailed: (error: unknown) => void
}

export class ReplicaWriter {
  #observer: FlushObserver | undefined
  readonly #options: ReplicaWriterOptions
  #window: WriteWindow
  /** The window before, while its last flush is under way. */
  #flushingWindow: WriteWindow | undefined
  #flushing: Promise<void> | undefined
  #flushTarget = 0
  #flushedBytes: number
  /** Bytes that agree with their sums: verified here, or by a node behind. May be ahead of `#flushedBytes`. */
  #verifiedBytes: number
  #syncPoint: SyncPoint
  /** What was flushed when the last sync began. */
  #syncBegunBytes: number
  #syncs: Promise<void> = Promise.resolve()
  #backgroundSyncs = 0
  #areNamesDurable = false
  #failure: Error | undefined
  /** A write was given up that the disk may still do, from the memory of the window. */
  #isAbandoned = false
  #isClosed = false
  /** Closed, and the disk has answered all calls. */
  #isQuiet = false
  #isForgotten = false
  #isRecycled = false
  #endAtFailure: Buffer | undefined

  constructor(options: ReplicaWriterOptions) {
    const { lengthBytes, tail } = options
    assert(recordStart(lengthBytes) + tail.length === lengthBytes, 'the tail ends the replica')
    this.#options = options
    this.#window = new WriteWindow(recordStart(lengthBytes), SMALL_WINDOW_BYTES)
    this.#window.append(tail, undefined)
    this.#flushedBytes = lengthBytes
    this.#verifiedBytes = lengthBytes
    this.#syncPoint = options.syncPoint
    this.#syncBegunBytes = options.syncPoint.lengthBytes
  }

  get file(): ReplicaFile {
    return this.#options.file
  }

  /** Bytes accepted. */
  get lengthBytes(): number {
    return this.#window.end
  }

  /** Bytes handed to the system: they survive the death of this process. */
  get flushedBytes(): number {
    return this.#flushedBytes
  }

  /** Everything accepted is known to agree with its sums. */
  get isVerified(): boolean {
    return this.#verifiedBytes >= this.lengthBytes
  }

  get verifiedBytes(): number {
    return this.#verifiedBytes
  }

  /** Somebody else has verified all bytes before `endBytes`. */
  vouchFor(endBytes: number): void {
    assert(endBytes <= this.lengthBytes, 'nobody has verified more than there is')
    if (endBytes > this.#verifiedBytes) this.#verifiedBytes = endBytes
  }

  /**
   * The verified bytes of the incomplete record before `flushedBytes`, when a batch behind it has failed: its sums may be
   * those of the batch.
   */
  get endAtFailure(): Buffer | undefined {
    return this.#endAtFailure
  }

  /** Bytes on stable storage, with their records. */
  get syncedBytes(): number {
    return this.#syncPoint.lengthBytes
  }

  /** At most one observer: whoever receives for this writer. */
  observe(observer: FlushObserver): void {
    this.#observer = observer
  }

  get isFlushing(): boolean {
    return this.#flushing !== undefined
  }

  /**
   * Makes room for `lengthBytes`; false when a flush must end first (then call again after `flush`).
   * @throws what the disk threw in the background
   */
  reserve(lengthBytes: number): boolean {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#window.roomBytes >= lengthBytes) return true
    const pendingBytes = this.lengthBytes - this.#flushedBytes
    if (this.#flushingWindow !== undefined) return false
    if (pendingBytes > 0 && this.#flushing === undefined) void this.#startFlush()
    // The next window begins with the last record: what is before it must be under way.
    else if (pendingBytes > 0 && this.#flushTarget < recordStart(this.lengthBytes)) return false
    const old = this.#window
    this.#window = old.successor(this.#nextCapacity(old, lengthBytes))
    if (this.#flushing === undefined) old.recycle()
    else this.#flushingWindow = old
    return true
  }

  /** A writer that filled its window while the disk was busy is a fast one. */
  #nextCapacity(old: WriteWindow, lengthBytes: number): number {
    const usual =
      old.end - old.start > SMALL_WINDOW_BYTES / 2 ? LARGE_WINDOW_BYTES : SMALL_WINDOW_BYTES
    const tailBytes = old.end - recordStart(old.end)
    if (tailBytes + lengthBytes <= usual) return usual
    if (tailBytes + lengthBytes <= LARGE_WINDOW_BYTES) return LARGE_WINDOW_BYTES
    return Math.ceil((tailBytes + lengthBytes) / MEBIBYTE + 1) * MEBIBYTE
  }

  /**
   * Appends data for which `reserve` was true.
   * @param sums as `WriteWindow.append`
   * @param isVerified false: `vouchFor` will tell when they are
   */
  append(data: Uint8Array, sums: Uint8Array | undefined, isVerified = true): void {
    if (isVerified && this.isVerified) this.#verifiedBytes += data.length
    this.#window.append(data, sums)
  }

  /** Waits for the batch under way, or hands over the next one: for callers that overlap receiving and writing. */
  async flushSome(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#flushing === undefined && this.#flushedBytes === this.lengthBytes) return
    await (this.#flushing ?? this.#startFlush())
  }

  /** Hands everything accepted so far to the system. Joins a flush that is under way, then does the rest. */
  async flush(): Promise<void> {
    const target = this.lengthBytes
    while (this.#flushedBytes < target) {
      if (this.#failure !== undefined) throw this.#failure
      await (this.#flushing ?? this.#startFlush())
    }
  }

  /** What the next flush writes: whole pages past the cache when there are many, else all there is through it. */
  #nextBatch(): { readonly from: number; readonly to: number; readonly route: WriteRoute } {
    const from = this.#flushedBytes
    const to = this.lengthBytes
    const firstPage = from - (from % DIRECT_UNIT_BYTES)
    const lastPage = to - (to % DIRECT_UNIT_BYTES)
    if (
      this.#options.pastCache &&
      this.#window.isAligned &&
      lastPage - firstPage >= MIN_DIRECT_BYTES
    ) {
      return { from: firstPage, to: lastPage, route: 'past-cache' }
    }
    return { from, to, route: 'cached' }
  }

  #startFlush(): Promise<void> {
    const window = this.#window
    const { from, to, route } = this.#nextBatch()
    const { file } = this.#options
    const data = window.view(from, to)
    const records = window.encodeRecords(file.blockId, from, to)
    this.#flushTarget = to
    this.#flushing = bothSettled(
      file.data.write(data, 0, data.length, from, route),
      file.meta.write(records, 0, records.length, recordOffset(recordIndexOf(from))),
    ).then(
      () => {
        crashPoint('flush.written')
        this.#flushedBytes = to
        this.#endFlush(true)
        this.#syncInBackground()
        this.#observer?.onFlushed()
      },
      (error: unknown) => {
        this.#isAbandoned = isAbandoned(error)
        if (!this.#isAbandoned) this.#keepEnd(window)
        this.#endFlush(!this.#isAbandoned)
        throw this.#fail(error)
      },
    )
    // Whoever awaits it is told; the others find #failure at their next call.
    this.#flushing.catch(() => this.#failure)
    return this.#flushing
  }

  #keepEnd(window: WriteWindow): void {
    const start = recordStart(this.#flushedBytes)
    const end = Math.max(start, Math.min(this.#flushedBytes, this.#verifiedBytes))
    this.#endAtFailure = Buffer.from(window.view(start, end))
  }

  #endFlush(isMemoryFree: boolean): void {
    this.#flushing = undefined
    if (isMemoryFree) this.#flushingWindow?.recycle()
    this.#flushingWindow = undefined
  }

  /** Returns when everything accepted before the call is on stable storage, and findable there after a power cut. */
  async sync(): Promise<void> {
    await this.flush()
    await this.#queueSync()
  }

  /**
   * As `sync`, for a replica that is complete: its length is the file's from its final name on, which its caller makes
   * durable next. So it needs no sync point, and no durable names before: half of the calls that a small block costs.
   */
  async syncContent(): Promise<void> {
    await this.flush()
    await this.#queueSync(async () => {
      crashPoint('sync.begun')
      await this.#options.file.sync()
    })
  }

  #queueSync(sync: () => Promise<void> = () => this.#syncNow()): Promise<void> {
    const run = async () => {
      if (this.#failure !== undefined) throw this.#failure
      try {
        await sync()
      } catch (error) {
        throw this.#fail(error)
      }
    }
    const result = this.#syncs.then(run, run)
    this.#syncs = result
    return result
  }

  async #syncNow(): Promise<void> {
    const point = this.#nextSyncPoint()
    if (this.#syncPoint.lengthBytes === point.lengthBytes && this.#areNamesDurable) return
    this.#syncBegunBytes = this.#flushedBytes
    crashPoint('sync.begun')
    await this.#options.file.syncUpTo(point)
    if (!this.#areNamesDurable) {
      await this.#options.syncNames()
      this.#areNamesDurable = true
      crashPoint('sync.names-synced')
    }
    this.#syncPoint = point
  }

  /** A start takes the bytes below a sync point for good: what nobody has verified yet is left behind it. */
  #nextSyncPoint(): SyncPoint {
    const sequence = this.#syncPoint.sequence + 1
    const lengthBytes = this.#flushedBytes
    if (this.#verifiedBytes >= lengthBytes) {
      return { sequence, lengthBytes, tailHash: hashData(this.#tailView(lengthBytes)) }
    }
    const verified = recordStart(this.#verifiedBytes)
    if (verified <= this.#syncPoint.lengthBytes) return { ...this.#syncPoint, sequence }
    return { sequence, lengthBytes: verified, tailHash: HASH_OF_NOTHING }
  }

  #syncInBackground(): void {
    if (!this.#options.syncInBackground || this.#backgroundSyncs > 0) return
    if (this.#flushedBytes - this.#syncBegunBytes < BACKGROUND_SYNC_BYTES) return
    this.#backgroundSyncs += 1
    const done = () => {
      this.#backgroundSyncs -= 1
    }
    // A failure is kept in #failure and thrown by the next call of reserve, flush or sync.
    this.#queueSync().then(done, done)
  }

  /**
   * The last, possibly incomplete record below `visibleBytes`, copied from memory while its file may be in motion.
   * undefined when the record is complete in the files. @param visibleBytes at most `flushedBytes`
   */
  copyTail(visibleBytes: number): { readonly start: number; readonly data: Buffer } | undefined {
    assert(visibleBytes <= this.#flushedBytes, 'only flushed bytes are visible')
    const start = recordStart(visibleBytes)
    const window = this.#windowWith(start)
    if (window === undefined) return undefined
    return { start, data: Buffer.from(window.view(start, visibleBytes)) }
  }

  #tailView(position: number): Buffer {
    const start = recordStart(position)
    const window = this.#windowWith(start)
    assert(window !== undefined, 'the tail of the flushed data is in memory')
    return window.view(start, position)
  }

  #windowWith(start: number): WriteWindow | undefined {
    if (this.#window.start <= start) return this.#window
    const old = this.#flushingWindow
    return old !== undefined && old.start <= start ? old : undefined
  }

  #fail(error: unknown): Error {
    if (this.#failure !== undefined) return this.#failure
    this.#failure = toDfsError(error)
    this.#observer?.onFailed(this.#failure)
    return this.#failure
  }

  /**
   * Nobody asks for the tail any more: the memory may be used again, once the writer is closed. The close itself does not
   * give it back: readers take the tail from here until the replica lets go of its writer, and would find another block's bytes.
   */
  forget(): void {
    this.#isForgotten = true
    this.#recycleUnused()
  }

  #recycleUnused(): void {
    if (!this.#isQuiet || !this.#isForgotten || this.#isAbandoned || this.#isRecycled) return
    this.#isRecycled = true
    this.#window.recycle()
  }

  /** Waits for calls in progress, then closes the files. What was not flushed is gone. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.allSettled([this.#flushing, this.#syncs])
    this.#isQuiet = true
    this.#recycleUnused()
    this.#failure ??= new DfsError('INTERRUPTED', 'the replica is no longer being written here')
    await this.#options.file.close()
  }
}

/** As Promise.all, but what failed is told when nothing is under way any more: the memory can be used again. */
async function bothSettled(...calls: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === 'rejected') throw result.reason
  }
}

/** Calls to a volume that was taken out are not waited for: the disk may hold their memory for ever. */
function isAbandoned(error: unknown): boolean {
  return error instanceof DfsError && error.code === 'VOLUME_FAILED'
}
