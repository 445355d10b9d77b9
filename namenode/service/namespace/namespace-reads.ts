/** Reads of the namespace: each one sees a single committed state, through a connection of its own. */

import { present } from '../../../shared/assert.js'
import { DfsError } from '../../../shared/errors.js'
import {
  type BlockId,
  type DatanodeUuid,
  type InodeId,
  ROOT_INODE_ID,
  type TransactionId,
  transactionId,
} from '../../../shared/ids.js'
import type { XAttr, XAttrName } from '../../../shared/xattr.js'
import type { NodeOrder } from '../../policy/admin-state.js'
import { isRawPath, joinPath } from '../../policy/path-name.js'
import { checkAccess, EXECUTE, READ } from '../../policy/permissions.js'
import { NO_POLICY } from '../../policy/storage-policies.js'
import {
  checkReadableBySuperuser,
  checkXAttrPrivilege,
  selectXAttrs,
  visibleXAttrs,
} from '../../policy/xattr-rules.js'
import type { Database } from '../../storage/database.js'
import type { DeletionTotals } from '../../storage/deletion-store.js'
import type { StoredEdit } from '../../storage/edit-store.js'
import type { SnapshotPoint } from '../../storage/snapshot-store.js'
import { openStores, type Stores } from '../../storage/stores.js'
import type { Call } from '../access/call.js'
import { contentSummaryOf, quotaUsageOf } from './content-summaries.js'
import type { DeletedPage, DeletionReads } from './deletions.js'
import { DirectoryMemory } from './directory-memory.js'
import type {
  NamespaceChanges,
  NamespaceIdentity,
  NamespaceReads,
  NamespaceTotals,
  OpenFileReference,
} from './namespace.js'
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
} from './namespace-model.js'
import { placeBlocks } from './namespace-ranges.js'
import { toFileStatus } from './namespace-status.js'
import { policyOnPath, requireFile, Tree } from './namespace-tree.js'
import { OneMoment } from './one-moment.js'
import { isReservedDirectory, reservedPage, reservedStatus } from './reserved-directory.js'
import { pageOfDeletions } from './rules/namespace-deletions.js'
import { requireHeldFile } from './rules/namespace-leases.js'
import { inSlices, NO_SNAPSHOT_CONTENT, snapshotContent } from './snapshots/snapshot-content.js'
import {
  listSnapshots,
  listSnapshottables,
  pageOfSnapshots,
  REMAINING_COUNTED,
} from './snapshots/snapshot-listings.js'
import { pageOfDifferences, reportDifferences } from './snapshots/snapshot-reports.js'
import type {
  Difference,
  DiffPage,
  DiffQuestion,
  SnapshotContent,
  SnapshotDescription,
  SnapshotReads,
  SnapshottableDirectory,
} from './snapshots/snapshots.js'

export class NamespaceReader implements NamespaceReads {
  readonly identity: NamespaceIdentity
  protected readonly stores: Stores
  protected readonly tree: Tree
  readonly #memory = new DirectoryMemory()
  readonly #moment: OneMoment

  /** @param database a connection on which nothing is written: its data_version tells of the commits of others */
  constructor(database: Database, identity: NamespaceIdentity) {
    this.identity = identity
    this.stores = openStores(database)
    this.tree = new Tree(this.stores, 'reading', this.#memory)
    this.#moment = new OneMoment(database, (version) => this.#memory.show(version))
  }

  status(call: Call, path: string): FileStatus | undefined {
    return this.atOneMoment(() => {
      if (isReservedDirectory(path)) return reservedStatus(this.#root)
      const { target, state, inodes } = this.tree.find(path, call.principal, 'looking')
      if (target === undefined) return undefined
      return toFileStatus(target, policyOnPath(inodes), target.name, state.point)
    })
  }

  wasCarriedOut(kind: keyof NamespaceChanges, { requestId, principal }: Call): boolean {
    if (requestId === undefined) return false
    const stored = this.stores.requests.get(requestId.clientId, requestId.callId)
    return stored !== undefined && stored.operation === kind && stored.user === principal.user
  }

  list(call: Call, path: string, startAfter: string, limit: number): DirectoryPage | undefined {
    return this.atOneMoment(() => {
      if (isReservedDirectory(path)) return reservedPage(this.#root, startAfter, limit)
      const walked = this.tree.find(path, call.principal, 'using')
      const { target, state, snapshotsOf } = walked
      const policy = policyOnPath(walked.inodes)
      if (target === undefined) return undefined
      if (target.kind === 'file') {
        return { entries: [toFileStatus(target, policy, '', state.point)], remainingEntries: 0 }
      }
      checkAccess(target, joinPath(walked.components), call.principal, READ | EXECUTE)
      if (snapshotsOf !== undefined) {
        return pageOfSnapshots(this.stores, snapshotsOf, startAfter, limit)
      }
      const entries = state.list(target.id, startAfter, limit)
      const last = entries.at(-1)
      const isComplete = last === undefined || entries.length < limit
      const remainingEntries = isComplete
        ? 0
        : state.countAfter(target.id, last.name, REMAINING_COUNTED)
      return {
        entries: entries.map((it) =>
          toFileStatus(it, it.policy === 0 ? policy : it.policy, it.name, state.point),
        ),
        remainingEntries,
      }
    })
  }

  get #summaries() {
    return { stores: this.stores, tree: this.tree }
  }

  contentSummary(call: Call, path: string): ContentSummary {
    return this.atOneMoment(() => contentSummaryOf(this.#summaries, call, path))
  }

  quotaUsage(call: Call, path: string): QuotaUsage & { readonly isWhole: boolean } {
    return this.atOneMoment(() => quotaUsageOf(this.#summaries, call, path))
  }

  async snapshotContent(call: Call, path: string): Promise<SnapshotContent> {
    const walk = this.atOneMoment(() => {
      const { inodes, target, state } = this.tree.find(path, call.principal, 'using')
      const isNow = target !== undefined && state.point === undefined
      return isNow ? snapshotContent(this.stores, inodes) : undefined
    })
    return walk === undefined
      ? NO_SNAPSHOT_CONTENT
      : inSlices(() => this.atOneMoment(() => walk.next()))
  }

  fileBlocks(call: Call, path: string, offsetBytes: number, lengthBytes: number): FileBlocks {
    const negative = offsetBytes < 0 ? 'offset' : lengthBytes < 0 ? 'length' : undefined
    if (negative !== undefined) {
      const text = `Negative ${negative} is not supported. File: ${path}`
      throw new DfsError('JAVA_ILLEGAL_ARGUMENT', text)
    }
    return this.atOneMoment(() => {
      const walked = this.tree.find(path, call.principal, 'using')
      const file = requireFile(walked)
      checkAccess(file, joinPath(walked.components), call.principal, READ)
      const { state } = walked
      if (call.principal.isSuperuser) {
        checkReadableBySuperuser(state.xattrsOf(file.id), call.principal)
      }
      const blocks = state.blocksOfFile(file.id)
      const status = toFileStatus(file, policyOnPath(walked.inodes), file.name, state.point)
      return { status, ...placeBlocks(blocks, offsetBytes, lengthBytes) }
    })
  }

  checkAccess(call: Call, path: string, access: number): void {
    this.atOneMoment(() => {
      const { target, components } = this.tree.find(path, call.principal, 'using')
      if (target === undefined) throw new DfsError('NOT_FOUND', 'Path not found')
      checkAccess(target, joinPath(components), call.principal, access)
    })
  }

  isFileClosed(call: Call, path: string): boolean {
    return this.atOneMoment(
      () => !requireFile(this.tree.find(path, call.principal, 'using')).isOpen,
    )
  }

  aclStatus(call: Call, path: string): AclStatus {
    return this.atOneMoment(() => {
      const { target, components } = this.tree.find(path, call.principal, 'using')
      if (target === undefined) {
        throw new DfsError('NOT_FOUND', `cannot find ${joinPath(components)}`)
      }
      const { owner, group, permission, acl } = target
      return { owner, group, permission, entries: acl ?? [] }
    })
  }

  storagePolicy(call: Call, path: string): number {
    return this.atOneMoment(() => {
      const { target, components, inodes } = this.tree.find(path, call.principal, 'using')
      const found = joinPath(components)
      if (target === undefined) {
        throw new DfsError('NOT_FOUND', `File/Directory does not exist: ${found}`)
      }
      checkAccess(target, found, call.principal, READ)
      return policyOnPath(inodes)
    })
  }

  xattrs(call: Call, path: string, wanted: readonly XAttrName[]): readonly XAttr[] {
    const { principal } = call
    const view = { principal, isRaw: isRawPath(path) }
    for (const name of wanted) checkXAttrPrivilege(name, view)
    return this.atOneMoment(() => {
      const { target, components, state } = this.tree.find(path, principal, 'using')
      const found = joinPath(components)
      if (target === undefined) throw new DfsError('NOT_FOUND', `cannot find ${found}`)
      checkAccess(target, found, principal, READ)
      return selectXAttrs(visibleXAttrs(state.xattrsOf(target.id), view), wanted)
    })
  }

  openFile(call: Call, reference: OpenFileReference) {
    return this.atOneMoment(() => {
      const { file } = requireHeldFile(
        { stores: this.stores, tree: this.tree },
        reference,
        call.principal,
      )
      const blocks = this.stores.blocks.lastOfFile(file.id, 2).reverse()
      return { status: toFileStatus(file, this.tree.policyOf(file)), blocks }
    })
  }

  block(id: BlockId): BlockRecord | undefined {
    return this.stores.blocks.get(id)
  }

  blocksAfter(after: BlockId | 0, limit: number): readonly BlockRecord[] {
    return this.stores.blocks.after(after, limit)
  }

  blocksOfFile(id: InodeId, snapshot?: SnapshotPoint): readonly BlockRecord[] {
    return snapshot === undefined
      ? this.stores.blocks.ofFile(id)
      : this.atOneMoment(() => this.stores.versions.blocksOfFile(snapshot, id))
  }

  fileStatusById(id: InodeId): FileStatus | undefined {
    return this.atOneMoment(() => {
      const inode = this.stores.inodes.get(id)
      const isThere = inode !== undefined && this.tree.isAttached(id)
      return isThere ? toFileStatus(inode, this.tree.policyOf(inode)) : undefined
    })
  }

  pathOf(id: InodeId): string | undefined {
    return this.atOneMoment(() => this.tree.pathOf(id))
  }

  openFilesAfter(after: InodeId | 0, limit: number): readonly OpenFile[] {
    return this.atOneMoment(() => {
      const files: OpenFile[] = []
      let position = after
      while (files.length < limit) {
        const leases = this.stores.leases.after(position, limit - files.length)
        for (const { inodeId, holder, clientMachine } of leases) {
          const path = this.tree.pathOf(inodeId)
          if (path !== undefined) files.push({ inodeId, path, holder, clientMachine })
          position = inodeId
        }
        if (leases.length === 0) break
      }
      return files
    })
  }

  policyRequestsAfter(after: InodeId | 0, limit: number): readonly InodeId[] {
    return this.stores.policyRequests.after(after, limit)
  }

  childrenOf(id: InodeId, after: string, limit: number) {
    return this.atOneMoment(() =>
      this.tree.isAttached(id) ? this.tree.childrenOf(id, after, limit) : [],
    )
  }

  keptChildrenOf(id: InodeId, after: string, limit: number) {
    return this.atOneMoment(() => this.tree.childrenOf(id, after, limit))
  }

  policyOfInode(id: InodeId): number {
    if (!this.stores.inodes.hasPolicies) return NO_POLICY
    return this.atOneMoment(() => {
      const inode = this.stores.inodes.get(id)
      return inode === undefined ? NO_POLICY : this.tree.policyOf(inode)
    })
  }

  deletedBlocksAfter(after: BlockId | 0, limit: number): readonly DeletedBlock[] {
    return this.stores.blocks.deletedAfter(after, limit)
  }

  totals(): NamespaceTotals {
    return this.atOneMoment(() => {
      const { tree } = this.#root
      const { files, directories, lengthBytes } = tree
      const { blocks } = this.stores.state.get()
      return { files, directories: directories + 1, blocks, lengthBytes }
    })
  }

  nodeOrders(): ReadonlyMap<DatanodeUuid, NodeOrder> {
    return this.stores.nodeOrders.all()
  }

  snapshottableDirectories(call: Call): readonly SnapshottableDirectory[] {
    return this.atOneMoment(() => listSnapshottables(this.stores, this.tree, call.principal))
  }

  snapshots(call: Call, path: string): readonly SnapshotDescription[] {
    return this.atOneMoment(() => listSnapshots(this.stores, this.tree, call.principal, path))
  }

  snapshotDiff(call: Call, question: DiffQuestion): readonly Difference[] {
    return this.atOneMoment(() =>
      reportDifferences(this.stores, this.tree, call.principal, question),
    )
  }

  snapshotDiffPage(
    call: Call,
    question: Parameters<SnapshotReads['snapshotDiffPage']>[1],
  ): DiffPage {
    return this.atOneMoment(() =>
      pageOfDifferences(this.stores, this.tree, call.principal, question),
    )
  }

  deletions(call: Call, question: Parameters<DeletionReads['deletions']>[1]): DeletedPage {
    return this.atOneMoment(() => pageOfDeletions(this.stores, call.principal, question))
  }

  deletionTotals(): DeletionTotals {
    return this.stores.deletions.totals()
  }

  isKeptForUndo(id: InodeId): boolean {
    return this.atOneMoment(() => {
      const top = this.tree.topOf(id)
      return top !== undefined && this.stores.deletions.has(top)
    })
  }

  lastTransactionId(): TransactionId {
    return transactionId(this.stores.state.get().lastTransaction)
  }

  editsAfter(after: number, limit: number): readonly StoredEdit[] {
    return this.stores.edits.after(after, limit)
  }

  /** Runs `read` on one committed state. It must not be asynchronous: an open snapshot keeps the WAL from shrinking. */
  atOneMoment<T>(read: () => T): T {
    return this.#moment.run(read)
  }

  readTogether(work: () => void): void {
    this.#moment.together(work)
  }

  get #root() {
    return present(this.stores.inodes.get(ROOT_INODE_ID), 'the root exists')
  }
}
