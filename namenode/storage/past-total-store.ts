/** What only snapshots show below directories, and of files, as quotas count it. Reasons: DESIGN.md. */
import type { Database } from './database.js'
import { PolicySumStore } from './policy-sum-store.js'

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

export class PastTotalStore extends PolicySumStore<PastShare> {
  constructor(database: Database) {
    const columns = { names: 'names', spaceBytes: 'space', firstBytes: 'first' }
    super(database, { table: 'past_total', key: 'inode', columns })
  }
}
