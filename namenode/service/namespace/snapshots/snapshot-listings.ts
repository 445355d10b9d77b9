/** The snapshots of a directory, and the directories that may have some, as clients list them (protocol reference 2.5). */
import { present } from '../../../../shared/assert.js'
import type { InodeId } from '../../../../shared/ids.js'
import type { Principal } from '../../../../shared/principal.js'
import { checkAccess, EXECUTE, READ } from '../../../policy/permissions.js'
import { NO_PARENT } from '../../../storage/inode-store.js'
import type { Snapshot } from '../../../storage/snapshot-store.js'
import type { Stores } from '../../../storage/stores.js'
import type { DirectoryPage, FileStatus } from '../namespace-model.js'
import { toFileStatus } from '../namespace-status.js'
import type { Tree } from '../namespace-tree.js'
import { snapshotView } from '../namespace-views.js'
import { MAX_SNAPSHOTS, requireDirectory, requireSnapshottable } from './snapshot-checks.js'
import type { SnapshotDescription, SnapshottableDirectory } from './snapshots.js'

/** How far the entries behind a page are counted: beyond, clients learn only that there are many. */
export const REMAINING_COUNTED = 10_000
/** Answers without pages end here. */
const MAX_LISTED = MAX_SNAPSHOTS
const PAGE = 1000

/** A page of `<directory>/.snapshot`: each snapshot is a directory. */
export function pageOfSnapshots(
  stores: Stores,
  directory: InodeId,
  startAfter: string,
  limit: number,
): DirectoryPage {
  const snapshots = stores.snapshots.list(directory, startAfter, limit)
  const last = snapshots.at(-1)
  const isComplete = last === undefined || snapshots.length < limit
  return {
    entries: snapshots.map((it) => statusOf(stores, it)),
    remainingEntries: isComplete
      ? 0
      : stores.snapshots.countAfter(directory, last.name, REMAINING_COUNTED),
  }
}

/** The directory as the snapshot shows it, called like the snapshot. */
export function statusOf(stores: Stores, snapshot: Snapshot): FileStatus {
  const top = snapshotView(stores, snapshot).get(snapshot.root)
  const { root, taken, name } = snapshot
  const inode = present(top, 'a snapshot shows its directory')
  return toFileStatus(inode, inode.policy, name, { root, taken })
}

/** Those that the caller owns; all for a superuser. The answer has no pages, so it has a limit. */
export function listSnapshottables(
  stores: Stores,
  tree: Tree,
  principal: Principal,
): SnapshottableDirectory[] {
  const found: SnapshottableDirectory[] = []
  let after: InodeId | 0 = 0
  while (found.length < MAX_LISTED) {
    const page = stores.inodes.snapshottables(after, PAGE)
    for (const inode of page) {
      if (!principal.isSuperuser && inode.owner !== principal.user) continue
      found.push({
        status: toFileStatus(inode, inode.policy),
        parentPath: inode.parent === NO_PARENT ? '' : (tree.pathOf(inode.parent) ?? ''),
        snapshotCount: stores.snapshots.countOf(inode.id),
        snapshotLimit: MAX_SNAPSHOTS,
      })
    }
    const last = page.at(-1)
    if (last === undefined) break
    after = last.id
  }
  return found.sort(byParentThenName)
}

/** The order of Hadoop's list: bytewise by the path above, then by name. */
function byParentThenName(left: SnapshottableDirectory, right: SnapshottableDirectory): number {
  const bytes = (text: string) => Buffer.from(text)
  return (
    Buffer.compare(bytes(left.parentPath), bytes(right.parentPath)) ||
    Buffer.compare(bytes(left.status.name), bytes(right.status.name))
  )
}

/** All snapshots of a directory, oldest first. @throws NOT_FOUND, NOT_A_DIRECTORY, SNAPSHOT, PERMISSION_DENIED */
export function listSnapshots(
  stores: Stores,
  tree: Tree,
  principal: Principal,
  wanted: string,
): SnapshotDescription[] {
  const { inode, path } = requireDirectory(tree.find(wanted, principal, 'using'))
  checkAccess(inode, path, principal, READ | EXECUTE)
  requireSnapshottable(inode, path)
  return stores.snapshots.inOrder(inode.id, MAX_LISTED).map((snapshot) => ({
    status: statusOf(stores, snapshot),
    number: snapshot.number,
    directoryPath: path,
  }))
}
