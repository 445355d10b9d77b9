/** Trees that were deleted by unlinking their top, with all that hangs below: what an inode has to do with one. */
import { type InodeId, ROOT_INODE_ID } from '../../../shared/ids.js'
import { type InodeStore, NO_PARENT } from '../../storage/inode-store.js'
import type { Stores } from '../../storage/stores.js'

/** The root, or what was deleted with all below it; undefined when the inode is gone. */
export function topOf(inodes: Pick<InodeStore, 'parentOf'>, id: InodeId): InodeId | undefined {
  let top = id
  for (;;) {
    const above = top === ROOT_INODE_ID ? NO_PARENT : inodes.parentOf(top)
    if (above === undefined) return undefined
    if (above === NO_PARENT) return top
    top = above
  }
}

/** Whether it was deleted, but is not taken apart: it waits for that, or can be brought back. */
export function isWhole(
  { detached, deletions }: Pick<Stores, 'detached' | 'deletions'>,
  id: InodeId,
): boolean {
  return detached.has(id) || deletions.has(id)
}
