/**
 * Examines all blocks of storages whose state changed - silent, dead, back, failed - slice by slice, so that the loss of
 * a node with millions of blocks never holds up a heartbeat. Memory: one position for each storage.
 */

import type { ClusterStorage } from './cluster-node.js'
import type { Examination } from './examination.js'
import type { ReplicaMap } from './replica-map.js'

interface Sweep {
  after: number
  /** Rows are removed as they are passed: the volume failed, its replicas are gone for good. */
  removesRows: boolean
}

export class BlockSweeps {
  readonly #map: ReplicaMap
  readonly #examination: Examination
  readonly #sweeps = new Map<ClusterStorage, Sweep>()

  constructor(map: ReplicaMap, examination: Examination) {
    this.#map = map
    this.#examination = examination
  }

  get isIdle(): boolean {
    return this.#sweeps.size === 0
  }

  /** Starts over when a sweep of this storage is under way: what it passed may have changed again. */
  start(storage: ClusterStorage, options: { readonly removesRows: boolean }): void {
    this.#sweeps.set(storage, { after: -1, removesRows: options.removesRows })
  }

  /** Examines up to `limit` blocks; false when there is nothing left. */
  step(limit: number): boolean {
    for (const [storage, sweep] of this.#sweeps) {
      const { store } = this.#map
      const rows = store.ofStorage(storage.number, sweep.after, Number.MAX_SAFE_INTEGER, limit)
      // A volume that was repaired in the meantime keeps its rows: its report is under way.
      const removes = sweep.removesRows && storage.hasFailed
      store.transaction(() => {
        for (const row of rows) {
          if (removes)
            this.#map.deleted(storage, row.blockId, row.generationStamp, 'its volume failed')
          this.#examination.examine(row.blockId)
        }
      })
      sweep.after = rows.at(-1)?.blockId ?? sweep.after
      if (rows.length < limit && this.#sweeps.get(storage) === sweep) this.#sweeps.delete(storage)
      return this.#sweeps.size > 0
    }
    return false
  }
}
