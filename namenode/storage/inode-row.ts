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

/** What every inode has. In this order; rows come as arrays, which the driver builds twice as fast as objects. */
const COMMON_COLUMNS = [
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
] as const

/** What files have that a snapshot, an ACL, a policy or a writer knows of, and directories always. */
const FURTHER_COLUMNS = [
  'children',
  'tree_files',
  'tree_directories',
  'tree_length',
  'tree_space',
  'tree_reserved',
  'acl',
  'reserved',
  'since',
  'arrived',
  'snapshottable',
  'policy',
] as const

export const INODE_COLUMNS = [...COMMON_COLUMNS, ...FURTHER_COLUMNS] as const

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
  /** `Further` in JSON; null for a file that has nothing of it. */
  further: string | null,
]

type Further = readonly [
  children: number,
  treeFiles: number,
  treeDirectories: number,
  treeLength: number,
  treeSpace: number,
  treeReserved: number,
  acl: string | null,
  reserved: number,
  since: number,
  arrived: number,
  snapshottable: number,
  policy: number,
]

const NOTHING_FURTHER: Further = [0, 0, 0, 0, 0, 0, null, 0, 0, 0, 0, 0]

/**
 * The columns of an `InodeRow` from a table that has them, for a query. The driver takes a quarter of a microsecond to hand
 * over one value, as long as SQLite for finding the row: so what most files do not have comes as one null.
 */
export function inodeColumnsOf(table: string): string {
  const of = (column: string) => `${table}.${column}`
  const common = COMMON_COLUMNS.map(of).join(', ')
  const isPlain = ['reserved', 'since', 'arrived', 'snapshottable', 'policy'].map(
    (column) => `${of(column)} = 0`,
  )
  return `${common}, CASE WHEN ${of('kind')} = 1 AND ${of('acl')} IS NULL AND ${isPlain.join(' AND ')}
    THEN NULL ELSE json_array(${FURTHER_COLUMNS.map(of).join(', ')}) END`
}

export const toParent = (parent: number): InodeId | typeof NO_PARENT =>
  parent === NO_PARENT ? NO_PARENT : inodeId(parent)

export function toInode(row: InodeRow, aclTexts: AclTexts): Inode {
  const further = row[13] === null ? NOTHING_FURTHER : (JSON.parse(row[13]) as Further)
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
    children: further[0],
    tree: {
      files: further[1],
      directories: further[2],
      lengthBytes: further[3],
      spaceBytes: further[4],
      reservedBytes: further[5],
    },
    acl: aclTexts.decode(further[6]),
    reservedBytes: further[7],
    since: further[8],
    arrived: further[9],
    isSnapshottable: further[10] === 1,
    policy: further[11],
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
