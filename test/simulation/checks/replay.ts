/** I12: the edits of a namenode, applied to an empty store, make the same store. */
import { namespacePaths } from '../../../namenode/service/namespace/namespace-folder.js'
import { openReadingConnection } from '../../../namenode/storage/database.js'
import { differencesFromReplay } from '../../support/replayed-store.js'

/** What differs, table by table; empty when nothing does. */
export function differencesInFolder(folder: string): string[] {
  const live = openReadingConnection(namespacePaths(folder).database)
  try {
    return differencesFromReplay(live)
  } finally {
    live.close()
  }
}
