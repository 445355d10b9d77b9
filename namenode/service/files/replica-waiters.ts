/** Callers that wait until enough finalized replicas of a block were reported; woken by events, never by polling. */
import type { Clock } from '../../../shared/clock.js'
import type { Block, BlockId } from '../../../shared/ids.js'
import type { ReplicaMap } from '../blocks/replica-map.js'

interface Waiter {
  readonly block: Block
  readonly minimum: number
  readonly finish: () => void
}

export class ReplicaWaiters {
  readonly #clock: Clock
  readonly #map: ReplicaMap
  readonly #waiters = new Map<BlockId, Set<Waiter>>()

  constructor(clock: Clock, map: ReplicaMap) {
    this.#clock = clock
    this.#map = map
  }

  /** Resolves with the count, at the latest after `timeoutMs`. */
  wait(block: Block, minimum: number, timeoutMs: number): Promise<number> {
    const count = this.count(block)
    if (count >= minimum || timeoutMs <= 0) return Promise.resolve(count)
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(block.id) ?? new Set<Waiter>()
      this.#waiters.set(block.id, waiters)
      const finish = () => {
        cancelTimeout()
        waiters.delete(waiter)
        if (waiters.size === 0) this.#waiters.delete(block.id)
        resolve(this.count(block))
      }
      const waiter = { block, minimum, finish }
      const cancelTimeout = this.#clock.after(timeoutMs, finish)
      waiters.add(waiter)
    })
  }

  /** A replica of this block was reported. */
  notify(id: BlockId): void {
    for (const waiter of [...(this.#waiters.get(id) ?? [])]) {
      if (this.count(waiter.block) >= waiter.minimum) waiter.finish()
    }
  }

  /** Nodes that hold exactly this version and length, finalized, and are not dead. */
  count(block: Block): number {
    const { generationStamp, lengthBytes } = block
    const holders = this.#map
      .held(block.id, this.#map.record(block.id))
      .filter(
        ({ row, liveness, isLeaving }) =>
          row.state === 'finalized' &&
          row.generationStamp === generationStamp &&
          row.lengthBytes === lengthBytes &&
          liveness !== 'dead' &&
          !isLeaving,
      )
    return new Set(holders.map((it) => it.datanodeUuid)).size
  }

  get size(): number {
    return this.#waiters.size
  }

  /** Answers everybody with what there is. */
  close(): void {
    for (const waiters of [...this.#waiters.values()]) {
      for (const waiter of [...waiters]) waiter.finish()
    }
  }
}
