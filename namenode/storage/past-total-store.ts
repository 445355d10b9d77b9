/** What only snapshots show below directories, and of files, as quotas count it. Reasons: DESIGN.md. */
import type { InodeId } from '../../shared/ids.js'
import type { Database } from './database.js'

/** Under one storage policy; 0 where that of a directory above holds. */
export interface PastShare {
  /** Files and directories. */
  readonly names: number
  /** Bytes of all replicas. */
  readonly spaceBytes: number
  /** Bytes of one replica of each file. */
  readonly firstBytes: number
}

/** By the id of the policy. */
export type PastShares = ReadonlyMap<number, PastShare>

interface Row {
  policy: number
  names: number
  space: number
  first: number
}

export class PastTotalStore {
  readonly #of
  readonly #add
  readonly #removeNothing
  readonly #remove
  readonly #isEmpty

  constructor(database: Database) {
    this.#of = database.prepare<[number], Row>(
      'SELECT policy, names, space, first FROM past_total WHERE inode = ? ORDER BY policy',
    )
    this.#add = database.prepare<[number, number, number, number, number]>(
      `INSERT INTO past_total (inode, policy, names, space, first) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET names = names + excluded.names, space = space + excluded.space,
         first = first + excluded.first`,
    )
    this.#removeNothing = database.prepare<[number]>(
      'DELETE FROM past_total WHERE inode = ? AND names = 0 AND space = 0 AND first = 0',
    )
    this.#remove = database.prepare<[number]>('DELETE FROM past_total WHERE inode = ?')
    this.#isEmpty = database
      .prepare<[], number>('SELECT NOT EXISTS (SELECT 1 FROM past_total)')
      .pluck()
  }

  isEmpty(): boolean {
    return this.#isEmpty.get() === 1
  }

  of(id: InodeId): PastShares {
    return new Map(
      this.#of
        .all(id)
        .map(({ policy, names, space, first }) => [
          policy,
          { names, spaceBytes: space, firstBytes: first },
        ]),
    )
  }

  add(id: InodeId, shares: PastShares): void {
    for (const [policy, { names, spaceBytes, firstBytes }] of shares) {
      this.#add.run(id, policy, names, spaceBytes, firstBytes)
    }
    // The same rows, whatever the order and grouping of the additions was.
    this.#removeNothing.run(id)
  }

  remove(id: InodeId): void {
    this.#remove.run(id)
  }
}
