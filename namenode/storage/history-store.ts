/**
 * What happened to blocks, in a file of its own: bounded, disposable, written in batches without waiting for the disk.
 * It explains; nothing is ever decided by it, so it may lose its last second with the process.
 */
import { Database } from '../../shared/sqlite.js'

export interface HistoryRow {
  readonly atWallMs: number
  readonly block: number
  readonly kind: string
  /** UUID of the datanode that it is about; empty for none. */
  readonly node: string
  readonly detail: string
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    block INTEGER NOT NULL,
    kind TEXT NOT NULL,
    node TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS event_by_block ON event (block, id);
`

export class HistoryStore {
  readonly #database: Database
  readonly #capacity: number
  readonly #insert
  readonly #prune
  readonly #last
  readonly #ofBlock

  /** @param capacity events kept, the newest */
  constructor(path: string, capacity: number) {
    this.#database = new Database(path)
    this.#capacity = capacity
    this.#database.pragma('journal_mode = WAL')
    this.#database.pragma('synchronous = OFF')
    this.#database.exec(SCHEMA)
    this.#insert = this.#database.prepare<[number, number, string, string, string]>(
      'INSERT INTO event (at, block, kind, node, detail) VALUES (?, ?, ?, ?, ?)',
    )
    this.#prune = this.#database.prepare<[number]>('DELETE FROM event WHERE id <= ?')
    this.#last = this.#database.prepare<[], number>('SELECT max(id) FROM event').pluck()
    this.#ofBlock = this.#database.prepare<[number, number], HistoryRow>(
      `SELECT at AS atWallMs, block, kind, node, detail FROM event WHERE block = ?
       ORDER BY id DESC LIMIT ?`,
    )
  }

  append(rows: readonly HistoryRow[]): void {
    this.#database.transaction(() => {
      for (const it of rows) this.#insert.run(it.atWallMs, it.block, it.kind, it.node, it.detail)
      this.#prune.run((this.#last.get() ?? 0) - this.#capacity)
    })()
  }

  /** The newest `limit` events of a block, oldest first. */
  ofBlock(block: number, limit: number): HistoryRow[] {
    return this.#ofBlock.all(block, limit).reverse()
  }

  close(): void {
    this.#database.close()
  }
}
