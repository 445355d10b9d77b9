/** Sums that inodes have by storage policy: each table of them has a key, the policy, and a column for each number. */
import type { InodeId } from '../../shared/ids.js'
import type { Database } from './database.js'

type Numbers<Share> = { readonly [Name in keyof Share]: number }

export interface SumTable<Share> {
  readonly table: string
  /** The column with the id of the inode. */
  readonly key: string
  /** Which column has which number. */
  readonly columns: { readonly [Name in keyof Share & string]: string }
}

export class PolicySumStore<Share extends Numbers<Share>> {
  readonly #names: readonly (keyof Share & string)[]
  readonly #of
  readonly #add
  readonly #removeNothing
  readonly #remove
  readonly #isEmpty

  constructor(database: Database, { table, key, columns }: SumTable<Share>) {
    const prepare = database.prepare.bind(database)
    this.#names = Object.keys(columns) as (keyof Share & string)[]
    const all = this.#names.map((name) => columns[name])
    const listed = (each: (column: string) => string, between = ', ') => all.map(each).join(between)
    this.#of = prepare<[number], Share & { policy: number }>(
      `SELECT policy, ${this.#names.map((name) => `${columns[name]} AS ${name}`).join(', ')}
       FROM ${table} WHERE ${key} = ? ORDER BY policy`,
    )
    this.#add = prepare<number[]>(
      `INSERT INTO ${table} (${key}, policy, ${listed((it) => it)}) VALUES (?, ?, ${listed(() => '?')})
       ON CONFLICT DO UPDATE SET ${listed((it) => `${it} = ${it} + excluded.${it}`)}`,
    )
    this.#removeNothing = prepare<[number]>(
      `DELETE FROM ${table} WHERE ${key} = ? AND ${listed((it) => `${it} = 0`, ' AND ')}`,
    )
    this.#remove = prepare<[number]>(`DELETE FROM ${table} WHERE ${key} = ?`)
    this.#isEmpty = prepare<[], number>(`SELECT NOT EXISTS (SELECT 1 FROM ${table})`).pluck()
  }

  /** Whether no inode has any. */
  isEmpty(): boolean {
    return this.#isEmpty.get() === 1
  }

  /** By the id of the policy, in its order. */
  of(id: InodeId): ReadonlyMap<number, Share> {
    return new Map(
      this.#of.all(id).map(({ policy, ...share }) => [policy, share as unknown as Share]),
    )
  }

  add(id: InodeId, shares: ReadonlyMap<number, Share>): void {
    if (shares.size === 0) return
    for (const [policy, share] of shares) {
      this.#add.run(id, policy, ...this.#names.map((name) => share[name]))
    }
    // The same rows, whatever the order and grouping of the additions was.
    this.#removeNothing.run(id)
  }

  remove(id: InodeId): void {
    this.#remove.run(id)
  }
}
