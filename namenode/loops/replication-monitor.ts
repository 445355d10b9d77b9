/** Examines what changed, sweeps the storages of lost nodes and starts copies: woken by changes, bounded in each tick. */
import type { TickOutcome } from '../../shared/background-loop.js'
import type { ReplicationQueue } from '../policy/replication-queue.js'
import type { BlockSweeps } from '../service/block-sweeps.js'
import type { CommandOutbox } from '../service/command-outbox.js'
import type { Examination } from '../service/examination.js'
import type { ReplicationCopies } from '../service/replication-copies.js'
import type { StartupReadiness } from '../service/startup-readiness.js'

/** Blocks examined in one tick: about 3 ms. */
const EXAMINED_PER_TICK = 100
const SCHEDULED_PER_TICK = 50
/** Blocks tried for a copy in one period: what finds no place must not be tried in circles. */
const SCHEDULED_PER_PERIOD = 500
const REFILL_BELOW = 1000

export interface ReplicationMonitorParts {
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
  let tried = 0
  return () => {
    parts.outbox.expire()
    const hasMoreToExamine = parts.examination.step(EXAMINED_PER_TICK)
    const hasMoreToSweep = parts.sweeps.step(EXAMINED_PER_TICK)
    const hasMoreToCopy = schedule()
    if (hasMoreToExamine || hasMoreToSweep || hasMoreToCopy) return { kind: 'again' }
    tried = 0
    return { kind: 'idle', forMs: parts.periodMs }
  }

  function schedule(): boolean {
    if (!parts.readiness.current.mayCopy) return false
    if (parts.queue.size < REFILL_BELOW && tried === 0) parts.examination.refillCopies(REFILL_BELOW)
    const limit = Math.min(SCHEDULED_PER_TICK, parts.queue.size)
    if (limit === 0 || tried >= Math.min(SCHEDULED_PER_PERIOD, parts.queue.size)) return false
    tried += limit
    const started = parts.copies.schedule(parts.examination, limit)
    return started > 0 || tried < Math.min(SCHEDULED_PER_PERIOD, parts.queue.size)
  }
}
