/**
 * One process for each data folder. The lock is an exclusive transaction on an empty SQLite file: an operating system
 * lock on that file, which the kernel releases however the process ends, which also holds between containers that share
 * the folder, and which tells two nodes in one process apart. Roads not taken: a file with a process id (wrong after a
 * reboot or in another container), an abstract Unix socket (Linux only, blind across network namespaces), a listening
 * port (not bound to the folder).
 */
import { join } from 'node:path'
import { DfsError, errnoOf } from '../../shared/errors.js'
import { Database } from '../../shared/sqlite.js'
import { LOCK_FILE } from './layout.js'

export interface FolderLock {
  release(): void
}

/** The seam: folders of a simulated disk are locked by its own rules. */
export type LockFolder = (folder: string) => FolderLock

/** @throws DfsError DATA_FOLDER_LOCKED when another process, or another node of this one, has the folder */
export function lockFolder(folder: string): FolderLock {
  let database: Database | undefined
  try {
    database = new Database(join(folder, LOCK_FILE), { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    if (errnoOf(error) === 'SQLITE_BUSY') {
      throw new DfsError(
        'DATA_FOLDER_LOCKED',
        `data folder ${folder} is in use by another process`,
        {
          cause: error,
          details: { folder },
        },
      )
    }
    throw new DfsError('IO', `cannot lock data folder ${folder}: ${messageOf(error)}`, {
      cause: error,
    })
  }
  return { release: () => database.close() }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
