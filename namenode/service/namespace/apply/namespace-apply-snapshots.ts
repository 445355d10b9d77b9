/** The edits about snapshots. Part of applying edits. */
import { assertNever, present } from '../../../../shared/assert.js'
import type { BlockId, InodeId } from '../../../../shared/ids.js'
import { NO_PARENT } from '../../../storage/inode-store.js'
import type { Edit } from '../namespace-edit.js'
import type { EditApplier } from './namespace-apply.js'
import { release } from './namespace-apply-removals.js'

type SnapshotOperation =
  | 'allowSnapshot'
  | 'disallowSnapshot'
  | 'createSnapshot'
  | 'renameSnapshot'
  | 'deleteSnapshot'
  | 'freeSnapshot'
export type SnapshotEdit = Extract<Edit, { op: SnapshotOperation }>

/** Traces forgotten in one edit. */
export const TRACES_FORGOTTEN_AT_ONCE = 1000

export function applyToSnapshots(applier: EditApplier, edit: SnapshotEdit, timeMs: number): void {
  const { snapshots } = applier.stores
  switch (edit.op) {
    case 'allowSnapshot':
      setSnapshottable(applier, edit.inode, true)
      return
    case 'disallowSnapshot':
      setSnapshottable(applier, edit.inode, false)
      return
    case 'createSnapshot':
      createSnapshot(applier, edit, timeMs)
      return
    case 'renameSnapshot':
      snapshots.rename({ root: edit.inode, taken: edit.taken }, edit.name)
      return
    case 'deleteSnapshot':
      deleteSnapshot(applier, edit)
      return
    case 'freeSnapshot':
      freeVersions(applier, edit)
      return
    default:
      assertNever(edit)
  }
}

/** A directory may have snapshots, or may no more. */
export function setSnapshottable(applier: EditApplier, id: InodeId, isSnapshottable: boolean) {
  applier.stores.inodes.setSnapshottable(id, isSnapshottable)
  countSnapshottables(applier, id, isSnapshottable ? 1 : -1)
}

/** The directories above `id` have so many more snapshottable ones below them. */
export function countSnapshottables({ stores }: EditApplier, id: InodeId, change: number): void {
  if (change === 0) return
  let above = stores.inodes.parentOf(id)
  while (above !== undefined && above !== NO_PARENT) {
    stores.snapshots.addSnapshottableBelow(above, change)
    above = stores.inodes.parentOf(above)
  }
}

function createSnapshot(
  applier: EditApplier,
  { inode: root, name, number }: Extract<Edit, { op: 'createSnapshot' }>,
  timeMs: number,
): void {
  const { stores, versions, state } = applier
  const taken = state.lastTransaction
  // What was counted so far belongs to the state that the snapshot shows.
  applier.totals.write()
  versions.keep(applier.inode(root))
  stores.inodes.touchDirectory(root, 0, timeMs)
  stores.snapshots.insert({ root, taken, number, name })
  stores.snapshots.addTrace(root, { root, first: taken, last: taken })
  versions.reset()
}

/** Gone at once, with a first slice of what only it showed: of a small snapshot that is all, and quotas say so. */
function deleteSnapshot(
  applier: EditApplier,
  { inode, taken, freedUpTo }: Extract<Edit, { op: 'deleteSnapshot' }>,
): void {
  applier.stores.snapshots.remove({ root: inode, taken })
  applier.versions.reset()
  if (freedUpTo === undefined) return
  freeVersions(applier, { inode, taken, after: taken, upTo: freedUpTo, isLast: false })
}

function freeVersions(
  applier: EditApplier,
  edit: Omit<Extract<Edit, { op: 'freeSnapshot' }>, 'op'>,
): void {
  const { stores } = applier
  const { inode: root, taken, after, upTo } = edit
  const freed = stores.versions.free({ root, after, upTo })
  const files = new Set(freed.inodes)
  for (const id of new Set(freed.blocks)) files.add(freeBlock(applier, id))
  applier.past.recount(files)
  stores.snapshots.removeUselessTraces(root, TRACES_FORGOTTEN_AT_ONCE)
  if (edit.isLast) stores.snapshots.forgetDeleted({ root, taken })
  else stores.snapshots.setFreed({ root, taken }, upTo)
  applier.versions.reset()
}

/** A snapshot less shows the block: when it was the last, and its file has it no more, it goes. @returns its file */
function freeBlock(applier: EditApplier, id: BlockId): InodeId {
  const { stores } = applier
  const block = present(stores.blocks.get(id), `block ${id} is there while a snapshot shows it`)
  if (block.index < 0 && !stores.versions.hasBlock(id)) release(applier, block)
  return block.inodeId
}
