/** Inodes and the names that lead to them. One row each, written together; nothing else touches these two tables. */
import { assert } from '../../shared/assert.js'
import type { InodeId } from '../../shared/ids.js'
import { AclTexts } from './acl-texts.js'
import type { Database } from './database.js'
import type { InodeMemory } from './inode-memory.js'
import {
  type Inode,
  type InodeRow,
  inodeColumnsOf,
  NO_PARENT,
  type TreeTotals,
  toInode,
  toParent,
  withChanges,
} from './inode-row.js'

export { type Inode, NO_PARENT, type TreeTotals } from './inode-row.js'

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
  | 'policy'
> & {
  readonly parent: InodeId | typeof NO_PARENT
  readonly timeMs: number
  /** See `Inode`: 0 where no snapshot covers the directory. */
  readonly since: number
}

const COLUMNS = inodeColumnsOf('inode')
const NO_TOTALS: TreeTotals = {
  files: 0,
  directories: 0,
  lengthBytes: 0,
  spaceBytes: 0,
  reservedBytes: 0,
}

export class InodeStore {
  /** Of the writer alone. */
  readonly memory: InodeMemory | undefined
  readonly #get
  readonly #child
  readonly #list
  readonly #countAfter
  readonly #parent
  readonly #placeOf
  readonly #directories
  readonly #insert
  readonly #insertEntry
  readonly #removeEntry
  readonly #remove
  readonly #place
  readonly #touchDirectory
  readonly #addTotals
  readonly #attributes
  readonly #policy
  readonly #anyPolicy
  readonly #fileState
  readonly #reserve
  readonly #aclTexts = new AclTexts()
  readonly #since
  readonly #arrived
  readonly #snapshottable
  readonly #snapshottables

  /** @param memory for the one connection that changes inodes */
  constructor(database: Database, memory?: InodeMemory) {
    this.memory = memory
    const prepare = database.prepare.bind(database)
    this.#get = prepare<[number], InodeRow>(`SELECT ${COLUMNS} FROM inode WHERE id = ?`).raw()
    this.#child = prepare<[number, string], InodeRow>(
      `SELECT ${COLUMNS} FROM entry CROSS JOIN inode ON inode.id = entry.id
       WHERE entry.parent = ? AND entry.name = ?`,
    ).raw()
    this.#list = prepare<[number, string, number], InodeRow>(
      `SELECT ${COLUMNS} FROM entry CROSS JOIN inode ON inode.id = entry.id
       WHERE entry.parent = ? AND entry.name > ? ORDER BY entry.name LIMIT ?`,
    ).raw()
    this.#countAfter = prepare<[number, string, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM entry WHERE parent = ? AND name > ? LIMIT ?)',
    ).pluck()
    this.#parent = prepare<[number], number>('SELECT parent FROM inode WHERE id = ?').pluck()
    this.#placeOf = prepare<[number], { parent: number; policy: number }>(
      'SELECT parent, policy FROM inode WHERE id = ?',
    )
    this.#directories = prepare<[number, number], InodeRow>(
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
        number,
        number,
      ]
    >(
      `INSERT INTO inode (id, parent, name, kind, permission, owner, group_name, modified_ms, accessed_ms,
         is_open, replication, block_size, acl, since, policy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    this.#addTotals = prepare<[number, number, number, number, number, number]>(
      `UPDATE inode SET tree_files = tree_files + ?, tree_directories = tree_directories + ?,
         tree_length = tree_length + ?, tree_space = tree_space + ?, tree_reserved = tree_reserved + ?
       WHERE id = ?`,
    )
    this.#attributes = prepare<
      [number, string, string, number, number, number, string | null, number]
    >(
      `UPDATE inode SET permission = ?, owner = ?, group_name = ?, modified_ms = ?, accessed_ms = ?, replication = ?,
         acl = ? WHERE id = ?`,
    )
    this.#policy = prepare<[number, number]>('UPDATE inode SET policy = ? WHERE id = ?')
    this.#anyPolicy = prepare<[], number>(
      'SELECT 1 FROM inode INDEXED BY inode_with_policy WHERE policy > 0 LIMIT 1',
    ).pluck()
    this.#fileState = prepare<[number, number, number, number]>(
      'UPDATE inode SET is_open = ?, length = ?, modified_ms = ? WHERE id = ?',
    )
    this.#reserve = prepare<[number, number]>('UPDATE inode SET reserved = ? WHERE id = ?')
    this.#since = prepare<[number, number]>('UPDATE inode SET since = ? WHERE id = ?')
    this.#arrived = prepare<[number, number, number]>(
      'UPDATE inode SET since = ?, arrived = ? WHERE id = ?',
    )
    this.#snapshottable = prepare<[number, number]>(
      'UPDATE inode SET snapshottable = ? WHERE id = ?',
    )
    this.#snapshottables = prepare<[number, number], InodeRow>(
      `SELECT ${COLUMNS} FROM inode INDEXED BY snapshottable_directory
       WHERE snapshottable = 1 AND id > ? ORDER BY id LIMIT ?`,
    ).raw()
  }

  get(id: InodeId): Inode | undefined {
    return this.memory?.get(id) ?? this.#toInode(this.#get.get(id))
  }

  child(parent: InodeId, name: string): Inode | undefined {
    return this.memory?.directory(parent, name) ?? this.#toInode(this.#child.get(parent, name))
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
    const known = this.memory?.get(id)
    if (known !== undefined) return known.parent
    const parent = this.#parent.get(id)
    return parent === undefined ? undefined : toParent(parent)
  }

  /** What hangs where, and under which policy of its own; undefined when there is no such inode. */
  placeOf(id: InodeId): Pick<Inode, 'parent' | 'policy'> | undefined {
    const known = this.memory?.get(id)
    if (known !== undefined) return known
    const row = this.#placeOf.get(id)
    return row && { parent: toParent(row.parent), policy: row.policy }
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
      inode.since,
      inode.policy,
    )
    if (inode.parent !== NO_PARENT) this.#insertEntry.run(inode.parent, inode.name, inode.id)
    if (inode.policy !== 0) this.#policiesMayChange()
    this.memory?.add(toNewRow(inode))
  }

  /** Takes the name away; the inode stays, without a parent. */
  detach(inode: Inode): void {
    this.#removeName(inode)
    this.#place.run(NO_PARENT, inode.name, inode.id)
    this.memory?.forget(inode.id)
  }

  /** The inverse of `detach`, at any place. */
  attach(id: InodeId, parent: InodeId, name: string): void {
    this.#insertEntry.run(parent, name, id)
    this.#place.run(parent, name, id)
    this.memory?.forget(id)
  }

  move(inode: Inode, parent: InodeId, name: string): void {
    this.#removeName(inode)
    this.#insertEntry.run(parent, name, inode.id)
    this.#place.run(parent, name, inode.id)
    this.memory?.change(inode.id, (before) => withChanges(before, { parent, name }))
  }

  remove(inode: Inode): void {
    if (inode.parent !== NO_PARENT) this.#removeName(inode)
    this.#remove.run(inode.id)
    if (inode.policy !== 0) this.#policiesMayChange()
    this.memory?.forget(inode.id)
  }

  /** A directory gained or lost `entries` names. */
  touchDirectory(id: InodeId, entries: number, timeMs: number): void {
    this.#touchDirectory.run(entries, timeMs, id)
    this.memory?.change(id, (before) =>
      withChanges(before, { children: before.children + entries, modificationTimeMs: timeMs }),
    )
  }

  addTotals(id: InodeId, totals: TreeTotals): void {
    const { files, directories, lengthBytes, spaceBytes, reservedBytes } = totals
    this.#addTotals.run(files, directories, lengthBytes, spaceBytes, reservedBytes, id)
    this.memory?.change(id, (before) => {
      const tree = {
        files: before.tree.files + files,
        directories: before.tree.directories + directories,
        lengthBytes: before.tree.lengthBytes + lengthBytes,
        spaceBytes: before.tree.spaceBytes + spaceBytes,
        reservedBytes: before.tree.reservedBytes + reservedBytes,
      }
      return withChanges(before, { tree })
    })
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
    this.memory?.forget(id)
  }

  setFileState(
    id: InodeId,
    state: Pick<Inode, 'isOpen' | 'lengthBytes' | 'modificationTimeMs'>,
  ): void {
    const { isOpen, lengthBytes, modificationTimeMs } = state
    this.#fileState.run(isOpen ? 1 : 0, lengthBytes, modificationTimeMs, id)
    this.memory?.change(id, (before) =>
      withChanges(before, { isOpen, lengthBytes, modificationTimeMs }),
    )
  }

  setPolicy(id: InodeId, policy: number): void {
    this.#policy.run(policy, id)
    this.#policiesMayChange()
    this.memory?.forget(id)
  }

  /** Whether any inode has a storage policy of its own: most clusters have none, and need not look further. */
  get hasPolicies(): boolean {
    const known = this.memory?.hasPolicies
    if (known !== undefined) return known
    const hasPolicies = this.#anyPolicy.get() === 1
    if (this.memory !== undefined) this.memory.hasPolicies = hasPolicies
    return hasPolicies
  }

  setReserved(id: InodeId, reservedBytes: number): void {
    this.#reserve.run(reservedBytes, id)
    this.memory?.change(id, (before) => withChanges(before, { reservedBytes }))
  }

  #toInode(row: InodeRow | undefined): Inode | undefined {
    if (row === undefined) return undefined
    const inode = toInode(row, this.#aclTexts)
    this.memory?.remember(inode)
    return inode
  }

  #policiesMayChange(): void {
    if (this.memory !== undefined) this.memory.hasPolicies = undefined
  }

  /** The row changed and its old version was kept for a snapshot. */
  setSince(id: InodeId, transaction: number): void {
    this.#since.run(transaction, id)
    this.memory?.forget(id)
  }

  /** The inode has a new place since this transaction. */
  setArrived(id: InodeId, transaction: number): void {
    this.#arrived.run(transaction, transaction, id)
    this.memory?.forget(id)
  }

  setSnapshottable(id: InodeId, isSnapshottable: boolean): void {
    this.#snapshottable.run(isSnapshottable ? 1 : 0, id)
    this.memory?.forget(id)
  }

  /** Snapshottable directories with an id above `after`. */
  snapshottables(after: InodeId | 0, limit: number): Inode[] {
    return this.#snapshottables.all(after, limit).map((row) => toInode(row, this.#aclTexts))
  }

  #removeName(inode: Inode): void {
    const { changes } = this.#removeEntry.run(inode.parent, inode.name)
    assert(changes === 1, `inode ${inode.id} has exactly the name that it says`)
  }
}

/** An inode as it is when it has just been made. Field by field: spreading what has another shape costs ten times as much. */
function toNewRow(inode: NewInode): Inode {
  return {
    id: inode.id,
    parent: inode.parent,
    name: inode.name,
    kind: inode.kind,
    permission: inode.permission,
    owner: inode.owner,
    group: inode.group,
    modificationTimeMs: inode.timeMs,
    accessTimeMs: inode.kind === 'file' ? inode.timeMs : 0,
    isOpen: inode.isOpen,
    replication: inode.replication,
    blockSizeBytes: inode.blockSizeBytes,
    lengthBytes: 0,
    children: 0,
    tree: NO_TOTALS,
    reservedBytes: 0,
    acl: inode.acl,
    since: inode.since,
    arrived: 0,
    isSnapshottable: false,
    policy: inode.policy,
  }
}
