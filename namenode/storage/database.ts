/**
 * Opens the namespace's SQLite database with the settings that our promises rest on, and reads them back: the driver is
 * compiled to default to synchronous=NORMAL in WAL mode, which loses acknowledged commits at a power cut.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { present } from '../../shared/assert.js'
import { DfsError, errnoOf, toDfsError } from '../../shared/errors.js'
import { Database } from '../../shared/sqlite.js'
import { MIGRATION_0001 } from './migrations/0001-namespace.js'
import { MIGRATION_0002 } from './migrations/0002-truncation.js'
import { MIGRATION_0003 } from './migrations/0003-acl.js'
import { MIGRATION_0004 } from './migrations/0004-xattr.js'
import { MIGRATION_0005 } from './migrations/0005-quota.js'
import { MIGRATION_0006 } from './migrations/0006-snapshots.js'
import { MIGRATION_0007 } from './migrations/0007-truncation-copy.js'
import { MIGRATION_0008 } from './migrations/0008-storage-policy.js'
import { MIGRATION_0009 } from './migrations/0009-deletions.js'
import { MIGRATION_0010 } from './migrations/0010-node-orders.js'
import { MIGRATION_0011 } from './migrations/0011-policy-totals.js'
import { MIGRATION_0012 } from './migrations/0012-past-totals.js'
import { MIGRATION_0013 } from './migrations/0013-kept-files.js'
import { MIGRATION_0014 } from './migrations/0014-lease-by-recovery.js'

export type { Database } from '../../shared/sqlite.js'

/** SQLite up to 3.51.2 can corrupt a database when a checkpoint races with a commit of another connection. */
const SQLITE_FLOOR = '3.51.3'
/** Marks our files: `file` and `sqlite3` show it, and another program's database is refused. */
export const APPLICATION_ID = 0x64667331
const BUSY_TIMEOUT_MS = 5000
/** Page caches in KiB: the whole process is to stay below 200 MB. */
const WRITER_CACHE_KIB = 8 * 1024
const LARGE_WRITER_CACHE_KIB = 32 * 1024
/**
 * Splitting a node of a B-tree, SQLite borrows the number of the page at 1 GiB, and so the commit after it looks through the
 * whole cache for pages behind the file's end: 0.1 to 0.2 ms with 32 MiB. Larger files are spared that, and need the room.
 */
const BORROWED_PAGE_BYTES = 2 ** 30
const READER_CACHE_KIB = 16 * 1024

const MIGRATIONS: readonly string[] = [
  MIGRATION_0001,
  MIGRATION_0002,
  MIGRATION_0003,
  MIGRATION_0004,
  MIGRATION_0005,
  MIGRATION_0006,
  MIGRATION_0007,
  MIGRATION_0008,
  MIGRATION_0009,
  MIGRATION_0010,
  MIGRATION_0011,
  MIGRATION_0012,
  MIGRATION_0013,
  MIGRATION_0014,
]
export const SCHEMA_VERSION = MIGRATIONS.length

/**
 * The one writing connection. Creates or migrates the schema.
 * @throws DATABASE_CORRUPT, DATA_FOLDER_NEWER
 */
export function openWritingConnection(path: string): Database {
  return guarded(path, () => {
    const database = new Database(path, { timeout: BUSY_TIMEOUT_MS })
    try {
      checkSqliteVersion(database)
      refuseForeign(database, path)
      setAndCheck(database, 'journal_mode', 'wal')
      setAndCheck(database, 'synchronous', 2)
      // Checkpoints are ours, between batches: an automatic one would run inside somebody's commit.
      setAndCheck(database, 'wal_autocheckpoint', 0)
      setAndCheck(database, 'cache_size', -writerCacheKib(database))
      setAndCheck(database, 'foreign_keys', 0)
      database.pragma('temp_store = MEMORY')
      migrate(database, path)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** As large as what it will look through at nearly every commit allows; a file that grows gets more at the next start. */
function writerCacheKib(database: Database): number {
  const pages = Number(pragmaValue(database, 'page_count'))
  const bytes = pages * Number(pragmaValue(database, 'page_size'))
  return bytes > BORROWED_PAGE_BYTES ? LARGE_WRITER_CACHE_KIB : WRITER_CACHE_KIB
}

/** A connection that sees what is committed and can change nothing. The writer must have been opened before. */
export function openReadingConnection(path: string): Database {
  return guarded(path, () => {
    const database = new Database(path, {
      readonly: true,
      fileMustExist: true,
      timeout: BUSY_TIMEOUT_MS,
    })
    setAndCheck(database, 'query_only', 1)
    setAndCheck(database, 'cache_size', -READER_CACHE_KIB)
    return database
  })
}

/** Makes a copied database one file without a write-ahead log, which can be read where nothing may be written. */
export function sealCopy(path: string): void {
  const database = new Database(path)
  try {
    setAndCheck(database, 'journal_mode', 'delete')
  } finally {
    database.close()
  }
}

/**
 * A store to replay edits into, that nobody else opens and that is worth nothing before it is complete: nothing is
 * synced before `syncFile`. Migrates what has an older schema.
 */
export function openReplayDatabase(path: string): Database {
  return guarded(path, () => {
    const database = new Database(path)
    try {
      refuseForeign(database, path)
      setAndCheck(database, 'journal_mode', 'delete')
      setAndCheck(database, 'synchronous', 0)
      setAndCheck(database, 'cache_size', -LARGE_WRITER_CACHE_KIB)
      migrate(database, path)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** Whether all of a database fits together, by SQLite's own look at every page. Reads all of it. */
export function isIntact(path: string): boolean {
  const database = openReadingConnection(path)
  try {
    return pragmaValue(database, 'integrity_check') === 'ok'
  } catch (error) {
    if (isCorruption(error)) return false
    throw error
  } finally {
    database.close()
  }
}

/** Has a file or a folder on the disk. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** An empty store with the current schema, in memory: what edits are replayed into. */
export function openMemoryDatabase(): Database {
  const database = new Database(':memory:')
  migrate(database, ':memory:')
  return database
}

/** The result of a pragma that answers one value. */
export function pragmaValue(database: Database, source: string): unknown {
  return database.pragma(source)
}

/** True for errors after which nothing that this connection says can be trusted. */
export function isFatalDatabaseError(error: unknown): boolean {
  const code = errnoOf(error) ?? ''
  return (
    code.startsWith('SQLITE_IOERR') ||
    code.startsWith('SQLITE_CORRUPT') ||
    code === 'SQLITE_NOTADB' ||
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_CANTOPEN')
  )
}

function migrate(database: Database, path: string): void {
  const found = Number(pragmaValue(database, 'user_version'))
  if (found > SCHEMA_VERSION) {
    throw new DfsError(
      'DATA_FOLDER_NEWER',
      `${path} has schema version ${found}, this program knows up to ${SCHEMA_VERSION}: use the newer program`,
      { details: { found, known: SCHEMA_VERSION } },
    )
  }
  if (found === 0) {
    migrateAtOnce(database, MIGRATIONS, SCHEMA_VERSION)
    return
  }
  for (let version = found; version < SCHEMA_VERSION; version += 1) {
    const migration = present(MIGRATIONS[version], 'migrations are numbered without gaps')
    migrateAtOnce(database, [migration], version + 1)
  }
}

/** One commit, which waits for the disk once: a fresh file has all its steps in one. */
function migrateAtOnce(database: Database, migrations: readonly string[], version: number): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const migration of migrations) database.exec(migration)
    database.pragma(`application_id = ${APPLICATION_ID}`)
    database.pragma(`user_version = ${version}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function refuseForeign(database: Database, path: string): void {
  const application = Number(pragmaValue(database, 'application_id'))
  const tables = Number(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get())
  if (application === APPLICATION_ID || (application === 0 && tables === 0)) return
  throw new DfsError('DATABASE_CORRUPT', `${path} is a database of another program`)
}

function checkSqliteVersion(database: Database): void {
  const version = String(database.prepare('SELECT sqlite_version()').pluck().get())
  if (compareVersions(version, SQLITE_FLOOR) >= 0) return
  throw new DfsError(
    'CONFIGURATION',
    `SQLite ${version} has a bug that corrupts databases; at least ${SQLITE_FLOOR} is needed`,
  )
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left.split('.').map(Number), right.split('.').map(Number)]
  for (let part = 0; part < 3; part += 1) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function setAndCheck(database: Database, name: string, value: string | number): void {
  database.pragma(`${name} = ${value}`)
  const actual = pragmaValue(database, name)
  if (actual === value) return
  throw new DfsError('INTERNAL', `SQLite kept ${name}=${String(actual)} instead of ${value}`)
}

const isCorruption = (error: unknown): boolean =>
  errnoOf(error)?.startsWith('SQLITE_CORRUPT') === true ||
  toDfsError(error).code === 'DATABASE_CORRUPT'

function guarded(path: string, open: () => Database): Database {
  try {
    return open()
  } catch (error) {
    if (error instanceof DfsError) throw error
    const { code, message } = toDfsError(error)
    if (!isCorruption(error))
      throw new DfsError(code, `cannot open ${path}: ${message}`, { cause: error })
    throw new DfsError(
      'DATABASE_CORRUPT',
      `${path} is damaged (${message}): restore the data folder from a backup; nothing was changed`,
      { cause: error },
    )
  }
}
