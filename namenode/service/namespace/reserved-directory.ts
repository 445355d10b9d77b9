/** `/.reserved` as it shows itself: a directory that no inode stands for, with the two views below it. */
import { inodeId } from '../../../shared/ids.js'
import { RESERVED_ROOT } from '../../policy/path-name.js'
import type { Inode } from '../../storage/inode-store.js'
import type { DirectoryPage, FileStatus } from './namespace-model.js'

const VIEWS = ['.inodes', 'raw'] as const
const PERMISSION = 0o1770
const VIEW_PERMISSION = 0o770

/** Whether a path is exactly `/.reserved`. */
export const isReservedDirectory = (path: string): boolean =>
  path === `/${RESERVED_ROOT}` || path === `/${RESERVED_ROOT}/`

/** @param root whose owner and time it borrows, as in HDFS */
export function reservedStatus(root: Inode, name: string = RESERVED_ROOT): FileStatus {
  const isTop = name === RESERVED_ROOT
  return {
    kind: 'directory',
    id: inodeId(0),
    name,
    lengthBytes: 0,
    permission: isTop ? PERMISSION : VIEW_PERMISSION,
    owner: root.owner,
    group: root.group,
    modificationTimeMs: root.modificationTimeMs,
    accessTimeMs: 0,
    replication: 0,
    blockSizeBytes: 0,
    childrenCount: isTop ? VIEWS.length : 0,
    isUnderConstruction: false,
    hasAcl: false,
    isSnapshottable: false,
    storagePolicy: 0,
  }
}

export function reservedPage(root: Inode, startAfter: string, limit: number): DirectoryPage {
  const names = VIEWS.filter((it) => it > startAfter)
  const entries = names.slice(0, limit).map((it) => reservedStatus(root, it))
  return { entries, remainingEntries: names.length - entries.length }
}
