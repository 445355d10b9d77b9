/** Rows of the inode table, and of the versions that are kept of them: the same columns, the same mapping. */
import type { AclEntry } from '../../shared/acl.js'
import { type InodeId, inodeId } from '../../shared/ids.js'
import type { AclTexts } from './acl-texts.js'

/** `parent` of the root, and of the top of a deleted tree. */
export const NO_PARENT = 0

/** Totals of everything below a directory. */
export interface TreeTotals {
  readonly files: number
  readonly directories: number
  readonly lengthBytes: number
  readonly spaceBytes: number
  /** Sum of `Inode.reservedBytes`. */
  readonly reservedBytes: number
}

export interface Inode {
  readonly id: InodeId
  readonly parent: InodeId | typeof NO_PARENT
  readonly name: string
  readonly kind: 'file' | 'directory'
  readonly permission: number
  readonly owner: string
  readonly group: string
  readonly modificationTimeMs: number
  readonly accessTimeMs: number
  readonly isOpen: boolean
  readonly replication: number
  readonly blockSizeBytes: number
  /** Sum of the known lengths of all blocks. */
  readonly lengthBytes: number
  readonly children: number
  readonly tree: TreeTotals
  /** What the block being written may still grow by, up to a whole block; 0 for closed files. */
  readonly reservedBytes: number
  /** Absent for most: what the permission bits cannot say, access entries first, each scope in order. */
  readonly acl: readonly AclEntry[] | undefined
  /** The transaction from which on the row is as it is; an older number when no snapshot could tell the difference. */
  readonly since: number
  /** The transaction that gave it its place, as far as a snapshot could tell the difference. */
  readonly arrived: number
  readonly isSnapshottable: boolean
  /** Id of the storage policy that was set on it (policy/storage-policies.ts); 0: that of the directory above. */
  readonly policy: number
}

/** In this order; rows come as arrays, which the driver builds twice as fast as objects of 18 fields (measured). */
export const INODE_COLUMNS = [
  'id',
  'parent',
  'name',
  'kind',
  'permission',
  'owner',
  'group_name',
  'modified_ms',
  'accessed_ms',
  'is_open',
  'replication',
  'block_size',
  'length',
  'children',
  'tree_files',
  'tree_directories',
  'tree_length',
  'tree_space',
  'acl',
  'reserved',
  'since',
  'arrived',
  'snapshottable',
  'policy',
  'tree_reserved',
] as const

export type InodeRow = [
  id: number,
  parent: number,
  name: string,
  kind: number,
  permission: number,
  owner: string,
  group: string,
  modifiedMs: number,
  accessedMs: number,
  isOpen: number,
  replication: number,
  blockSize: number,
  length: number,
  children: number,
  treeFiles: number,
  treeDirectories: number,
  treeLength: number,
  treeSpace: number,
  acl: string | null,
  reserved: number,
  since: number,
  arrived: number,
  snapshottable: number,
  policy: number,
  treeReserved: number,
]

/** The columns of a table that has them, for a query. */
export const inodeColumnsOf = (table: string) =>
  INODE_COLUMNS.map((column) => `${table}.${column}`).join(', ')

export const toParent = (parent: number): InodeId | typeof NO_PARENT =>
  parent === NO_PARENT ? NO_PARENT : inodeId(parent)

export function toInode(row: InodeRow, aclTexts: AclTexts): Inode {
  return {
    id: inodeId(row[0]),
    parent: toParent(row[1]),
    name: row[2],
    kind: row[3] === 1 ? 'file' : 'directory',
    permission: row[4],
    owner: row[5],
    group: row[6],
    modificationTimeMs: row[7],
    accessTimeMs: row[8],
    isOpen: row[9] === 1,
    replication: row[10],
    blockSizeBytes: row[11],
    lengthBytes: row[12],
    children: row[13],
    tree: {
      files: row[14],
      directories: row[15],
      lengthBytes: row[16],
      spaceBytes: row[17],
      reservedBytes: row[24],
    },
    acl: aclTexts.decode(row[18]),
    reservedBytes: row[19],
    since: row[20],
    arrived: row[21],
    isSnapshottable: row[22] === 1,
    policy: row[23],
  }
}

type Followed = Pick<
  Inode,
  | 'parent'
  | 'name'
  | 'modificationTimeMs'
  | 'isOpen'
  | 'lengthBytes'
  | 'children'
  | 'tree'
  | 'reservedBytes'
>

/** A copy with fields changed. Field by field: the same with a spread costs ten times as much, and each change makes some. */
export function withChanges(inode: Inode, changed: Partial<Followed>): Inode {
  return {
    id: inode.id,
    parent: changed.parent ?? inode.parent,
    name: changed.name ?? inode.name,
    kind: inode.kind,
    permission: inode.permission,
    owner: inode.owner,
    group: inode.group,
    modificationTimeMs: changed.modificationTimeMs ?? inode.modificationTimeMs,
    accessTimeMs: inode.accessTimeMs,
    isOpen: changed.isOpen ?? inode.isOpen,
    replication: inode.replication,
    blockSizeBytes: inode.blockSizeBytes,
    lengthBytes: changed.lengthBytes ?? inode.lengthBytes,
    children: changed.children ?? inode.children,
    tree: changed.tree ?? inode.tree,
    acl: inode.acl,
    reservedBytes: changed.reservedBytes ?? inode.reservedBytes,
    since: inode.since,
    arrived: inode.arrived,
    isSnapshottable: inode.isSnapshottable,
    policy: inode.policy,
  }
}
