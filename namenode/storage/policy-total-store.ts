/** What is below directories under storage policies that were set below them. Part of the totals of a directory. */
import type { InodeId } from '../../shared/ids.js'
import type { PolicyShare, PolicyShares } from '../policy/type-usage.js'
import type { Database } from './database.js'

interface Row {
  policy: number
  space: number
  first: number
}

export class PolicyTotalStore {
  readonly #of
  readonly #add
  readonly #removeNothing
  readonly #remove

  constructor(database: Database) {
    this.#of = database.prepare<[number], Row>(
      'SELECT policy, space, first FROM policy_total WHERE directory = ? ORDER BY policy',
    )
    this.#add = database.prepare<[number, number, number, number]>(
      `INSERT INTO policy_total (directory, policy, space, first) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET space = space + excluded.space, first = first + excluded.first`,
    )
    this.#removeNothing = database.prepare<[number]>(
      'DELETE FROM policy_total WHERE directory = ? AND space = 0 AND first = 0',
    )
    this.#remove = database.prepare<[number]>('DELETE FROM policy_total WHERE directory = ?')
  }

  of(directory: InodeId): PolicyShares {
    return new Map(
      this.#of
        .all(directory)
        .map(({ policy, space, first }) => [policy, { spaceBytes: space, firstBytes: first }]),
    )
  }

  add(directory: InodeId, policy: number, { spaceBytes, firstBytes }: PolicyShare): void {
    this.#add.run(directory, policy, spaceBytes, firstBytes)
    // The same rows, whatever the order and grouping of the additions was.
    this.#removeNothing.run(directory)
  }

  remove(directory: InodeId): void {
    this.#remove.run(directory)
  }
}
