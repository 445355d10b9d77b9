/**
 * The audit log as the namespace's callers feed it: a line and a count for each operation, in memory at first. A reader's
 * call must not pay for it: lines are gathered as text and written twice a second.
 */
import { join } from 'node:path'
import { present } from '../../../shared/assert.js'
import type { Clock } from '../../../shared/clock.js'
import type { Disk } from '../../../shared/disk.js'
import type { Log } from '../../../shared/log.js'
import { RollingCounts } from '../../policy/rolling-counts.js'
import { AuditChunks } from '../../storage/audit-chunk.js'
import { AuditFile, auditLinesNewestFirst } from '../../storage/audit-file.js'
import { type AuditedOperation, auditTime, parseAuditLine } from '../../storage/audit-line.js'

export interface AuditQuestion {
  readonly user: string | undefined
  readonly command: string | undefined
  /** This path and all below it, as source or as target. */
  readonly path: string | undefined
  /** Wall time. */
  readonly sinceMs: number
  readonly limit: number
}

export interface AuditOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Log
  readonly dataFolder: string
  /** 0 keeps no log; operations are counted all the same. */
  readonly maxBytes: number
  /** Whether operations that change nothing have a line. */
  readonly reads: boolean
}

const FLUSH_MS = 500
/** A disk that hangs must not fill the memory: with so many full chunks lines are dropped, and counted. */
const MAX_WAITING_CHUNKS = 64

export class Audit {
  readonly counts = new RollingCounts()
  readonly #options: AuditOptions
  readonly #file: AuditFile | undefined
  readonly #lines = new AuditChunks()
  #dropped = 0
  #writing: Promise<void> | undefined
  #cancelFlush: (() => void) | undefined
  /** Text of the last time that was written: many operations happen in the same millisecond. */
  #time = { ms: -1, text: Buffer.alloc(0) }

  private constructor(options: AuditOptions, file: AuditFile | undefined) {
    this.#options = options
    this.#file = file
  }

  static async open(options: AuditOptions): Promise<Audit> {
    const { disk, maxBytes } = options
    const folder = auditFolder(options.dataFolder)
    const onRotationError = (error: unknown) =>
      options.log.error(
        { err: error },
        'the audit log cannot be rotated: it goes on in a full file',
      )
    const file =
      maxBytes > 0 ? await AuditFile.open(disk, { folder, maxBytes, onRotationError }) : undefined
    return new Audit(options, file)
  }

  /** Notes an operation that is over. @param isRead it can have changed nothing */
  record(operation: Omit<AuditedOperation, 'timeMs'>, isRead: boolean): void {
    const { clock, reads } = this.#options
    this.counts.add(clock.monotonicMs(), operation.user, operation.command)
    if (this.#file === undefined || (isRead && !reads && operation.outcome === 'success')) return
    if (this.#lines.full.length >= MAX_WAITING_CHUNKS) {
      this.#dropped += 1
      return
    }
    const timeMs = Math.floor(clock.wallMs())
    if (timeMs !== this.#time.ms) {
      this.#time = { ms: timeMs, text: Buffer.from(auditTime(new Date(timeMs).toISOString())) }
    }
    this.#lines.add(operation, this.#time.text)
    if (this.#lines.full.length > 0) this.#startWriting()
    else this.#writeSoon()
  }

  /** Operations that answer the question, newest first. */
  async find(question: AuditQuestion): Promise<AuditedOperation[]> {
    await this.flush()
    const { disk, dataFolder } = this.#options
    const found: AuditedOperation[] = []
    for await (const line of auditLinesNewestFirst(disk, auditFolder(dataFolder))) {
      const operation = parseAuditLine(line)
      if (operation === undefined) continue
      if (operation.timeMs < question.sinceMs) break
      if (answers(operation, question)) found.push(operation)
      if (found.length >= question.limit) break
    }
    return found
  }

  /** Resolves when all that was recorded until now is in the file, or lost; what comes meanwhile is not waited for. */
  async flush(): Promise<void> {
    // One that is under way may have begun before the last line.
    await this.#writing
    if (this.#writing === undefined && this.#lines.isEmpty) return
    this.#startWriting()
    await this.#writing
  }

  async close(): Promise<void> {
    await this.flush()
    this.#cancelFlush?.()
    await this.#file?.close()
  }

  #writeSoon(): void {
    this.#cancelFlush ??= this.#options.clock.after(FLUSH_MS, () => this.#startWriting())
  }

  #startWriting(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = undefined
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
      if (!this.#lines.isEmpty) this.#writeSoon()
    })
  }

  /** Writes what is there. */
  async #write(): Promise<void> {
    const { log } = this.#options
    this.#lines.seal()
    const { full } = this.#lines
    for (let left = full.length; left > 0; left -= 1) {
      if (this.#dropped > 0) {
        log.warn({ dropped: this.#dropped }, 'audit lines dropped: the disk is slow')
        this.#dropped = 0
      }
      try {
        await this.#file?.append(present(full[0], 'chunks are taken away here alone'))
      } catch (error) {
        log.error({ err: error }, 'audit lines are lost')
      }
      // Whether it could be written or not: a full disk must not stop the log for good.
      full.shift()
    }
  }
}

/** Where the log is. */
export const auditFolder = (dataFolder: string): string => join(dataFolder, 'audit')

function answers(operation: AuditedOperation, { user, command, path }: AuditQuestion): boolean {
  const isBelow = (it: string | undefined) =>
    path === undefined || path === '/' || it === path || it?.startsWith(`${path}/`) === true
  if (user !== undefined && operation.user !== user) return false
  if (command !== undefined && !operation.command.startsWith(command)) return false
  return isBelow(operation.path) || isBelow(operation.target)
}
