/**
 * Restores a namespace from backups: the newest one that is old enough, and the edits that newer ones hold, up to a
 * chosen transaction. What comes out is a data folder of its own; backups and a damaged folder are only read.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import type { Clock } from '../../../shared/clock.js'
import { DfsError } from '../../../shared/errors.js'
import { sha256OfFile } from '../../../shared/file-digest.js'
import { ROOT_INODE_ID } from '../../../shared/ids.js'
import { type BackupFile, findBackups } from '../../storage/backup-files.js'
import {
  isIntact,
  openReadingConnection,
  openReplayDatabase,
  syncFile,
} from '../../storage/database.js'
import { EditStore } from '../../storage/edit-store.js'
import type { State } from '../../storage/state-store.js'
import { openStores } from '../../storage/stores.js'
import { TransactionRecord } from '../../storage/transaction-record.js'
import { writeVersionFile } from '../../storage/version-file.js'
import { EditApplier } from '../namespace/apply/namespace-apply.js'
import { jumpFrom } from '../namespace/counter-jump.js'
import { namespacePaths } from '../namespace/namespace-folder.js'
import { replayEdits } from './replay-edits.js'

/** Starts of the lost life: datanodes that have seen one refuse a namenode that comes before it. */
const EPOCH_JUMP = 2 ** 16

export interface RestoreRequest {
  /** Folder of backups, or a volume of a datanode. */
  readonly from: string
  /** Default: the last that the newest backup holds. */
  readonly toTransaction: number | undefined
  /** The new data folder: empty or not there. */
  readonly dataFolder: string
  readonly clock: Clock
}

export interface Restored {
  readonly base: string
  readonly clusterId: string
  readonly transactionId: number
  readonly replayedEdits: number
  readonly epoch: number
  readonly files: number
  /** Blocks on a volume that are no whole backup, and were passed over. */
  readonly damaged: readonly string[]
}

/**
 * @throws NOT_FOUND without a backup that reaches to the transaction · DATABASE_CORRUPT · ALREADY_EXISTS for a data
 *   folder that is not empty
 */
export async function restoreNamespace(request: RestoreRequest): Promise<Restored> {
  const { dataFolder, clock } = request
  const damaged: string[] = []
  const { base, log, upTo } = await chooseWhole(request, damaged)
  if (existsSync(dataFolder) && readdirSync(dataFolder).length > 0) {
    throw new DfsError('ALREADY_EXISTS', `${dataFolder} is not empty: restore into a new folder`)
  }
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const paths = namespacePaths(dataFolder)
  // Under another name until the counters have jumped: what an interruption leaves is never taken for a namespace.
  const partial = `${paths.database}.partial`
  const { replayedEdits, state, files } = rebuild(partial, { base, log, upTo }, clock.wallMs())
  renameSync(partial, paths.database)
  syncFile(dataFolder)
  const { clusterId, epoch, lastTransaction } = state
  const begin = { clusterId, epoch, transactionId: lastTransaction }
  const record = new TransactionRecord(paths.record, begin, clock, (error) => {
    throw error
  })
  await record.close()
  // Last: without it the folder is not taken for one that has lived.
  writeVersionFile(paths.version, state)
  return { base: base.path, clusterId, transactionId: upTo, replayedEdits, epoch, files, damaged }
}

/** Blocks on volumes that turn out to be damaged are passed over: another datanode may hold the same backup. */
async function chooseWhole(request: RestoreRequest, damaged: string[]) {
  let backups: readonly BackupFile[] = findBackups(request.from, damaged)
  for (;;) {
    const choice = choose(backups, request)
    const bad = await firstDamaged([choice.base, choice.log])
    if (bad === undefined) return choice
    damaged.push(bad.path)
    backups = backups.filter((it) => it !== bad)
  }
}

/**
 * A block has no manifest: its sums lie in the datanode's own format beside it. SQLite finds whatever does not fit
 * together; what it cannot see is a value that has turned into another.
 * @throws DfsError DATABASE_CORRUPT for what is not as its manifest says
 */
async function firstDamaged(files: readonly BackupFile[]): Promise<BackupFile | undefined> {
  for (const file of new Set(files)) {
    const { path, manifest } = file
    if (manifest === undefined) {
      if (!isIntact(path)) return file
    } else if ((await sha256OfFile(path)) !== manifest.sha256) {
      throw new DfsError('DATABASE_CORRUPT', `${path} is not what its manifest says: it is damaged`)
    }
  }
  return undefined
}

/** The restored namespace, on the disk; nothing when that cannot be done. */
function rebuild(path: string, { base, log, upTo }: ReturnType<typeof choose>, nowMs: number) {
  try {
    copyFileSync(base.path, path)
    const replayedEdits = replay(path, log.path, upTo)
    const restored = goOn(path, nowMs)
    syncFile(path)
    return { replayedEdits, ...restored }
  } catch (error) {
    for (const suffix of ['', '-journal']) rmSync(`${path}${suffix}`, { force: true })
    throw error
  }
}

function choose(backups: readonly BackupFile[], { from, toTransaction }: RestoreRequest) {
  const newest = backups.at(-1)
  if (newest === undefined) throw new DfsError('NOT_FOUND', `no backup of a namespace in ${from}`)
  const clusters = new Set(backups.map((it) => it.clusterId))
  if (clusters.size > 1) {
    const text = `${from} has backups of several clusters: ${[...clusters].join(', ')}`
    throw new DfsError('WRONG_CLUSTER', text)
  }
  const upTo = toTransaction ?? newest.transactionId
  const base = backups.findLast((it) => it.transactionId <= upTo)
  const log = backups.find((it) => it.transactionId >= upTo)
  if (base === undefined || log === undefined) {
    const oldest = backups[0]?.transactionId
    const text = `backups reach from transaction ${oldest} to ${newest.transactionId}, not to ${upTo}`
    throw new DfsError('NOT_FOUND', text)
  }
  return { base, log, upTo }
}

function replay(path: string, logPath: string, upTo: number): number {
  const database = openReplayDatabase(path)
  const log = openReadingConnection(logPath)
  try {
    return replayEdits(database, new EditStore(log), upTo)
  } finally {
    log.close()
    database.close()
  }
}

/** The first transaction of the new life. */
function goOn(path: string, nowMs: number): { readonly state: State; readonly files: number } {
  const database = openReplayDatabase(path)
  try {
    const stores = openStores(database)
    const applier = new EditApplier(stores)
    const { state } = applier
    database.exec('BEGIN')
    applier.apply(jumpFrom(state, state.epoch + EPOCH_JUMP), nowMs)
    applier.flush()
    database.exec('COMMIT')
    const root = stores.inodes.get(ROOT_INODE_ID)
    return { state: stores.state.get(), files: root?.tree.files ?? 0 }
  } finally {
    database.close()
  }
}
