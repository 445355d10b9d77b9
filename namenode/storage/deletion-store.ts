/** Tops of deleted trees that can be brought back, and until when; their inodes and blocks stay in their own tables. */
import { type InodeId, inodeId } from '../../shared/ids.js'
import type { Database } from './database.js'

/** What took a name away. */
export type DeletingOperation = 'delete' | 'create' | 'rename' | 'undelete'

export interface Deletion {
  /** The transaction that deleted it. */
  readonly id: number
  readonly inode: InodeId
  /** Where it was. */
  readonly path: string
  /** Who deleted it. */
  readonly user: string
  readonly operation: DeletingOperation
  readonly deletedMs: number
  readonly untilMs: number
  readonly files: number
  /** Counts the top itself. */
  readonly directories: number
  readonly lengthBytes: number
  /** With all replicas. */
  readonly spaceBytes: number
}

export interface DeletionTotals {
  readonly deletions: number
  readonly files: number
  readonly lengthBytes: number
  readonly spaceBytes: number
}

/** A place in the list by path. */
export interface DeletionPosition {
  readonly path: string
  readonly id: number
}

interface Row {
  id: number
  inode: number
  path: string
  user: string
  operation: DeletingOperation
  deleted_ms: number
  until_ms: number
  files: number
  directories: number
  length: number
  space: number
}

export class DeletionStore {
  readonly #get
  readonly #latestAt
  readonly #latestBy
  readonly #oldest
  readonly #at
  readonly #below
  readonly #of
  readonly #add
  readonly #remove
  readonly #totals
  readonly #count

  constructor(database: Database) {
    const prepare = database.prepare.bind(database)
    this.#get = prepare<[number], Row>('SELECT * FROM deletion WHERE id = ?')
    this.#latestAt = prepare<[string, number, number], Row>(
      'SELECT * FROM deletion WHERE path = ? AND id < ? ORDER BY id DESC LIMIT ?',
    )
    this.#latestBy = prepare<[string], Row>(
      'SELECT * FROM deletion WHERE user = ? ORDER BY id DESC LIMIT 1',
    )
    this.#oldest = prepare<[number], Row>('SELECT * FROM deletion ORDER BY until_ms, id LIMIT ?')
    this.#at = prepare<[string, number, number], Row>(
      'SELECT * FROM deletion WHERE path = ? AND id > ? ORDER BY id LIMIT ?',
    )
    // The place to go on from bounds the search: else each page would pass over all that came before it.
    this.#below = prepare<[string, string, string, string, number, number], Row>(
      `SELECT * FROM deletion WHERE path >= max(?, ?) AND path < ? AND (path, id) > (?, ?)
       ORDER BY path, id LIMIT ?`,
    )
    this.#of = prepare<[number], Row>('SELECT * FROM deletion WHERE inode = ?')
    this.#add = prepare<
      [number, number, string, string, string, number, number, number, number, number, number]
    >('INSERT INTO deletion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#remove = prepare<[number]>('DELETE FROM deletion WHERE id = ?')
    this.#totals = prepare<[], DeletionTotals>(
      'SELECT deletions, files, length AS lengthBytes, space AS spaceBytes FROM deletion_total',
    )
    this.#count = prepare<[number, number, number, number]>(
      `UPDATE deletion_total SET deletions = deletions + ?, files = files + ?, length = length + ?,
         space = space + ?`,
    )
  }

  get(id: number): Deletion | undefined {
    const row = this.#get.get(id)
    return row && toDeletion(row)
  }

  /** Up to `limit` deletions of exactly this path, newest first, older than `before`. */
  latestAt(path: string, limit: number, before = Number.MAX_SAFE_INTEGER): Deletion[] {
    return this.#latestAt.all(path, before, limit).map(toDeletion)
  }

  /** The last thing that a user deleted. */
  latestBy(user: string): Deletion | undefined {
    const row = this.#latestBy.get(user)
    return row && toDeletion(row)
  }

  /** Those that end first. */
  oldest(limit: number): Deletion[] {
    return this.#oldest.all(limit).map(toDeletion)
  }

  /** Up to `limit` deletions of `path` and of what was below it, in order of path, then of time. */
  within(path: string, after: DeletionPosition | undefined, limit: number): Deletion[] {
    const isAtTop = after === undefined || after.path === path
    const atTop = isAtTop ? this.#at.all(path, after?.id ?? 0, limit) : []
    const room = limit - atTop.length
    if (room <= 0) return atTop.map(toDeletion)
    // Between "<path>/" and "<path>0" is all that begins with "<path>/".
    const prefix = path === '/' ? '' : path
    const from = isAtTop ? { path: '', id: 0 } : after
    const [first, behind] = [`${prefix}/`, `${prefix}0`]
    const below = this.#below.all(first, from.path, behind, from.path, from.id, room)
    return [...atTop, ...below].map(toDeletion)
  }

  has(inode: InodeId): boolean {
    return this.#of.get(inode) !== undefined
  }

  /** The deletion whose top is this inode. */
  of(inode: InodeId): Deletion | undefined {
    const row = this.#of.get(inode)
    return row && toDeletion(row)
  }

  add(deletion: Deletion): void {
    this.#add.run(
      deletion.id,
      deletion.inode,
      deletion.path,
      deletion.user,
      deletion.operation,
      deletion.deletedMs,
      deletion.untilMs,
      deletion.files,
      deletion.directories,
      deletion.lengthBytes,
      deletion.spaceBytes,
    )
    this.#count.run(1, deletion.files, deletion.lengthBytes, deletion.spaceBytes)
  }

  remove({ id, files, lengthBytes, spaceBytes }: Deletion): void {
    this.#remove.run(id)
    this.#count.run(-1, -files, -lengthBytes, -spaceBytes)
  }

  totals(): DeletionTotals {
    return this.#totals.get() ?? { deletions: 0, files: 0, lengthBytes: 0, spaceBytes: 0 }
  }
}

const toDeletion = (row: Row): Deletion => ({
  id: row.id,
  inode: inodeId(row.inode),
  path: row.path,
  user: row.user,
  operation: row.operation,
  deletedMs: row.deleted_ms,
  untilMs: row.until_ms,
  files: row.files,
  directories: row.directories,
  lengthBytes: row.length,
  spaceBytes: row.space,
})
