/**
 * The disk of one volume, fenced in: at most a few calls at a time (so that a hung disk cannot take all threads of the
 * pool: reliability B6), a bounded queue behind them, and every failure judged once: some take the volume out.
 */
import type { BigIntStats, Dirent } from 'node:fs'
import type { Clock } from '../../shared/clock.js'
import type { Disk, DiskFile, DiskUsage, OpenMode } from '../../shared/disk.js'
import { DfsError, errnoOf } from '../../shared/errors.js'
import { type CallKind, CallLatencies } from './call-latencies.js'

/** Calls in progress for each volume. Below half of the thread pool that `dfs datanode` asks for (16). */
const MAX_CONCURRENT = 4
const MAX_WAITING = 4096
/**
 * A sync of more says less of the disk than of what is written there: disks are compared by these times, and only the first
 * node of a pipeline has all of a large write in its cache to bring to the disk (datanode/DESIGN.md, D18 and D21).
 */
const COMPARABLE_SYNC_BYTES = 1024 * 1024
/** A single unreadable sector is a bad replica; this many failed reads are a bad disk. */
const MAX_READ_ERRORS = 3

type Operation = 'read' | 'change' | 'sync'

interface CallInProgress {
  readonly startedMs: number
  readonly abandon: (reason: DfsError) => void
}

const FATAL_ERRNOS: ReadonlySet<string> = new Set([
  'EIO',
  'EROFS',
  'ENXIO',
  'ENODEV',
  'ESTALE',
  'EUCLEAN',
])
/** Errors of a sync that say nothing about the disk. */
const HARMLESS_SYNC_ERRNOS: ReadonlySet<string> = new Set(['EBADF', 'EMFILE', 'ENFILE', 'ENOENT'])

export interface VolumeDiskOptions {
  readonly disk: Disk
  readonly clock: Clock
  /** Called once, when the volume is taken out. */
  readonly onFailed: (reason: DfsError) => void
}

export class VolumeDisk implements Disk {
  readonly #options: VolumeDiskOptions
  readonly #waiting: (() => void)[] = []
  readonly #calls = new Set<CallInProgress>()
  readonly #latencies = new CallLatencies()
  #onIdle: (() => void)[] = []
  #readErrors = 0
  #failure: DfsError | undefined

  constructor(options: VolumeDiskOptions) {
    this.#options = options
  }

  /** Why the volume was taken out; undefined while it works. */
  get failure(): DfsError | undefined {
    return this.#failure
  }

  /** Age of the oldest call that has not returned, 0 without one. */
  oldestCallMs(): number {
    const [oldest] = this.#calls
    return oldest === undefined ? 0 : this.#options.clock.monotonicMs() - oldest.startedMs
  }

  /** How long reads, writes and syncs of files took lately. */
  recentLatencies() {
    return this.#latencies.recent(this.#options.clock.monotonicMs())
  }

  /** Resolves when no call is under way any more, abandoned ones included. */
  async idle(): Promise<void> {
    if (this.#calls.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  /**
   * Takes the volume out: later and waiting calls are refused, those under way are abandoned (a hung one would never
   * return; its memory must not be used again). Idempotent.
   */
  fail(cause: unknown): void {
    if (this.#failure !== undefined) return
    const text = cause instanceof Error ? cause.message : String(cause)
    this.#failure = new DfsError('VOLUME_FAILED', `volume failed: ${text}`, { cause })
    for (const proceed of this.#waiting.splice(0)) proceed()
    for (const { abandon } of this.#calls) abandon(this.#failure)
    this.#options.onFailed(this.#failure)
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const { disk } = this.#options
    const file = await this.#guard(mode === 'read' ? 'read' : 'change', () => disk.open(path, mode))
    let unsyncedBytes = 0
    return {
      read: (...range) => this.#guard('read', () => file.read(...range), 'read'),
      write: (buffer, offset, lengthBytes, position, route) => {
        unsyncedBytes += lengthBytes
        const write = () => file.write(buffer, offset, lengthBytes, position, route)
        return this.#guard('change', write, route === 'past-cache' ? undefined : 'write')
      },
      truncate: (lengthBytes) => this.#guard('change', () => file.truncate(lengthBytes)),
      sync: () => {
        const isComparable = unsyncedBytes <= COMPARABLE_SYNC_BYTES
        unsyncedBytes = 0
        return this.#guard('sync', () => file.sync(), isComparable ? 'sync' : undefined)
      },
      sizeBytes: () => this.#guard('read', () => file.sizeBytes()),
      // Closing is not fenced: it must happen on a failed volume too, or descriptors leak.
      close: () => file.close(),
    }
  }

  rename(from: string, to: string): Promise<void> {
    return this.#guard('change', () => this.#options.disk.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#guard('change', () => this.#options.disk.remove(path))
  }

  makeFolder(path: string): Promise<void> {
    return this.#guard('change', () => this.#options.disk.makeFolder(path))
  }

  list(path: string): Promise<Dirent[]> {
    return this.#guard('read', () => this.#options.disk.list(path))
  }

  stat(path: string): Promise<BigIntStats | undefined> {
    return this.#guard('read', () => this.#options.disk.stat(path))
  }

  syncFolder(path: string): Promise<void> {
    return this.#guard('sync', () => this.#options.disk.syncFolder(path))
  }

  usage(path: string): Promise<DiskUsage> {
    return this.#guard('read', () => this.#options.disk.usage(path))
  }

  /** @param timed as what the call's time is remembered, if it succeeds: one that fails does not tell how fast the disk is */
  async #guard<T>(operation: Operation, call: () => Promise<T>, timed?: CallKind): Promise<T> {
    while (this.#calls.size >= MAX_CONCURRENT) await this.#takeTurn()
    if (this.#failure !== undefined) throw this.#failure
    const startedMs = this.#options.clock.monotonicMs()
    return await new Promise<T>((resolve, reject) => {
      const inProgress = { startedMs, abandon: reject }
      this.#calls.add(inProgress)
      call().then(
        (value) => {
          if (timed !== undefined) this.#noteLatency(timed, startedMs)
          this.#end(inProgress)
          resolve(value)
        },
        (error: unknown) => {
          this.#end(inProgress)
          this.#judge(operation, error)
          reject(error)
        },
      )
    })
  }

  #noteLatency(kind: CallKind, startedMs: number): void {
    const nowMs = this.#options.clock.monotonicMs()
    this.#latencies.note(kind, nowMs - startedMs, nowMs)
  }

  #end(call: CallInProgress): void {
    this.#calls.delete(call)
    this.#waiting.shift()?.()
    if (this.#calls.size > 0) return
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  async #takeTurn(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#waiting.length >= MAX_WAITING) {
      throw new DfsError('OVERLOADED', `${MAX_WAITING} calls already wait for the volume`)
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /**
   * A failed sync is never tried again: the kernel has marked the pages clean, so a second one would succeed without
   * the data (reliability B1).
   */
  #judge(operation: Operation, error: unknown): void {
    const errno = errnoOf(error) ?? ''
    if (operation === 'sync') {
      if (!HARMLESS_SYNC_ERRNOS.has(errno)) this.fail(error)
    } else if (FATAL_ERRNOS.has(errno)) {
      if (operation === 'read' && errno === 'EIO') {
        this.#readErrors += 1
        if (this.#readErrors < MAX_READ_ERRORS) return
      }
      this.fail(error)
    }
  }
}
