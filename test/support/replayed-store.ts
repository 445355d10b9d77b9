/** The edits of a store, applied to an empty one, must make the same store. */
import { compareStores } from '../../namenode/service/backup/compare-stores.js'
import { replayEdits } from '../../namenode/service/backup/replay-edits.js'
import { type Database, openMemoryDatabase } from '../../namenode/storage/database.js'
import { EditStore } from '../../namenode/storage/edit-store.js'

/** What differs, table by table, by its first row; empty when nothing does. */
export function differencesFromReplay(live: Database): string[] {
  const replayed = openMemoryDatabase()
  try {
    const log = new EditStore(live)
    replayEdits(replayed, log, log.lastId())
    return [...compareStores(live, replayed, 0)]
      .filter(({ isSame }) => !isSame)
      .map(({ table, difference }) => `${table}: ${JSON.stringify(difference)}`)
  } finally {
    replayed.close()
  }
}
