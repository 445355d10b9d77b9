/**
 * The replica map's file: which storage holds which block, as the datanodes said. Disposable: everything in it can be
 * had again from reports, so it is written without waiting for the disk (`synchronous=OFF`), and a file that is
 * missing, damaged, of another cluster or of another format is replaced by an empty one. WAL all the same, since a
 * killed process must not leave half a page behind.
 */
import { dirname } from 'node:path'
import type { Disk } from '../../shared/disk.js'
import { errnoOf } from '../../shared/errors.js'
import type { Log } from '../../shared/log.js'
import { Database } from '../../shared/sqlite.js'

export const REPLICA_FORMAT = '2'

const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  -- One volume of one datanode; the number keeps replica rows small. "replicas" counts its rows.
  CREATE TABLE storage (
    number INTEGER PRIMARY KEY,
    datanode TEXT NOT NULL,
    storage TEXT NOT NULL,
    replicas INTEGER NOT NULL DEFAULT 0,
    UNIQUE (datanode, storage)
  ) STRICT;
  -- "state": 0 being written, 1 finalized, 2 corrupt. "session": in which session of its node it was last reported.
  CREATE TABLE replica (
    block INTEGER NOT NULL,
    storage INTEGER NOT NULL REFERENCES storage (number),
    gs INTEGER NOT NULL CHECK (gs >= 0),
    length INTEGER NOT NULL CHECK (length >= 0),
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    session INTEGER NOT NULL,
    PRIMARY KEY (block, storage)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX replica_by_storage ON replica (storage, block);
  -- Blocks that are not as they should be, by risk (position in RISKS): the queues on disk, and the counters' source.
  CREATE TABLE attention (
    block INTEGER PRIMARY KEY,
    risk INTEGER NOT NULL,
    corrupt INTEGER NOT NULL CHECK (corrupt IN (0, 1)),
    -- Wall time in ms from which on it has been so.
    since INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX attention_by_risk ON attention (risk, block);
`

export interface ReplicaDatabaseOptions {
  /** Path of the file, or `:memory:`. */
  readonly path: string
  readonly clusterId: string
  readonly disk: Disk
  readonly log: Log
}

/** Opens the file, or starts an empty one when it cannot be trusted. */
export async function openReplicaDatabase(options: ReplicaDatabaseOptions): Promise<Database> {
  try {
    const database = openChecked(options)
    if (database !== undefined) return database
    options.log.warn({ path: options.path }, 'replica map starts empty: other cluster or format')
  } catch (error) {
    if (!isDamage(error)) throw error
    options.log.warn(
      { path: options.path, error: String(error) },
      'replica map damaged: rebuilding',
    )
  }
  await removeReplicaDatabase(options.path, options.disk)
  return create(open(options.path), options.clusterId)
}

/** Removes the file and its companions; the next start begins with an empty map. */
export async function removeReplicaDatabase(path: string, disk: Disk): Promise<void> {
  if (path === ':memory:') return
  for (const suffix of ['', '-wal', '-shm']) await disk.remove(path + suffix)
  await disk.syncFolder(dirname(path))
}

/** true when the file itself is bad, not the call: the map has to be rebuilt. */
export function isDamage(error: unknown): boolean {
  const code = errnoOf(error)
  return (
    code !== undefined && (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'))
  )
}

/** undefined when the file is sound but not ours. */
function openChecked(options: ReplicaDatabaseOptions): Database | undefined {
  const database = open(options.path)
  try {
    const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()
    if (tables === 0) return create(database, options.clusterId)
    const hasMeta = database
      .prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'")
      .pluck()
      .get()
    if (
      hasMeta === 1 &&
      metaValue(database, 'format') === REPLICA_FORMAT &&
      metaValue(database, 'cluster') === options.clusterId
    ) {
      return database
    }
  } catch (error) {
    database.close()
    throw error
  }
  database.close()
  return undefined
}

function open(path: string): Database {
  const database = new Database(path)
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = OFF')
    // Bounded memory whatever the number of blocks: 16 MiB of pages.
    database.pragma('cache_size = -16384')
    database.pragma('journal_size_limit = 67108864')
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

function create(database: Database, clusterId: string): Database {
  database.transaction(() => {
    database.exec(SCHEMA)
    const insert = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)')
    insert.run('format', REPLICA_FORMAT)
    insert.run('cluster', clusterId)
  })()
  return database
}

function metaValue(database: Database, key: string): unknown {
  return database.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key)
}
