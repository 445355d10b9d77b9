/** Lets go of what was deleted and can be brought back: when its time is over, and earlier when space is needed. */
import type { TickOutcome } from '../../shared/background-loop.js'
import type { Clock } from '../../shared/clock.js'
import type { BlockManager } from '../service/blocks/block-manager.js'
import type { Namespace } from '../service/namespace/namespace.js'

const DELETIONS_PER_TICK = 500
const LONGEST_PERIOD_MS = 5_000
const CHECKS_PER_KEPT_TIME = 4
/** Space that was given up is counted as free from the order until the datanodes can have reported it. */
const RELIEF_MS = 30_000

export interface UndoMonitorParts {
  readonly namespace: Pick<Namespace, 'giveUpDeletions'>
  readonly blockManager: Pick<BlockManager, 'statistics'>
  readonly clock: Clock
  readonly keepDeletedMs: number
  /** Share of the capacity that is to be free, 0 to 1. */
  readonly freeShare: number
  /** Something was given up: deleted trees wait for the purge. */
  readonly onGivenUp: () => void
}

/** The tick of the undo monitor. */
export function undoTick(parts: UndoMonitorParts): () => Promise<TickOutcome> {
  const { namespace, blockManager, clock, freeShare } = parts
  const relief: { readonly untilMs: number; readonly bytes: number }[] = []
  const isSoon = parts.keepDeletedMs > 0
  const periodMs = isSoon
    ? Math.max(50, Math.min(LONGEST_PERIOD_MS, parts.keepDeletedMs / CHECKS_PER_KEPT_TIME))
    : LONGEST_PERIOD_MS
  return async () => {
    const nowMs = clock.monotonicMs()
    while (relief[0] !== undefined && relief[0].untilMs <= nowMs) relief.shift()
    const { capacityBytes, remainingBytes } = blockManager.statistics()
    const expectedBytes = relief.reduce((sum, it) => sum + it.bytes, 0)
    const spaceBytes = Math.max(0, capacityBytes * freeShare - remainingBytes - expectedBytes)
    const given = await namespace.giveUpDeletions({ limit: DELETIONS_PER_TICK, spaceBytes })
    if (given.deletions === 0) return { kind: 'idle', forMs: periodMs }
    parts.onGivenUp()
    if (given.spaceBytes > 0) relief.push({ untilMs: nowMs + RELIEF_MS, bytes: given.spaceBytes })
    const isMore = given.deletions === DELETIONS_PER_TICK
    return isMore ? { kind: 'again' } : { kind: 'idle', forMs: periodMs }
  }
}
