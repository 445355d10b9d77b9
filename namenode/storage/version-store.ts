/** Old versions of inodes and of the places of blocks: what snapshots show of things that have changed since. */
import { type BlockId, blockId, type InodeId, inodeId } from '../../shared/ids.js'
import type { XAttr } from '../../shared/xattr.js'
import type { BlockRecord } from '../service/namespace/namespace-model.js'
import { AclTexts } from './acl-texts.js'
import { type BlockRow, toBlock } from './block-store.js'
import type { Database } from './database.js'
import { INODE_COLUMNS, type Inode, type InodeRow, inodeColumnsOf, toInode } from './inode-row.js'
import type { Cover, SnapshotPoint } from './snapshot-store.js'
import { decodeXAttrs } from './xattr-store.js'

/** Versions of `root` that ended after transaction `after`, up to `upTo`. */
export interface VersionRange {
  readonly root: InodeId
  readonly after: number
  readonly upTo: number
}

export class VersionStore {
  readonly #statements: ReturnType<typeof prepareAll>
  readonly #aclTexts = new AclTexts()

  constructor(database: Database) {
    this.#statements = prepareAll(database)
  }

  /** Keeps the row of an inode as it is now, for the snapshots of a root that may show it. */
  keepInode(id: InodeId, { root, first }: Cover, until: number): void {
    this.#statements.keepInode.run(root, until, first, id)
  }

  /** Keeps place and length of a block as they are now. */
  keepBlock(id: BlockId, { root, first }: Cover, until: number): void {
    this.#statements.keepBlock.run(root, until, first, id)
  }

  hasInode(root: InodeId, id: InodeId): boolean {
    return this.#statements.hasInode.get(root, id) !== undefined
  }

  /** Whether any snapshot shows an old place of the block. */
  hasBlock(id: BlockId): boolean {
    return this.#statements.hasBlock.get(id) !== undefined
  }

  hasBlocks(): boolean {
    return this.#statements.hasBlocks.get() !== undefined
  }

  /** The transaction up to which at most about `limit` versions of the range end; undefined for all of it. */
  cut({ root, after, upTo }: VersionRange, limit: number): number | undefined {
    const ends = [
      this.#statements.inodeEnd.get(root, after, upTo, limit - 1),
      this.#statements.blockEnd.get(root, after, upTo, limit - 1),
    ].filter((it) => it !== undefined)
    return ends.length === 0 ? undefined : Math.min(...ends)
  }

  /** Removes the versions of the range that no snapshot shows. @returns what they were versions of, with repeats */
  free({ root, after, upTo }: VersionRange): {
    readonly inodes: readonly InodeId[]
    readonly blocks: readonly BlockId[]
  } {
    const inodes = this.#statements.freeInodes.all(root, after, upTo).map(inodeId)
    return { inodes, blocks: this.#statements.freeBlocks.all(root, after, upTo).map(blockId) }
  }

  get({ root, taken }: SnapshotPoint, id: InodeId): Inode | undefined {
    const { currentInode, oldInode } = this.#statements
    return this.#one(currentInode.get(id, taken) ?? oldInode.get(root, id, taken, taken))
  }

  xattrsOf({ root, taken }: SnapshotPoint, id: InodeId): XAttr[] {
    const { currentXAttrs, oldXAttrs } = this.#statements
    const text = currentXAttrs.get(id, taken)
    return decodeXAttrs(text === undefined ? oldXAttrs.get(root, id, taken, taken) : text)
  }

  child({ root, taken }: SnapshotPoint, parent: InodeId, name: string): Inode | undefined {
    const { currentChild, oldChild } = this.#statements
    return this.#one(
      currentChild.get(parent, name, taken) ?? oldChild.get(root, parent, name, taken, taken),
    )
  }

  list(
    { root, taken }: SnapshotPoint,
    parent: InodeId,
    startAfter: string,
    limit: number,
  ): Inode[] {
    const current = this.#statements.currentList.all(parent, startAfter, taken, limit)
    const old = this.#statements.oldList.all(root, parent, startAfter, taken, taken, limit)
    return [...current, ...old]
      .map((row) => toInode(row, this.#aclTexts))
      .sort(byName)
      .slice(0, limit)
  }

  countAfter({ root, taken }: SnapshotPoint, parent: InodeId, name: string, limit: number): number {
    const current = this.#statements.currentCount.get(parent, name, taken, limit) ?? 0
    const old = this.#statements.oldCount.get(root, parent, name, taken, taken, limit) ?? 0
    return Math.min(limit, current + old)
  }

  /** Entries of a directory at the beginning of the range that changed, moved or went within it, by name. */
  changedIn(range: VersionRange, parent: InodeId, startAfter: string, limit: number): Inode[] {
    const { root, after, upTo } = range
    return this.#statements.changedList
      .all(root, parent, startAfter, after, after, upTo, limit)
      .map((row) => toInode(row, this.#aclTexts))
  }

  /** Entries of a directory at the end of the range that changed or came within it, by name. */
  appearedIn(range: VersionRange, parent: InodeId, startAfter: string, limit: number): Inode[] {
    const { root, after, upTo } = range
    const current = this.#statements.newList.all(parent, after, upTo, startAfter, limit)
    const old = this.#statements.newOldList.all(root, parent, startAfter, after, upTo, upTo, limit)
    return [...current, ...old]
      .map((row) => toInode(row, this.#aclTexts))
      .sort(byName)
      .slice(0, limit)
  }

  /** Blocks with a length, of a file as the snapshot shows it. */
  blocksOfFile({ root, taken }: SnapshotPoint, file: InodeId): BlockRecord[] {
    const current = this.#statements.currentBlocks.all(file, taken)
    const old = this.#statements.oldBlocks.all(root, file, taken, taken)
    return [...current, ...old]
      .map(toBlock)
      .filter((it) => it.lengthBytes > 0)
      .sort((left, right) => left.index - right.index)
      .map((it) => ({ ...it, state: 'committed' }))
  }

  #one(row: InodeRow | undefined): Inode | undefined {
    return row === undefined ? undefined : toInode(row, this.#aclTexts)
  }
}

/** Bytewise, as SQLite compares names; JavaScript's own order of UTF-16 units differs above U+FFFF. */
const byName = (left: Inode, right: Inode) =>
  Buffer.compare(Buffer.from(left.name), Buffer.from(right.name))

/** The interval of a version holds a snapshot of its root. */
const isShown = (table: string) =>
  `EXISTS (SELECT 1 FROM snapshot WHERE snapshot.root = ${table}.root
     AND snapshot.taken >= ${table}.since AND snapshot.taken < ${table}.until)`

function prepareAll(database: Database) {
  return { ...prepareKeeping(database), ...prepareReading(database) }
}

function prepareKeeping(database: Database) {
  const prepare = database.prepare.bind(database)
  // Before it came below the root, the root's snapshots did not show it.
  const columns = INODE_COLUMNS.filter((it) => it !== 'since').join(', ')
  const end = (table: string) =>
    prepare<[number, number, number, number], number>(
      `SELECT until FROM ${table} WHERE root = ? AND until > ? AND until <= ?
       ORDER BY until LIMIT 1 OFFSET ?`,
    ).pluck()
  const endsInRange = 'root = ? AND until > ? AND until <= ?'
  return {
    keepInode: prepare<[number, number, number, number]>(
      `INSERT INTO inode_version (root, until, since, ${columns}, xattrs)
       SELECT ?, ?, max(since, ?), ${columns}, (SELECT attributes FROM xattr WHERE xattr.inode = inode.id) FROM inode WHERE id = ?`,
    ),
    keepBlock: prepare<[number, number, number, number]>(
      `INSERT INTO block_version (root, until, inode, position, since, id, length)
       SELECT ?, ?, inode, position, max(since, ?), id, length FROM block WHERE id = ?`,
    ),
    hasInode: prepare<[number, number], number>(
      'SELECT 1 FROM inode_version WHERE root = ? AND id = ? LIMIT 1',
    ).pluck(),
    hasBlock: prepare<[number], number>('SELECT 1 FROM block_version WHERE id = ? LIMIT 1').pluck(),
    hasBlocks: prepare<[], number>('SELECT 1 FROM block_version LIMIT 1').pluck(),
    inodeEnd: end('inode_version'),
    blockEnd: end('block_version'),
    freeInodes: prepare<[number, number, number], number>(
      `DELETE FROM inode_version WHERE ${endsInRange} AND NOT ${isShown('inode_version')} RETURNING id`,
    ).pluck(),
    freeBlocks: prepare<[number, number, number], number>(
      `DELETE FROM block_version WHERE ${endsInRange} AND NOT ${isShown('block_version')} RETURNING id`,
    ).pluck(),
  }
}

function prepareReading(database: Database) {
  const prepare = database.prepare.bind(database)
  const current = inodeColumnsOf('inode')
  const old = inodeColumnsOf('inode_version')
  const entry = 'entry CROSS JOIN inode ON inode.id = entry.id'
  const blocks = 'block.generation, 1 AS state, inode.replication'
  return {
    currentInode: prepare<[number, number], InodeRow>(
      `SELECT ${current} FROM inode WHERE id = ? AND since <= ?`,
    ).raw(),
    oldInode: prepare<[number, number, number, number], InodeRow>(
      `SELECT ${old} FROM inode_version WHERE root = ? AND id = ? AND since <= ? AND until > ?`,
    ).raw(),
    currentXAttrs: prepare<[number, number], string | null>(
      `SELECT (SELECT attributes FROM xattr WHERE xattr.inode = inode.id) FROM inode
       WHERE id = ? AND since <= ?`,
    ).pluck(),
    oldXAttrs: prepare<[number, number, number, number], string | null>(
      'SELECT xattrs FROM inode_version WHERE root = ? AND id = ? AND since <= ? AND until > ?',
    ).pluck(),
    currentChild: prepare<[number, string, number], InodeRow>(
      `SELECT ${current} FROM ${entry} WHERE entry.parent = ? AND entry.name = ? AND since <= ?`,
    ).raw(),
    oldChild: prepare<[number, number, string, number, number], InodeRow>(
      `SELECT ${old} FROM inode_version WHERE root = ? AND parent = ? AND name = ? AND since <= ? AND until > ?`,
    ).raw(),
    currentList: prepare<[number, string, number, number], InodeRow>(
      `SELECT ${current} FROM ${entry} WHERE entry.parent = ? AND entry.name > ? AND since <= ?
       ORDER BY entry.name LIMIT ?`,
    ).raw(),
    oldList: prepare<[number, number, string, number, number, number], InodeRow>(
      `SELECT ${old} FROM inode_version WHERE root = ? AND parent = ? AND name > ? AND since <= ? AND until > ?
       ORDER BY name LIMIT ?`,
    ).raw(),
    changedList: prepare<[number, number, string, number, number, number, number], InodeRow>(
      `SELECT ${old} FROM inode_version WHERE root = ? AND parent = ? AND name > ? AND since <= ?
       AND until > ? AND until <= ? ORDER BY name LIMIT ?`,
    ).raw(),
    newList: prepare<[number, number, number, string, number], InodeRow>(
      `SELECT ${current} FROM inode INDEXED BY inode_by_since
       WHERE parent = ? AND since > 0 AND since > ? AND since <= ? AND name > ? ORDER BY name LIMIT ?`,
    ).raw(),
    newOldList: prepare<[number, number, string, number, number, number, number], InodeRow>(
      `SELECT ${old} FROM inode_version WHERE root = ? AND parent = ? AND name > ? AND since > ?
       AND since <= ? AND until > ? ORDER BY name LIMIT ?`,
    ).raw(),
    currentCount: prepare<[number, string, number, number], number>(
      `SELECT count(*) FROM (SELECT 1 FROM ${entry}
         WHERE entry.parent = ? AND entry.name > ? AND since <= ? LIMIT ?)`,
    ).pluck(),
    oldCount: prepare<[number, number, string, number, number, number], number>(
      `SELECT count(*) FROM (SELECT 1 FROM inode_version
         WHERE root = ? AND parent = ? AND name > ? AND since <= ? AND until > ? LIMIT ?)`,
    ).pluck(),
    currentBlocks: prepare<[number, number], BlockRow>(
      `SELECT block.id, block.inode, position, block.length, ${blocks}
       FROM block CROSS JOIN inode ON inode.id = block.inode
       WHERE block.inode = ? AND position >= 0 AND block.since <= ?`,
    ),
    oldBlocks: prepare<[number, number, number, number], BlockRow>(
      `SELECT old.id, old.inode, old.position, old.length, ${blocks}
       FROM block_version AS old CROSS JOIN block ON block.id = old.id CROSS JOIN inode ON inode.id = block.inode
       WHERE old.root = ? AND old.inode = ? AND old.since <= ? AND old.until > ?`,
    ),
  }
}
