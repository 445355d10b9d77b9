/**
 * Keeps the totals of directories. Every change adds to all directories above it; under load these are the same few
 * (the root is in every chain), so the additions of a batch are summed here and written once before its commit. Before
 * a directory changes its place they are written at once: they belong to the chain that was.
 */
import { present } from '../../shared/assert.js'
import type { InodeId } from '../../shared/ids.js'
import { type InodeStore, NO_PARENT, type TreeTotals } from '../storage/inode-store.js'

type Additions = Map<InodeId, TreeTotals>

export class DirectoryTotals {
  readonly #inodes: InodeStore
  /** Of the changes of this batch that succeeded. */
  #pending: Additions = new Map()
  /** Of the change under way. */
  #current: { readonly id: InodeId; readonly totals: TreeTotals }[] = []
  /** What was pending when the change under way made us write: it comes back if that change is undone. */
  #writtenByCurrent: Additions | undefined

  constructor(inodes: InodeStore) {
    this.#inodes = inodes
  }

  /** Adds to `directory` and all above it. */
  add(directory: InodeId | typeof NO_PARENT, totals: TreeTotals): void {
    if (directory !== NO_PARENT) this.#current.push({ id: directory, totals })
  }

  /** The change under way is part of the batch. */
  keep(): void {
    for (const { id, totals } of this.#current) accumulate(this.#pending, id, totals)
    this.#current = []
    this.#writtenByCurrent = undefined
  }

  /** The change under way was rolled back. */
  undo(): void {
    this.#current = []
    if (this.#writtenByCurrent !== undefined) this.#pending = this.#writtenByCurrent
    this.#writtenByCurrent = undefined
  }

  /** The whole batch was rolled back. */
  reset(): void {
    this.#current = []
    this.#pending = new Map()
    this.#writtenByCurrent = undefined
  }

  /** Writes all that was added so far. */
  write(): void {
    if (this.#pending.size === 0 && this.#current.length === 0) return
    this.#writtenByCurrent ??= new Map(this.#pending)
    for (const { id, totals } of this.#current) accumulate(this.#pending, id, totals)
    const sums: Additions = new Map()
    const parents = new Map<InodeId, InodeId | typeof NO_PARENT>()
    for (const [id, totals] of this.#pending) {
      let directory: InodeId | typeof NO_PARENT = id
      while (directory !== NO_PARENT) {
        accumulate(sums, directory, totals)
        directory = this.#parentOf(directory, parents)
      }
    }
    for (const [id, totals] of sums) this.#inodes.addTotals(id, totals)
    this.#pending = new Map()
    this.#current = []
  }

  #parentOf(id: InodeId, known: Map<InodeId, InodeId | typeof NO_PARENT>) {
    const remembered = known.get(id)
    if (remembered !== undefined) return remembered
    const parent = present(this.#inodes.parentOf(id), 'a directory with totals exists')
    known.set(id, parent)
    return parent
  }
}

function accumulate(sums: Additions, id: InodeId, totals: TreeTotals): void {
  const sum = sums.get(id)
  sums.set(
    id,
    sum === undefined
      ? totals
      : {
          files: sum.files + totals.files,
          directories: sum.directories + totals.directories,
          lengthBytes: sum.lengthBytes + totals.lengthBytes,
          spaceBytes: sum.spaceBytes + totals.spaceBytes,
        },
  )
}
