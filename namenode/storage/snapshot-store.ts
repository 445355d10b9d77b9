/** Which snapshots there are, where directories may have some, and what moved away from under them. */
import { type InodeId, inodeId } from '../../shared/ids.js'
import type { Database } from './database.js'

/** The state of a directory's tree as of a transaction: what reading below `.snapshot/<name>` needs to know. */
export interface SnapshotPoint {
  readonly root: InodeId
  /** The transaction that made the snapshot. */
  readonly taken: number
}

export interface Snapshot extends SnapshotPoint {
  /** What clients call its id. */
  readonly number: number
  readonly name: string
}

/** The snapshots of `root` taken from `first` to `last` may show an inode and what was below it. */
export interface Cover {
  readonly root: InodeId
  readonly first: number
  readonly last: number
}

/** A snapshot that is gone; `done`: versions that ended up to this transaction have been looked at. */
export interface DeletedSnapshot extends SnapshotPoint {
  readonly done: number
}

interface SnapshotRow {
  root: number
  taken: number
  number: number
  name: string
}

interface CoverRow {
  root: number
  first: number
  last: number
}

export class SnapshotStore {
  readonly #statements: ReturnType<typeof prepareAll>

  constructor(database: Database) {
    this.#statements = prepareAll(database)
  }

  byName(root: InodeId, name: string): Snapshot | undefined {
    const row = this.#statements.byName.get(root, name)
    return row === undefined ? undefined : toSnapshot(row)
  }

  /** Snapshots of a directory with a name above `startAfter`, bytewise. */
  list(root: InodeId, startAfter: string, limit: number): Snapshot[] {
    return this.#statements.list.all(root, startAfter, limit).map(toSnapshot)
  }

  countAfter(root: InodeId, name: string, limit: number): number {
    return this.#statements.countAfter.get(root, name, limit) ?? 0
  }

  /** Snapshots of a directory, oldest first. */
  inOrder(root: InodeId, limit: number): Snapshot[] {
    return this.#statements.inOrder.all(root, limit).map(toSnapshot)
  }

  countOf(root: InodeId): number {
    return this.#statements.countOf.get(root) ?? 0
  }

  /** The number that the next snapshot gets. */
  nextNumber(): number {
    return (this.#statements.lastNumber.get() ?? -1) + 1
  }

  /** The transaction of the newest snapshot of any directory; 0 when there is none. */
  newest(): number {
    return this.#statements.newest.get() ?? 0
  }

  /** Whether `root` has a snapshot taken from `first` to `last`. */
  hasBetween(root: InodeId, first: number, last: number): boolean {
    return this.#statements.hasBetween.get(root, first, last) !== undefined
  }

  /** When the next snapshot of the same directory was taken, if there is one. */
  nextAfter({ root, taken }: SnapshotPoint): number | undefined {
    return this.#statements.nextAfter.get(root, taken)
  }

  insert(snapshot: Snapshot): void {
    const { root, taken, number, name } = snapshot
    this.#statements.insert.run(root, taken, number, name)
  }

  rename({ root, taken }: SnapshotPoint, name: string): void {
    this.#statements.rename.run(name, root, taken)
  }

  /** The snapshot is gone at once; what only it showed is freed later. */
  remove({ root, taken }: SnapshotPoint): void {
    this.#statements.remove.run(root, taken)
    this.#statements.addDeleted.run(root, taken, taken)
  }

  /** One that waits to be freed. */
  someDeleted(): DeletedSnapshot | undefined {
    const row = this.#statements.someDeleted.get()
    return row === undefined ? undefined : { ...row, root: inodeId(row.root) }
  }

  setFreed({ root, taken }: SnapshotPoint, done: number): void {
    this.#statements.setFreed.run(done, root, taken)
  }

  forgetDeleted({ root, taken }: SnapshotPoint): void {
    this.#statements.forgetDeleted.run(root, taken)
  }

  /** How many snapshottable directories are below a directory. */
  snapshottableBelow(directory: InodeId): number {
    return this.#statements.below.get(directory) ?? 0
  }

  addSnapshottableBelow(directory: InodeId, change: number): void {
    const directories = this.snapshottableBelow(directory) + change
    if (directories === 0) this.#statements.removeBelow.run(directory)
    else this.#statements.setBelow.run(directory, directories)
  }

  tracesOf(id: InodeId): Cover[] {
    return this.#statements.traces
      .all(id)
      .map(({ root, first, last }) => ({ root: inodeId(root), first, last }))
  }

  /** Widens what is known already. */
  addTrace(id: InodeId, { root, first, last }: Cover): void {
    this.#statements.addTrace.run(id, root, first, last)
  }

  /** Traces that no snapshot of the root is old enough for, counted up to `limit`. */
  countUselessTraces(root: InodeId, limit: number): number {
    return this.#statements.countUseless.get(root, this.#oldest(root), limit) ?? 0
  }

  removeUselessTraces(root: InodeId, limit: number): void {
    this.#statements.removeUseless.run(root, this.#oldest(root), limit)
  }

  #oldest(root: InodeId): number {
    return this.#statements.nextAfter.get(root, 0) ?? Number.MAX_SAFE_INTEGER
  }
}

function prepareAll(database: Database) {
  const prepare = database.prepare.bind(database)
  return {
    byName: prepare<[number, string], SnapshotRow>(
      'SELECT * FROM snapshot WHERE root = ? AND name = ?',
    ),
    list: prepare<[number, string, number], SnapshotRow>(
      'SELECT * FROM snapshot WHERE root = ? AND name > ? ORDER BY name LIMIT ?',
    ),
    countAfter: prepare<[number, string, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM snapshot WHERE root = ? AND name > ? LIMIT ?)',
    ).pluck(),
    inOrder: prepare<[number, number], SnapshotRow>(
      'SELECT * FROM snapshot WHERE root = ? ORDER BY taken LIMIT ?',
    ),
    countOf: prepare<[number], number>('SELECT count(*) FROM snapshot WHERE root = ?').pluck(),
    lastNumber: prepare<[], number | null>(
      'SELECT number FROM snapshot ORDER BY taken DESC LIMIT 1',
    ).pluck(),
    newest: prepare<[], number>('SELECT taken FROM snapshot ORDER BY taken DESC LIMIT 1').pluck(),
    hasBetween: prepare<[number, number, number], number>(
      'SELECT 1 FROM snapshot WHERE root = ? AND taken BETWEEN ? AND ? LIMIT 1',
    ).pluck(),
    nextAfter: prepare<[number, number], number>(
      'SELECT taken FROM snapshot WHERE root = ? AND taken > ? ORDER BY taken LIMIT 1',
    ).pluck(),
    insert: prepare<[number, number, number, string]>(
      'INSERT INTO snapshot (root, taken, number, name) VALUES (?, ?, ?, ?)',
    ),
    rename: prepare<[string, number, number]>(
      'UPDATE snapshot SET name = ? WHERE root = ? AND taken = ?',
    ),
    remove: prepare<[number, number]>('DELETE FROM snapshot WHERE root = ? AND taken = ?'),
    addDeleted: prepare<[number, number, number]>('INSERT INTO deleted_snapshot VALUES (?, ?, ?)'),
    someDeleted: prepare<[], { root: number; taken: number; done: number }>(
      'SELECT * FROM deleted_snapshot ORDER BY root, taken LIMIT 1',
    ),
    setFreed: prepare<[number, number, number]>(
      'UPDATE deleted_snapshot SET done = ? WHERE root = ? AND taken = ?',
    ),
    forgetDeleted: prepare<[number, number]>(
      'DELETE FROM deleted_snapshot WHERE root = ? AND taken = ?',
    ),
    below: prepare<[number], number>(
      'SELECT directories FROM snapshottable_below WHERE directory = ?',
    ).pluck(),
    setBelow: prepare<[number, number]>('INSERT OR REPLACE INTO snapshottable_below VALUES (?, ?)'),
    removeBelow: prepare<[number]>('DELETE FROM snapshottable_below WHERE directory = ?'),
    traces: prepare<[number], CoverRow>('SELECT root, first, last FROM trace WHERE inode = ?'),
    addTrace: prepare<[number, number, number, number]>(
      `INSERT INTO trace VALUES (?, ?, ?, ?) ON CONFLICT (inode, root)
       DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)`,
    ),
    countUseless: prepare<[number, number, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM trace WHERE root = ? AND last < ? LIMIT ?)',
    ).pluck(),
    removeUseless: prepare<[number, number, number]>(
      `DELETE FROM trace WHERE (inode, root) IN
         (SELECT inode, root FROM trace WHERE root = ? AND last < ? ORDER BY last, inode LIMIT ?)`,
    ),
  }
}

const toSnapshot = (row: SnapshotRow): Snapshot => ({ ...row, root: inodeId(row.root) })
