/**
 * Applies edits: the only code that changes the tables of the namespace, for a change made now and for a replay alike.
 * It decides nothing; an edit that does not fit the store is a bug of ours.
 */
import { present } from '../../shared/assert.js'
import {
  type BlockId,
  type Epoch,
  FIRST_BLOCK_ID,
  FIRST_GENERATION_STAMP,
  type InodeId,
  ROOT_INODE_ID,
  transactionId,
} from '../../shared/ids.js'
import { isSameXAttr } from '../../shared/xattr.js'
import { NO_QUOTA } from '../policy/quotas.js'
import { decodeAcl } from '../storage/acl-texts.js'
import { type Inode, NO_PARENT, type TreeTotals } from '../storage/inode-store.js'
import type { State } from '../storage/state-store.js'
import type { Stores } from '../storage/stores.js'
import { applyToFile, type FileEdit } from './namespace-apply-files.js'
import {
  type Edit,
  encodeEdit,
  type LoggedEdit,
  type NewDirectory,
  type NewFile,
  type Removal,
} from './namespace-edit.js'
import type { DeletedBlock } from './namespace-model.js'
import { spaceOf } from './namespace-quotas.js'
import { DirectoryTotals } from './namespace-totals.js'

/** What block management must hear of. */
export interface ReplicaEffects {
  blocks: BlockId[]
  deletedBlocks: DeletedBlock[]
}

export class EditApplier {
  readonly stores: Stores
  readonly totals: DirectoryTotals
  /** Replaced as a whole when a change or a batch is undone. */
  state: State
  effects: ReplicaEffects = { blocks: [], deletedBlocks: [] }

  constructor(stores: Stores) {
    this.stores = stores
    this.totals = new DirectoryTotals(stores.inodes)
    this.state = stores.state.find() ?? unformatted()
  }

  /** Appends the edit to the log under the next transaction id and makes it so. */
  apply(edit: LoggedEdit, timeMs: number): void {
    this.state.lastTransaction += 1
    this.stores.edits.append({
      id: transactionId(this.state.lastTransaction),
      timeMs,
      operation: edit.op,
      arguments: encodeEdit(edit),
    })
    this.#change(edit, timeMs)
    if (edit.request === undefined) return
    const { client, call, user, operation, result } = edit.request
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
        this.#format(edit, timeMs)
        return
      case 'open':
        this.state.epoch = edit.epoch as Epoch
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
        this.unlink(edit.removed, timeMs)
        return
      case 'purge':
        this.#purge(edit)
        return
      case 'setPermission':
        this.#setAttributes(edit.inode, { permission: edit.mode })
        return
      case 'setAcl':
        this.#setAttributes(edit.inode, {
          permission: edit.mode,
          acl: edit.acl === null ? undefined : decodeAcl(edit.acl),
        })
        return
      case 'setXAttr':
      case 'removeXAttr':
        this.#changeXAttr(edit)
        return
      case 'setQuota':
        this.stores.quotas.put(edit.inode, {
          names: edit.names ?? undefined,
          spaceBytes: edit.space ?? undefined,
          typeSpaceBytes: edit.typeSpace,
        })
        return
      case 'setOwner':
        this.#setAttributes(edit.inode, { owner: edit.owner, group: edit.group })
        return
      case 'setTimes':
        this.#setAttributes(edit.inode, {
          modificationTimeMs: edit.modified,
          accessTimeMs: edit.accessed,
        })
        return
      case 'setReplication':
        this.#setReplication(edit.inode, edit.replication)
        return
      case 'forget':
        for (const id of edit.blocks) this.stores.blocks.forget(id)
        return
      case 'pruneRequests':
        this.stores.requests.pruneBefore(edit.beforeMs)
        return
      default:
        // What is left is about the contents of files; the compiler checks that nothing else is.
        applyToFile(this, edit satisfies FileEdit, timeMs)
        if ('inode' in edit) this.reserve(edit.inode)
        return
    }
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
    this.stores.inodes.setFileState(id, { lengthBytes, isOpen, modificationTimeMs })
    const added = lengthBytes - file.lengthBytes
    if (added === 0) return
    this.totals.add(file.parent, {
      ...NOTHING,
      lengthBytes: added,
      spaceBytes: added * file.replication,
    })
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
    this.stores.inodes.setReserved(id, reservedBytes)
    const spaceBytes = (reservedBytes - file.reservedBytes) * file.replication
    this.totals.add(file.parent, { ...NOTHING, spaceBytes })
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
      timeMs,
    })
  }

  #addDirectory(directory: NewDirectory, timeMs: number): void {
    this.#link(directory, timeMs, {
      kind: 'directory',
      isOpen: false,
      replication: 0,
      blockSizeBytes: 0,
    })
  }

  #addFile(file: NewFile, timeMs: number): void {
    this.#link(file, timeMs, {
      kind: 'file',
      isOpen: true,
      replication: file.replication,
      blockSizeBytes: file.blockSize,
    })
  }

  #link(
    inode: NewDirectory,
    timeMs: number,
    rest: Pick<Inode, 'kind' | 'isOpen' | 'replication' | 'blockSizeBytes'>,
  ): void {
    const { id, parent, name, mode: permission, owner, group } = inode
    const acl = inode.acl === undefined ? undefined : decodeAcl(inode.acl)
    this.state.nextInode = Math.max(this.state.nextInode, id + 1)
    const values = { id, parent, name, permission, owner, group, acl, timeMs }
    this.stores.inodes.insert({ ...values, ...rest })
    this.stores.inodes.touchDirectory(parent, 1, timeMs)
    this.totals.add(parent, rest.kind === 'file' ? ONE_FILE : ONE_DIRECTORY)
  }

  /** Takes an inode out of the tree, with all that it has or to be taken apart later. */
  unlink({ id, how }: Removal, timeMs: number): void {
    const inode = this.#withTotals(id)
    if (inode.parent !== NO_PARENT) this.stores.inodes.touchDirectory(inode.parent, -1, timeMs)
    this.totals.add(inode.parent, negative(weightOf(inode)))
    if (how === 'remove') {
      this.#remove(inode)
      return
    }
    this.stores.inodes.detach(inode)
    this.stores.detached.add(id)
  }

  #rename(edit: Extract<Edit, { op: 'rename' }>, timeMs: number): void {
    if (edit.replaced !== undefined) this.unlink(edit.replaced, timeMs)
    const inode = this.#withTotals(edit.inode)
    if (inode.parent !== NO_PARENT) this.stores.inodes.touchDirectory(inode.parent, -1, timeMs)
    this.stores.inodes.touchDirectory(edit.parent, 1, timeMs)
    this.stores.inodes.move(inode, edit.parent, edit.name)
    const weight = weightOf(inode)
    this.totals.add(inode.parent, negative(weight))
    this.totals.add(edit.parent, weight)
  }

  #purge(edit: Extract<Edit, { op: 'purge' }>): void {
    for (const { id, fromIndex } of edit.trimmed) this.buryBlocks(id, fromIndex)
    for (const id of edit.detached) {
      this.stores.inodes.detach(this.inode(id))
      this.stores.detached.add(id)
    }
    for (const id of edit.removed) {
      this.#remove(this.inode(id))
      this.stores.detached.remove(id)
    }
  }

  #remove(inode: Inode): void {
    if (inode.kind === 'file') {
      this.buryBlocks(inode.id, 0)
      this.stores.leases.remove(inode.id)
    }
    this.stores.xattrs.put(inode.id, [])
    if (inode.kind === 'directory') this.stores.quotas.put(inode.id, NO_QUOTA)
    this.stores.inodes.remove(inode)
  }

  /** The blocks of a file from an index on have no file any more. */
  buryBlocks(id: InodeId, fromIndex: number): void {
    const buried = this.stores.blocks.buryOfFile(id, fromIndex)
    this.state.blocks -= buried.length
    this.effects.deletedBlocks.push(...buried)
  }

  /** The inode with its totals up to date; a directory is about to change its place. */
  #withTotals(id: InodeId): Inode {
    const inode = this.inode(id)
    if (inode.kind === 'file') return inode
    this.totals.write()
    return this.inode(id)
  }

  #setAttributes(id: InodeId, change: Partial<Inode>): void {
    this.stores.inodes.setAttributes(id, { ...this.inode(id), ...change })
  }

  #changeXAttr(edit: Extract<Edit, { op: 'setXAttr' | 'removeXAttr' }>): void {
    const { inode, namespace, name } = edit
    const others = this.stores.xattrs.of(inode).filter((it) => !isSameXAttr(it, edit))
    const added =
      edit.op === 'setXAttr' ? [{ namespace, name, value: Buffer.from(edit.value, 'base64') }] : []
    this.stores.xattrs.put(inode, [...added, ...others])
  }

  #setReplication(id: InodeId, replication: number): void {
    const file = this.inode(id)
    this.#setAttributes(id, { replication })
    this.totals.add(file.parent, {
      ...NOTHING,
      spaceBytes: spaceOf({ ...file, replication }) - spaceOf(file),
    })
    for (const block of this.stores.blocks.ofFile(id)) this.effects.blocks.push(block.id)
  }
}

const NOTHING: TreeTotals = { files: 0, directories: 0, lengthBytes: 0, spaceBytes: 0 }
const ONE_FILE: TreeTotals = { ...NOTHING, files: 1 }
const ONE_DIRECTORY: TreeTotals = { ...NOTHING, directories: 1 }

/** What an inode adds to the directories above it. */
function weightOf(inode: Inode): TreeTotals {
  if (inode.kind === 'directory') {
    return { ...inode.tree, directories: inode.tree.directories + 1 }
  }
  return {
    files: 1,
    directories: 0,
    lengthBytes: inode.lengthBytes,
    spaceBytes: spaceOf(inode),
  }
}

const negative = (totals: TreeTotals): TreeTotals => ({
  files: -totals.files,
  directories: -totals.directories,
  lengthBytes: -totals.lengthBytes,
  spaceBytes: -totals.spaceBytes,
})

const unformatted = (): State => ({
  clusterId: '',
  blockPoolId: '',
  createdMs: 0,
  epoch: 0,
  lastTransaction: 0,
  nextInode: ROOT_INODE_ID + 1,
  nextBlock: FIRST_BLOCK_ID,
  nextGeneration: FIRST_GENERATION_STAMP,
  blocks: 0,
})
