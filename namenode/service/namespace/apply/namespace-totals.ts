/**
 * Keeps the totals of directories. Every change adds to all directories above it; under load these are the same few
 * (the root is in every chain), so the additions of a batch are summed here and written once before its commit. Before
 * a directory changes its place or its storage policy they are written at once: they belong to the chain that was.
 */
import { present } from '../../../../shared/assert.js'
import type { InodeId } from '../../../../shared/ids.js'
import { type Inode, NO_PARENT } from '../../../storage/inode-store.js'
import type { Stores } from '../../../storage/stores.js'
import { sumOf, type TreeWeight, under } from './tree-weight.js'

type Additions = Map<InodeId, TreeWeight>
type TotalStores = Pick<Stores, 'inodes' | 'policyTotals'>
type Place = Pick<Inode, 'parent' | 'policy'>

export class DirectoryTotals {
  readonly #stores: TotalStores
  /** Of the changes of this batch that succeeded. */
  #pending: Additions = new Map()
  /** Of the change under way. */
  #current: { readonly id: InodeId; readonly weight: TreeWeight }[] = []
  /** What was pending when the change under way made us write: it comes back if that change is undone. */
  #writtenByCurrent: Additions | undefined

  constructor(stores: TotalStores) {
    this.#stores = stores
  }

  /** Adds to `directory` and all above it. */
  add(directory: InodeId | typeof NO_PARENT, weight: TreeWeight): void {
    if (directory !== NO_PARENT) this.#current.push({ id: directory, weight })
  }

  /** The change under way is part of the batch. */
  keep(): void {
    for (const { id, weight } of this.#current) accumulate(this.#pending, id, weight)
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
    for (const { id, weight } of this.#current) accumulate(this.#pending, id, weight)
    const sums: Additions = new Map()
    const places = new Map<InodeId, Place>()
    for (const [id, added] of this.#pending) {
      let weight = added
      let directory: InodeId | typeof NO_PARENT = id
      while (directory !== NO_PARENT) {
        accumulate(sums, directory, weight)
        const { parent, policy } = this.#placeOf(directory, places)
        weight = under(policy, weight)
        directory = parent
      }
    }
    for (const [id, weight] of sums) this.#addTo(id, weight)
    this.#pending = new Map()
    this.#current = []
  }

  #addTo(directory: InodeId, weight: TreeWeight): void {
    const { inodes, policyTotals } = this.#stores
    inodes.addTotals(directory, weight)
    policyTotals.add(directory, weight.decided)
  }

  #placeOf(id: InodeId, known: Map<InodeId, Place>): Place {
    const remembered = known.get(id)
    if (remembered !== undefined) return remembered
    const place = present(this.#stores.inodes.placeOf(id), 'a directory with totals exists')
    known.set(id, place)
    return place
  }
}

function accumulate(sums: Additions, id: InodeId, weight: TreeWeight): void {
  const sum = sums.get(id)
  sums.set(id, sum === undefined ? weight : sumOf(sum, weight))
}
