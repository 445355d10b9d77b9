/** Backs the namespace up by itself: into a folder of this machine, or into the cluster, where each backup is one block. */
import { copyFile, mkdir } from 'node:fs/promises'
import type { TickOutcome } from '../../shared/background-loop.js'
import { removeOldBackups, storeBackup } from '../../shared/backup-folder.js'
import { backupName, isBackupName } from '../../shared/backup-manifest.js'
import type { DfsClient } from '../../shared/client/dfs-client.js'
import type { BackupCopy } from '../service/backup/backups.js'

/** Before a path of the cluster. */
const IN_CLUSTER = 'dfs:'
const UNREADY_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 60_000
/** Block sizes are multiples of the chunk that has a checksum; clusters may ask for more. */
const BLOCK_STEP_BYTES = 1024 * 1024

export interface BackupMonitorParts {
  readonly backups: { makeOwn(): Promise<BackupCopy> }
  /** A local folder, or `dfs:/path`. */
  readonly target: string
  readonly intervalMs: number
  readonly keep: number
  /** Counts up while the namenode runs, whatever the wall clock does. */
  readonly monotonicMs: () => number
  readonly isReady: () => boolean
  readonly lastTransactionId: () => number
  /** A new client of this cluster that may do everything. */
  readonly client: () => Promise<DfsClient>
}

/** The tick of the backup monitor: one backup at once, then one in each interval in which anything changed. */
export function backupTick(parts: BackupMonitorParts): () => Promise<TickOutcome> {
  const { target } = parts
  let doneMs: number | undefined
  let last = 0
  return async () => {
    const waitMs = doneMs === undefined ? 0 : doneMs + parts.intervalMs - parts.monotonicMs()
    if (waitMs > 0) return { kind: 'idle', forMs: Math.min(waitMs, LONGEST_PAUSE_MS) }
    const isInCluster = target.startsWith(IN_CLUSTER)
    if (isInCluster && !parts.isReady()) return { kind: 'idle', forMs: UNREADY_PAUSE_MS }
    if (parts.lastTransactionId() > last) {
      const copy = await parts.backups.makeOwn()
      try {
        if (isInCluster) await keepInCluster(parts, copy, target.slice(IN_CLUSTER.length))
        else await keepInFolder(parts, copy, target)
      } finally {
        copy.release()
      }
      // What the backup itself has written to the namespace is no reason for another one.
      last = parts.lastTransactionId()
    }
    doneMs = parts.monotonicMs()
    return { kind: 'idle', forMs: Math.min(parts.intervalMs, LONGEST_PAUSE_MS) }
  }
}

async function keepInFolder({ keep }: BackupMonitorParts, copy: BackupCopy, folder: string) {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await storeBackup(folder, copy.manifest, (path) => copyFile(copy.path, path))
  await removeOldBackups(folder, keep)
}

/** As one block, so that a single replica is a whole database: what has lost its namespace can still find it. */
async function keepInCluster(parts: BackupMonitorParts, copy: BackupCopy, folder: string) {
  const { lengthBytes, transactionId } = copy.manifest
  const client = await parts.client()
  try {
    await client.mkdir(folder, { permission: 0o700 })
    await client.upload(copy.path, `${folder}/${backupName(transactionId)}`, {
      blockSizeBytes: Math.ceil((lengthBytes + 1) / BLOCK_STEP_BYTES) * BLOCK_STEP_BYTES,
    })
    const names: string[] = []
    for await (const { name } of client.list(folder)) if (isBackupName(name)) names.push(name)
    const old = names.toSorted().slice(0, Math.max(0, names.length - parts.keep))
    for (const name of old) await client.delete(`${folder}/${name}`)
  } finally {
    await client.close()
  }
}
