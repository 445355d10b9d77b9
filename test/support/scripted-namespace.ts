/** A namespace that says what a test tells it to: for tests of block management, which needs only blocks and leases. */

import type { NodeOrder } from '../../namenode/policy/admin-state.js'
import type { CommittedChange, Namespace } from '../../namenode/service/namespace/namespace.js'
import type {
  BlockRecord,
  DeletedBlock,
  FileStatus,
  SeenNumbers,
} from '../../namenode/service/namespace/namespace-model.js'
import {
  type Block,
  type BlockId,
  blockId,
  type DatanodeUuid,
  epoch,
  generationStamp,
  type InodeId,
  inodeId,
  ROOT_INODE_ID,
  transactionId,
} from '../../shared/ids.js'

const notScripted = (): never => {
  throw new Error('not scripted')
}

export class ScriptedNamespace {
  readonly blocks = new Map<BlockId, BlockRecord>()
  readonly deleted = new Map<BlockId, DeletedBlock>()
  readonly forgotten: BlockId[] = []
  readonly closed: { readonly fileId: InodeId; readonly block: Block }[] = []
  expired: { readonly holder: string; readonly files: readonly InodeId[] }[] = []
  nextStamp = 5000
  epochNumber = 1
  purged = 0
  /** Files that are being truncated, and to which length of their last block. */
  readonly truncating = new Map<InodeId, number>()
  /** What datanodes reported to hold. */
  readonly skipped: SeenNumbers[] = []
  prunedBeforeMs: number | undefined
  readonly nodeOrders = new Map<DatanodeUuid, NodeOrder>()
  readonly #listeners: ((change: CommittedChange) => void)[] = []
  #nextBlock = 1073741825

  /** A file of one block, its path is `/file-<block id>`. */
  addBlock(options: Partial<BlockRecord> = {}): BlockRecord {
    const id = options.id ?? blockId(this.#nextBlock++)
    const block: BlockRecord = {
      id,
      generationStamp: generationStamp(1001),
      lengthBytes: 100,
      inodeId: inodeId(id),
      index: 0,
      state: 'committed',
      replication: 3,
      ...options,
    }
    this.blocks.set(id, block)
    return block
  }

  change(id: BlockId, change: Partial<BlockRecord>): BlockRecord {
    const block = this.blocks.get(id)
    if (block === undefined) throw new Error(`no block ${id}`)
    const next = { ...block, ...change }
    this.blocks.set(id, next)
    this.announce([id])
    return next
  }

  delete(id: BlockId): void {
    const block = this.blocks.get(id)
    if (block === undefined) throw new Error(`no block ${id}`)
    this.blocks.delete(id)
    const deleted = { blockId: id, generationStamp: block.generationStamp }
    this.deleted.set(id, deleted)
    this.announce([], [deleted])
  }

  announce(blocks: readonly BlockId[], deletedBlocks: readonly DeletedBlock[] = []): void {
    for (const listener of this.#listeners) {
      listener({ transactionId: transactionId(1), blocks, deletedBlocks })
    }
  }

  /** Ids of storage policies, by file. */
  readonly policies = new Map<InodeId, number>()

  forgetListeners(): void {
    this.#listeners.length = 0
  }

  /** The interface that block management gets. */
  face(): Namespace {
    const sorted = () => [...this.blocks.values()].sort((a, b) => a.id - b.id)
    return {
      identity: {
        clusterId: 'CID-test',
        blockPoolId: 'BP-1-127.0.0.1-1',
        epoch: epoch(this.epochNumber),
        createdMs: 0,
      },
      status: (_call, path) => (path === '/' ? this.#root() : this.#file(path)),
      list: (_call, path, startAfter, limit) => {
        if (path !== '/') return undefined
        const names = sorted()
          .map((it) => `file-${it.id}`)
          .filter((it) => it > startAfter)
        const entries = names.slice(0, limit).flatMap((it) => this.#file(`/${it}`) ?? [])
        return { entries, remainingEntries: Math.max(0, names.length - limit) }
      },
      atOneMoment: (read) => read(),
      readTogether: (work) => work(),
      block: (id) => this.blocks.get(id),
      blocksAfter: (after, limit) =>
        sorted()
          .filter((it) => it.id > after)
          .slice(0, limit),
      blocksOfFile: (id) => sorted().filter((it) => it.inodeId === id),
      deletedBlocksAfter: (after, limit) =>
        [...this.deleted.values()]
          .filter((it) => it.blockId > after)
          .sort((a, b) => a.blockId - b.blockId)
          .slice(0, limit),
      editsAfter: () => [],
      wasCarriedOut: () => false,
      totals: () => ({
        files: this.blocks.size,
        directories: 1,
        blocks: this.blocks.size,
        lengthBytes: 0,
      }),
      beginLeaseRecovery: async (fileId) => {
        const block = sorted().find((it) => it.inodeId === fileId)
        if (block === undefined || block.state === 'committed') return { kind: 'closed' }
        this.nextStamp += 1
        const newGenerationStamp = generationStamp(this.nextStamp)
        const truncateBytes = this.truncating.get(fileId)
        return { kind: 'recovering', block, newGenerationStamp, truncateBytes }
      },
      finishLeaseRecovery: async (fileId, block) => {
        this.closed.push({ fileId, block })
        if (block.lengthBytes === 0) this.blocks.delete(block.id)
        else this.change(block.id, { ...block, state: 'committed' })
      },
      forgetDeletedBlocks: async (ids) => {
        for (const id of ids) this.deleted.delete(id)
        this.forgotten.push(...ids)
      },
      purgeDeletedTrees: async () => {
        this.purged += 1
        return this.purged < 3
      },
      nodeOrders: () => this.nodeOrders,
      orderNode: async (_call, { node, order }) => {
        if (order === undefined) this.nodeOrders.delete(node)
        else this.nodeOrders.set(node, order)
      },
      pruneRequests: async (beforeMs) => {
        this.prunedBeforeMs = beforeMs
      },
      freeSnapshots: async () => false,
      skipNumbers: async (seen) => {
        this.skipped.push(seen)
      },
      giveUpDeletions: async () => ({ deletions: 0, spaceBytes: 0 }),
      expiredLeases: () => this.expired,
      onCommitted: (listener) => {
        this.#listeners.push(listener)
      },
      close: async () => {},
      lastTransactionId: () => transactionId(1),
      policyRequestsAfter: () => [],
      childrenOf: () => [],
      policyOfInode: (id) => this.policies.get(id) ?? 0,
      endPolicyRequest: async () => {},
      ...REFUSED,
    }
  }

  #root(): FileStatus {
    return { ...FILE_STATUS, kind: 'directory', id: ROOT_INODE_ID, name: '', lengthBytes: 0 }
  }

  #file(path: string): FileStatus | undefined {
    const block = this.blocks.get(blockId(Number(path.slice('/file-'.length))))
    if (block === undefined) return undefined
    return {
      ...FILE_STATUS,
      id: block.inodeId,
      name: path.slice(1),
      lengthBytes: block.lengthBytes,
      replication: block.replication,
      isUnderConstruction: block.state !== 'committed',
      hasAcl: false,
    }
  }
}

const FILE_STATUS: FileStatus = {
  kind: 'file',
  id: inodeId(1),
  name: '',
  lengthBytes: 0,
  permission: 0o644,
  owner: 'alice',
  group: 'users',
  modificationTimeMs: 0,
  accessTimeMs: 0,
  replication: 3,
  blockSizeBytes: 1024 * 1024,
  childrenCount: 0,
  isUnderConstruction: false,
  hasAcl: false,
  isSnapshottable: false,
  storagePolicy: 0,
}

const REFUSED = {
  contentSummary: notScripted,
  quotaUsage: notScripted,
  storagePolicy: notScripted,
  setStoragePolicy: notScripted,
  satisfyStoragePolicy: notScripted,
  fileBlocks: notScripted,
  checkAccess: notScripted,
  isFileClosed: notScripted,
  openFile: notScripted,
  fileStatusById: notScripted,
  pathOf: notScripted,
  openFilesAfter: notScripted,
  mkdirs: notScripted,
  create: notScripted,
  allocateBlock: notScripted,
  abandonBlock: notScripted,
  completeFile: notScripted,
  completeEmptyFile: notScripted,
  fsync: notScripted,
  reserveGenerationStamp: notScripted,
  updatePipeline: notScripted,
  append: notScripted,
  truncate: notScripted,
  concat: notScripted,
  renewLease: notScripted,
  rename: notScripted,
  renameStrictly: notScripted,
  delete: notScripted,
  setReplication: notScripted,
  setPermission: notScripted,
  setOwner: notScripted,
  aclStatus: notScripted,
  changeAcl: notScripted,
  xattrs: notScripted,
  setXAttr: notScripted,
  setQuota: notScripted,
  removeXAttr: notScripted,
  snapshottableDirectories: notScripted,
  snapshots: notScripted,
  snapshotDiff: notScripted,
  snapshotDiffPage: notScripted,
  allowSnapshot: notScripted,
  disallowSnapshot: notScripted,
  createSnapshot: notScripted,
  renameSnapshot: notScripted,
  deleteSnapshot: notScripted,
  setTimes: notScripted,
  deletions: notScripted,
  deletionTotals: notScripted,
  isKeptForUndo: notScripted,
  keptChildrenOf: notScripted,
  snapshotContent: notScripted,
  undelete: notScripted,
}
