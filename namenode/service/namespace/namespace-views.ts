/** The namespace at one moment: as it is now, or as a snapshot shows it. Reads are the same code over either. */
import { type InodeId, inodeId, ROOT_INODE_ID } from '../../../shared/ids.js'
import type { XAttr } from '../../../shared/xattr.js'
import { SNAPSHOT_FOLDER } from '../../policy/path-name.js'
import type { Inode } from '../../storage/inode-store.js'
import type { SnapshotPoint } from '../../storage/snapshot-store.js'
import type { Stores } from '../../storage/stores.js'
import type { BlockRecord } from './namespace-model.js'

export interface NamespaceState {
  /** undefined for the current state. */
  readonly point: SnapshotPoint | undefined
  get(id: InodeId): Inode | undefined
  child(parent: InodeId, name: string): Inode | undefined
  /** Up to `limit` entries with a name above `startAfter`, bytewise. */
  list(parent: InodeId, startAfter: string, limit: number): Inode[]
  /** How many entries follow a name, counted up to `limit`. */
  countAfter(parent: InodeId, name: string, limit: number): number
  blocksOfFile(id: InodeId): BlockRecord[]
  xattrsOf(id: InodeId): XAttr[]
}

export function currentView({
  inodes,
  blocks,
  xattrs,
}: Pick<Stores, 'inodes' | 'blocks' | 'xattrs'>): NamespaceState {
  return {
    point: undefined,
    get: (id) => inodes.get(id),
    child: (parent, name) => inodes.child(parent, name),
    list: (parent, startAfter, limit) => inodes.list(parent, startAfter, limit),
    countAfter: (parent, name, limit) => inodes.countAfter(parent, name, limit),
    blocksOfFile: (id) => blocks.ofFile(id),
    xattrsOf: (id) => xattrs.of(id),
  }
}

export function snapshotView(
  { versions }: Pick<Stores, 'versions'>,
  { root, taken }: SnapshotPoint,
): NamespaceState {
  const point = { root, taken }
  const seen = (inode: Inode | undefined) => inode && asSeen(inode)
  return {
    point,
    get: (id) => seen(versions.get(point, id)),
    child: (parent, name) => seen(versions.child(point, parent, name)),
    list: (parent, startAfter, limit) =>
      versions.list(point, parent, startAfter, limit).map(asSeen),
    countAfter: (parent, name, limit) => versions.countAfter(point, parent, name, limit),
    blocksOfFile: (id) => versions.blocksOfFile(point, id),
    xattrsOf: (id) => versions.xattrsOf(point, id),
  }
}

/** Nobody writes below a snapshot, and there are no snapshots in it. */
const asSeen = (inode: Inode): Inode => ({ ...inode, isOpen: false, isSnapshottable: false })

/** The root always counts as snapshottable, though it may have no snapshots until that is allowed. */
export function isSnapshottable({ id, isSnapshottable: isAllowed }: Inode): boolean {
  return isAllowed || id === ROOT_INODE_ID
}

/** The `.snapshot` of a directory: open to all, nobody's. */
export function snapshotFolder(directory: Inode): Inode {
  return {
    ...directory,
    id: inodeId(0),
    name: SNAPSHOT_FOLDER,
    permission: 0o777,
    owner: '',
    group: '',
    modificationTimeMs: 0,
    accessTimeMs: 0,
    children: 0,
    tree: { files: 0, directories: 0, lengthBytes: 0, spaceBytes: 0, reservedBytes: 0 },
    acl: undefined,
    isSnapshottable: false,
  }
}
