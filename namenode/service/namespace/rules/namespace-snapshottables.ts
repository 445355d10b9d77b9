/** What snapshots forbid to deletions and renames: the directories that have some, or may have some. */
import { DfsError } from '../../../../shared/errors.js'
import type { InodeId } from '../../../../shared/ids.js'
import { joinPath } from '../../../policy/path-name.js'
import { type Inode, NO_PARENT } from '../../../storage/inode-store.js'
import type { Stores } from '../../../storage/stores.js'
import type { ChangeContext } from '../namespace-change.js'
import type { WalkedPath } from '../namespace-tree.js'

const PAGE = 1000

/** Snapshottable directories in the tree of `top`, itself included. All of them are looked at only if there is one. */
export function snapshottablesWithin({ stores }: ChangeContext, top: Inode): Inode[] {
  if (top.kind === 'file') return []
  const wanted = stores.snapshots.snapshottableBelow(top.id)
  const found = top.isSnapshottable ? [top] : []
  const missing = wanted + found.length
  let after: InodeId | 0 = 0
  while (found.length < missing) {
    const page = stores.inodes.snapshottables(after, PAGE)
    const last = page.at(-1)
    if (last === undefined) break
    found.push(...page.filter((it) => isBelow(stores, it.id, top.id)))
    after = last.id
  }
  return found
}

/** Whether `above` is a directory over it. */
export function isBelow({ inodes }: Stores, id: InodeId, above: InodeId): boolean {
  let parent = inodes.parentOf(id)
  while (parent !== undefined && parent !== NO_PARENT) {
    if (parent === above) return true
    parent = inodes.parentOf(parent)
  }
  return false
}

/**
 * The snapshottable directories that a deletion takes with it.
 * @param path of `top`, for the text
 * @throws SNAPSHOT when one of them has snapshots
 */
export function checkNoSnapshots(context: ChangeContext, top: Inode, path: string): InodeId[] {
  const directories = snapshottablesWithin(context, top)
  for (const { id } of directories) {
    if (context.stores.snapshots.countOf(id) === 0) continue
    const holder = context.tree.pathOf(id) ?? path
    throw new DfsError(
      'SNAPSHOT',
      `The directory ${path} cannot be deleted since ${holder} is snapshottable and already has snapshots`,
    )
  }
  return directories.map((it) => it.id)
}

/**
 * A snapshottable directory may not come below another one.
 * @param moved snapshottable directories in the tree that is renamed
 * @throws SNAPSHOT
 */
export function checkNotNested(
  moved: readonly InodeId[],
  source: WalkedPath,
  destination: WalkedPath,
): void {
  if (moved.length === 0) return
  const { inodes, components } = destination
  const above = inodes.slice(0, components.length)
  if (!above.some((it) => it.isSnapshottable)) return
  throw new DfsError(
    'SNAPSHOT',
    `Unable to rename because ${joinPath(source.components)} has snapshottable descendant directories ` +
      `and ${destination.ancestorPath} is a descent of a snapshottable directory, and HDFS does not support ` +
      'nested snapshottable directory.',
  )
}
