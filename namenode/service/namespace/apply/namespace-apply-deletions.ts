/** What is deleted: how it is kept, how it comes back, and how it goes in the end. Part of applying edits. */
import { assertNever, present } from '../../../../shared/assert.js'
import type { InodeId } from '../../../../shared/ids.js'
import type { Deletion } from '../../../storage/deletion-store.js'
import type { Inode } from '../../../storage/inode-store.js'
import { topOf } from '../deleted-trees.js'
import type { Edit } from '../namespace-edit.js'
import type { EditApplier } from './namespace-apply.js'
import { purge } from './namespace-apply-removals.js'
import { weightOf } from './tree-weight.js'

export function applyDeletion(
  applier: EditApplier,
  edit: Extract<Edit, { op: 'delete' | 'undelete' | 'giveUp' | 'purge' }>,
  timeMs: number,
): void {
  switch (edit.op) {
    case 'delete':
      applier.unlink(edit.removed, timeMs)
      return
    case 'undelete':
      undelete(applier, edit, timeMs)
      return
    case 'giveUp':
      for (const id of edit.deletions) giveUp(applier, id)
      return
    case 'purge':
      purge(applier, edit)
      return
    default:
      assertNever(edit)
  }
}

/** Unlinked, with all that it has, and listed as what can be brought back. The totals of the inode are settled. */
export function keepInode(
  { stores, versions, state }: EditApplier,
  inode: Inode,
  kept: Pick<Deletion, 'path' | 'user' | 'operation' | 'untilMs' | 'deletedMs'>,
): void {
  versions.keepPlace(inode)
  stores.inodes.detach(inode)
  const weight = weightOf(stores, inode)
  stores.deletions.add({ ...kept, ...weight, id: state.lastTransaction, inode: inode.id })
}

/** A file within what is kept has changed: the sums of what can be brought back count it as it is now. */
export function recountDeletion(applier: EditApplier, file: InodeId): void {
  const { stores } = applier
  const top = topOf(stores.inodes, file)
  const deletion = top && stores.deletions.of(top)
  if (top === undefined || deletion === undefined) return
  stores.deletions.remove(deletion)
  stores.deletions.add({ ...deletion, ...weightOf(stores, applier.withTotals(top)) })
}

/** Back into the tree, as it was: own attributes and times, and everything below. */
function undelete(
  applier: EditApplier,
  edit: Extract<Edit, { op: 'undelete' }>,
  timeMs: number,
): void {
  const { stores, versions, totals, past } = applier
  if (edit.replaced !== undefined) applier.unlink(edit.replaced, timeMs)
  const inode = applier.withTotals(edit.inode)
  versions.keepUpwards(edit.parent)
  versions.keepPlace(inode)
  past.returning(inode.id)
  stores.inodes.touchDirectory(edit.parent, 1, timeMs)
  stores.inodes.attach(inode.id, edit.parent, edit.name)
  past.arrive(inode.id)
  totals.add(edit.parent, weightOf(stores, inode))
  stores.deletions.remove(deletionOf(applier, edit.deletion))
}

/** Its time is over, or its space is needed: from now on a deleted tree like any other. */
function giveUp(applier: EditApplier, id: number): void {
  const deletion = deletionOf(applier, id)
  applier.stores.deletions.remove(deletion)
  applier.stores.detached.add(deletion.inode)
}

function deletionOf({ stores }: EditApplier, id: number): Deletion {
  return present(stores.deletions.get(id), `an edit speaks of deletion ${id}, which is kept`)
}
