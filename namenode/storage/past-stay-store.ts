/** Stays of inodes at names that have ended and that snapshots show: what quotas count at places where nothing is. */
import { type InodeId, inodeId } from '../../shared/ids.js'
import type { Database } from './database.js'
import type { Inode } from './inode-row.js'
import type { PastShare } from './past-total-store.js'

/** One stay of an inode at a name. */
export interface StayPlace {
  readonly inode: InodeId
  readonly parent: InodeId
  readonly name: string
  /** See `Inode.arrived`. */
  readonly arrived: number
}

export interface PastStay extends StayPlace, PastShare {
  /** It ended when the inode was deleted, not when it was moved. */
  readonly isDeletion: boolean
  /** The storage policy of the inode itself; 0 for none. */
  readonly policy: number
}

/** A stay as the last snapshot shows it that does. */
export type ShownStay = PastShare & { readonly kind: 'file' | 'directory' }

interface Row {
  inode: number
  parent: number
  name: string
  arrived: number
  is_deletion: number
  policy: number
  names: number
  space: number
  first: number
}

/** Some snapshot that is left shows the version. */
const IS_SHOWN = `EXISTS (SELECT 1 FROM snapshot WHERE snapshot.root = past.root
  AND taken >= past.since AND taken < past.until)`

export class PastStayStore {
  readonly #of
  readonly #deletionOf
  readonly #put
  readonly #remove
  readonly #lastShown
  readonly #highestReplication
  readonly #hasVersion
  readonly #outside
  readonly #isEmpty

  constructor(database: Database) {
    const prepare = database.prepare.bind(database)
    this.#of = prepare<[number], Row>(
      'SELECT * FROM past_stay WHERE inode = ? ORDER BY parent, name, arrived',
    )
    this.#deletionOf = prepare<[number], Row>(
      'SELECT * FROM past_stay WHERE inode = ? AND is_deletion = 1',
    )
    this.#put = prepare<[number, number, string, number, number, number, number, number, number]>(
      'INSERT OR REPLACE INTO past_stay VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#remove = prepare<[number, number, string, number]>(
      'DELETE FROM past_stay WHERE inode = ? AND parent = ? AND name = ? AND arrived = ?',
    )
    this.#lastShown = prepare<
      [number, number, string, number],
      { kind: number; names: number; space: number; first: number }
    >(
      `SELECT kind,
         CASE kind WHEN 1 THEN 1 ELSE 1 + tree_files + tree_directories END AS names,
         CASE kind WHEN 1 THEN (length + reserved) * replication ELSE tree_space END AS space,
         CASE kind WHEN 1 THEN length + reserved ELSE tree_length + tree_reserved END AS first
       FROM inode_version AS past INDEXED BY inode_version_by_id
       WHERE id = ? AND parent = ? AND name = ? AND arrived = ? AND ${IS_SHOWN}
       ORDER BY until DESC LIMIT 1`,
    )
    this.#highestReplication = prepare<[number], number>(
      `SELECT coalesce(max(replication), 0) FROM inode_version AS past INDEXED BY inode_version_by_id
       WHERE id = ? AND ${IS_SHOWN}`,
    ).pluck()
    this.#hasVersion = prepare<[number], number>(
      'SELECT 1 FROM inode_version INDEXED BY inode_version_by_id WHERE id = ? LIMIT 1',
    ).pluck()
    this.#outside = prepare<[number], number>(
      'SELECT total(length) FROM block WHERE inode = ? AND position < 0',
    ).pluck()
    this.#isEmpty = prepare<[], number>('SELECT NOT EXISTS (SELECT 1 FROM past_stay)').pluck()
  }

  isEmpty(): boolean {
    return this.#isEmpty.get() === 1
  }

  of(id: InodeId): PastStay[] {
    return this.#of.all(id).map(toStay)
  }

  /** The stay that ended when the inode was deleted, as far as a snapshot shows it. */
  deletionOf(id: InodeId): PastStay | undefined {
    const row = this.#deletionOf.get(id)
    return row && toStay(row)
  }

  put(stay: PastStay): void {
    this.#put.run(
      stay.inode,
      stay.parent,
      stay.name,
      stay.arrived,
      stay.isDeletion ? 1 : 0,
      stay.policy,
      stay.names,
      stay.spaceBytes,
      stay.firstBytes,
    )
  }

  remove({ inode, parent, name, arrived }: StayPlace): void {
    this.#remove.run(inode, parent, name, arrived)
  }

  /** undefined when no snapshot shows an old version of the stay; whether one shows the current row is not asked. */
  lastShown({ inode, parent, name, arrived }: StayPlace): ShownStay | undefined {
    const row = this.#lastShown.get(inode, parent, name, arrived)
    if (row === undefined) return undefined
    const { names, space, first } = row
    const kind = row.kind === 1 ? 'file' : 'directory'
    return { kind, names, spaceBytes: space, firstBytes: first }
  }

  /** Of all old versions of a file that snapshots show; 0 for none. */
  highestReplication(id: InodeId): number {
    return this.#highestReplication.get(id) ?? 0
  }

  hasVersion(id: InodeId): boolean {
    return this.#hasVersion.get(id) !== undefined
  }

  /** Length of the blocks that are no part of their file any more, but of a snapshot's view of it. */
  lengthOutsideFile(id: InodeId): number {
    return this.#outside.get(id) ?? 0
  }
}

/** The stay of an inode at the place where its row says that it is; undefined for the root and tops of deleted trees. */
export function stayOf({ id, parent, name, arrived }: Inode): StayPlace | undefined {
  return parent === 0 ? undefined : { inode: id, parent, name, arrived }
}

const toStay = (row: Row): PastStay => ({
  inode: inodeId(row.inode),
  parent: inodeId(row.parent),
  name: row.name,
  arrived: row.arrived,
  isDeletion: row.is_deletion === 1,
  policy: row.policy,
  names: row.names,
  spaceBytes: row.space,
  firstBytes: row.first,
})
