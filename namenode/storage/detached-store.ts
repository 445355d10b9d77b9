/** Tops of deleted trees: unlinked in one step, taken apart later in small slices. */
import { type InodeId, inodeId } from '../../shared/ids.js'
import type { Database } from './database.js'

export class DetachedStore {
  readonly #some
  readonly #add
  readonly #remove
  readonly #has

  constructor(database: Database) {
    this.#some = database
      .prepare<[number], number>('SELECT id FROM detached ORDER BY id LIMIT ?')
      .pluck()
    this.#add = database.prepare<[number]>('INSERT INTO detached VALUES (?)')
    this.#remove = database.prepare<[number]>('DELETE FROM detached WHERE id = ?')
    this.#has = database.prepare<[number], number>('SELECT 1 FROM detached WHERE id = ?').pluck()
  }

  some(limit: number): InodeId[] {
    return this.#some.all(limit).map(inodeId)
  }

  has(id: InodeId): boolean {
    return this.#has.get(id) !== undefined
  }

  add(id: InodeId): void {
    this.#add.run(id)
  }

  remove(id: InodeId): void {
    this.#remove.run(id)
  }
}
