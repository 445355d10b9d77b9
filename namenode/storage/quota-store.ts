/** Quotas of the few directories that have one. What is used of them are the totals of the directory's own row. */
import type { InodeId } from '../../shared/ids.js'
import { isLimited, type Quota } from '../policy/quotas.js'
import type { Database } from './database.js'

interface Row {
  names: number | null
  space: number | null
  type_space: string
}

export class QuotaStore {
  readonly #any
  readonly #get
  readonly #put
  readonly #remove

  constructor(database: Database) {
    this.#any = database.prepare<[], number>('SELECT 1 FROM quota LIMIT 1').pluck()
    this.#get = database.prepare<[number], Row>(
      'SELECT names, space, type_space FROM quota WHERE inode = ?',
    )
    this.#put = database.prepare<[number, number | null, number | null, string]>(
      'INSERT OR REPLACE INTO quota (inode, names, space, type_space) VALUES (?, ?, ?, ?)',
    )
    this.#remove = database.prepare<[number]>('DELETE FROM quota WHERE inode = ?')
  }

  /** Whether any directory has a quota: most clusters have none, and need not look further. */
  get isUsed(): boolean {
    return this.#any.get() === 1
  }

  get(id: InodeId): Quota | undefined {
    const row = this.#get.get(id)
    if (row === undefined) return undefined
    return {
      names: row.names ?? undefined,
      spaceBytes: row.space ?? undefined,
      typeSpaceBytes: JSON.parse(row.type_space) as Quota['typeSpaceBytes'],
    }
  }

  /** No limit at all removes the row. */
  put(id: InodeId, quota: Quota): void {
    const { names, spaceBytes, typeSpaceBytes } = quota
    if (isLimited(quota)) {
      this.#put.run(id, names ?? null, spaceBytes ?? null, JSON.stringify(typeSpaceBytes))
    } else this.#remove.run(id)
  }
}
