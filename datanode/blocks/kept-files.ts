/**
 * The files of finalized replicas that were read lately, kept open: opening and closing them cost a small read six of its
 * eight trips to the thread pool. What the disk holds is still read and verified each time; only the records of the meta
 * file are remembered, and these are checked against their own hash whenever they are used.
 *
 * A finalized replica never changes: whatever is done to it replaces its record in the index, which tells us
 * (`forget`). What a person does to the files behind our back is noticed when an entry has become old.
 */
import { assert } from '../../shared/assert.js'
import type { Clock } from '../../shared/clock.js'
import { errnoOf } from '../../shared/errors.js'
import { RECORD_BYTES, RECORD_DATA_BYTES } from './meta-format.js'
import type { FinalizedReplica } from './replica.js'
import type { RecordRange, ReplicaFile } from './replica-file.js'

export interface KeptFilesLimits {
  /** Two descriptors each. */
  readonly maxReplicas: number
  readonly maxMetaBytes: number
  /** How long after its opening a pair of files is closed, however much it is read. */
  readonly maxAgeMs: number
}

const KEPT_FILES_LIMITS: KeptFilesLimits = {
  maxReplicas: 512,
  maxMetaBytes: 32 * 1024 * 1024,
  maxAgeMs: 30_000,
}

/** Records that are read together: those of 8 MiB of data, 67 KiB. */
const SEGMENT_RECORDS = 128

/** What a reader needs of the files of a replica. */
export type ReadableFiles = Pick<ReplicaFile, 'readRecords' | 'close'>

export interface KeptFilesOptions {
  readonly clock: Clock
  /** Whether the index still has this very record. */
  readonly isCurrent: (replica: FinalizedReplica) => boolean
  readonly onCloseFailed: (error: unknown) => void
  readonly limits?: KeptFilesLimits
}

export class KeptFiles {
  readonly #options: KeptFilesOptions
  readonly #limits: KeptFilesLimits
  /** Oldest first. */
  readonly #entries = new Map<number, Entry>()
  readonly #closing = new Set<Promise<void>>()
  #metaBytes = 0
  #cancelTimer: (() => void) | undefined
  #isClosed = false

  constructor(options: KeptFilesOptions) {
    this.#options = options
    this.#limits = options.limits ?? KEPT_FILES_LIMITS
  }

  /** Replicas whose files are open. */
  get size(): number {
    return this.#entries.size
  }

  /** Bytes of meta files that are remembered. */
  get metaBytes(): number {
    return this.#metaBytes
  }

  /**
   * The files of a replica, from here or opened; `close` gives them back.
   * @throws what `open` throws
   */
  async take(replica: FinalizedReplica, open: () => Promise<ReplicaFile>): Promise<ReadableFiles> {
    const known = this.#entries.get(replica.id)
    if (known?.replica === replica) return await known.take()
    const entry = new Entry(replica, this.#openWithRoom(open), {
      grew: (bytes) => this.#grew(bytes),
      closes: (closing) => this.#watch(closing),
    })
    if (!this.#isClosed) this.#keep(entry)
    else entry.retire()
    try {
      const files = await entry.take()
      // The index may have changed while they were being opened: then they are for this reader alone.
      if (!this.#options.isCurrent(replica)) this.#drop(entry)
      return files
    } catch (error) {
      this.#drop(entry)
      throw error
    }
  }

  /** The replica is another one now, or gone: its files are closed when the last reader has let go of them. */
  forget(id: number): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined) this.#drop(entry)
  }

  /** Resolves when all files are closed that nobody reads; what is taken from now on is not kept. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const entry of this.#entries.values()) this.#drop(entry)
    while (this.#closing.size > 0) await Promise.all(this.#closing)
  }

  /** Without descriptors left, those that wait here for the next reader are worth less than this one. */
  async #openWithRoom(open: () => Promise<ReplicaFile>): Promise<ReplicaFile> {
    try {
      return await open()
    } catch (error) {
      const errno = errnoOf(error)
      if ((errno !== 'EMFILE' && errno !== 'ENFILE') || this.#entries.size <= 1) throw error
      for (const entry of this.#entries.values()) this.#drop(entry)
      await Promise.all(this.#closing)
      return await open()
    }
  }

  #keep(entry: Entry): void {
    this.forget(entry.replica.id)
    this.#entries.set(entry.replica.id, entry)
    while (this.#entries.size > this.#limits.maxReplicas) this.#dropOldest()
    const { clock } = this.#options
    entry.keptUntilMs = clock.monotonicMs() + this.#limits.maxAgeMs
    this.#cancelTimer ??= clock.after(this.#limits.maxAgeMs, () => this.#dropOld())
  }

  #dropOld(): void {
    this.#cancelTimer = undefined
    const { clock } = this.#options
    const nowMs = clock.monotonicMs()
    for (const entry of this.#entries.values()) {
      if (entry.keptUntilMs > nowMs) {
        this.#cancelTimer = clock.after(entry.keptUntilMs - nowMs, () => this.#dropOld())
        return
      }
      this.#drop(entry)
    }
  }

  #dropOldest(): void {
    const [oldest] = this.#entries.values()
    if (oldest !== undefined) this.#drop(oldest)
  }

  #drop(entry: Entry): void {
    const { id } = entry.replica
    if (this.#entries.get(id) === entry) this.#entries.delete(id)
    entry.retire()
    if (this.#entries.size > 0) return
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #grew(bytes: number): void {
    this.#metaBytes += bytes
    while (this.#metaBytes > this.#limits.maxMetaBytes && this.#entries.size > 0) this.#dropOldest()
  }

  #watch(closing: Promise<void>): void {
    const watched: Promise<void> = closing
      .catch(this.#options.onCloseFailed)
      .finally(() => this.#closing.delete(watched))
    this.#closing.add(watched)
  }
}

interface EntryOwner {
  /** The entry remembers so many bytes more, or fewer. */
  readonly grew: (bytes: number) => void
  readonly closes: (closing: Promise<void>) => void
}

/** The open files of one replica, with those who read them. */
class Entry {
  readonly replica: FinalizedReplica
  keptUntilMs = 0
  readonly #opening: Promise<ReplicaFile>
  readonly #owner: EntryOwner
  readonly #segments = new Map<number, Buffer>()
  #file: ReplicaFile | undefined
  #readers = 0
  #isRetired = false

  constructor(replica: FinalizedReplica, opening: Promise<ReplicaFile>, owner: EntryOwner) {
    this.replica = replica
    this.#opening = opening
    this.#owner = owner
  }

  async take(): Promise<ReadableFiles> {
    this.#readers += 1
    try {
      this.#file ??= await this.#opening
      return new TakenFiles(this.#file, this)
    } catch (error) {
      this.#readers -= 1
      throw error
    }
  }

  giveBack(): void {
    this.#readers -= 1
    this.#closeUnread()
  }

  /** No new readers; closed when there are none. Idempotent. */
  retire(): void {
    if (this.#isRetired) return
    this.#isRetired = true
    let bytes = 0
    for (const segment of this.#segments.values()) bytes += segment.length
    this.#segments.clear()
    this.#owner.grew(-bytes)
    this.#closeUnread()
  }

  #closeUnread(): void {
    if (!this.#isRetired || this.#readers > 0 || this.#file === undefined) return
    this.#owner.closes(this.#file.close())
    this.#file = undefined
  }

  /** Records as they are in the file: remembered, or read with their neighbours. */
  records(file: ReplicaFile, firstIndex: number, count: number): Buffer | Promise<Buffer> {
    const segment = Math.floor(firstIndex / SEGMENT_RECORDS)
    const from = firstIndex - segment * SEGMENT_RECORDS
    // Two segments are rarely touched, and then both would have to be there.
    if (from + count > SEGMENT_RECORDS) return file.readMeta(firstIndex, count)
    const known = this.#segments.get(segment)
    if (known !== undefined) return part(known, from, count)
    return this.#readSegment(file, segment).then((bytes) => part(bytes, from, count))
  }

  async #readSegment(file: ReplicaFile, segment: number): Promise<Buffer> {
    const first = segment * SEGMENT_RECORDS
    const all = Math.ceil(this.replica.lengthBytes / RECORD_DATA_BYTES)
    const bytes = await file.readMeta(first, Math.min(SEGMENT_RECORDS, all - first))
    if (!this.#isRetired && !this.#segments.has(segment)) {
      this.#segments.set(segment, bytes)
      this.#owner.grew(bytes.length)
    }
    return bytes
  }
}

const part = (segment: Buffer, from: number, count: number): Buffer =>
  segment.subarray(from * RECORD_BYTES, (from + count) * RECORD_BYTES)

/** What one reader has of an entry. */
class TakenFiles implements ReadableFiles {
  readonly #file: ReplicaFile
  readonly #entry: Entry
  #isGivenBack = false

  constructor(file: ReplicaFile, entry: Entry) {
    this.#file = file
    this.#entry = entry
  }

  readRecords(firstIndex: number, count: number, buffer: Buffer): Promise<RecordRange> {
    assert(!this.#isGivenBack, 'files that were given back are not read')
    const meta = this.#entry.records(this.#file, firstIndex, count)
    return this.#file.readRecords(firstIndex, count, buffer, meta)
  }

  async close(): Promise<void> {
    if (this.#isGivenBack) return
    this.#isGivenBack = true
    this.#entry.giveBack()
  }
}
