/** Closes files whose writer has been silent for the hard limit. */
import type { TickOutcome } from '../../shared/background-loop.js'
import type { Clock } from '../../shared/clock.js'
import type { LeaseRecoveryService } from '../service/files/lease-recovery.js'
import type { Namespace } from '../service/namespace/namespace.js'

const NEW_FILES_PER_TICK = 50
/** The rest is for those that could not be closed before: however many they are, new ones have their part. */
const FILES_PER_TICK = 100
const PERIOD_MS = 2_000

export interface LeaseMonitorParts {
  readonly clock: Clock
  readonly namespace: Pick<Namespace, 'expiredLeases'>
  readonly recovery: Pick<LeaseRecoveryService, 'dueAgain' | 'isRunning' | 'startLeaseRecovery'>
  readonly hardLimitMs: number
}

/** The tick of the lease loop. Files that cannot be closed yet come again, after those that were not tried. */
export function leaseTick(parts: LeaseMonitorParts): () => Promise<TickOutcome> {
  return async () => {
    const since = parts.clock.monotonicMs() - parts.hardLimitMs
    const expired = parts.namespace.expiredLeases(since, NEW_FILES_PER_TICK)
    const again = parts.recovery.dueAgain(FILES_PER_TICK)
    const files = [...new Set([...expired.flatMap((it) => it.files), ...again])]
      .filter((it) => !parts.recovery.isRunning(it))
      .slice(0, FILES_PER_TICK)
    const failures: unknown[] = []
    for (const file of files) {
      try {
        await parts.recovery.startLeaseRecovery(file)
      } catch (error) {
        // One file that cannot be closed must not keep the others open; the loop reports what failed.
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'abandoned files stay open')
    return { kind: 'idle', forMs: PERIOD_MS }
  }
}
