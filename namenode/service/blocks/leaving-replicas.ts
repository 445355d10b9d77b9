/**
 * Replicas whose deletion was ordered and not yet confirmed: they may vanish at any moment, so they count for nothing,
 * until their node says that they are gone, that it will not do it, or its process is known to have ended. Time alone
 * never brings one back: an order without an outcome may still be carried out.
 */
import type { BlockId } from '../../../shared/ids.js'
import type { StorageNumber } from '../../storage/replica-store.js'

export class LeavingReplicas {
  readonly #storages = new Map<StorageNumber, Map<BlockId, number>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  has(storage: StorageNumber, block: BlockId): boolean {
    return this.#storages.get(storage)?.has(block) ?? false
  }

  /** @param generationStamp the order covers this version and older ones */
  add(storage: StorageNumber, block: BlockId, generationStamp: number): void {
    let blocks = this.#storages.get(storage)
    if (blocks === undefined) {
      blocks = new Map()
      this.#storages.set(storage, blocks)
    }
    if (!blocks.has(block)) this.#size += 1
    blocks.set(block, generationStamp)
  }

  remove(storage: StorageNumber, block: BlockId): void {
    const blocks = this.#storages.get(storage)
    if (blocks?.delete(block) !== true) return
    this.#size -= 1
    if (blocks.size === 0) this.#storages.delete(storage)
  }

  /** A version that the order does not cover has arrived: the replica stays. */
  outgrown(storage: StorageNumber, block: BlockId, generationStamp: number): void {
    const ordered = this.#storages.get(storage)?.get(block)
    if (ordered !== undefined && generationStamp > ordered) this.remove(storage, block)
  }
}
