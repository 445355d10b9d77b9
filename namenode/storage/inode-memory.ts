/**
 * Inodes as the writer left them. It is the only one who changes them, so what it has read or written once is still so:
 * a create and its close asked SQLite for twenty rows of 25 columns, most of them directories on the path, which was a
 * fifth of the writer's time. Not for readers: they hear of no commit.
 *
 * Whoever changes a row says so here in the same step. Rows that the change under way has touched are forgotten when it
 * is undone, all when the batch is.
 */
import type { InodeId } from '../../shared/ids.js'
import type { Inode } from './inode-row.js'

/** Inodes remembered at most, a few hundred bytes each; beyond, the memory starts anew. */
const MAX_REMEMBERED = 10_000

export class InodeMemory {
  readonly #inodes = new Map<InodeId, Inode>()
  /** The directories among them, by parent and name. */
  readonly #directories = new Map<string, InodeId>()
  /** What the change under way has touched. */
  readonly #touched = new Set<InodeId>()
  /** Whether any inode has a storage policy of its own; undefined when nobody has asked since that may have changed. */
  hasPolicies: boolean | undefined

  /** How much is remembered. */
  get sizes(): { readonly inodes: number; readonly directories: number } {
    return { inodes: this.#inodes.size, directories: this.#directories.size }
  }

  get(id: InodeId): Inode | undefined {
    return this.#inodes.get(id)
  }

  /** A remembered directory. */
  directory(parent: InodeId, name: string): Inode | undefined {
    const id = this.#directories.get(placeOf(parent, name))
    return id === undefined ? undefined : this.#inodes.get(id)
  }

  /** As its row is now. */
  remember(inode: Inode): void {
    const before = this.#inodes.get(inode.id)
    if (before !== undefined && isAtSamePlace(before, inode)) {
      // In its place: a Map keeps what was deleted in the chain of its key until it grows, so deleting and setting the same
      // busy directories again and again made each of these take microseconds.
      this.#inodes.set(inode.id, inode)
      return
    }
    this.#drop(inode.id)
    if (this.#inodes.size >= MAX_REMEMBERED) this.#empty()
    this.#inodes.set(inode.id, inode)
    if (inode.kind === 'directory') {
      this.#directories.set(placeOf(inode.parent, inode.name), inode.id)
    }
  }

  /** The change under way adds an inode. */
  add(inode: Inode): void {
    this.#touched.add(inode.id)
    this.remember(inode)
  }

  /** The change under way has made a row into another. */
  change(id: InodeId, changed: (before: Inode) => Inode): void {
    this.#touched.add(id)
    const before = this.#inodes.get(id)
    if (before !== undefined) this.remember(changed(before))
  }

  /** The change under way has changed a row in a way that is not followed here, or removed it. */
  forget(id: InodeId): void {
    this.#touched.add(id)
    this.#drop(id)
  }

  /** The change under way stays. */
  keep(): void {
    if (this.#touched.size > 0) this.#touched.clear()
  }

  /** The change under way was rolled back. */
  undo(): void {
    for (const id of this.#touched) this.#drop(id)
    this.#touched.clear()
    this.hasPolicies = undefined
  }

  /** The batch was rolled back. */
  clear(): void {
    this.#empty()
    this.#touched.clear()
    this.hasPolicies = undefined
  }

  #drop(id: InodeId): void {
    const inode = this.#inodes.get(id)
    if (inode === undefined) return
    this.#inodes.delete(id)
    if (inode.kind === 'directory') this.#directories.delete(placeOf(inode.parent, inode.name))
  }

  #empty(): void {
    this.#inodes.clear()
    this.#directories.clear()
  }
}

const isAtSamePlace = (left: Inode, right: Inode): boolean =>
  left.parent === right.parent && left.name === right.name

const placeOf = (parent: number, name: string): string => `${parent}/${name}`
