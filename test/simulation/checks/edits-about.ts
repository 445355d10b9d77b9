/** What the edit log says of a block: the first thing to look at when one is not as it should be. */
import { namespacePaths } from '../../../namenode/service/namespace/namespace-folder.js'
import { openReadingConnection } from '../../../namenode/storage/database.js'

/** One line for each edit in which the number stands. */
export function editsAbout(folder: string, id: number): string[] {
  const database = openReadingConnection(namespacePaths(folder).database)
  try {
    const rows = database
      .prepare<[string], { id: number; operation: string; arguments: unknown }>(
        'SELECT id, operation, arguments FROM edit WHERE instr(arguments, ?) > 0',
      )
      .all(String(id))
    return rows.map((it) => `${it.id} ${it.operation} ${String(it.arguments).slice(0, 300)}`)
  } finally {
    database.close()
  }
}
