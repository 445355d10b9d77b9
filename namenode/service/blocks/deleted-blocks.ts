/**
 * Blocks whose file is gone: their replicas are ordered away, and when none is left anywhere the namespace may forget
 * them. A block with a replica on a dead node stays listed: the node may return, and then its replica goes too. One whose
 * last replica is gone stays for a while: a pipeline that was being set up, or a copy that was given up, may still make
 * one, and of a block that nobody lists it would stay for ever. New deletions are served at once from a bounded list;
 * everything else is found by walking the namespace's list.
 */
import type { Clock } from '../../../shared/clock.js'
import type { BlockId } from '../../../shared/ids.js'
import type { Namespace } from '../namespace/namespace.js'
import type { ReplicaDeletions } from './replica-deletions.js'
import type { ReplicaMap } from './replica-map.js'

const WAITING_CAPACITY = 50_000
const FORGET_BATCH = 1000
/** Blocks without replicas that wait to be forgotten; the next walk finds the others. */
const GONE_CAPACITY = 200_000

export interface DeletedBlocksOptions {
  readonly clock: Clock
  /** How long after the last replica of a block another one may appear: as long as a connection may take to be set up. */
  readonly lingerMs: number
  readonly namespace: Pick<Namespace, 'deletedBlocksAfter' | 'forgetDeletedBlocks'>
  readonly map: ReplicaMap
  readonly deletions: ReplicaDeletions
  /** Copies of a block that are under way. */
  readonly pendingCopies: (block: BlockId) => number
}

export class DeletedBlocks {
  readonly #options: DeletedBlocksOptions
  readonly #waiting = new Set<BlockId>()
  /** Since when they have had no replica, the oldest first. */
  readonly #gone = new Map<BlockId, number>()
  /** Whether a replica is on its way to another place, for balance or for a policy. */
  isMoving: (block: BlockId) => boolean = () => false
  #after: BlockId | 0 = 0
  #isWalkDue = true

  constructor(options: DeletedBlocksOptions) {
    this.#options = options
  }

  /** A file was deleted, or the last replica of such a block may be gone. */
  add(block: BlockId): void {
    if (this.#waiting.size < WAITING_CAPACITY) this.#waiting.add(block)
  }

  /** A storage is back, or was confirmed: what was deleted while it was away may lie on it. */
  requestWalk(): void {
    this.#isWalkDue = true
  }

  /** Whether a walk was asked for since the last question. */
  takeWalkRequest(): boolean {
    const isDue = this.#isWalkDue
    this.#isWalkDue = false
    return isDue
  }

  /** Orders deletions for up to `limit` blocks of the direct list. @returns whether more is waiting */
  stepWaiting(limit: number): boolean {
    let done = 0
    for (const block of this.#waiting) {
      if (done >= limit || this.#options.deletions.isFull) break
      this.#waiting.delete(block)
      this.#serve(block)
      done += 1
    }
    this.#options.deletions.flush()
    return this.#waiting.size > 0 && !this.#options.deletions.isFull
  }

  /** Walks on through the namespace's list. @returns false at its end; the next call begins anew */
  stepWalk(limit: number): boolean {
    const { namespace, deletions } = this.#options
    if (deletions.isFull) return false
    const blocks = namespace.deletedBlocksAfter(this.#after, limit)
    for (const { blockId } of blocks) if (!this.#gone.has(blockId)) this.#serve(blockId)
    deletions.flush()
    this.#after = blocks.length < limit ? 0 : (blocks.at(-1)?.blockId ?? 0)
    return this.#after !== 0
  }

  /** Tells the namespace which blocks have had no replica for long enough. */
  async forget(): Promise<void> {
    for (;;) {
      const batch = this.#takeForgettable()
      if (batch.length === 0) return
      await this.#options.namespace.forgetDeletedBlocks(batch)
    }
  }

  #takeForgettable(): readonly BlockId[] {
    const { clock, lingerMs, map } = this.#options
    const nowMs = clock.monotonicMs()
    const batch: BlockId[] = []
    for (const [block, sinceMs] of this.#gone) {
      if (nowMs - sinceMs < lingerMs || batch.length >= FORGET_BATCH) break
      this.#gone.delete(block)
      if (map.held(block, undefined).length === 0) batch.push(block)
      else this.add(block)
    }
    return batch
  }

  #serve(block: BlockId): void {
    const { map, deletions } = this.#options
    if (map.judged(block, map.record(block)).kind !== 'deleted') return
    // A copy that was ordered before the file was deleted still makes a replica: the next walk finds it.
    const mayStillCome = this.#options.pendingCopies(block) > 0 || this.isMoving(block)
    if (deletions.removeAll(block) > 0 || mayStillCome) return
    if (this.#gone.size < GONE_CAPACITY) this.#gone.set(block, this.#options.clock.monotonicMs())
  }
}
