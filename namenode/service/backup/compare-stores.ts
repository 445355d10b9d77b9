/** Compares two stores table by table, row by row: sizes, digests, and the first row that differs. */
import { createHash } from 'node:crypto'
import type { Database } from '../../storage/database.js'
import { countedPast, isPastSettled } from '../../storage/past-check.js'

export interface TableComparison {
  readonly table: string
  readonly rows: number
  /** SHA-256 over all rows of the first store, in order of their keys. */
  readonly digest: string
  readonly isSame: boolean
  /** The first pair of rows that differ, as JSON; null where a store has no more rows. */
  readonly difference?: { readonly live: string | null; readonly replayed: string | null }
}

/**
 * @param live what is to be checked
 * @param replayed what it should be
 * @param editsAfter rows of the log up to this one may be missing on either side: they are pruned at different times
 */
export function* compareStores(
  live: Database,
  replayed: Database,
  editsAfter: number,
): Generator<TableComparison, void, undefined> {
  for (const table of tablesOf(live, replayed)) {
    yield compareTable(table, rowsOf(live, table, editsAfter), rowsOf(replayed, table, editsAfter))
  }
}

/**
 * What is kept of what only snapshots show, against the same counted anew out of their versions: the replay has it from the
 * same code as the tables. Empty while a deleted snapshot is being freed, when neither need be the other.
 */
export function compareCounts(live: Database): TableComparison[] {
  if (!isPastSettled(live)) return []
  const hash = createHash('sha256')
  let rows = 0
  let difference: TableComparison['difference']
  for (const { kept, counted } of countedPast(live)) {
    if (kept !== null) {
      hash.update(kept)
      rows += 1
    }
    if (kept !== counted) difference ??= { live: kept, replayed: counted }
  }
  const table = 'past (counted anew)'
  const compared = { table, rows, digest: hash.digest('hex'), isSame: difference === undefined }
  return [difference === undefined ? compared : { ...compared, difference }]
}

function tablesOf(...databases: readonly Database[]): string[] {
  const names = databases.flatMap((it) =>
    it
      .prepare<[], string>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
      )
      .pluck()
      .all(),
  )
  return [...new Set(names)].toSorted()
}

function compareTable(
  table: string,
  live: IterableIterator<unknown>,
  replayed: IterableIterator<unknown>,
): TableComparison {
  const hash = createHash('sha256')
  let rows = 0
  let difference: TableComparison['difference']
  for (;;) {
    const [left, right] = [nextRow(live), nextRow(replayed)]
    if (left !== null) {
      hash.update(left)
      rows += 1
    }
    if (left !== right) difference ??= { live: left, replayed: right }
    if (left === null && right === null) break
  }
  const compared = { table, rows, digest: hash.digest('hex'), isSame: difference === undefined }
  return difference === undefined ? compared : { ...compared, difference }
}

function nextRow(rows: IterableIterator<unknown>): string | null {
  const { value, done } = rows.next()
  return done === true ? null : JSON.stringify(value)
}

function rowsOf(database: Database, table: string, editsAfter: number): IterableIterator<unknown> {
  const columns = database
    .prepare<[], { name: string; pk: number }>(`PRAGMA table_info("${table}")`)
    .all()
  if (columns.length === 0) return [][Symbol.iterator]()
  const key = columns.filter((it) => it.pk > 0).toSorted((left, right) => left.pk - right.pk)
  const order = key.length > 0 ? key.map((it) => `"${it.name}"`).join(', ') : 'rowid'
  const where = table === 'edit' ? `WHERE id > ${editsAfter}` : ''
  return database.prepare<[]>(`SELECT * FROM "${table}" ${where} ORDER BY ${order}`).iterate()
}
