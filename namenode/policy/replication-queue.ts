/**
 * Blocks that need copies, most endangered first, each once. Bounded: what does not fit is not lost, because the
 * replica map keeps every endangered block on disk and the queue is refilled from there.
 */
import { assert } from '../../shared/assert.js'
import type { BlockId } from '../../shared/ids.js'
import { RISKS, type Risk } from './assess-block.js'

/** Risks that a copy can cure. */
export const COPY_RISKS = ['single-copy', 'badly-under', 'under', 'badly-placed'] as const
export type CopyRisk = (typeof COPY_RISKS)[number]

export function isCopyRisk(risk: Risk | 'none'): risk is CopyRisk {
  return COPY_RISKS.some((it) => it === risk)
}

export type OfferResult = 'added' | 'merged' | 'full'

export class ReplicationQueue {
  readonly #capacity: number
  readonly #levels: ReadonlyMap<CopyRisk, Set<BlockId>>
  readonly #riskOf = new Map<BlockId, CopyRisk>()

  constructor(options: { readonly capacity: number }) {
    assert(options.capacity > 0, 'a queue holds something')
    this.#capacity = options.capacity
    this.#levels = new Map(COPY_RISKS.map((risk) => [risk, new Set<BlockId>()]))
  }

  get size(): number {
    return this.#riskOf.size
  }

  get isFull(): boolean {
    return this.size >= this.#capacity
  }

  riskOf(block: BlockId): CopyRisk | undefined {
    return this.#riskOf.get(block)
  }

  /** Adds a block or moves it to its new risk. A full queue gives up its least endangered block for a worse one. */
  offer(block: BlockId, risk: CopyRisk): OfferResult {
    const known = this.#riskOf.get(block)
    if (known === risk) return 'merged'
    if (known === undefined && this.isFull && !this.#makeRoomFor(risk)) return 'full'
    if (known !== undefined) this.#level(known).delete(block)
    this.#level(risk).add(block)
    this.#riskOf.set(block, risk)
    return known === undefined ? 'added' : 'merged'
  }

  remove(block: BlockId): void {
    const risk = this.#riskOf.get(block)
    if (risk === undefined) return
    this.#level(risk).delete(block)
    this.#riskOf.delete(block)
  }

  /** Takes out up to `limit` blocks, worst first, oldest first among equals. */
  take(limit: number): BlockId[] {
    const taken: BlockId[] = []
    for (const level of this.#levels.values()) {
      for (const block of level) {
        if (taken.length >= limit) return taken
        level.delete(block)
        this.#riskOf.delete(block)
        taken.push(block)
      }
    }
    return taken
  }

  #makeRoomFor(risk: CopyRisk): boolean {
    for (const lesser of COPY_RISKS.toReversed()) {
      if (RISKS.indexOf(lesser) <= RISKS.indexOf(risk)) return false
      // The oldest goes, since a set has no end to look from. It is found again on disk when there is room.
      for (const block of this.#level(lesser)) {
        this.remove(block)
        return true
      }
    }
    return false
  }

  #level(risk: CopyRisk): Set<BlockId> {
    const level = this.#levels.get(risk)
    assert(level !== undefined, 'every risk has its level')
    return level
  }
}
