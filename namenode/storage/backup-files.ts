/**
 * Finds backups of a namespace: folders that `dfs backup` has made, and copies that the cluster itself keeps, which lie
 * on the volumes of its datanodes as single blocks. Such a block is a whole database, so no namespace is needed to know it.
 */
import {
  closeSync,
  type Dirent,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from 'node:fs'
import { join } from 'node:path'
import {
  BACKUP_DATABASE,
  BACKUP_MANIFEST,
  type BackupManifest,
  isPartialName,
  parseManifest,
} from '../../shared/backup-manifest.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import { APPLICATION_ID, openReadingConnection } from './database.js'
import { type State, StateStore } from './state-store.js'

export interface BackupFile {
  /** Of the database. */
  readonly path: string
  /** The last that it holds. */
  readonly transactionId: number
  readonly clusterId: string
  /** Absent for a block on a volume. */
  readonly manifest: BackupManifest | undefined
}

const MAX_DEPTH = 6
const SQLITE_MAGIC = 'SQLite format 3\0'
const APPLICATION_ID_OFFSET = 68

/**
 * All backups in a folder and below, oldest first.
 * @param damaged gets the blocks that cannot be read: one was being written, perhaps, when the machine went down
 * @throws NOT_FOUND without the folder · DATABASE_CORRUPT for a manifest that cannot be read, and for a block where nobody wants to know of it
 */
export function findBackups(folder: string, damaged?: string[]): BackupFile[] {
  if (!existsSync(folder)) throw new DfsError('NOT_FOUND', `there is no folder ${folder}`)
  const found: BackupFile[] = []
  search(folder, MAX_DEPTH, { found, damaged })
  return found.toSorted((left, right) => left.transactionId - right.transactionId)
}

interface Findings {
  readonly found: BackupFile[]
  readonly damaged: string[] | undefined
}

function search(folder: string, depth: number, findings: Findings): void {
  const { found } = findings
  const manifestPath = join(folder, BACKUP_MANIFEST)
  if (existsSync(manifestPath)) {
    const manifest = parseManifest(readFileSync(manifestPath, 'utf8'), manifestPath)
    const { transactionId, clusterId } = manifest
    found.push({ path: join(folder, BACKUP_DATABASE), transactionId, clusterId, manifest })
    return
  }
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    // One that was being written when its machine went down is no backup, whatever it holds.
    if (isPartialName(entry.name)) continue
    if (entry.isDirectory() && depth > 0) search(path, depth - 1, findings)
    else if (isBlock(entry) && isNamespace(path)) addBlock(path, findings)
  }
}

const isBlock = (entry: Dirent) => entry.isFile() && /^blk_\d+$/.test(entry.name)

/** Whether a file begins as a database of ours does. */
function isNamespace(path: string): boolean {
  const head = Buffer.alloc(APPLICATION_ID_OFFSET + 4)
  const descriptor = openSync(path, 'r')
  try {
    if (readSync(descriptor, head) < head.length) return false
  } finally {
    closeSync(descriptor)
  }
  const isDatabase = head.toString('latin1', 0, SQLITE_MAGIC.length) === SQLITE_MAGIC
  return isDatabase && head.readUInt32BE(APPLICATION_ID_OFFSET) === APPLICATION_ID
}

function addBlock(path: string, { found, damaged }: Findings): void {
  try {
    const state = stateIn(path)
    if (state === undefined) return
    const { lastTransaction: transactionId, clusterId } = state
    found.push({ path, transactionId, clusterId, manifest: undefined })
  } catch (error) {
    const translated = toDfsError(error)
    if (damaged === undefined || translated.code !== 'DATABASE_CORRUPT') throw translated
    damaged.push(path)
  }
}

function stateIn(path: string): State | undefined {
  const database = openReadingConnection(path)
  try {
    return new StateStore(database).find()
  } finally {
    database.close()
  }
}
