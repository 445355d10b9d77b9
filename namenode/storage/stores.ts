/** All stores of one connection. */
import { BlockStore } from './block-store.js'
import type { Database } from './database.js'
import { DeletionStore } from './deletion-store.js'
import { DetachedStore } from './detached-store.js'
import { EditStore } from './edit-store.js'
import type { InodeMemory } from './inode-memory.js'
import { InodeStore } from './inode-store.js'
import { KeptFileStore } from './kept-file-store.js'
import { LeaseStore } from './lease-store.js'
import { NodeOrderStore } from './node-order-store.js'
import { PastEntryStore } from './past-entry-store.js'
import { PastStayStore } from './past-stay-store.js'
import { PastTotalStore } from './past-total-store.js'
import { PolicyRequestStore } from './policy-request-store.js'
import { PolicyTotalStore } from './policy-total-store.js'
import { QuotaStore } from './quota-store.js'
import { RequestStore } from './request-store.js'
import { SnapshotStore } from './snapshot-store.js'
import { StateStore } from './state-store.js'
import { VersionStore } from './version-store.js'
import { XAttrStore } from './xattr-store.js'

export interface Stores {
  readonly inodes: InodeStore
  readonly blocks: BlockStore
  readonly leases: LeaseStore
  readonly xattrs: XAttrStore
  readonly quotas: QuotaStore
  readonly policyRequests: PolicyRequestStore
  readonly policyTotals: PolicyTotalStore
  readonly requests: RequestStore
  readonly edits: EditStore
  readonly detached: DetachedStore
  readonly deletions: DeletionStore
  readonly state: StateStore
  readonly snapshots: SnapshotStore
  readonly versions: VersionStore
  readonly pastEntries: PastEntryStore
  readonly pastStays: PastStayStore
  readonly pastTotals: PastTotalStore
  readonly keptFiles: KeptFileStore
  readonly nodeOrders: NodeOrderStore
}

/**
 * Prepares every statement: a schema that does not fit is found here, not in the middle of a request.
 * @param memory for the one connection that changes inodes, whose owner tells it what was undone
 */
export function openStores(database: Database, memory?: InodeMemory): Stores {
  return {
    inodes: new InodeStore(database, memory),
    blocks: new BlockStore(database),
    leases: new LeaseStore(database),
    xattrs: new XAttrStore(database),
    quotas: new QuotaStore(database),
    policyRequests: new PolicyRequestStore(database),
    policyTotals: new PolicyTotalStore(database),
    requests: new RequestStore(database),
    edits: new EditStore(database),
    detached: new DetachedStore(database),
    deletions: new DeletionStore(database),
    state: new StateStore(database),
    snapshots: new SnapshotStore(database),
    versions: new VersionStore(database),
    pastEntries: new PastEntryStore(database),
    pastStays: new PastStayStore(database),
    pastTotals: new PastTotalStore(database),
    keptFiles: new KeptFileStore(database),
    nodeOrders: new NodeOrderStore(database),
  }
}
