/** Inodes and the names that lead to them. One row each, written together; nothing else touches these two tables. */
import type { AclEntry } from '../../shared/acl.js'
import { assert } from '../../shared/assert.js'
import { type InodeId, inodeId } from '../../shared/ids.js'
import { AclTexts } from './acl-texts.js'
import type { Database } from './database.js'

/** `parent` of the root, and of the top of a deleted tree. */
export const NO_PARENT = 0

/** Totals of everything below a directory. */
export interface TreeTotals {
  readonly files: number
  readonly directories: number
  readonly lengthBytes: number
  readonly spaceBytes: number
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
}

export type NewInode = Pick<
  Inode,
  | 'id'
  | 'name'
  | 'kind'
  | 'permission'
  | 'owner'
  | 'group'
  | 'isOpen'
  | 'replication'
  | 'blockSizeBytes'
  | 'acl'
> & { readonly parent: InodeId | typeof NO_PARENT; readonly timeMs: number }

/** In this order; rows come as arrays, which the driver builds twice as fast as objects of 18 fields (measured). */
const COLUMNS = [
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
]
  .map((column) => `inode.${column}`)
  .join(', ')

type Row = [
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
]

export class InodeStore {
  readonly #get
  readonly #child
  readonly #list
  readonly #countAfter
  readonly #parent
  readonly #directories
  readonly #insert
  readonly #insertEntry
  readonly #removeEntry
  readonly #remove
  readonly #place
  readonly #touchDirectory
  readonly #addTotals
  readonly #attributes
  readonly #fileState
  readonly #reserve
  readonly #aclTexts = new AclTexts()

  constructor(database: Database) {
    const prepare = database.prepare.bind(database)
    this.#get = prepare<[number], Row>(`SELECT ${COLUMNS} FROM inode WHERE id = ?`).raw()
    this.#child = prepare<[number, string], Row>(
      `SELECT ${COLUMNS} FROM entry CROSS JOIN inode ON inode.id = entry.id
       WHERE entry.parent = ? AND entry.name = ?`,
    ).raw()
    this.#list = prepare<[number, string, number], Row>(
      `SELECT ${COLUMNS} FROM entry CROSS JOIN inode ON inode.id = entry.id
       WHERE entry.parent = ? AND entry.name > ? ORDER BY entry.name LIMIT ?`,
    ).raw()
    this.#countAfter = prepare<[number, string, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM entry WHERE parent = ? AND name > ? LIMIT ?)',
    ).pluck()
    this.#parent = prepare<[number], number>('SELECT parent FROM inode WHERE id = ?').pluck()
    this.#directories = prepare<[number, number], Row>(
      `SELECT ${COLUMNS} FROM inode WHERE parent = ? AND kind = 0 LIMIT ?`,
    ).raw()
    this.#insert = prepare<
      [
        number,
        number,
        string,
        number,
        number,
        string,
        string,
        number,
        number,
        number,
        number,
        number,
        string | null,
      ]
    >(
      `INSERT INTO inode (id, parent, name, kind, permission, owner, group_name, modified_ms, accessed_ms,
         is_open, replication, block_size, acl) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#insertEntry = prepare<[number, string, number]>('INSERT INTO entry VALUES (?, ?, ?)')
    this.#removeEntry = prepare<[number, string]>('DELETE FROM entry WHERE parent = ? AND name = ?')
    this.#remove = prepare<[number]>('DELETE FROM inode WHERE id = ?')
    this.#place = prepare<[number, string, number]>(
      'UPDATE inode SET parent = ?, name = ? WHERE id = ?',
    )
    this.#touchDirectory = prepare<[number, number, number]>(
      'UPDATE inode SET children = children + ?, modified_ms = ? WHERE id = ?',
    )
    this.#addTotals = prepare<[number, number, number, number, number]>(
      `UPDATE inode SET tree_files = tree_files + ?, tree_directories = tree_directories + ?,
         tree_length = tree_length + ?, tree_space = tree_space + ? WHERE id = ?`,
    )
    this.#attributes = prepare<
      [number, string, string, number, number, number, string | null, number]
    >(
      `UPDATE inode SET permission = ?, owner = ?, group_name = ?, modified_ms = ?, accessed_ms = ?, replication = ?,
         acl = ? WHERE id = ?`,
    )
    this.#fileState = prepare<[number, number, number, number]>(
      'UPDATE inode SET is_open = ?, length = ?, modified_ms = ? WHERE id = ?',
    )
    this.#reserve = prepare<[number, number]>('UPDATE inode SET reserved = ? WHERE id = ?')
  }

  get(id: InodeId): Inode | undefined {
    return this.#toInode(this.#get.get(id))
  }

  child(parent: InodeId, name: string): Inode | undefined {
    return this.#toInode(this.#child.get(parent, name))
  }

  /** Up to `limit` entries with a name above `startAfter`, bytewise. */
  list(parent: InodeId, startAfter: string, limit: number): Inode[] {
    return this.#list.all(parent, startAfter, limit).map((row) => toInode(row, this.#aclTexts))
  }

  /** How many entries follow a name, counted up to `limit`. */
  countAfter(parent: InodeId, name: string, limit: number): number {
    return this.#countAfter.get(parent, name, limit) ?? 0
  }

  /** undefined when there is no such inode. */
  parentOf(id: InodeId): InodeId | typeof NO_PARENT | undefined {
    const parent = this.#parent.get(id)
    return parent === undefined ? undefined : toParent(parent)
  }

  childDirectories(parent: InodeId, limit: number): Inode[] {
    return this.#directories.all(parent, limit).map((row) => toInode(row, this.#aclTexts))
  }

  /** Adds an inode and, unless it has no parent, its name. */
  insert(inode: NewInode): void {
    this.#insert.run(
      inode.id,
      inode.parent,
      inode.name,
      inode.kind === 'file' ? 1 : 0,
      inode.permission,
      inode.owner,
      inode.group,
      inode.timeMs,
      // A directory has no access time until somebody sets one (protocol reference 2.1).
      inode.kind === 'file' ? inode.timeMs : 0,
      inode.isOpen ? 1 : 0,
      inode.replication,
      inode.blockSizeBytes,
      this.#aclTexts.encode(inode.acl),
    )
    if (inode.parent !== NO_PARENT) this.#insertEntry.run(inode.parent, inode.name, inode.id)
  }

  /** Takes the name away; the inode stays, without a parent. */
  detach(inode: Inode): void {
    this.#removeName(inode)
    this.#place.run(NO_PARENT, inode.name, inode.id)
  }

  move(inode: Inode, parent: InodeId, name: string): void {
    this.#removeName(inode)
    this.#insertEntry.run(parent, name, inode.id)
    this.#place.run(parent, name, inode.id)
  }

  remove(inode: Inode): void {
    if (inode.parent !== NO_PARENT) this.#removeName(inode)
    this.#remove.run(inode.id)
  }

  /** A directory gained or lost `entries` names. */
  touchDirectory(id: InodeId, entries: number, timeMs: number): void {
    this.#touchDirectory.run(entries, timeMs, id)
  }

  addTotals(id: InodeId, totals: TreeTotals): void {
    const { files, directories, lengthBytes, spaceBytes } = totals
    this.#addTotals.run(files, directories, lengthBytes, spaceBytes, id)
  }

  setAttributes(
    id: InodeId,
    values: Pick<
      Inode,
      | 'permission'
      | 'owner'
      | 'group'
      | 'modificationTimeMs'
      | 'accessTimeMs'
      | 'replication'
      | 'acl'
    >,
  ): void {
    const { permission, owner, group, modificationTimeMs, accessTimeMs, replication, acl } = values
    this.#attributes.run(
      permission,
      owner,
      group,
      modificationTimeMs,
      accessTimeMs,
      replication,
      this.#aclTexts.encode(acl),
      id,
    )
  }

  setFileState(
    id: InodeId,
    state: Pick<Inode, 'isOpen' | 'lengthBytes' | 'modificationTimeMs'>,
  ): void {
    this.#fileState.run(state.isOpen ? 1 : 0, state.lengthBytes, state.modificationTimeMs, id)
  }

  setReserved(id: InodeId, reservedBytes: number): void {
    this.#reserve.run(reservedBytes, id)
  }

  #toInode(row: Row | undefined): Inode | undefined {
    return row === undefined ? undefined : toInode(row, this.#aclTexts)
  }

  #removeName(inode: Inode): void {
    const { changes } = this.#removeEntry.run(inode.parent, inode.name)
    assert(changes === 1, `inode ${inode.id} has exactly the name that it says`)
  }
}

const toParent = (parent: number): InodeId | typeof NO_PARENT =>
  parent === NO_PARENT ? NO_PARENT : inodeId(parent)

function toInode(row: Row, aclTexts: AclTexts): Inode {
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
    },
    acl: aclTexts.decode(row[18]),
    reservedBytes: row[19],
  }
}
