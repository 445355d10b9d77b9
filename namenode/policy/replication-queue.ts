/**
 * Blocks that need copies, most endangered first, each once. Those for which there was no place are put off: they get a
 * fifth of the turns, whatever their risk, or some hundred blocks that nobody can help would keep all others from being
 * tried. Bounded: what does not fit is not lost, because the replica map keeps every endangered block on disk and the
 * queue is refilled from there.
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

/** Of the blocks that are taken together, and of the room. */
const SHARE_PUT_OFF = 0.2
const ROOM_PUT_OFF = 0.5

export class ReplicationQueue {
  readonly #capacity: number
  readonly #levels: ReadonlyMap<CopyRisk, Set<BlockId>>
  readonly #riskOf = new Map<BlockId, CopyRisk>()
  /** The one that was put off longest ago first. */
  readonly #putOff = new Map<BlockId, CopyRisk>()

  constructor(options: { readonly capacity: number }) {
    assert(options.capacity > 0, 'a queue holds something')
    this.#capacity = options.capacity
    this.#levels = new Map(COPY_RISKS.map((risk) => [risk, new Set<BlockId>()]))
  }

  get size(): number {
    return this.#riskOf.size + this.#putOff.size
  }

  /** Blocks that were not put off. */
  get untried(): number {
    return this.#riskOf.size
  }

  get isFull(): boolean {
    return this.size >= this.#capacity
  }

  riskOf(block: BlockId): CopyRisk | undefined {
    return this.#riskOf.get(block) ?? this.#putOff.get(block)
  }

  /**
   * Adds a block or moves it to its new risk; one that was put off is as good as new. A full queue gives up what was put
   * off, then its least endangered block for a worse one.
   */
  offer(block: BlockId, risk: CopyRisk): OfferResult {
    const known = this.#riskOf.get(block)
    if (known === risk) return 'merged'
    const wasPutOff = this.#putOff.delete(block)
    if (known === undefined && this.isFull && !this.#makeRoomFor(risk)) return 'full'
    if (known !== undefined) this.#level(known).delete(block)
    this.#level(risk).add(block)
    this.#riskOf.set(block, risk)
    return known === undefined && !wasPutOff ? 'added' : 'merged'
  }

  /** Takes a block back for which there is no place, or nothing to copy from, at the moment. */
  putOff(block: BlockId, risk: CopyRisk): void {
    this.remove(block)
    if (this.#putOff.size >= this.#capacity * ROOM_PUT_OFF) this.#dropPutOff()
    this.#putOff.set(block, risk)
  }

  remove(block: BlockId): void {
    this.#putOff.delete(block)
    const risk = this.#riskOf.get(block)
    if (risk === undefined) return
    this.#level(risk).delete(block)
    this.#riskOf.delete(block)
  }

  /** Takes out up to `limit` blocks, worst first, oldest first among equals; at the end some that were put off. */
  take(limit: number): BlockId[] {
    const share = Math.min(this.#putOff.size, Math.floor(limit * SHARE_PUT_OFF))
    const taken = this.#takeUntried(limit - share)
    for (const block of this.#putOff.keys()) {
      if (taken.length >= limit) break
      this.#putOff.delete(block)
      taken.push(block)
    }
    return taken
  }

  #takeUntried(limit: number): BlockId[] {
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

  #dropPutOff(): boolean {
    for (const block of this.#putOff.keys()) return this.#putOff.delete(block)
    return false
  }

  #makeRoomFor(risk: CopyRisk): boolean {
    if (this.#dropPutOff()) return true
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
