/**
 * Group commit: whatever waits shares one transaction, and one sync of the disk. A refused change takes nothing else with
 * it; nothing is answered before the commit is durable. Runs on whichever thread owns the writing connection.
 *
 * Refusals come before anything is written, so changes need no savepoints, which cost each of them a copy of the pages
 * that it touches. When one fails later all the same, the batch begins anew, with a savepoint for each.
 */
import { AssertionFailure, assert } from '../../shared/assert.js'
import { DfsError, type ErrorCode, errnoOf, toDfsError } from '../../shared/errors.js'
import { type Database, isFatalDatabaseError } from '../storage/database.js'

/** What is executed in a transaction. Every method is synchronous: nothing can come in between. */
export interface BatchExecutor<Request, Effects> {
  /** Throws a DfsError to refuse; its traces, if `hasWritten`, are then rolled back. */
  execute(request: Request): unknown
  /** Whether the change under way, or just executed, has written anything of its own. */
  readonly hasWritten: boolean
  /** The change just executed stays, or was refused before it wrote anything. */
  keep(): void
  /** The change just executed was rolled back in the database. */
  undo(): void
  /** Last writes of the transaction. */
  beforeCommit(): void
  /** The batch is durable; returns what it did. */
  takeEffects(): Effects
  /** The whole batch was rolled back. */
  rolledBack(): void
  readonly lastTransactionId: number
}

/** A DfsError as plain data, so that it crosses threads. */
export interface PlainError {
  readonly code: ErrorCode
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: PlainError }

export interface BatchResult<Effects> {
  /** One for each request that was executed: fewer than asked when the batch took too long. */
  readonly outcomes: readonly Outcome[]
  readonly effects: Effects | undefined
  readonly transactionId: number
  readonly durationMs: number
  /** Set when nothing may be written any more: the process must end. */
  readonly fatal: PlainError | undefined
}

/** How long changes are gathered before the commit; what is left goes into the next transaction. */
const MAX_EXECUTION_MS = 10

export interface GroupCommitOptions<Request, Effects> {
  readonly database: Database
  readonly executor: BatchExecutor<Request, Effects>
  /** Called after each commit that changed something, before anything is answered. */
  readonly onDurable: (transactionId: number) => void
  readonly monotonicMs: () => number
}

export class GroupCommit<Request, Effects> {
  readonly #options: GroupCommitOptions<Request, Effects>
  readonly #begin
  readonly #commit
  readonly #rollback
  readonly #savepoint
  readonly #release
  readonly #rollbackTo

  constructor(options: GroupCommitOptions<Request, Effects>) {
    this.#options = options
    const { database } = options
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
    this.#savepoint = database.prepare('SAVEPOINT change')
    this.#release = database.prepare('RELEASE change')
    this.#rollbackTo = database.prepare('ROLLBACK TO change')
  }

  /** Executes and commits as many of the requests as fit into one transaction, at least one. Never throws. */
  run(requests: readonly Request[]): BatchResult<Effects> {
    const { executor, monotonicMs, onDurable } = this.#options
    const startedMs = monotonicMs()
    const before = executor.lastTransactionId
    try {
      const outcomes = this.#executeAll(requests, startedMs)
      const hasChanges = executor.lastTransactionId !== before
      if (hasChanges) executor.beforeCommit()
      this.#commit.run()
      const transactionId = executor.lastTransactionId
      if (hasChanges) onDurable(transactionId)
      const effects = executor.takeEffects()
      const durationMs = monotonicMs() - startedMs
      return { outcomes, effects, transactionId, durationMs, fatal: undefined }
    } catch (error) {
      return this.#fail(error, requests.length, before, monotonicMs() - startedMs)
    }
  }

  /** Begins the transaction, and leaves it open. */
  #executeAll(requests: readonly Request[], startedMs: number): Outcome[] {
    this.#begin.run()
    const outcomes = this.#executeEach(requests, startedMs, (it) => this.#executeOne(it))
    if (outcomes !== 'begin anew') return outcomes
    this.#rollBack()
    this.#options.executor.rolledBack()
    this.#begin.run()
    const again = this.#executeEach(requests, startedMs, (it) => this.#executeAlone(it))
    assert(again !== 'begin anew', 'what has a savepoint of its own can be rolled back alone')
    return again
  }

  #executeEach(
    requests: readonly Request[],
    startedMs: number,
    execute: (request: Request) => Outcome | 'begin anew',
  ): Outcome[] | 'begin anew' {
    const outcomes: Outcome[] = []
    for (const request of requests) {
      const outcome = execute(request)
      if (outcome === 'begin anew') return outcome
      outcomes.push(outcome)
      if (this.#options.monotonicMs() - startedMs > MAX_EXECUTION_MS) break
    }
    return outcomes
  }

  /** As nearly every change goes: it succeeds, or is refused before it writes. */
  #executeOne(request: Request): Outcome | 'begin anew' {
    const { executor } = this.#options
    try {
      const value = executor.execute(request)
      executor.keep()
      return { ok: true, value }
    } catch (error) {
      if (concernsWholeBatch(error)) throw error
      // Only a refusal in our own words tells that nothing was under way.
      if (executor.hasWritten || !(error instanceof DfsError)) return 'begin anew'
      executor.keep()
      return { ok: false, error: toPlainError(error) }
    }
  }

  /** Under a savepoint. */
  #executeAlone(request: Request): Outcome {
    const { executor } = this.#options
    this.#savepoint.run()
    try {
      const value = executor.execute(request)
      this.#release.run()
      executor.keep()
      return { ok: true, value }
    } catch (error) {
      if (concernsWholeBatch(error)) throw error
      this.#rollbackTo.run()
      this.#release.run()
      executor.undo()
      return { ok: false, error: toPlainError(error) }
    }
  }

  /** SQLite may have done so by itself, as when the disk was full. */
  #rollBack(): void {
    if (this.#options.database.inTransaction) this.#rollback.run()
  }

  /** The batch as a whole failed: nobody's change happened (after a fatal error: nobody knows), and everybody hears why. */
  #fail(
    error: unknown,
    count: number,
    transactionId: number,
    durationMs: number,
  ): BatchResult<Effects> {
    const plain = toPlainError(error)
    const result = { effects: undefined, transactionId, durationMs }
    const outcomes = Array.from({ length: count }, (): Outcome => ({ ok: false, error: plain }))
    let fatal = isFatal(error) ? plain : undefined
    try {
      this.#rollBack()
      if (fatal === undefined) this.#options.executor.rolledBack()
    } catch (rollbackError) {
      fatal = toPlainError(rollbackError)
    }
    return { ...result, outcomes, fatal }
  }
}

export function toPlainError(error: unknown): PlainError {
  const { code, message, details } = toDfsError(error)
  if (code !== 'DISK_FULL') return { code, message, details }
  return { code, message: `the namenode's disk is full: ${message}`, details }
}

/** The inverse of `toPlainError`, on the caller's side. */
export function fromPlainError({ code, message, details }: PlainError): DfsError {
  return new DfsError(code, message, { details })
}

const isFatal = (error: unknown) => error instanceof AssertionFailure || isFatalDatabaseError(error)

/** A refusal concerns one change; a full or failing disk, or a bug of ours, everything since the last commit. */
function concernsWholeBatch(error: unknown): boolean {
  if (error instanceof DfsError) return false
  return isFatal(error) || errnoOf(error) === 'SQLITE_FULL' || errnoOf(error) === 'SQLITE_NOMEM'
}
