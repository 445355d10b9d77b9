/**
 * Applies edits: the only code that changes the tables of the namespace, for a change made now and for a replay alike.
 * It decides nothing; an edit that does not fit the store is a bug of ours.
 */
import { present } from '../../../../shared/assert.js'
import { crashPoint } from '../../../../shared/crash-point.js'
import {
  type BlockId,
  type Epoch,
  type InodeId,
  ROOT_INODE_ID,
  transactionId,
} from '../../../../shared/ids.js'
import { decodeAcl } from '../../../storage/acl-texts.js'
import { type Inode, NO_PARENT } from '../../../storage/inode-store.js'
import { type State, unformattedState } from '../../../storage/state-store.js'
import type { Stores } from '../../../storage/stores.js'
import {
  type Edit,
  encodeEdit,
  type LoggedEdit,
  type NewDirectory,
  type NewFile,
  type Removal,
} from '../namespace-edit.js'
import type { DeletedBlock } from '../namespace-model.js'
import { changeXAttr, setAttributes, setReplication } from './namespace-apply-attributes.js'
import { applyDeletion, keepInode } from './namespace-apply-deletions.js'
import { applyToFile, type FileEdit } from './namespace-apply-files.js'
import { applyToPolicies } from './namespace-apply-policies.js'
import { detachInode, removeInode } from './namespace-apply-removals.js'
import {
  applyToSnapshots,
  countSnapshottables,
  type SnapshotEdit,
  setSnapshottable,
} from './namespace-apply-snapshots.js'
import { DirectoryTotals } from './namespace-totals.js'
import { PastTotals } from './past-totals.js'
import { NOTHING, negative, ONE_DIRECTORY, ONE_FILE, under, weightOf } from './tree-weight.js'
import { VersionKeeper } from './version-keeper.js'

/** What block management must hear of. */
export interface ReplicaEffects {
  blocks: BlockId[]
  deletedBlocks: DeletedBlock[]
}

export class EditApplier {
  readonly stores: Stores
  readonly totals: DirectoryTotals
  readonly versions: VersionKeeper
  /** What only snapshots show. */
  readonly past: PastTotals
  /** Replaced as a whole when a change or a batch is undone. */
  state: State
  effects: ReplicaEffects = { blocks: [], deletedBlocks: [] }

  constructor(stores: Stores) {
    this.stores = stores
    this.totals = new DirectoryTotals(stores)
    this.versions = new VersionKeeper(stores, () => this.state.lastTransaction)
    this.past = new PastTotals(stores, this.versions)
    this.state = stores.state.find() ?? unformattedState()
  }

  /**
   * Appends the edit to the log under the next transaction id and makes it so.
   * @param request the client's request that this answers
   */
  apply(edit: LoggedEdit, timeMs: number, request = edit.request): void {
    this.state.lastTransaction += 1
    this.stores.edits.append({
      id: transactionId(this.state.lastTransaction),
      timeMs,
      operation: edit.op,
      arguments: encodeEdit(edit, request),
    })
    crashPoint('change.logged', edit.op)
    this.#change(edit, timeMs)
    if (request === undefined) return
    const { client, call, user, operation, result } = request
    this.stores.requests.put({
      clientId: client,
      callId: call,
      user,
      operation,
      timeMs,
      result: JSON.stringify(result),
    })
  }

  /** Writes what was only counted so far; to be called before each commit. */
  flush(): void {
    this.totals.write()
    this.stores.state.put(this.state)
  }

  #change(edit: Edit, timeMs: number): void {
    switch (edit.op) {
      case 'format':
      case 'open':
      case 'restored':
        this.#begin(edit, timeMs)
        return
      case 'mkdirs':
        for (const directory of edit.directories) this.#addDirectory(directory, timeMs)
        return
      case 'create':
        if (edit.replaced !== undefined) this.unlink(edit.replaced, timeMs)
        for (const directory of edit.directories) this.#addDirectory(directory, timeMs)
        this.#addFile(edit.file, timeMs)
        this.stores.leases.put({
          inodeId: edit.file.id,
          holder: edit.holder,
          clientMachine: edit.machine,
          recovery: undefined,
          truncateBytes: undefined,
        })
        return
      case 'rename':
        this.#rename(edit, timeMs)
        return
      case 'delete':
      case 'undelete':
      case 'giveUp':
      case 'purge':
        applyDeletion(this, edit, timeMs)
        return
      case 'setPermission':
        setAttributes(this, this.inode(edit.inode), { permission: edit.mode })
        return
      case 'setStoragePolicy':
      case 'satisfyStoragePolicy':
      case 'policySatisfied':
        applyToPolicies(this, edit)
        return
      case 'setAcl':
        setAttributes(this, this.inode(edit.inode), {
          permission: edit.mode,
          acl: edit.acl === null ? undefined : decodeAcl(edit.acl),
        })
        return
      case 'setXAttr':
      case 'removeXAttr':
        changeXAttr(this, edit)
        return
      case 'setQuota':
        this.stores.quotas.put(edit.inode, {
          names: edit.names ?? undefined,
          spaceBytes: edit.space ?? undefined,
          typeSpaceBytes: edit.typeSpace,
        })
        return
      case 'setOwner':
        setAttributes(this, this.inode(edit.inode), { owner: edit.owner, group: edit.group })
        return
      case 'setTimes':
        setAttributes(this, this.inode(edit.inode), {
          modificationTimeMs: edit.modified,
          accessTimeMs: edit.accessed,
        })
        return
      case 'setReplication':
        setReplication(this, edit.inode, edit.replication)
        return
      case 'forget':
      case 'orderNode':
      case 'pruneRequests':
      case 'skip':
        this.#keepRecord(edit)
        return
      case 'allowSnapshot':
      case 'disallowSnapshot':
      case 'createSnapshot':
      case 'renameSnapshot':
      case 'deleteSnapshot':
      case 'freeSnapshot':
        applyToSnapshots(this, edit satisfies SnapshotEdit, timeMs)
        return
      default:
        // What is left is about the contents of files; the compiler checks that nothing else is.
        applyToFile(this, edit satisfies FileEdit, timeMs)
        if (!('inode' in edit)) return
        this.reserve(edit.inode)
        this.past.recountFile(edit.inode)
        return
    }
  }

  /** What is kept beside the tree. */
  #keepRecord(
    edit: Extract<Edit, { op: 'forget' | 'orderNode' | 'pruneRequests' | 'skip' }>,
  ): void {
    if (edit.op === 'orderNode') this.stores.nodeOrders.set(edit.node, edit.order ?? undefined)
    else if (edit.op === 'pruneRequests') this.stores.requests.pruneBefore(edit.beforeMs)
    else if (edit.op === 'skip') {
      this.state.nextBlock = Math.max(this.state.nextBlock, edit.nextBlock)
      this.state.nextGeneration = Math.max(this.state.nextGeneration, edit.nextGeneration)
    } else for (const id of edit.blocks) this.stores.blocks.forget(id)
  }

  /** The inode that an edit speaks of. */
  inode(id: InodeId): Inode {
    return present(this.stores.inodes.get(id), `an edit speaks of inode ${id}, which exists`)
  }

  /** A file's length became known or changed: the directories above it count it. */
  resizeFile(
    id: InodeId,
    lengthBytes: number,
    change: { readonly isOpen: boolean; readonly modificationTimeMs: number },
  ): void {
    const file = this.inode(id)
    const { isOpen, modificationTimeMs } = change
    this.versions.keep(file)
    this.stores.inodes.setFileState(id, { lengthBytes, isOpen, modificationTimeMs })
    const added = lengthBytes - file.lengthBytes
    if (added === 0) return
    this.versions.keepUpwards(file.parent)
    const weight = { ...NOTHING, lengthBytes: added, spaceBytes: added * file.replication }
    this.totals.add(file.parent, under(file.policy, weight))
  }

  /**
   * An open file counts for a whole block where it is being written, whatever of it is there already: to be called when
   * anything about its blocks has changed.
   */
  reserve(id: InodeId): void {
    const file = this.stores.inodes.get(id)
    if (file === undefined) return
    const last = file.isOpen ? this.stores.blocks.lastOfFile(id, 1)[0] : undefined
    const isGrowing = last?.state === 'under-construction'
    const reservedBytes = isGrowing ? Math.max(0, file.blockSizeBytes - last.lengthBytes) : 0
    if (reservedBytes === file.reservedBytes) return
    this.versions.keep(file)
    this.versions.keepUpwards(file.parent)
    this.stores.inodes.setReserved(id, reservedBytes)
    const added = reservedBytes - file.reservedBytes
    const weight = { ...NOTHING, reservedBytes: added, spaceBytes: added * file.replication }
    this.totals.add(file.parent, under(file.policy, weight))
  }

  /** A life of the namespace begins, or goes on. */
  #begin(edit: Extract<Edit, { op: 'format' | 'open' | 'restored' }>, timeMs: number): void {
    if (edit.op === 'format') this.#format(edit, timeMs)
    else this.state.epoch = edit.epoch as Epoch
    if (edit.op !== 'restored') return
    const { transaction: lastTransaction, nextInode, nextBlock, nextGeneration } = edit
    Object.assign(this.state, { lastTransaction, nextInode, nextBlock, nextGeneration })
  }

  #format(edit: Extract<Edit, { op: 'format' }>, timeMs: number): void {
    Object.assign(this.state, {
      clusterId: edit.clusterId,
      blockPoolId: edit.blockPoolId,
      createdMs: timeMs,
    })
    this.stores.inodes.insert({
      id: ROOT_INODE_ID,
      parent: NO_PARENT,
      name: '',
      kind: 'directory',
      permission: 0o755,
      owner: edit.owner,
      group: edit.group,
      isOpen: false,
      replication: 0,
      blockSizeBytes: 0,
      acl: undefined,
      policy: 0,
      since: 0,
      timeMs,
    })
  }

  #addDirectory(directory: NewDirectory, timeMs: number): void {
    this.#link(directory, timeMs, {
      kind: 'directory',
      isOpen: false,
      replication: 0,
      blockSizeBytes: 0,
      policy: 0,
    })
  }

  #addFile(file: NewFile, timeMs: number): void {
    this.#link(file, timeMs, {
      kind: 'file',
      isOpen: true,
      replication: file.replication,
      blockSizeBytes: file.blockSize,
      policy: file.policy ?? 0,
    })
  }

  #link(
    inode: NewDirectory,
    timeMs: number,
    rest: Pick<Inode, 'kind' | 'isOpen' | 'replication' | 'blockSizeBytes' | 'policy'>,
  ): void {
    const { id, parent, name, mode: permission, owner, group } = inode
    const acl = inode.acl === undefined ? undefined : decodeAcl(inode.acl)
    this.state.nextInode = Math.max(this.state.nextInode, id + 1)
    const since = this.versions.sinceIn(parent)
    this.versions.keepUpwards(parent)
    this.stores.inodes.insert({
      id,
      parent,
      name,
      kind: rest.kind,
      permission,
      owner,
      group,
      isOpen: rest.isOpen,
      replication: rest.replication,
      blockSizeBytes: rest.blockSizeBytes,
      acl,
      policy: rest.policy,
      since,
      timeMs,
    })
    this.stores.inodes.touchDirectory(parent, 1, timeMs)
    this.totals.add(parent, rest.kind === 'file' ? ONE_FILE : ONE_DIRECTORY)
  }

  /** Takes an inode out of the tree, with all that it has or to be taken apart later. */
  unlink({ id, how, kept, disallowed = [] }: Removal, timeMs: number): void {
    for (const directory of disallowed) setSnapshottable(this, directory, false)
    const inode = this.withTotals(id)
    this.versions.keepUpwards(inode.parent)
    if (inode.parent !== NO_PARENT) this.stores.inodes.touchDirectory(inode.parent, -1, timeMs)
    this.totals.add(inode.parent, negative(weightOf(this.stores, inode)))
    this.past.depart(inode)
    if (how === 'remove') removeInode(this, inode)
    else if (kept !== undefined) keepInode(this, inode, { ...kept, deletedMs: timeMs })
    else detachInode(this, inode)
    this.past.deleted(inode)
  }

  /** The inode with its totals up to date; a directory is about to change its place. */
  withTotals(id: InodeId): Inode {
    const inode = this.inode(id)
    if (inode.kind === 'file') return inode
    this.totals.write()
    return this.inode(id)
  }

  #rename(edit: Extract<Edit, { op: 'rename' }>, timeMs: number): void {
    if (edit.replaced !== undefined) this.unlink(edit.replaced, timeMs)
    const inode = this.withTotals(edit.inode)
    const { snapshots } = this.stores
    const snapshottables =
      (inode.isSnapshottable ? 1 : 0) +
      (inode.kind === 'directory' ? snapshots.snapshottableBelow(inode.id) : 0)
    this.versions.keepUpwards(inode.parent)
    this.versions.keepUpwards(edit.parent)
    countSnapshottables(this, inode.id, -snapshottables)
    this.past.depart(inode)
    this.versions.keepPlace(inode)
    const isMoved = inode.parent !== edit.parent
    if (isMoved && inode.parent !== NO_PARENT) {
      this.stores.inodes.touchDirectory(inode.parent, -1, timeMs)
    }
    this.stores.inodes.touchDirectory(edit.parent, isMoved ? 1 : 0, timeMs)
    this.stores.inodes.move(inode, edit.parent, edit.name)
    countSnapshottables(this, inode.id, snapshottables)
    this.past.arrive(inode.id)
    this.past.moved(inode)
    if (!isMoved) return
    const weight = weightOf(this.stores, inode)
    this.totals.add(inode.parent, negative(weight))
    this.totals.add(edit.parent, weight)
  }
}
