/** Files and directories whose blocks are to be moved to where their storage policy wants them, until that is done. */
import { type InodeId, inodeId } from '../../shared/ids.js'
import type { Database } from './database.js'

export class PolicyRequestStore {
  readonly #add
  readonly #remove
  readonly #after
  readonly #has
  readonly #count

  constructor(database: Database) {
    this.#add = database.prepare<[number]>('INSERT OR IGNORE INTO policy_request VALUES (?)')
    this.#remove = database.prepare<[number]>('DELETE FROM policy_request WHERE inode = ?')
    this.#after = database
      .prepare<[number, number], number>(
        'SELECT inode FROM policy_request WHERE inode > ? ORDER BY inode LIMIT ?',
      )
      .pluck()
    this.#has = database
      .prepare<[number], number>('SELECT 1 FROM policy_request WHERE inode = ?')
      .pluck()
    this.#count = database.prepare<[], number>('SELECT count(*) FROM policy_request').pluck()
  }

  add(id: InodeId): void {
    this.#add.run(id)
  }

  remove(id: InodeId): void {
    this.#remove.run(id)
  }

  has(id: InodeId): boolean {
    return this.#has.get(id) === 1
  }

  /** Never more than its limit (policy/storage-policies.ts), so counting is cheap. */
  get count(): number {
    return this.#count.get() ?? 0
  }

  /** Up to `limit` of them with an id above `after`. */
  after(id: InodeId | 0, limit: number): InodeId[] {
    return this.#after.all(id, limit).map(inodeId)
  }
}
