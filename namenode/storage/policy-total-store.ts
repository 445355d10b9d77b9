/** What is below directories under storage policies that were set below them. Part of the totals of a directory. */
import type { PolicyShare } from '../policy/type-usage.js'
import type { Database } from './database.js'
import { PolicySumStore } from './policy-sum-store.js'

export class PolicyTotalStore extends PolicySumStore<PolicyShare> {
  constructor(database: Database) {
    const columns = { spaceBytes: 'space', firstBytes: 'first' }
    super(database, { table: 'policy_total', key: 'directory', columns })
  }
}
