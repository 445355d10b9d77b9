/**
 * A consistent copy of the namespace while it is written: SQLite's own copying, from one read transaction, a piece at a
 * time between other work. Writers go on meanwhile; only the write-ahead log cannot shrink.
 */
import { statSync } from 'node:fs'
import { present } from '../../../shared/assert.js'
import type { BackupManifest } from '../../../shared/backup-manifest.js'
import { sha256OfFile } from '../../../shared/file-digest.js'
import {
  openReadingConnection,
  SCHEMA_VERSION,
  sealCopy,
  syncFile,
} from '../../storage/database.js'
import { StateStore } from '../../storage/state-store.js'

/** Copied in one turn of the event loop: 1 MiB, a few milliseconds. */
const PAGES_AT_ONCE = 256

/**
 * Copies the database at `source` to the new file `target`, which is on the disk when this resolves.
 * @throws DATABASE_CORRUPT, and DISK_FULL and the like as writing does
 */
export async function copyNamespace(
  source: string,
  target: string,
  nowMs: number,
): Promise<BackupManifest> {
  const database = openReadingConnection(source)
  try {
    // The transaction is what makes it consistent: without it SQLite begins anew whenever somebody commits.
    database.exec('BEGIN')
    const state = present(
      new StateStore(database).find(),
      'a namespace that is served is formatted',
    )
    await database.backup(target, { progress: () => PAGES_AT_ONCE })
    database.exec('COMMIT')
    sealCopy(target)
    syncFile(target)
    return {
      format: 1,
      clusterId: state.clusterId,
      blockPoolId: state.blockPoolId,
      epoch: state.epoch,
      transactionId: state.lastTransaction,
      createdMs: Math.floor(nowMs),
      schemaVersion: SCHEMA_VERSION,
      lengthBytes: statSync(target).size,
      sha256: await sha256OfFile(target),
    }
  } finally {
    database.close()
  }
}
