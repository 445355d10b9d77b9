/** The two places where the writer can live: its own thread, or the caller's. The code that writes is the same. */
import { Worker } from 'node:worker_threads'
import { assertNever } from '../../../shared/assert.js'
import type { Clock } from '../../../shared/clock.js'
import { DfsError } from '../../../shared/errors.js'
import type { Log } from '../../../shared/log.js'
import type { State } from '../../storage/state-store.js'
import { syncAtOnce } from '../../storage/transaction-record.js'
import type { BatchRunner } from '../../writer/commit-queue.js'
import {
  type BatchResult,
  fromPlainError,
  type Outcome,
  type PlainError,
} from '../../writer/group-commit.js'
import { packBatch } from './batch-message.js'
import type { ChangeRequest } from './namespace-change.js'
import type { NamespaceEffects } from './namespace-engine.js'
import type { FolderOptions } from './namespace-folder.js'
import type { FromThread, ToThread } from './namespace-thread.js'
import { NamespaceWriter } from './namespace-writer.js'

export interface NamespaceRunner extends BatchRunner<ChangeRequest, NamespaceEffects> {
  /** Identity and counters as they were at the start. */
  readonly state: State
  close(): Promise<void>
}

/** Runs the writer on the caller's thread: for simulation and debugging. */
export function openInlineRunner(options: FolderOptions, clock: Clock, log: Log): NamespaceRunner {
  const writer = new NamespaceWriter(options, clock, {
    warn: (fields, event) => log.warn(fields, event),
    startSync: syncAtOnce,
  })
  return {
    state: writer.state,
    run: (requests) => {
      const result = writer.run(requests)
      writer.afterBatch()
      return result
    },
    close: () => writer.close(),
  }
}

/** Starts the writer in a thread of its own. @throws what opening the folder threw there */
export async function openThreadRunner(options: FolderOptions, log: Log): Promise<NamespaceRunner> {
  const worker = new Worker(threadEntry(), { workerData: options })
  const thread = new WriterThread(worker, log)
  const state = await thread.ready
  return {
    state,
    run: (requests) => thread.run(requests),
    close: () => thread.close(),
  }
}

/** Workers start from built JavaScript; a checkout that runs its TypeScript directly uses what was built last. */
function threadEntry(): URL {
  const isSource = import.meta.url.endsWith('.ts')
  const entry = isSource
    ? '../../../dist/namenode/service/namespace/namespace-thread.js'
    : './namespace-thread.js'
  return new URL(entry, import.meta.url)
}

class WriterThread {
  readonly ready: Promise<State>
  readonly #worker: Worker
  readonly #log: Log
  #onReady: ((state: State) => void) | undefined
  #onFailed: ((error: DfsError) => void) | undefined
  #onClosed: (() => void) | undefined
  /** The batch that is with the thread: there is never more than one. */
  #answer: ((result: BatchResult<NamespaceEffects>) => void) | undefined
  #asked = 0
  #death: DfsError | undefined

  constructor(worker: Worker, log: Log) {
    this.#worker = worker
    this.#log = log
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = resolve
      this.#onFailed = reject
    })
    worker.on('message', (message: FromThread) => this.#hear(message))
    worker.on('error', (error) => this.#die(error))
    worker.on('exit', (code) => this.#die(new Error(`exit code ${code}`)))
  }

  run(requests: readonly ChangeRequest[]): Promise<BatchResult<NamespaceEffects>> {
    this.#asked = requests.length
    return new Promise((resolve) => {
      this.#answer = resolve
      if (this.#death !== undefined) this.#fail(this.#death)
      else this.#tell(packBatch(requests))
    })
  }

  close(): Promise<void> {
    if (this.#death !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onClosed = resolve
      this.#tell({ kind: 'close' })
    })
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.#onReady?.(message.state)
        return
      case 'failed':
        this.#onFailed?.(fromPlainError(message.error))
        return
      case 'result':
        this.#answer?.(message.result)
        return
      case 'warning':
        this.#log.warn(message.fields, message.event)
        return
      case 'closed':
        this.#onClosed?.()
        return
      default:
        assertNever(message)
    }
  }

  /** The thread is gone: expected after `close`, otherwise the end of the namenode. */
  #die(error: Error): void {
    this.#death ??= new DfsError(
      'INTERNAL',
      `the namespace's writer thread has ended: ${error.message}`,
      {
        cause: error,
      },
    )
    this.#onFailed?.(this.#death)
    this.#onClosed?.()
    this.#fail(this.#death)
  }

  #fail({ code, message, details }: DfsError): void {
    const error: PlainError = { code, message, details }
    const outcomes = Array.from({ length: this.#asked }, (): Outcome => ({ ok: false, error }))
    const result = { outcomes, effects: undefined, transactionId: 0, durationMs: 0, fatal: error }
    this.#answer?.(result)
  }
}
