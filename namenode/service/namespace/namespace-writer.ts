/** The writing half of an open namespace: group commit on its folder, with checkpoints and watch over the space. */
import { statfsSync } from 'node:fs'
import type { Clock } from '../../../shared/clock.js'
import { crashPoint } from '../../../shared/crash-point.js'
import { DfsError } from '../../../shared/errors.js'
import { Checkpointer } from '../../storage/checkpointer.js'
import { isFatalDatabaseError } from '../../storage/database.js'
import type { State } from '../../storage/state-store.js'
import type { StartSync } from '../../storage/transaction-record.js'
import {
  type BatchResult,
  GroupCommit,
  type Outcome,
  type PlainError,
  toPlainError,
} from '../../writer/group-commit.js'
import type { ChangeRequest } from './namespace-change.js'
import type { NamespaceEffects } from './namespace-engine.js'
import { type FolderOptions, type OpenFolder, openFolder } from './namespace-folder.js'

/** Below this only deletions are accepted: SQLite needs room even to make room. */
const RESERVED_DISK_BYTES = 32 * 1024 * 1024

export interface WriterEvents {
  readonly warn: (fields: object, event: string) => void
  /** Default: beside the event loop. */
  readonly startSync?: StartSync
}

export class NamespaceWriter {
  readonly #options: FolderOptions
  readonly #open: OpenFolder
  readonly #commit: GroupCommit<ChangeRequest, NamespaceEffects>
  readonly #checkpointer: Checkpointer
  #isWalFull = false
  #lastBatchChanges = 0
  #fatal: PlainError | undefined

  /** Opens the folder. @throws DATABASE_CORRUPT, DATA_FOLDER_NEWER */
  constructor(options: FolderOptions, clock: Clock, events: WriterEvents) {
    this.#options = options
    const onRecordError = (error: Error) => {
      // After a failed sync nothing on that disk can be believed (fault 18).
      this.#fatal = toPlainError(error)
    }
    this.#open = openFolder(options, clock, onRecordError, events.startSync)
    const { database, engine, record, state } = this.#open
    this.#checkpointer = new Checkpointer(database, (walPages) =>
      events.warn({ walPages }, 'namespace.wal-large'),
    )
    this.#commit = new GroupCommit({
      database,
      executor: engine,
      onDurable: (transactionId) => {
        crashPoint('change.committed', engine.lastKind)
        record.write({ clusterId: state.clusterId, epoch: state.epoch, transactionId })
        crashPoint('change.recorded', engine.lastKind)
      },
      monotonicMs: () => clock.monotonicMs(),
    })
  }

  /** Identity and counters as they were at the start. */
  get state(): State {
    return this.#open.state
  }

  run(requests: readonly ChangeRequest[]): BatchResult<NamespaceEffects> {
    this.#lastBatchChanges = requests.length
    if (this.#fatal !== undefined) return this.#refuse(requests.length, this.#fatal, this.#fatal)
    if (this.#isWalFull) {
      const full = new DfsError(
        'OVERLOADED',
        'a long reader keeps the write-ahead log from being emptied',
      )
      return this.#refuse(requests.length, toPlainError(full), undefined)
    }
    this.#open.engine.setDiskLow(freeBytes(this.#options.folder) < RESERVED_DISK_BYTES)
    return this.#commit.run(requests)
  }

  /** Work that nobody waits for; call it when the answers of a batch have left. */
  afterBatch(): void {
    try {
      this.#isWalFull = this.#checkpointer.afterBatch(this.#lastBatchChanges) === 'full'
    } catch (error) {
      // A full disk cannot take a checkpoint; the WAL keeps everything until there is room.
      if (isFatalDatabaseError(error)) this.#fatal = toPlainError(error)
    }
  }

  async close(): Promise<void> {
    this.#open.database.close()
    await this.#open.record.close()
  }

  #refuse(
    count: number,
    error: PlainError,
    fatal: PlainError | undefined,
  ): BatchResult<NamespaceEffects> {
    const outcomes = Array.from({ length: count }, (): Outcome => ({ ok: false, error }))
    const transactionId = this.#open.engine.lastTransactionId
    return { outcomes, effects: undefined, transactionId, durationMs: 0, fatal }
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
