/**
 * Examines all blocks of storages whose state changed - silent, dead, back, failed - slice by slice, so that the loss of
 * a node with millions of blocks never holds up a heartbeat. Memory: one position for each storage. The rows of a volume
 * that failed stay, as those of a dead node do: the disk may be back after a restart, with blocks whose files were deleted
 * meanwhile, and nobody else would know of them.
 */

import type { ClusterStorage } from '../nodes/cluster-node.js'
import type { Examination } from './examination.js'
import type { ReplicaMap } from './replica-map.js'

export class BlockSweeps {
  readonly #map: ReplicaMap
  readonly #examination: Examination
  /** The block id up to which each storage was looked through. */
  readonly #sweeps = new Map<ClusterStorage, { after: number }>()

  constructor(map: ReplicaMap, examination: Examination) {
    this.#map = map
    this.#examination = examination
  }

  get isIdle(): boolean {
    return this.#sweeps.size === 0
  }

  /** Starts over when a sweep of this storage is under way: what it passed may have changed again. */
  start(storage: ClusterStorage): void {
    this.#sweeps.set(storage, { after: -1 })
  }

  /** Examines up to `limit` blocks; false when there is nothing left. */
  step(limit: number): boolean {
    for (const [storage, sweep] of this.#sweeps) {
      const { store } = this.#map
      const rows = store.ofStorage(storage.number, sweep.after, Number.MAX_SAFE_INTEGER, limit)
      this.#examination.examineAll(rows.map((it) => it.blockId))
      sweep.after = rows.at(-1)?.blockId ?? sweep.after
      if (rows.length < limit && this.#sweeps.get(storage) === sweep) this.#sweeps.delete(storage)
      return this.#sweeps.size > 0
    }
    return false
  }
}
