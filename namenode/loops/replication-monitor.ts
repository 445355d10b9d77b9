/** Examines what changed, sweeps the storages of lost nodes and starts copies: woken by changes, bounded in each tick. */
import type { TickOutcome } from '../../shared/background-loop.js'
import type { Clock } from '../../shared/clock.js'
import type { ReplicationQueue } from '../policy/replication-queue.js'
import type { BlockSweeps } from '../service/blocks/block-sweeps.js'
import type { CommandOutbox } from '../service/blocks/command-outbox.js'
import type { Examination } from '../service/blocks/examination.js'
import type { ReplicationCopies } from '../service/blocks/replication-copies.js'
import type { StartupReadiness } from '../service/blocks/startup-readiness.js'

/** Blocks examined in one tick: about 3 ms. */
const EXAMINED_PER_TICK = 100
const SCHEDULED_PER_TICK = 50
/** Blocks tried for a copy in one period: what finds no place must not be tried in circles. */
const SCHEDULED_PER_PERIOD = 500
const REFILL_BELOW = 1000
/**
 * When nothing of what waits can be copied, as in a cluster with too few nodes, it is tried again after longer and longer
 * pauses, until something changes: a whole period of trying costs 50 ms.
 */
const LONGEST_REST_MS = 5_000
const LONGEST_REST_PERIODS = 10

export interface ReplicationMonitorParts {
  readonly clock: Clock
  readonly examination: Examination
  readonly sweeps: BlockSweeps
  readonly copies: ReplicationCopies
  readonly queue: ReplicationQueue
  readonly outbox: CommandOutbox
  readonly readiness: StartupReadiness
  readonly periodMs: number
}

/** The tick of the replication loop. */
export function replicationTick(parts: ReplicationMonitorParts): () => TickOutcome {
  const { clock, copies, examination, queue, sweeps } = parts
  let tried = 0
  let started = 0
  let restMs = 0
  let restsUntilMs = Number.NEGATIVE_INFINITY
  /** Fewest blocks that have waited since the rest began: more are new ones. */
  let known = 0
  return () => {
    parts.outbox.expire()
    known = Math.min(known, queue.size)
    // A node came, went or changed its state.
    if (!sweeps.isIdle) restMs = 0
    const hasMoreToExamine = examination.step(EXAMINED_PER_TICK)
    const hasMoreToSweep = sweeps.step(EXAMINED_PER_TICK)
    const hasMoreToCopy = schedule()
    if (hasMoreToExamine || hasMoreToSweep || hasMoreToCopy) return { kind: 'again' }
    if (tried > 0) rest()
    tried = 0
    started = 0
    return { kind: 'idle', forMs: parts.periodMs }
  }

  function schedule(): boolean {
    if (!parts.readiness.current.mayCopy) return false
    if (restMs > 0 && clock.monotonicMs() < restsUntilMs && queue.size <= known) return false
    if (queue.untried < REFILL_BELOW && tried === 0) examination.refillCopies(REFILL_BELOW)
    const limit = Math.min(SCHEDULED_PER_TICK, queue.size)
    if (limit === 0 || tried >= Math.min(SCHEDULED_PER_PERIOD, queue.size)) return false
    tried += limit
    const count = copies.schedule(examination, limit)
    started += count
    return count > 0 || tried < Math.min(SCHEDULED_PER_PERIOD, queue.size)
  }

  /** None when copies are under way: what they make room for is tried as they end. */
  function rest(): void {
    const isFruitless = started === 0 && copies.size === 0 && queue.size > 0
    const longestMs = Math.min(LONGEST_REST_MS, LONGEST_REST_PERIODS * parts.periodMs)
    restMs = isFruitless ? Math.min(longestMs, Math.max(parts.periodMs, 2 * restMs)) : 0
    restsUntilMs = clock.monotonicMs() + restMs
    known = queue.size
  }
}
