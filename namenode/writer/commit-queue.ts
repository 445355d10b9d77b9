/**
 * Where changes wait for the writer. A batch is whatever arrived while the one before was made durable: no timer, no
 * lone change that waits for company.
 */
import { DfsError } from '../../shared/errors.js'
import { type BatchResult, fromPlainError } from './group-commit.js'

/** Changes that may wait; more than this means that the disk cannot keep up, and callers should hear it. */
const MAX_WAITING = 100_000
const MAX_BATCH = 1000

export interface WriterStatistics {
  readonly batches: number
  readonly changes: number
  readonly waiting: number
  readonly lastBatchChanges: number
  readonly lastBatchMs: number
  readonly maxBatchMs: number
}

export interface BatchRunner<Request, Effects> {
  /** Never rejects. */
  run(requests: readonly Request[]): Promise<BatchResult<Effects>> | BatchResult<Effects>
}

export interface CommitQueueOptions<Request, Effects> {
  readonly runner: BatchRunner<Request, Effects>
  /** Called for each commit, before its callers are answered. */
  readonly onCommitted: (transactionId: number, effects: Effects) => void
  /** The writer can no longer be trusted; everything that waits has been refused. */
  readonly onFatal: (error: DfsError) => void
}

interface Waiting<Request> {
  readonly request: Request
  readonly resolve: (value: unknown) => void
  readonly reject: (error: DfsError) => void
}

export class CommitQueue<Request, Effects> {
  readonly #options: CommitQueueOptions<Request, Effects>
  #waiting: Waiting<Request>[] = []
  #running: Promise<void> | undefined
  #refusal: DfsError | undefined
  #statistics = { batches: 0, changes: 0, lastBatchChanges: 0, lastBatchMs: 0, maxBatchMs: 0 }

  constructor(options: CommitQueueOptions<Request, Effects>) {
    this.#options = options
  }

  get statistics(): WriterStatistics {
    return { ...this.#statistics, waiting: this.#waiting.length }
  }

  /** Resolves with the answer once the change is durable; rejects with a DfsError when nothing happened, SHUTTING_DOWN when nobody knows. */
  submit(request: Request): Promise<unknown> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new DfsError('OVERLOADED', 'too many changes wait for the disk'))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      this.#running ??= this.#drain()
    })
  }

  /** Refuses new changes and resolves when those that wait are done. */
  async close(): Promise<void> {
    this.#refusal ??= new DfsError('SHUTTING_DOWN', 'the namenode is shutting down')
    await this.#running
  }

  async #drain(): Promise<void> {
    // All that arrives in this turn of the event loop joins the first batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH)
      const result = await this.#options.runner.run(batch.map((it) => it.request))
      this.#settle(batch, result)
    }
    this.#running = undefined
  }

  #settle(batch: readonly Waiting<Request>[], result: BatchResult<Effects>): void {
    const { outcomes, effects, durationMs } = result
    const fatal = result.fatal === undefined ? undefined : fromPlainError(result.fatal)
    const ending = fatal === undefined ? undefined : endingBecauseOf(fatal)
    this.#count(outcomes.length, durationMs)
    this.#waiting = batch.slice(outcomes.length).concat(this.#waiting)
    if (effects !== undefined) this.#options.onCommitted(result.transactionId, effects)
    for (const [index, outcome] of outcomes.entries()) {
      const waiting = batch[index]
      if (outcome.ok) waiting?.resolve(outcome.value)
      else waiting?.reject(ending ?? fromPlainError(outcome.error))
    }
    if (fatal !== undefined && ending !== undefined) this.#stop(fatal, ending)
  }

  #stop(fatal: DfsError, ending: DfsError): void {
    this.#refusal = ending
    for (const { reject } of this.#waiting) reject(ending)
    this.#waiting = []
    this.#options.onFatal(fatal)
  }

  #count(changes: number, durationMs: number): void {
    const { batches, changes: before, maxBatchMs } = this.#statistics
    this.#statistics = {
      batches: batches + 1,
      changes: before + changes,
      lastBatchChanges: changes,
      lastBatchMs: durationMs,
      maxBatchMs: Math.max(maxBatchMs, durationMs),
    }
  }
}

/** A commit that failed while it was being synced may be whole in the log all the same: the next start will find it. */
function endingBecauseOf({ message, details }: DfsError): DfsError {
  return new DfsError(
    'SHUTTING_DOWN',
    `the namenode ends: ${message}. Whether the change happened is known when it is back.`,
    { details },
  )
}
