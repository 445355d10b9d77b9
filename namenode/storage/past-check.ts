/**
 * What is kept of the past, counted anew: the stays that snapshots show out of all old versions, what snapshots keep of files
 * out of their blocks, and the sums of directories out of both. Reads all of it: for verifying a namespace, and for tests.
 */
import type { Database } from './database.js'

/** One row as it is kept and as it is counted, as JSON; null where there is none. */
export interface PastRow {
  readonly table: 'past_stay' | 'past_total' | 'kept_file'
  readonly kept: string | null
  readonly counted: string | null
}

interface Question {
  readonly table: PastRow['table']
  readonly columns: readonly string[]
  /** Of columns that name the row, how many. */
  readonly keys: number
  readonly kept: string
  readonly counted: string
}

const IS_SHOWN = `EXISTS (SELECT 1 FROM snapshot WHERE snapshot.root = past.root
  AND taken >= past.since AND taken < past.until)`
/** Deleted, but still whole: what counts for it is known exactly only when it has been taken apart. */
const WHOLE = '(SELECT id FROM detached UNION SELECT inode FROM deletion)'

const STAYS: Question = {
  table: 'past_stay',
  columns: ['inode', 'parent', 'name', 'arrived', 'names', 'space', 'first'],
  keys: 4,
  kept: `SELECT inode, parent, name, arrived,
      iif(is_deletion = 1 AND inode IN ${WHOLE}, NULL, names),
      iif(is_deletion = 1 AND inode IN ${WHOLE}, NULL, space),
      iif(is_deletion = 1 AND inode IN ${WHOLE}, NULL, first)
    FROM past_stay ORDER BY 1, 2, 3, 4`,
  counted: `SELECT id, parent, name, arrived,
      iif(is_whole, NULL, iif(kind = 0 AND is_deletion = 0, 1 + tree_files + tree_directories, 1)),
      iif(is_whole, NULL, CASE WHEN is_deletion = 0 THEN iif(kind = 0, tree_space, (length + reserved) * replication)
        ELSE iif(kind = 0, 0, outside * highest) END),
      iif(is_whole, NULL, CASE WHEN is_deletion = 0 THEN iif(kind = 0, tree_length + tree_reserved, length + reserved)
        ELSE iif(kind = 0, 0, outside) END)
    FROM (
      SELECT shown.*, coalesce(is_deletion, 0) AS is_deletion, coalesce(is_deletion, 0) = 1 AND id IN ${WHOLE} AS is_whole,
        coalesce((SELECT sum(length) FROM block WHERE block.inode = shown.id), 0) AS outside
      FROM (
        SELECT *, row_number() OVER (PARTITION BY id, parent, name, arrived ORDER BY until DESC) AS rank,
          max(replication) OVER (PARTITION BY id) AS highest
        FROM inode_version AS past WHERE ${IS_SHOWN}
      ) AS shown LEFT JOIN past_stay AS stay
        ON stay.inode = id AND stay.parent = shown.parent AND stay.name = shown.name AND stay.arrived = shown.arrived
      WHERE rank = 1 AND NOT EXISTS (SELECT 1 FROM inode WHERE inode.id = shown.id AND inode.parent = shown.parent
        AND inode.name = shown.name AND inode.arrived = shown.arrived)
    ) ORDER BY 1, 2, 3, 4`,
}

const FILES: Question = {
  table: 'past_total',
  columns: ['inode', 'policy', 'names', 'space', 'first'],
  keys: 2,
  kept: `SELECT past_total.* FROM past_total JOIN inode ON inode.id = past_total.inode
    WHERE kind = 1 AND inode.id NOT IN (SELECT id FROM detached) ORDER BY 1, 2`,
  counted: `SELECT id, 0, 0, (claimed + outside) * highest - claimed * replication AS space, outside FROM (
      SELECT id, length + reserved AS claimed, replication,
        max(replication, coalesce((SELECT max(replication) FROM inode_version AS past
          WHERE past.id = inode.id AND ${IS_SHOWN}), 0)) AS highest,
        coalesce((SELECT sum(length) FROM block WHERE block.inode = inode.id AND position < 0), 0) AS outside
      FROM inode WHERE kind = 1 AND (parent > 0 OR id IN (SELECT inode FROM deletion))
        AND id NOT IN (SELECT id FROM detached)
    ) WHERE outside <> 0 OR space <> 0 ORDER BY 1`,
}

const PLACES: Question = {
  table: 'kept_file',
  columns: ['inode', 'parent'],
  keys: 1,
  kept: 'SELECT inode, parent FROM kept_file ORDER BY 1',
  counted: `SELECT DISTINCT id, parent FROM past_total CROSS JOIN inode ON inode.id = past_total.inode
    WHERE kind = 1 AND parent > 0 ORDER BY 1`,
}

const ABOVE = `LEFT JOIN inode ON inode.id = climb.at AND inode.parent > 0
  LEFT JOIN past_stay AS stay ON inode.id IS NULL AND stay.inode = climb.at AND stay.is_deletion = 1
  WHERE coalesce(inode.parent, stay.parent) IS NOT NULL`

const DIRECTORIES: Question = {
  table: 'past_total',
  columns: ['inode', 'policy', 'names', 'space', 'first'],
  keys: 2,
  kept: `SELECT * FROM past_total WHERE inode NOT IN (SELECT id FROM inode WHERE kind = 1) ORDER BY 1, 2`,
  counted: `WITH RECURSIVE climb (at, policy, names, space, first) AS (
      SELECT parent, policy, names, space, first FROM past_stay
      UNION ALL
      SELECT past_total.inode, past_total.policy, names, space, first FROM past_total
        JOIN inode AS file ON file.id = past_total.inode AND file.kind = 1
      UNION ALL
      SELECT coalesce(inode.parent, stay.parent),
        iif(climb.policy > 0, climb.policy, coalesce(inode.policy, stay.policy)), climb.names, climb.space, climb.first
      FROM climb ${ABOVE}
    )
    SELECT at, policy, sum(names), sum(space), sum(first) FROM climb
    WHERE at NOT IN (SELECT id FROM inode WHERE kind = 1) AND (at IN (SELECT id FROM inode WHERE kind = 0)
      OR at IN (SELECT inode FROM past_stay WHERE is_deletion = 1))
    GROUP BY at, policy HAVING sum(names) <> 0 OR sum(space) <> 0 OR sum(first) <> 0 ORDER BY 1, 2`,
}

/** Whether a deleted snapshot is still being freed: until that is done, what it showed may count or not. */
export function isPastSettled(database: Database): boolean {
  return database.prepare('SELECT 1 FROM deleted_snapshot LIMIT 1').get() === undefined
}

/** Every row of what is kept of the past that differs from what is counted now; to be asked when it is settled. */
export function pastDifferences(database: Database): PastRow[] {
  return [...countedPast(database)].filter(({ kept, counted }) => kept !== counted)
}

/** Every row of what is kept of the past beside what is counted now; to be asked when it is settled. */
export function* countedPast(database: Database): Generator<PastRow, void, undefined> {
  for (const question of [STAYS, FILES, PLACES, DIRECTORIES]) {
    const kept = rowsOf(database, question, question.kept)
    const counted = rowsOf(database, question, question.counted)
    for (const [key, row] of kept) {
      yield { table: question.table, kept: row, counted: counted.get(key) ?? null }
    }
    for (const [key, row] of counted) {
      if (!kept.has(key)) yield { table: question.table, kept: null, counted: row }
    }
  }
}

function rowsOf(database: Database, { columns, keys }: Question, sql: string): Map<string, string> {
  const rows = database.prepare<[], unknown[]>(sql).raw().all()
  return new Map(
    rows.map((row) => [
      JSON.stringify(row.slice(0, keys)),
      JSON.stringify(Object.fromEntries(columns.map((name, index) => [name, row[index]]))),
    ]),
  )
}
