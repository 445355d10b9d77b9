/** I12: the edits of a namenode, applied to an empty store, make the same store. */
import { compareStores } from '../../../namenode/service/compare-stores.js'
import { namespacePaths } from '../../../namenode/service/namespace-folder.js'
import { replayEdits } from '../../../namenode/service/replay-edits.js'
import { openMemoryDatabase, openReadingConnection } from '../../../namenode/storage/database.js'
import { openStores } from '../../../namenode/storage/stores.js'

/** What differs, table by table; empty when nothing does. */
export function differencesFromReplay(folder: string): string[] {
  const live = openReadingConnection(namespacePaths(folder).database)
  const replayed = openMemoryDatabase()
  try {
    replayEdits(replayed, openStores(live).edits, Number.MAX_SAFE_INTEGER)
    return [...compareStores(live, replayed, 0)]
      .filter(({ isSame }) => !isSame)
      .map(({ table, difference }) => `${table}: ${JSON.stringify(difference)}`)
  } finally {
    live.close()
    replayed.close()
  }
}
