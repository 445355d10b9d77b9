/**
 * The namespace as its callers see it: the seam between the faces, the block management and the store. Reads answer at
 * once from the last committed state; changes resolve when they are durable. Every semantic (permissions, exceptions,
 * order of checks) lives behind this interface, once.
 */

import type { AclEntry } from '../../../shared/acl.js'
import type {
  Block,
  BlockId,
  DatanodeUuid,
  Epoch,
  GenerationStamp,
  InodeId,
  TransactionId,
} from '../../../shared/ids.js'
import type { XAttr, XAttrName } from '../../../shared/xattr.js'
import type { NodeOrder } from '../../policy/admin-state.js'
import type { QuotaRequest } from '../../policy/quotas.js'
import type { StoredEdit } from '../../storage/edit-store.js'
import type { SnapshotPoint } from '../../storage/snapshot-store.js'
import type { Call } from '../access/call.js'
import type { DeletionChanges, DeletionReads } from './deletions.js'
import type { ExpiredLease } from './expired-leases.js'
import type {
  AclStatus,
  BlockRecord,
  ContentSummary,
  DeletedBlock,
  DirectoryPage,
  FileBlocks,
  FileStatus,
  OpenFile,
  QuotaUsage,
  SeenNumbers,
} from './namespace-model.js'
import type { SnapshotChanges, SnapshotReads } from './snapshots/snapshots.js'

export interface CreateArguments {
  readonly path: string
  readonly permission: number
  /** The mode before the client's umask: counts when the parent has a default ACL. */
  readonly unmaskedPermission?: number | undefined
  readonly holder: string
  readonly create: boolean
  readonly overwrite: boolean
  readonly createParent: boolean
  readonly replication: number
  readonly blockSizeBytes: number
  /** Name of a storage policy of its own; without one that of the directory holds. */
  readonly policy?: string | undefined
}

/** Names an open file: by id when the client knows it (it survives a rename), else by path. */
export interface OpenFileReference {
  readonly path: string
  readonly fileId: InodeId | undefined
  readonly holder: string
}

/** What to do to an ACL; `entries` where the action takes some. */
export interface AclChange {
  readonly path: string
  readonly action: 'modify' | 'remove' | 'replace' | 'remove-all' | 'remove-default'
  readonly entries: readonly AclEntry[]
}

export interface XAttrChange {
  readonly path: string
  readonly xattr: XAttr
  /** May be new. */
  readonly create: boolean
  /** May be there already. */
  readonly replace: boolean
}

export interface AllocatedBlock {
  readonly block: BlockRecord
  readonly offsetBytes: number
  readonly blockSizeBytes: number
  /** true when this is the answer to a repeated request: the same empty last block again. */
  readonly isRepeat: boolean
}

export interface Truncation {
  readonly fileId: InodeId
  /** false: the last block is still being cut, and the file is open until that is done. */
  readonly isDone: boolean
}

export interface NamespaceIdentity {
  readonly clusterId: string
  readonly blockPoolId: string
  readonly epoch: Epoch
  readonly createdMs: number
}

export interface NamespaceTotals {
  readonly files: number
  readonly directories: number
  readonly blocks: number
  readonly lengthBytes: number
}

/** Reads. Paths are absolute; a trailing slash is tolerated. Permissions of `call.principal` are checked. */
export interface NamespaceReads extends SnapshotReads, DeletionReads {
  readonly identity: NamespaceIdentity
  status(call: Call, path: string): FileStatus | undefined
  /** undefined when nothing is at `path`; a file lists as itself with an empty name. */
  list(call: Call, path: string, startAfter: string, limit: number): DirectoryPage | undefined
  contentSummary(call: Call, path: string): ContentSummary
  /** What quotas count; `isWhole` says whether that is all, with what only snapshots show, as it is where there are limits. */
  quotaUsage(call: Call, path: string): QuotaUsage & { readonly isWhole: boolean }
  fileBlocks(call: Call, path: string, offsetBytes: number, lengthBytes: number): FileBlocks
  /** Throws PERMISSION_DENIED or NOT_FOUND; `access` is a mask of read 4, write 2, execute 1. */
  checkAccess(call: Call, path: string, access: number): void
  isFileClosed(call: Call, path: string): boolean
  /** Whether this very request has been: asked again, it gets its first answer. */
  wasCarriedOut(kind: keyof NamespaceChanges, call: Call): boolean
  /** Throws NOT_FOUND. */
  aclStatus(call: Call, path: string): AclStatus
  /** Id of the storage policy that holds there (policy/storage-policies.ts); 0 for none. Throws NOT_FOUND. */
  storagePolicy(call: Call, path: string): number
  /** The named attributes in their order, all that the caller sees when none is named. Throws XATTR_NOT_FOUND. */
  xattrs(call: Call, path: string, wanted: readonly XAttrName[]): readonly XAttr[]
  /** The open file and its last blocks, after checking that `holder` has its lease (texts: protocol reference 2.6). */
  openFile(
    call: Call,
    reference: OpenFileReference,
  ): { readonly status: FileStatus; readonly blocks: readonly BlockRecord[] }

  // For block management; no permissions.
  /**
   * Runs reads that all see the same state, and each a third cheaper than alone. `read` must not await, nor take longer than
   * others can wait. May be nested.
   */
  atOneMoment<T>(read: () => T): T
  /**
   * Runs `work`, whose reads see the state of its first one: for calls that came together, which so cost a tenth less.
   * Nothing is opened when it reads nothing. It must not await.
   */
  readTogether(work: () => void): void
  block(id: BlockId): BlockRecord | undefined
  /** Up to `limit` blocks with an id above `after`, in order of id. */
  blocksAfter(after: BlockId | 0, limit: number): readonly BlockRecord[]
  /** @param snapshot as this snapshot shows the file; without it, as it is now */
  blocksOfFile(id: InodeId, snapshot?: SnapshotPoint): readonly BlockRecord[]
  fileStatusById(id: InodeId): FileStatus | undefined
  /** undefined when the inode is gone or no longer linked to the root. */
  pathOf(id: InodeId): string | undefined
  /** Files with an inode id above `after` whose writer has not closed them. */
  openFilesAfter(after: InodeId | 0, limit: number): readonly OpenFile[]
  /** Inodes with an id above `after` whose replicas somebody asked to be moved to where their policy wants them. */
  policyRequestsAfter(after: InodeId | 0, limit: number): readonly InodeId[]
  /** Up to `limit` entries of a directory with a name above `after`; none for an inode that is gone. */
  childrenOf(
    id: InodeId,
    after: string,
    limit: number,
  ): 'file' | readonly Pick<FileStatus, 'id' | 'name' | 'kind'>[]
  /** Id of the storage policy that holds for an inode as it is now; 0 for none and for inodes that are gone. */
  policyOfInode(id: InodeId): number
  deletedBlocksAfter(after: BlockId | 0, limit: number): readonly DeletedBlock[]
  totals(): NamespaceTotals
  /** What operators have ordered, expired maintenance included. */
  nodeOrders(): ReadonlyMap<DatanodeUuid, NodeOrder>
  lastTransactionId(): TransactionId
  /** The log of changes: up to `limit` edits with ids above `after`, in order; the oldest are forgotten in time. */
  editsAfter(after: number, limit: number): readonly StoredEdit[]
}

/** Changes. Each is one transaction; a rejected promise means that nothing happened. */
export interface NamespaceChanges extends SnapshotChanges, DeletionChanges {
  mkdirs(
    call: Call,
    change: {
      path: string
      permission: number
      /** As in `CreateArguments`. */
      unmaskedPermission?: number | undefined
      createParent: boolean
    },
  ): Promise<boolean>
  create(call: Call, change: CreateArguments): Promise<FileStatus>
  /** Allocates the next block and commits `previous`. */
  allocateBlock(
    call: Call,
    change: OpenFileReference & { previous: Block | undefined },
  ): Promise<AllocatedBlock>
  abandonBlock(call: Call, change: OpenFileReference & { block: Block }): Promise<void>
  /** Commits `last` and closes the file. Closing a file again with the same last block succeeds. */
  completeFile(
    call: Call,
    change: OpenFileReference & { last: Block | undefined },
  ): Promise<FileStatus>
  /** Closes the file if it has no blocks, of which somebody would have to ask the datanodes; answers false if it has. */
  completeEmptyFile(call: Call, change: OpenFileReference): Promise<boolean>
  /** Records the length that readers of the open file may see. */
  fsync(call: Call, change: OpenFileReference & { lastBlockLengthBytes: number }): Promise<void>
  /** Reserves a new generation stamp; the block keeps its old one until `updatePipeline`. */
  reserveGenerationStamp(
    call: Call,
    change: { block: Block; holder: string },
  ): Promise<GenerationStamp>
  updatePipeline(
    call: Call,
    change: { oldBlock: Block; newBlock: Block; holder: string },
  ): Promise<void>
  /** Reopens a closed file for `holder`. */
  append(
    call: Call,
    change: { path: string; holder: string; newBlock: boolean },
  ): Promise<{ status: FileStatus; lastBlock: BlockRecord | undefined }>
  /**
   * Shortens a closed file. Inside a block the file stays open, held by `holder`, until its datanodes have cut their
   * replicas: whoever calls this starts that recovery.
   */
  truncate(
    call: Call,
    change: { path: string; newLengthBytes: number; holder: string },
  ): Promise<Truncation>
  /** Appends the blocks of `sources` to `target`; the sources vanish. */
  concat(call: Call, change: { target: string; sources: readonly string[] }): Promise<void>
  renewLease(call: Call, change: { holder: string }): Promise<void>
  rename(call: Call, change: { from: string; to: string }): Promise<boolean>
  /** @param change.toTrash to be deleted from there by others: asks for the rights of a deletion, too */
  renameStrictly(
    call: Call,
    change: { from: string; to: string; overwrite: boolean; toTrash?: boolean },
  ): Promise<void>
  /** @param change.isFinal it cannot be undone: for what has been kept once, in the trash */
  delete(
    call: Call,
    change: { path: string; recursive: boolean; isFinal?: boolean },
  ): Promise<boolean>
  setReplication(call: Call, change: { path: string; replication: number }): Promise<boolean>
  setPermission(call: Call, change: { path: string; permission: number }): Promise<void>
  changeAcl(call: Call, change: AclChange): Promise<void>
  /** Superuser only. */
  setQuota(call: Call, change: QuotaRequest & { path: string }): Promise<void>
  /** @param change.policy its name, undefined for none of its own any more */
  setStoragePolicy(call: Call, change: { path: string; policy: string | undefined }): Promise<void>
  /** Asks that the replicas of a file, or of all below a directory, are moved to where their policy wants them. */
  satisfyStoragePolicy(call: Call, change: { path: string }): Promise<void>
  setXAttr(call: Call, change: XAttrChange): Promise<void>
  removeXAttr(call: Call, change: { path: string; xattr: XAttrName }): Promise<void>
  /** undefined keeps the value. */
  setOwner(
    call: Call,
    change: { path: string; owner: string | undefined; group: string | undefined },
  ): Promise<void>
  /** undefined keeps the value. */
  setTimes(
    call: Call,
    change: {
      path: string
      modificationTimeMs: number | undefined
      accessTimeMs: number | undefined
    },
  ): Promise<void>

  /** Superuser only; undefined takes an order back. */
  orderNode(call: Call, change: { node: DatanodeUuid; order: NodeOrder | undefined }): Promise<void>

  // For background work of the namenode itself.
  /** Starts the recovery of the last block of an abandoned file: a new stamp that fences its old writer. */
  beginLeaseRecovery(fileId: InodeId): Promise<
    | { readonly kind: 'closed' }
    | {
        readonly kind: 'recovering'
        readonly block: BlockRecord
        readonly newGenerationStamp: GenerationStamp
        /** The block is to be cut to this length; undefined when its replicas are to agree on one. */
        readonly truncateBytes: number | undefined
        /** These bytes are to be copied into this new block, since a snapshot shows the old one. */
        readonly copyTo?: BlockId | undefined
      }
  >
  /** Closes the file with the length on which its datanodes agreed; length 0 drops the block. */
  finishLeaseRecovery(fileId: InodeId, block: Block): Promise<void>
  /** Forgets blocks whose replicas are all gone. */
  forgetDeletedBlocks(ids: readonly BlockId[]): Promise<void>
  /** Removes up to `limit` inodes of deleted trees; false when there is nothing left. */
  purgeDeletedTrees(limit: number): Promise<boolean>
  /** Frees about `limit` versions that only deleted snapshots showed; false when there is nothing left. */
  freeSnapshots(limit: number): Promise<boolean>
  /** Ends a request to satisfy a storage policy: it is done, or its inode is gone. */
  endPolicyRequest(fileId: InodeId): Promise<void>
  /**
   * A datanode holds these numbers: none up to them is given out any more. They are higher than what this namespace gave out
   * when it is an older copy of itself (fault 43).
   */
  skipNumbers(seen: SeenNumbers): Promise<void>
  /** Prunes repeated-request answers older than `beforeMs`. */
  pruneRequests(beforeMs: number): Promise<void>
}

/** Leases whose holder has been silent: for the lease monitor. */
export interface NamespaceLeases {
  /**
   * Holders not renewed since `sinceMonotonicMs`, with their open files. Of many files under recovery each call looks at a
   * part; calls that follow each other come to all.
   */
  expiredLeases(sinceMonotonicMs: number, limit: number): readonly ExpiredLease[]
}

export interface Namespace extends NamespaceReads, NamespaceChanges, NamespaceLeases {
  /** Called after each commit with the inodes and blocks that changed: block management re-examines them. */
  onCommitted(listener: (change: CommittedChange) => void): void
  close(): Promise<void>
}

/** What of a committed batch concerns replicas. */
export interface CommittedChange {
  readonly transactionId: TransactionId
  /** Blocks that were committed, or whose replication target changed. */
  readonly blocks: readonly BlockId[]
  readonly deletedBlocks: readonly DeletedBlock[]
}
