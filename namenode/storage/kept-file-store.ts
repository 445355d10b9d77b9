/** In which directories files are of which snapshots keep something: what `past_total` says of files, by place. */
import { type InodeId, inodeId } from '../../shared/ids.js'
import type { Database } from './database.js'

export class KeptFileStore {
  readonly #in
  readonly #put
  readonly #remove

  constructor(database: Database) {
    this.#in = database
      .prepare<[number, number, number], number>(
        'SELECT inode FROM kept_file WHERE parent = ? AND inode > ? ORDER BY inode LIMIT ?',
      )
      .pluck()
    this.#put = database.prepare<[number, number]>('INSERT OR REPLACE INTO kept_file VALUES (?, ?)')
    this.#remove = database.prepare<[number]>('DELETE FROM kept_file WHERE inode = ?')
  }

  /** Files in a directory with an id above `after`. */
  in(parent: InodeId, after: InodeId | 0, limit: number): InodeId[] {
    return this.#in.all(parent, after, limit).map(inodeId)
  }

  put(id: InodeId, parent: InodeId): void {
    this.#put.run(id, parent)
  }

  remove(id: InodeId): void {
    this.#remove.run(id)
  }
}
