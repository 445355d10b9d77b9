/** Moves blocks to where policies want them, and then to where there is more room: the quietest of all work. */
import type { TickOutcome } from '../../shared/background-loop.js'
import type { PolicyMover } from '../service/movement/policy-mover.js'
import type { Rebalancer } from '../service/movement/rebalancer.js'

/** Looking at how full storages are costs little, but nothing changes quickly. */
const BALANCE_PERIOD_MS = 5_000

export interface MovementMonitorParts {
  readonly mover: PolicyMover
  readonly rebalancer: Rebalancer
  readonly periodMs: number
  readonly clock: { monotonicMs(): number }
}

/** The tick of the movement loop. */
export function movementTick(parts: MovementMonitorParts): () => Promise<TickOutcome> {
  let nextBalanceMs = Number.NEGATIVE_INFINITY
  return async () => {
    if (await parts.mover.step()) return { kind: 'again' }
    const nowMs = parts.clock.monotonicMs()
    if (nowMs >= nextBalanceMs) {
      // As long as moves can be started they are; then it rests.
      if (parts.rebalancer.step()) return { kind: 'idle', forMs: parts.periodMs }
      nextBalanceMs = nowMs + Math.min(BALANCE_PERIOD_MS, 5 * parts.periodMs)
    }
    return { kind: 'idle', forMs: parts.periodMs }
  }
}
