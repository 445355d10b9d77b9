/**
 * The namespace as the faces get it: the same, but changes are refused in safe mode. A wrapper and not a check in each
 * handler, so that no face can forget it; block management and loops use the namespace itself.
 */
import type { AclChange, Namespace } from './namespace.js'
import type { SafeMode } from './safe-mode.js'

/** The texts are Hadoop's, with their irregular spaces. */
export function guardedNamespace(namespace: Namespace, safeMode: SafeMode): Namespace {
  return {
    ...reads(namespace),
    ...changes(namespace, safeMode),
    ...snapshotChanges(namespace, safeMode),
    ...continuations(namespace, safeMode),
    ...background(namespace),
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

function changes(namespace: Namespace, safeMode: SafeMode) {
  return {
    mkdirs: async (call, change) => {
      safeMode.requireOff(`Cannot create directory ${change.path}`)
      return namespace.mkdirs(call, change)
    },
    create: async (call, change) => {
      safeMode.requireOff(`Cannot create file${change.path}`)
      return namespace.create(call, change)
    },
    allocateBlock: async (call, change) => {
      safeMode.requireOff(`Cannot add block to ${change.path}`)
      return namespace.allocateBlock(call, change)
    },
    append: async (call, change) => {
      safeMode.requireOff(`Cannot append to file${change.path}`)
      return namespace.append(call, change)
    },
    truncate: async (call, change) => {
      safeMode.requireOff(`Cannot truncate for ${change.path}`)
      return namespace.truncate(call, change)
    },
    concat: async (call, change) => {
      safeMode.requireOff(`Cannot concat ${change.target}`)
      return namespace.concat(call, change)
    },
    rename: async (call, change) => {
      safeMode.requireOff(`Cannot rename ${change.from}`)
      return namespace.rename(call, change)
    },
    renameStrictly: async (call, change) => {
      safeMode.requireOff(`Cannot rename ${change.from}`)
      return namespace.renameStrictly(call, change)
    },
    delete: async (call, change) => {
      safeMode.requireOff(`Cannot delete ${change.path}`)
      return namespace.delete(call, change)
    },
    undelete: async (call, change) => {
      safeMode.requireOff(`Cannot undo the deletion of ${change.path ?? 'a file'}`)
      return namespace.undelete(call, change)
    },
    setReplication: async (call, change) => {
      safeMode.requireOff(`Cannot set replication for ${change.path}`)
      return namespace.setReplication(call, change)
    },
    setPermission: async (call, change) => {
      safeMode.requireOff(`Cannot set permission for ${change.path}`)
      return namespace.setPermission(call, change)
    },
    changeAcl: async (call, change) => {
      safeMode.requireOff(`${ACL_CHANGES[change.action]} on ${change.path}`)
      return namespace.changeAcl(call, change)
    },
    setQuota: async (call, change) => {
      safeMode.requireOff(`Cannot set quota on ${change.path}`)
      return namespace.setQuota(call, change)
    },
    setStoragePolicy: async (call, change) => {
      const verb = change.policy === undefined ? 'unset' : 'set'
      safeMode.requireOff(`Cannot ${verb} storage policy for ${change.path}`)
      return namespace.setStoragePolicy(call, change)
    },
    satisfyStoragePolicy: async (call, change) => {
      safeMode.requireOff(`Cannot satisfy storage policy for ${change.path}`)
      return namespace.satisfyStoragePolicy(call, change)
    },
    setXAttr: async (call, change) => {
      safeMode.requireOff(`Cannot set XAttr on ${change.path}`)
      return namespace.setXAttr(call, change)
    },
    removeXAttr: async (call, change) => {
      safeMode.requireOff(`Cannot remove XAttr entry on ${change.path}`)
      return namespace.removeXAttr(call, change)
    },
    setOwner: async (call, change) => {
      safeMode.requireOff(`Cannot set owner for ${change.path}`)
      return namespace.setOwner(call, change)
    },
    setTimes: async (call, change) => {
      safeMode.requireOff(`Cannot set times ${change.path}`)
      return namespace.setTimes(call, change)
    },
  } satisfies Partial<Namespace>
}

function snapshotChanges(namespace: Namespace, safeMode: SafeMode) {
  return {
    allowSnapshot: async (call, change) => {
      safeMode.requireOff(`Cannot allow snapshot for ${change.path}`)
      return namespace.allowSnapshot(call, change)
    },
    disallowSnapshot: async (call, change) => {
      safeMode.requireOff(`Cannot disallow snapshot for ${change.path}`)
      return namespace.disallowSnapshot(call, change)
    },
    createSnapshot: async (call, change) => {
      safeMode.requireOff(`Cannot create snapshot for ${change.path}`)
      return namespace.createSnapshot(call, change)
    },
    renameSnapshot: async (call, change) => {
      safeMode.requireOff(`Cannot rename snapshot for ${change.path}`)
      return namespace.renameSnapshot(call, change)
    },
    deleteSnapshot: async (call, change) => {
      safeMode.requireOff(`Cannot delete snapshot for ${change.path}`)
      return namespace.deleteSnapshot(call, change)
    },
  } satisfies Partial<Namespace>
}

function continuations(namespace: Namespace, safeMode: SafeMode) {
  return {
    abandonBlock: async (call, change) => {
      safeMode.requireNotManual(
        `Cannot abandon block blk_${change.block.id}_${change.block.generationStamp} for file${change.path}`,
      )
      return namespace.abandonBlock(call, change)
    },
    completeFile: async (call, change) => {
      safeMode.requireNotManual(`Cannot complete file ${change.path}`)
      return namespace.completeFile(call, change)
    },
    fsync: async (call, change) => {
      safeMode.requireNotManual(`Cannot fsync file ${change.path}`)
      return namespace.fsync(call, change)
    },
    reserveGenerationStamp: async (call, change) => {
      safeMode.requireNotManual(`Cannot get a new GS for block blk_${change.block.id}`)
      return namespace.reserveGenerationStamp(call, change)
    },
    updatePipeline: async (call, change) => {
      safeMode.requireNotManual('Pipeline not updated')
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
