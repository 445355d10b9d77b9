/** I12: the edits of a namenode, applied to an empty store, make the same store. */
import { join } from 'node:path'
import { EditApplier } from '../../../namenode/service/namespace-apply.js'
import { decodeEdit } from '../../../namenode/service/namespace-edit.js'
import {
  type Database,
  openMemoryDatabase,
  openReadingConnection,
} from '../../../namenode/storage/database.js'
import { openStores } from '../../../namenode/storage/stores.js'

/** What differs, table by table; empty when nothing does. */
export function differencesFromReplay(folder: string): string[] {
  const live = openReadingConnection(join(folder, 'namespace.db'))
  const replayed = openMemoryDatabase()
  try {
    const stores = openStores(replayed)
    const applier = new EditApplier(stores)
    for (const edit of openStores(live).edits.after(0, 1_000_000)) {
      applier.apply(decodeEdit(edit.operation, edit.arguments), edit.timeMs)
      applier.totals.keep()
    }
    applier.flush()
    return tables(live).filter((table) => rows(live, table) !== rows(replayed, table))
  } finally {
    live.close()
    replayed.close()
  }
}

function tables(database: Database): string[] {
  const all = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
  return all.map(String).filter((name) => !name.startsWith('sqlite_'))
}

function rows(database: Database, table: string): string {
  const all = database.prepare(`SELECT * FROM ${table}`).raw().all()
  return all
    .map((row) => JSON.stringify(row))
    .toSorted()
    .join('\n')
}
