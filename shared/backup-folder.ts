/** A folder of backups: each appears whole or not at all, and the oldest go. */
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  BACKUP_DATABASE,
  BACKUP_MANIFEST,
  type BackupManifest,
  backupName,
  isBackupName,
  partialName,
} from './backup-manifest.js'
import { DfsError } from './errors.js'
import { sha256OfFile } from './file-digest.js'

/**
 * Writes beside the place and moves there when everything is on the disk: a folder with the name is a whole backup. One
 * that is there already is left as it is.
 * @param write brings the database to a path
 * @returns the folder of the backup
 * @throws DfsError DATABASE_CORRUPT when what was written is not what the manifest says
 */
export async function storeBackup(
  parent: string,
  manifest: BackupManifest,
  write: (path: string) => Promise<void>,
): Promise<string> {
  const path = join(parent, backupName(manifest.transactionId))
  if (existsSync(path)) return path
  const partial = partialName(path)
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  try {
    const database = join(partial, BACKUP_DATABASE)
    await write(database)
    if ((await sha256OfFile(database)) !== manifest.sha256) {
      throw new DfsError('DATABASE_CORRUPT', 'the backup was damaged on its way')
    }
    const manifestPath = join(partial, BACKUP_MANIFEST)
    await writeFile(manifestPath, `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 })
    for (const it of [database, manifestPath, partial]) await sync(it)
    await rename(partial, path)
    await sync(parent)
    return path
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

/** Deletes all but the newest `keep`. @returns the names of those that went */
export async function removeOldBackups(parent: string, keep: number): Promise<string[]> {
  const names = (await readdir(parent)).filter(isBackupName).toSorted()
  const old = names.slice(0, Math.max(0, names.length - keep))
  for (const name of old) await rm(join(parent, name), { recursive: true })
  return old
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
