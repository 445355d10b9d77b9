/**
 * Opens the data folder of a namespace for writing: tells a fresh folder from a damaged one, formats the first, refuses
 * the second, and begins a new epoch. Runs on the writer's thread.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../../shared/clock.js'
import { crashPoint } from '../../../shared/crash-point.js'
import { DfsError } from '../../../shared/errors.js'
import {
  type Database,
  openReadingConnection,
  openWritingConnection,
  pragmaValue,
} from '../../storage/database.js'
import { InodeMemory } from '../../storage/inode-memory.js'
import { type State, StateStore } from '../../storage/state-store.js'
import { openStores, type Stores } from '../../storage/stores.js'
import {
  type RecordedTransaction,
  readTransactionRecord,
  type StartSync,
  TransactionRecord,
} from '../../storage/transaction-record.js'
import { readVersionFile, type VersionFile, writeVersionFile } from '../../storage/version-file.js'
import type { ChangeLimits } from './namespace-change.js'
import { NamespaceEngine } from './namespace-engine.js'

/** Plain data: it crosses to the writer's thread. */
export interface FolderOptions {
  readonly folder: string
  readonly limits: ChangeLimits
  readonly nowMs: number
  /** Used when the folder is fresh. */
  readonly format: {
    readonly clusterId: string
    readonly blockPoolId: string
    readonly owner: string
    readonly group: string
  }
}

export interface OpenFolder {
  readonly database: Database
  readonly stores: Stores
  readonly engine: NamespaceEngine
  readonly record: TransactionRecord
  readonly state: State
}

export const namespacePaths = (folder: string) => ({
  database: join(folder, 'namespace.db'),
  record: join(folder, 'last-transaction'),
  version: join(folder, 'VERSION'),
})

/** @throws DATABASE_CORRUPT, DATA_FOLDER_NEWER */
export function openFolder(
  options: FolderOptions,
  clock: Clock,
  onRecordError: (error: Error) => void,
  startSync?: StartSync,
): OpenFolder {
  const paths = namespacePaths(options.folder)
  const version = readVersionFile(paths.version)
  const recorded = readTransactionRecord(paths.record)
  inspect(paths.database, version, recorded)
  const database = openWritingConnection(paths.database)
  try {
    const stores = openStores(database, new InodeMemory())
    const engine = new NamespaceEngine(stores, options.limits)
    crashPoint('start.opened')
    const state = beginEpoch(database, stores, engine, options)
    crashPoint('start.epoch-begun')
    const { clusterId, epoch, lastTransaction: transactionId } = state
    const begin = { clusterId, epoch, transactionId }
    const record = new TransactionRecord(paths.record, begin, clock, onRecordError, startSync)
    crashPoint('start.recorded')
    // Last: a folder with a version file is complete, and will never be formatted again.
    if (version === undefined) writeVersionFile(paths.version, state)
    return { database, stores, engine, record, state }
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Looks at the database through a connection that cannot change anything: closing a writing one would empty the WAL
 * into the database, and with it the evidence of what was lost.
 */
function inspect(
  path: string,
  version: VersionFile | undefined,
  recorded: RecordedTransaction | undefined,
): void {
  const hasEarlierLife = version !== undefined || recorded !== undefined
  const isMissing = !existsSync(path) || statSync(path).size === 0
  if (isMissing && hasEarlierLife)
    throw damaged(path, 'is missing or empty, but this folder has an earlier life')
  if (isMissing) return
  const state = readState(path)
  if (state === undefined && hasEarlierLife)
    throw damaged(path, 'holds no namespace, but this folder has an earlier life')
  if (state === undefined) return
  for (const other of [version, recorded]) {
    if (other !== undefined && other.clusterId !== state.clusterId) {
      throw damaged(path, `belongs to cluster ${state.clusterId}, the folder to ${other.clusterId}`)
    }
  }
  if (recorded === undefined) return
  const { transactionId, epoch } = recorded
  if (state.lastTransaction < transactionId || state.epoch < epoch) {
    throw damaged(
      path,
      `ends at transaction ${state.lastTransaction} (epoch ${state.epoch}), but transaction ${transactionId} ` +
        `(epoch ${epoch}) had been committed: its write-ahead log is damaged, or it is an older copy`,
    )
  }
}

function readState(path: string): State | undefined {
  const database = openReadingConnection(path)
  try {
    // A crash while the very first schema was made: nothing has lived here yet.
    if (pragmaValue(database, 'user_version') === 0) return undefined
    const isKnown = database
      .prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'state'")
      .pluck()
      .get()
    return isKnown === 1 ? new StateStore(database).find() : undefined
  } catch (error) {
    throw damaged(
      path,
      `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      error,
    )
  } finally {
    database.close()
  }
}

/** Formats a fresh store; counts the start. One durable transaction. */
function beginEpoch(
  database: Database,
  stores: Stores,
  engine: NamespaceEngine,
  { format, nowMs }: FolderOptions,
): State {
  database.exec('BEGIN IMMEDIATE')
  const before = stores.state.find()
  if (before === undefined) engine.applyOwn({ op: 'format', ...format }, nowMs)
  engine.applyOwn({ op: 'open', epoch: (before?.epoch ?? 0) + 1 }, nowMs)
  engine.beforeCommit()
  database.exec('COMMIT')
  engine.takeEffects()
  return stores.state.get()
}

function damaged(path: string, what: string, cause?: unknown): DfsError {
  return new DfsError(
    'DATABASE_CORRUPT',
    `${path} ${what}. Nothing was changed; restore the data folder from a backup`,
    { cause },
  )
}
