/**
 * One namenode for each data folder. The lock is SQLite's exclusive lock on an empty database beside ours: the system
 * releases it when the process ends, however it ends, and SQLite keeps it apart for two openers in one process. A file
 * with the owner's particulars says who holds it; it is only ever read for messages.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DfsError, errnoOf, toDfsError } from '../../shared/errors.js'
import { Database } from '../../shared/sqlite.js'

export interface FolderLock {
  release(): void
}

/** @throws DATA_FOLDER_LOCKED naming the other process */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ownerPath = join(folder, 'lock-owner')
  const database = new Database(join(folder, 'lock'), { timeout: 0 })
  try {
    // Kept for the life of the process; nothing is ever written, so there is nothing to sync or to roll back.
    database.pragma('journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (errnoOf(error) !== 'SQLITE_BUSY') throw toDfsError(error)
    throw new DfsError(
      'DATA_FOLDER_LOCKED',
      `the data folder ${folder} is in use by another namenode (${readOwner(ownerPath)})`,
      { cause: error },
    )
  }
  writeFileSync(ownerPath, `pid ${process.pid} on ${hostname()}`)
  return { release: () => database.close() }
}

function readOwner(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, 300)
  } catch (error) {
    return `owner unknown: ${toDfsError(error).message}`
  }
}
