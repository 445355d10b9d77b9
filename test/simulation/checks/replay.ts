/** I12: the edits of a namenode, applied to an empty store, make the same store; sums are what counting gives. */
import { namespacePaths } from '../../../namenode/service/namespace/namespace-folder.js'
import { openReadingConnection } from '../../../namenode/storage/database.js'
import { isPastSettled, pastDifferences } from '../../../namenode/storage/past-check.js'
import { differencesFromReplay } from '../../support/replayed-store.js'

/** What differs, table by table; empty when nothing does. */
export function differencesInFolder(folder: string): string[] {
  const live = openReadingConnection(namespacePaths(folder).database)
  try {
    const past = isPastSettled(live) ? pastDifferences(live) : []
    return [
      ...differencesFromReplay(live),
      ...past.map((it) => `counted anew: ${JSON.stringify(it)}`),
    ]
  } finally {
    live.close()
  }
}
