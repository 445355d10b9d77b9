/** How inodes and blocks go: at once, later, or only as far as no snapshot shows them. Part of applying edits. */
import type { InodeId } from '../../../../shared/ids.js'
import { NO_QUOTA } from '../../../policy/quotas.js'
import { type Inode, NO_PARENT } from '../../../storage/inode-store.js'
import { isWhole } from '../deleted-trees.js'
import type { Edit } from '../namespace-edit.js'
import type { BlockRecord } from '../namespace-model.js'
import { RECOVERY_HOLDER } from '../rules/namespace-leases.js'
import type { EditApplier } from './namespace-apply.js'

/** A slice of a deleted tree. */
export function purge(applier: EditApplier, edit: Extract<Edit, { op: 'purge' }>): void {
  for (const { id, fromIndex } of edit.trimmed) buryBlocks(applier, id, fromIndex)
  for (const id of edit.detached) {
    takeApart(applier, applier.inode(id), (it) => detachInode(applier, it))
  }
  for (const id of edit.removed) {
    takeApart(applier, applier.inode(id), (it) => {
      removeInode(applier, it)
      applier.stores.detached.remove(id)
    })
  }
}

function takeApart({ past }: EditApplier, inode: Inode, take: (inode: Inode) => void): void {
  if (inode.parent !== NO_PARENT) {
    past.taken(inode, inode.parent, () => take(inode))
    return
  }
  take(inode)
  past.topRemoved(inode)
}

/** Unlinked; to be taken apart later. */
export function detachInode({ stores, versions }: EditApplier, inode: Inode): void {
  versions.keepPlace(inode)
  stores.inodes.detach(inode)
  stores.detached.add(inode.id)
}

export function removeInode(applier: EditApplier, inode: Inode): void {
  const { stores, state } = applier
  applier.versions.keep(inode)
  stores.xattrs.put(inode.id, [])
  if (inode.kind === 'directory') {
    stores.quotas.put(inode.id, NO_QUOTA)
    stores.policyTotals.remove(inode.id)
    stores.inodes.remove(inode)
    return
  }
  buryBlocks(applier, inode.id, 0)
  const copy = stores.leases.get(inode.id)?.truncateCopy
  // Datanodes may have copied into it already: it never becomes part of a file.
  if (copy !== undefined)
    applier.effects.deletedBlocks.push(stores.blocks.buryUnused(copy, state.nextGeneration))
  stores.leases.remove(inode.id)
  if (stores.blocks.hasAny(inode.id)) retain(applier, inode)
  else stores.inodes.remove(inode)
}

/**
 * Some snapshot shows blocks of a deleted file: they keep their row, and it keeps its own for them. One that was being
 * written is recovered by the namenode, which takes the lease: nobody else would ever agree on what the snapshot shows.
 */
function retain({ stores, state }: EditApplier, file: Inode): void {
  stores.inodes.setArrived(file.id, state.lastTransaction)
  if (file.parent !== NO_PARENT) stores.inodes.detach(file)
  const isOpen = stores.blocks.leftOpen(file.id) !== undefined
  stores.inodes.setFileState(file.id, { ...file, isOpen })
  stores.inodes.setReserved(file.id, 0)
  if (!isOpen) return
  stores.leases.put({
    inodeId: file.id,
    holder: RECOVERY_HOLDER,
    clientMachine: '',
    recovery: undefined,
    truncateBytes: undefined,
  })
}

/** Nothing shows a block of a deleted file any more. */
export function release(applier: EditApplier, block: BlockRecord): void {
  const { stores } = applier
  bury(applier, block)
  const file = applier.inode(block.inodeId)
  if (file.parent !== NO_PARENT || isWhole(stores, file.id)) return
  if (block.state === 'under-construction') {
    stores.leases.remove(file.id)
    stores.inodes.setFileState(file.id, { ...file, isOpen: false })
  }
  if (!stores.blocks.hasAny(file.id)) stores.inodes.remove(file)
}

/** The blocks of a file from an index on are no longer part of it. */
export function buryBlocks(applier: EditApplier, id: InodeId, fromIndex: number): void {
  const { blocks } = applier.stores
  if (applier.versions.isIdle) {
    const buried = blocks.buryOfFile(id, fromIndex)
    applier.state.blocks -= buried.length
    applier.effects.deletedBlocks.push(...buried)
    return
  }
  const file = applier.inode(id)
  for (const block of blocks.ofFile(id, fromIndex)) dropBlock(applier, block, file)
}

/**
 * A file has a block no more: it goes, unless a snapshot shows it. One that was begun, and of which nothing is known, is
 * nothing to be shown: with its file gone it would be under construction for ever.
 */
export function dropBlock(applier: EditApplier, block: BlockRecord, file: Inode): void {
  const isBegun = block.state === 'under-construction' && block.lengthBytes === 0
  if (isBegun) bury(applier, block)
  else if (applier.versions.keepBlock(block.id, file)) applier.stores.blocks.retain(block.id)
  else bury(applier, block)
}

/** Nothing has the block any more. */
export function bury(applier: EditApplier, block: BlockRecord): void {
  applier.effects.deletedBlocks.push(applier.stores.blocks.bury(block))
  applier.state.blocks -= 1
}
