/**
 * Keeps what snapshots show before it changes. Part of applying edits. An inode is covered by the snapshots that were
 * taken of a directory above it while it was there; what has moved or was deleted since carries that as a trace. A
 * version is kept at the first change after a snapshot that covers it, and never again until the next one: beyond
 * that, changes cost a look into memory. Reasons: ../storage/DESIGN.md.
 */
import { present } from '../../../../shared/assert.js'
import type { BlockId, InodeId } from '../../../../shared/ids.js'
import { type Inode, NO_PARENT } from '../../../storage/inode-store.js'
import type { Cover } from '../../../storage/snapshot-store.js'
import type { Stores } from '../../../storage/stores.js'

type Place = Pick<Inode, 'id' | 'parent' | 'arrived'>

/** Directories remembered at most; beyond, the memory starts anew. */
const MAX_REMEMBERED = 50_000

export class VersionKeeper {
  readonly #stores: Stores
  readonly #transaction: () => number
  /** When the newest snapshot of all was taken; 0 for none, undefined when it must be looked up. */
  #newest: number | undefined
  /** Whether the stores of the past had rows when that was asked last; only snapshots add some. */
  #isPastCounted: boolean | undefined
  readonly #covers = new Map<InodeId, readonly Cover[]>()
  /** Directories of which, and above which, nothing needs to be kept until the next snapshot. */
  readonly #settled = new Set<InodeId>()

  /** @param transaction the id of the edit that is being applied */
  constructor(stores: Stores, transaction: () => number) {
    this.#stores = stores
    this.#transaction = transaction
  }

  /** Forgets what it remembers: snapshots or places of directories have changed, or changes were undone. */
  reset(): void {
    this.#newest = undefined
    this.#isPastCounted = undefined
    this.#covers.clear()
    this.#settled.clear()
  }

  /** What `since` of an inode is that is made in a directory now. */
  sinceIn(directory: InodeId): number {
    return this.#hasSnapshots() && this.#coversBelow(directory).length > 0 ? this.#transaction() : 0
  }

  /** The row of an inode is about to change or to go. */
  keep(inode: Inode): void {
    if (!this.#hasSnapshots() || inode.since > this.#newestTaken()) return
    const transaction = this.#transaction()
    let isKept = false
    for (const cover of this.#coversOf(inode)) {
      if (!this.#shows(cover, inode.since)) continue
      this.#stores.versions.keepInode(inode.id, cover, transaction)
      isKept = true
    }
    if (!isKept) return
    this.#stores.inodes.setSince(inode.id, transaction)
    // A difference is found by descending to what has changed: so all above it has.
    this.keepUpwards(inode.parent)
  }

  /** Totals of a directory and of all above it are about to change. */
  keepUpwards(directory: InodeId | typeof NO_PARENT): void {
    if (!this.#hasSnapshots()) return
    let current = directory
    while (current !== NO_PARENT && !this.#settled.has(current)) {
      const inode = present(this.#stores.inodes.get(current), 'a directory of a path exists')
      this.keep(inode)
      this.#settled.add(current)
      current = inode.parent
    }
    if (this.#settled.size > MAX_REMEMBERED) this.#settled.clear()
  }

  /** An inode is about to leave its place, for another one or for none; to be called instead of `keep`. */
  keepPlace(inode: Inode): void {
    if (!this.#hasSnapshots()) return
    const covers = this.#coversOf(inode).filter((it) => this.#shows(it, 0))
    this.keep(inode)
    for (const cover of covers) {
      // What came after the last snapshot has nothing that it could show.
      const wasThere =
        inode.since <= cover.last || this.#stores.versions.hasInode(cover.root, inode.id)
      if (wasThere) this.#stores.snapshots.addTrace(inode.id, cover)
    }
    this.#stores.inodes.setArrived(inode.id, this.#transaction())
    if (inode.kind === 'file') return
    this.#covers.clear()
    this.#settled.clear()
  }

  /** Place or length of a block of `file` is about to change. @returns whether a snapshot shows the block */
  keepBlock(id: BlockId, file: Inode): boolean {
    const { versions, blocks } = this.#stores
    const since = this.#hasSnapshots() ? blocks.sinceOf(id) : Number.POSITIVE_INFINITY
    if (since <= this.#newestTaken()) {
      const shown = this.#coversOf(file).filter((it) => this.#shows(it, since))
      for (const cover of shown) versions.keepBlock(id, cover, this.#transaction())
      if (shown.length > 0) blocks.setSince(id, this.#transaction())
    }
    return versions.hasBlock(id)
  }

  /** Whether a snapshot shows the inode, as it is now or as it was. */
  isInSnapshot(inode: Inode): boolean {
    if (!this.#hasSnapshots()) return false
    return this.#coversOf(inode).some(
      (it) =>
        this.#shows(it, inode.since) ||
        (this.#shows(it, 0) && this.#stores.versions.hasInode(it.root, inode.id)),
    )
  }

  /** Whether a snapshot shows the inode as it is now. */
  isShown(inode: Inode): boolean {
    if (!this.#hasSnapshots()) return false
    return this.#coversOf(inode).some((it) => this.#shows(it, inode.since))
  }

  /** Whether a snapshot shows a block of `file`: its bytes must stay as they are. */
  isBlockShown(id: BlockId, file: Inode): boolean {
    if (this.isIdle) return false
    const { versions, blocks } = this.#stores
    if (versions.hasBlock(id)) return true
    const since = blocks.sinceOf(id)
    return this.#coversOf(file).some((it) => this.#shows(it, since))
  }

  /** Whether anything can be shown by snapshots alone: there is one, or what some showed is not all freed yet. */
  get hasPast(): boolean {
    if (this.#hasSnapshots()) return true
    const { pastStays, pastTotals } = this.#stores
    this.#isPastCounted ??= !(pastStays.isEmpty() && pastTotals.isEmpty())
    return this.#isPastCounted
  }

  /** Without snapshots and without anything kept for some, the short ways of deleting are right. */
  get isIdle(): boolean {
    return !this.#hasSnapshots() && !this.#stores.versions.hasBlocks()
  }

  #hasSnapshots(): boolean {
    return this.#newestTaken() > 0
  }

  #newestTaken(): number {
    this.#newest ??= this.#stores.snapshots.newest()
    return this.#newest
  }

  /** Whether a snapshot of the cover was taken since then. */
  #shows({ root, first, last }: Cover, since: number): boolean {
    const from = Math.max(first, since)
    return from <= last && this.#stores.snapshots.hasBetween(root, from, last)
  }

  /** Its own traces, and what covers its parent, as far as it was there. */
  #coversOf({ id, parent, arrived }: Place): readonly Cover[] {
    const above =
      parent === NO_PARENT
        ? []
        : this.#coversBelow(parent).flatMap((it) =>
            it.last < arrived ? [] : [{ ...it, first: Math.max(it.first, arrived) }],
          )
    const own = this.#stores.snapshots.tracesOf(id)
    if (own.length === 0) return above
    if (above.length === 0) return own
    return joined([...above, ...own])
  }

  /** What covers the entries of a directory: what covers itself. */
  #coversBelow(directory: InodeId): readonly Cover[] {
    const remembered = this.#covers.get(directory)
    if (remembered !== undefined) return remembered
    const inode = present(this.#stores.inodes.get(directory), 'a directory of a path exists')
    const covers = this.#coversOf(inode)
    if (this.#covers.size >= MAX_REMEMBERED) this.#covers.clear()
    this.#covers.set(directory, covers)
    return covers
  }
}

/** One cover for each root. */
function joined(covers: readonly Cover[]): readonly Cover[] {
  const byRoot = new Map<InodeId, Cover>()
  for (const cover of covers) {
    const known = byRoot.get(cover.root)
    byRoot.set(
      cover.root,
      known === undefined
        ? cover
        : {
            root: cover.root,
            first: Math.min(known.first, cover.first),
            last: Math.max(known.last, cover.last),
          },
    )
  }
  return [...byRoot.values()]
}
