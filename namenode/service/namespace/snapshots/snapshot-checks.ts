/** What every call about snapshots asks of its path. */
import { DfsError } from '../../../../shared/errors.js'
import { joinPath } from '../../../policy/path-name.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { WalkedPath } from '../namespace-tree.js'
import { isSnapshottable } from '../namespace-views.js'

/** Snapshots of one directory; Hadoop's limit. */
export const MAX_SNAPSHOTS = 65_536

/** @throws NOT_FOUND, NOT_A_DIRECTORY in the words of every call about snapshots */
export function requireDirectory({ target, components }: WalkedPath): {
  readonly inode: Inode
  readonly path: string
} {
  const path = joinPath(components)
  if (target === undefined) throw new DfsError('NOT_FOUND', `Directory does not exist: ${path}`)
  if (target.kind === 'directory') return { inode: target, path }
  throw new DfsError('NOT_A_DIRECTORY', path)
}

/** @throws SNAPSHOT */
export function requireSnapshottable(inode: Inode, path: string): void {
  if (isSnapshottable(inode)) return
  throw new DfsError('SNAPSHOT', `Directory is not a snapshottable directory: ${path}`)
}
