/**
 * The namespace as the faces get it: the same, but changes are refused in safe mode. A wrapper and not a check in each
 * handler, so that no face can forget it; block management and loops use the namespace itself.
 */
import type { Call } from './call.js'
import type { AclChange, Namespace, NamespaceChanges } from './namespace.js'
import type { SafeMode } from './safe-mode.js'

/** The texts are Hadoop's, with their irregular spaces. */
export function guardedNamespace(namespace: Namespace, safeMode: SafeMode): Namespace {
  const guard = new Guard(namespace, safeMode)
  return {
    ...reads(namespace),
    ...changes(namespace, guard),
    ...snapshotChanges(namespace, guard),
    ...continuations(namespace, guard),
    ...background(namespace),
  }
}

class Guard {
  readonly #namespace: Pick<Namespace, 'wasCarriedOut'>
  readonly #safeMode: SafeMode

  constructor(namespace: Pick<Namespace, 'wasCarriedOut'>, safeMode: SafeMode) {
    this.#namespace = namespace
    this.#safeMode = safeMode
  }

  /**
   * Before whatever begins a change; a repeated request gets its first answer also in safe mode, as from Hadoop's retry
   * cache: the client's namenode has restarted while it was waiting.
   */
  begin(call: Call, kind: keyof NamespaceChanges, refusal: string): void {
    if (this.#safeMode.isOn && this.#namespace.wasCarriedOut(kind, call)) return
    this.#safeMode.requireOff(refusal)
  }

  goOn(refusal: string): void {
    this.#safeMode.requireNotManual(refusal)
  }
}

function reads(namespace: Namespace) {
  return {
    identity: namespace.identity,
    status: (call, path) => namespace.status(call, path),
    list: (call, path, startAfter, limit) => namespace.list(call, path, startAfter, limit),
    contentSummary: (call, path) => namespace.contentSummary(call, path),
    fileBlocks: (call, path, offsetBytes, lengthBytes) =>
      namespace.fileBlocks(call, path, offsetBytes, lengthBytes),
    checkAccess: (call, path, access) => namespace.checkAccess(call, path, access),
    wasCarriedOut: (kind, call) => namespace.wasCarriedOut(kind, call),
    isFileClosed: (call, path) => namespace.isFileClosed(call, path),
    aclStatus: (call, path) => namespace.aclStatus(call, path),
    storagePolicy: (call, path) => namespace.storagePolicy(call, path),
    xattrs: (call, path, wanted) => namespace.xattrs(call, path, wanted),
    openFile: (call, reference) => namespace.openFile(call, reference),
    block: (id) => namespace.block(id),
    blocksAfter: (after, limit) => namespace.blocksAfter(after, limit),
    blocksOfFile: (id, snapshot) => namespace.blocksOfFile(id, snapshot),
    fileStatusById: (id) => namespace.fileStatusById(id),
    pathOf: (id) => namespace.pathOf(id),
    openFilesAfter: (after, limit) => namespace.openFilesAfter(after, limit),
    policyRequestsAfter: (after, limit) => namespace.policyRequestsAfter(after, limit),
    childrenOf: (id, after, limit) => namespace.childrenOf(id, after, limit),
    policyOfInode: (id) => namespace.policyOfInode(id),
    deletedBlocksAfter: (after, limit) => namespace.deletedBlocksAfter(after, limit),
    totals: () => namespace.totals(),
    nodeOrders: () => namespace.nodeOrders(),
    lastTransactionId: () => namespace.lastTransactionId(),
    editsAfter: (after, limit) => namespace.editsAfter(after, limit),
    snapshottableDirectories: (call) => namespace.snapshottableDirectories(call),
    snapshots: (call, path) => namespace.snapshots(call, path),
    snapshotDiff: (call, question) => namespace.snapshotDiff(call, question),
    snapshotDiffPage: (call, question) => namespace.snapshotDiffPage(call, question),
    deletions: (call, question) => namespace.deletions(call, question),
    deletionTotals: () => namespace.deletionTotals(),
    expiredLeases: (since, limit) => namespace.expiredLeases(since, limit),
  } satisfies Partial<Namespace>
}

const ACL_CHANGES = {
  modify: 'Cannot modify ACL entries',
  remove: 'Cannot remove ACL entries',
  replace: 'Cannot set ACL',
  'remove-all': 'Cannot remove ACL',
  'remove-default': 'Cannot remove default ACL entries',
} as const satisfies Record<AclChange['action'], string>

function changes(namespace: Namespace, guard: Guard) {
  return {
    mkdirs: async (call, change) => {
      guard.begin(call, 'mkdirs', `Cannot create directory ${change.path}`)
      return namespace.mkdirs(call, change)
    },
    create: async (call, change) => {
      guard.begin(call, 'create', `Cannot create file${change.path}`)
      return namespace.create(call, change)
    },
    allocateBlock: async (call, change) => {
      guard.begin(call, 'allocateBlock', `Cannot add block to ${change.path}`)
      return namespace.allocateBlock(call, change)
    },
    append: async (call, change) => {
      guard.begin(call, 'append', `Cannot append to file${change.path}`)
      return namespace.append(call, change)
    },
    truncate: async (call, change) => {
      guard.begin(call, 'truncate', `Cannot truncate for ${change.path}`)
      return namespace.truncate(call, change)
    },
    concat: async (call, change) => {
      guard.begin(call, 'concat', `Cannot concat ${change.target}`)
      return namespace.concat(call, change)
    },
    rename: async (call, change) => {
      guard.begin(call, 'rename', `Cannot rename ${change.from}`)
      return namespace.rename(call, change)
    },
    renameStrictly: async (call, change) => {
      guard.begin(call, 'renameStrictly', `Cannot rename ${change.from}`)
      return namespace.renameStrictly(call, change)
    },
    delete: async (call, change) => {
      guard.begin(call, 'delete', `Cannot delete ${change.path}`)
      return namespace.delete(call, change)
    },
    undelete: async (call, change) => {
      guard.begin(call, 'undelete', `Cannot undo the deletion of ${change.path ?? 'a file'}`)
      return namespace.undelete(call, change)
    },
    setReplication: async (call, change) => {
      guard.begin(call, 'setReplication', `Cannot set replication for ${change.path}`)
      return namespace.setReplication(call, change)
    },
    setPermission: async (call, change) => {
      guard.begin(call, 'setPermission', `Cannot set permission for ${change.path}`)
      return namespace.setPermission(call, change)
    },
    changeAcl: async (call, change) => {
      guard.begin(call, 'changeAcl', `${ACL_CHANGES[change.action]} on ${change.path}`)
      return namespace.changeAcl(call, change)
    },
    setQuota: async (call, change) => {
      guard.begin(call, 'setQuota', `Cannot set quota on ${change.path}`)
      return namespace.setQuota(call, change)
    },
    setStoragePolicy: async (call, change) => {
      const verb = change.policy === undefined ? 'unset' : 'set'
      guard.begin(call, 'setStoragePolicy', `Cannot ${verb} storage policy for ${change.path}`)
      return namespace.setStoragePolicy(call, change)
    },
    satisfyStoragePolicy: async (call, change) => {
      guard.begin(call, 'satisfyStoragePolicy', `Cannot satisfy storage policy for ${change.path}`)
      return namespace.satisfyStoragePolicy(call, change)
    },
    setXAttr: async (call, change) => {
      guard.begin(call, 'setXAttr', `Cannot set XAttr on ${change.path}`)
      return namespace.setXAttr(call, change)
    },
    removeXAttr: async (call, change) => {
      guard.begin(call, 'removeXAttr', `Cannot remove XAttr entry on ${change.path}`)
      return namespace.removeXAttr(call, change)
    },
    setOwner: async (call, change) => {
      guard.begin(call, 'setOwner', `Cannot set owner for ${change.path}`)
      return namespace.setOwner(call, change)
    },
    setTimes: async (call, change) => {
      guard.begin(call, 'setTimes', `Cannot set times ${change.path}`)
      return namespace.setTimes(call, change)
    },
  } satisfies Partial<Namespace>
}

function snapshotChanges(namespace: Namespace, guard: Guard) {
  return {
    allowSnapshot: async (call, change) => {
      guard.begin(call, 'allowSnapshot', `Cannot allow snapshot for ${change.path}`)
      return namespace.allowSnapshot(call, change)
    },
    disallowSnapshot: async (call, change) => {
      guard.begin(call, 'disallowSnapshot', `Cannot disallow snapshot for ${change.path}`)
      return namespace.disallowSnapshot(call, change)
    },
    createSnapshot: async (call, change) => {
      guard.begin(call, 'createSnapshot', `Cannot create snapshot for ${change.path}`)
      return namespace.createSnapshot(call, change)
    },
    renameSnapshot: async (call, change) => {
      guard.begin(call, 'renameSnapshot', `Cannot rename snapshot for ${change.path}`)
      return namespace.renameSnapshot(call, change)
    },
    deleteSnapshot: async (call, change) => {
      guard.begin(call, 'deleteSnapshot', `Cannot delete snapshot for ${change.path}`)
      return namespace.deleteSnapshot(call, change)
    },
  } satisfies Partial<Namespace>
}

function continuations(namespace: Namespace, guard: Guard) {
  return {
    abandonBlock: async (call, change) => {
      guard.goOn(
        `Cannot abandon block blk_${change.block.id}_${change.block.generationStamp} for file${change.path}`,
      )
      return namespace.abandonBlock(call, change)
    },
    completeFile: async (call, change) => {
      guard.goOn(`Cannot complete file ${change.path}`)
      return namespace.completeFile(call, change)
    },
    fsync: async (call, change) => {
      guard.goOn(`Cannot fsync file ${change.path}`)
      return namespace.fsync(call, change)
    },
    reserveGenerationStamp: async (call, change) => {
      guard.goOn(`Cannot get a new GS for block blk_${change.block.id}`)
      return namespace.reserveGenerationStamp(call, change)
    },
    updatePipeline: async (call, change) => {
      guard.goOn('Pipeline not updated')
      return namespace.updatePipeline(call, change)
    },
    // A writer that waits for the end of safe mode must not lose its files meanwhile.
    renewLease: (call, change) => namespace.renewLease(call, change),
  } satisfies Partial<Namespace>
}

function background(namespace: Namespace) {
  return {
    beginLeaseRecovery: (fileId) => namespace.beginLeaseRecovery(fileId),
    finishLeaseRecovery: (fileId, block) => namespace.finishLeaseRecovery(fileId, block),
    forgetDeletedBlocks: (ids) => namespace.forgetDeletedBlocks(ids),
    purgeDeletedTrees: (limit) => namespace.purgeDeletedTrees(limit),
    freeSnapshots: (limit) => namespace.freeSnapshots(limit),
    endPolicyRequest: (fileId) => namespace.endPolicyRequest(fileId),
    giveUpDeletions: (request) => namespace.giveUpDeletions(request),
    // Nothing of the namespace changes: what was ordered takes effect when safe mode ends.
    orderNode: (call, change) => namespace.orderNode(call, change),
    skipNumbers: (seen) => namespace.skipNumbers(seen),
    pruneRequests: (beforeMs) => namespace.pruneRequests(beforeMs),
    onCommitted: (listener) => namespace.onCommitted(listener),
    close: () => namespace.close(),
  } satisfies Partial<Namespace>
}
