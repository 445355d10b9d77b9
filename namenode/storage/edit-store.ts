/** The log of edits: one row for each change, in the same transaction as its effects. */
import { type TransactionId, transactionId } from '../../shared/ids.js'
import type { Database } from './database.js'

export interface StoredEdit {
  readonly id: TransactionId
  readonly timeMs: number
  readonly operation: string
  /** JSON with every id and time resolved. */
  readonly arguments: string
}

interface Row {
  id: number
  time_ms: number
  operation: string
  arguments: string
}

export class EditStore {
  readonly #append
  readonly #after
  readonly #last
  readonly #first
  readonly #prune
  /** The log had nothing older when it was pruned last; only the writer prunes. */
  #oldest: number | undefined

  constructor(database: Database) {
    const prepare = database.prepare.bind(database)
    this.#append = prepare<[number, number, string, string]>('INSERT INTO edit VALUES (?, ?, ?, ?)')
    this.#after = prepare<[number, number], Row>(
      'SELECT * FROM edit WHERE id > ? ORDER BY id LIMIT ?',
    )
    this.#last = prepare<[], number>('SELECT max(id) FROM edit').pluck()
    this.#first = prepare<[], number>('SELECT min(id) FROM edit').pluck()
    this.#prune = prepare<[number, number]>(
      'DELETE FROM edit WHERE id IN (SELECT id FROM edit WHERE id <= ? ORDER BY id LIMIT ?)',
    )
  }

  append(edit: StoredEdit): void {
    this.#append.run(edit.id, edit.timeMs, edit.operation, edit.arguments)
  }

  after(id: number, limit: number): StoredEdit[] {
    return this.#after.all(id, limit).map((row) => ({
      id: transactionId(row.id),
      timeMs: row.time_ms,
      operation: row.operation,
      arguments: row.arguments,
    }))
  }

  lastId(): number {
    return this.#last.get() ?? 0
  }

  /** The oldest that is still there; 0 for an empty log. */
  firstId(): number {
    return this.#first.get() ?? 0
  }

  /** Forgets up to `limit` edits with ids up to `id`, oldest first. */
  prune(id: number, limit: number): void {
    // Most batches find nothing to forget: they need not ask.
    this.#oldest ??= this.firstId()
    if (id < this.#oldest) return
    this.#prune.run(id, limit)
    this.#oldest = undefined
  }
}
