/** The engine of the namespace on a database in memory, without writer or queue: changes are executed where the test stands. */
import type { ChangeLimits } from '../../../../namenode/service/namespace/namespace-change.js'
import type { NamespaceEngine } from '../../../../namenode/service/namespace/namespace-engine.js'
import { openMemoryDatabase } from '../../../../namenode/storage/database.js'
import { InodeMemory } from '../../../../namenode/storage/inode-memory.js'
import { openStores } from '../../../../namenode/storage/stores.js'

/** Settings of changes as the tests have them where they say nothing else. */
export const TEST_LIMITS = {
  minBlockSizeBytes: 0,
  maxReplication: 512,
  maxXAttrs: 32,
  maxXAttrBytes: 16_384,
  keepDeletedMs: 0,
  editsRetained: 1_000_000,
}
const MAX_DIRECTORY_ITEMS = 10_000

/** @param Engine ours or one that misbehaves. @returns a formatted namespace; the caller closes `database` */
export function openEngine<E extends NamespaceEngine>(
  Engine: new (...parts: ConstructorParameters<typeof NamespaceEngine>) => E,
  limits: Partial<ChangeLimits> = {},
) {
  const database = openMemoryDatabase()
  const stores = openStores(database, new InodeMemory())
  const engine = new Engine(stores, {
    ...TEST_LIMITS,
    maxDirectoryItems: MAX_DIRECTORY_ITEMS,
    ...limits,
  })
  database.exec('BEGIN')
  engine.applyOwn(
    { op: 'format', clusterId: 'CID-x', blockPoolId: 'BP-x', owner: 'hdfs', group: 'g' },
    1,
  )
  engine.beforeCommit()
  database.exec('COMMIT')
  engine.takeEffects()
  return { database, stores, engine }
}
