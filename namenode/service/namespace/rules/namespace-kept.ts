/** Whether what is deleted now is kept for a while, so that the deletion can be undone. */
import type { DeletingOperation } from '../../../storage/deletion-store.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { ChangeContext } from '../namespace-change.js'
import type { Removal } from '../namespace-edit.js'

/**
 * How something that is deleted now is kept; undefined when it goes for good: keeping is off, the disk is full, or it
 * is a file whose writer has not got as far as a block.
 */
export function keptUntil(
  { limits, stores, call, nowMs }: ChangeContext,
  inode: Inode,
  path: string,
  operation: DeletingOperation,
): Removal['kept'] {
  if (limits.keepDeletedMs <= 0) return undefined
  if (inode.isOpen && stores.blocks.countOfFile(inode.id) === 0) return undefined
  return { path, user: call.principal.user, operation, untilMs: nowMs + limits.keepDeletedMs }
}
