/** What directories held once and do not hold any more, as far as a snapshot shows it: the sums of content summaries. */
import { type InodeId, inodeId } from '../../shared/ids.js'
import type { Database } from './database.js'

/** A version of an entry of a directory that ended. Versions of one stay of an inode at one name follow each other. */
export interface PastEntry {
  readonly id: InodeId
  readonly name: string
  readonly kind: 'file' | 'directory'
  /** With the inode it names one stay at the name. */
  readonly arrived: number
  readonly until: number
  /** Of the file, or of all below the directory. */
  readonly lengthBytes: number
  /** With all replicas. */
  readonly spaceBytes: number
  readonly fileCount: number
  /** Counts the directory itself. */
  readonly directoryCount: number
  /** When the last snapshot was taken that shows it; undefined for none that is left. */
  readonly shownAt: number | undefined
  /** It is still there: this stay has not ended. */
  readonly stays: boolean
}

/** See `Inode.arrived`. */
export interface PresentDirectory {
  readonly id: InodeId
  readonly arrived: number
  /** Something is gone below it that a snapshot shows, or a snapshot keeps something of a file below it. */
  readonly hasPast: boolean
}

export interface PastEntryQuestion {
  readonly root: InodeId
  readonly directory: InodeId
  readonly after: { readonly name: string; readonly until: number }
  readonly limit: number
}

interface Row {
  id: number
  name: string
  kind: number
  arrived: number
  until: number
  length: number
  space: number
  files: number
  directories: number
  shown: number | null
  stays: number
}

export class PastEntryStore {
  readonly #page
  readonly #directories

  constructor(database: Database) {
    const prepare = database.prepare.bind(database)
    this.#page = prepare<[number, number, string, number, number], Row>(
      `SELECT id, name, kind, arrived, until,
         CASE kind WHEN 1 THEN length ELSE tree_length END AS length,
         CASE kind WHEN 1 THEN length * replication ELSE tree_space END AS space,
         CASE kind WHEN 1 THEN 1 ELSE tree_files END AS files,
         CASE kind WHEN 1 THEN 0 ELSE tree_directories + 1 END AS directories,
         (SELECT taken FROM snapshot WHERE snapshot.root = past.root AND taken >= past.since AND taken < past.until
          ORDER BY taken DESC LIMIT 1) AS shown,
         EXISTS (SELECT 1 FROM inode WHERE inode.id = past.id AND inode.parent = past.parent
           AND inode.name = past.name AND inode.arrived = past.arrived) AS stays
       FROM inode_version AS past INDEXED BY inode_version_by_name
       WHERE root = ? AND parent = ? AND (name, until) > (?, ?)
       ORDER BY name, until LIMIT ?`,
    )
    this.#directories = prepare<
      [number, number, number],
      { id: number; arrived: number; past: number }
    >(
      `SELECT id, arrived, EXISTS (SELECT 1 FROM past_total WHERE past_total.inode = inode.id) AS past FROM inode INDEXED BY directory_by_parent
       WHERE parent = ? AND kind = 0 AND id > ? ORDER BY id LIMIT ?`,
    )
  }

  /** In order of name, then of time. */
  page({ root, directory, after, limit }: PastEntryQuestion): PastEntry[] {
    return this.#page.all(root, directory, after.name, after.until, limit).map(toPastEntry)
  }

  /** Directories that are in a directory now, with an id above `after`. */
  directories(parent: InodeId, after: InodeId | 0, limit: number): PresentDirectory[] {
    return this.#directories
      .all(parent, after, limit)
      .map(({ id, arrived, past }) => ({ id: inodeId(id), arrived, hasPast: past === 1 }))
  }
}

const toPastEntry = (row: Row): PastEntry => ({
  id: inodeId(row.id),
  name: row.name,
  kind: row.kind === 1 ? 'file' : 'directory',
  arrived: row.arrived,
  until: row.until,
  lengthBytes: row.length,
  spaceBytes: row.space,
  fileCount: row.files,
  directoryCount: row.directories,
  shownAt: row.shown ?? undefined,
  stays: row.stays === 1,
})
