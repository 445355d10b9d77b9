/** Orders deletions: of blocks whose file is gone, and of what blocks have too much. Waits until start-up is settled. */
import type { TickOutcome } from '../../shared/background-loop.js'
import type { Clock } from '../../shared/clock.js'
import type { DeletedBlocks } from '../service/blocks/deleted-blocks.js'
import type { Examination } from '../service/blocks/examination.js'
import type { ReplicaDeletions } from '../service/blocks/replica-deletions.js'
import type { StartupReadiness } from '../service/blocks/startup-readiness.js'

const BLOCKS_PER_TICK = 100
/** The lists on disk are walked through this often even when nothing calls for it. */
const WALK_EVERY_MS = 60_000
const REFILL = 1000

export interface DeletionMonitorParts {
  readonly clock: Clock
  readonly deletedBlocks: DeletedBlocks
  readonly deletions: ReplicaDeletions
  readonly examination: Examination
  readonly readiness: StartupReadiness
  readonly periodMs: number
}

/** The tick of the deletion loop. */
export function deletionTick(parts: DeletionMonitorParts): () => Promise<TickOutcome> {
  let walkedMs = Number.NEGATIVE_INFINITY
  let isWalking = false
  return async () => {
    if (!parts.readiness.current.mayDelete) return { kind: 'idle', forMs: parts.periodMs }
    const nowMs = parts.clock.monotonicMs()
    const isAsked = !isWalking && parts.deletedBlocks.takeWalkRequest()
    if (isAsked || (!isWalking && nowMs - walkedMs >= WALK_EVERY_MS)) {
      isWalking = true
      walkedMs = nowMs
      parts.examination.refillRemovals(REFILL)
    }
    const hasMoreWaiting = parts.deletedBlocks.stepWaiting(BLOCKS_PER_TICK)
    if (isWalking) isWalking = parts.deletedBlocks.stepWalk(BLOCKS_PER_TICK)
    await parts.deletedBlocks.forget()
    const hasMoreRemovals = removeExcess()
    return hasMoreWaiting || isWalking || hasMoreRemovals
      ? { kind: 'again' }
      : { kind: 'idle', forMs: parts.periodMs }
  }

  function removeExcess(): boolean {
    if (parts.deletions.isFull) return false
    for (const block of parts.examination.takeRemovals(BLOCKS_PER_TICK)) {
      parts.deletions.removeExcess(block)
    }
    parts.deletions.flush()
    return parts.examination.hasRemovals
  }
}
