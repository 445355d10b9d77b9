/**
 * Shows that a namespace is what its edits make (reliability I12): replays them, from nothing or from an older backup, and
 * compares the outcome with the tables.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DfsError } from '../../../shared/errors.js'
import { type BackupFile, findBackups } from '../../storage/backup-files.js'
import { openReadingConnection, openReplayDatabase } from '../../storage/database.js'
import { EditStore } from '../../storage/edit-store.js'
import { StateStore } from '../../storage/state-store.js'
import { compareCounts, compareStores, type TableComparison } from './compare-stores.js'
import { replayEdits } from './replay-edits.js'

export interface VerifyRequest {
  /** A backup, or a folder of backups: the newest is checked. */
  readonly backup: string
  /** Older backups to start from; by default those in `backup`. Not needed while the log of edits reaches back to the beginning. */
  readonly base?: string | undefined
}

export interface Verification {
  readonly path: string
  readonly clusterId: string
  readonly transactionId: number
  /** The transaction from which on edits were replayed; 0 for the beginning. */
  readonly fromTransaction: number
  readonly replayedEdits: number
  readonly tables: readonly TableComparison[]
  readonly isSame: boolean
}

/** @throws NOT_FOUND when there is nothing to check, or nothing to replay from · DATABASE_CORRUPT for a log with a gap */
export function verifyNamespace({ backup, base }: VerifyRequest): Verification {
  const checked = findBackups(backup).at(-1)
  if (checked === undefined) {
    throw new DfsError('NOT_FOUND', `no backup of a namespace in ${backup}`)
  }
  const folder = mkdtempSync(join(tmpdir(), 'dfs-verify-'))
  const live = openReadingConnection(checked.path)
  try {
    const edits = new EditStore(live)
    const path = join(folder, 'replayed.db')
    const start = startOf(checked, edits.firstId(), findBackups(base ?? backup))
    if (start !== undefined) copyFileSync(start.path, path)
    const replayed = openReplayDatabase(path)
    try {
      const fromTransaction = start?.transactionId ?? 0
      const replayedEdits = replayEdits(replayed, edits, checked.transactionId)
      const tables = [...compareStores(live, replayed, fromTransaction), ...compareCounts(live)]
      const { clusterId } = new StateStore(live).get()
      return {
        path: checked.path,
        clusterId,
        transactionId: checked.transactionId,
        fromTransaction,
        replayedEdits,
        tables,
        isSame: tables.every((it) => it.isSame),
      }
    } finally {
      replayed.close()
    }
  } finally {
    live.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The oldest backup to which the log reaches back; undefined for the beginning. */
function startOf(
  checked: BackupFile,
  firstEdit: number,
  candidates: readonly BackupFile[],
): BackupFile | undefined {
  if (firstEdit === 1) return undefined
  const found = candidates.find(
    (it) =>
      it.clusterId === checked.clusterId &&
      it.transactionId + 1 >= firstEdit &&
      it.transactionId < checked.transactionId,
  )
  if (found !== undefined) return found
  throw new DfsError(
    'NOT_FOUND',
    `the log of ${checked.path} begins with transaction ${firstEdit}: an older backup, at least of transaction ` +
      `${firstEdit - 1}, is needed to replay from`,
  )
}
