/**
 * Which storages are avoided for being slow: those that stand out now, and for a while those that did. An avoided storage has
 * little to do, so it soon looks as good as any or is not measured at all: without a memory it would come and go.
 */
import {
  excessMs,
  FEWEST_CALLS,
  type MeasuredStorage,
  type SlowStorage,
  slowStorages,
} from './slow-storages.js'

/** A storage that has been measured is no longer slow when it has not stood out for so long: half of what its figures cover. */
const RECOVERY_MS = 60_000
/** One of which nothing is known, since nobody used it, is tried again after so long. */
const RETRIAL_MS = 10 * 60_000

export interface RememberedSlow extends SlowStorage {
  /** When it stood out last. */
  readonly lastSlowMs: number
  /** New replicas and readers go elsewhere if they can; false when too many of its type are slow already. */
  readonly isAvoided: boolean
}

/**
 * What to remember from now on: what stands out now first, slowest first. Of each type fewer than half are avoided, or the
 * load of many would fall on few and make these the slowest.
 * @param before the last answer
 * @param measured all storages that are in use now
 */
export function rememberSlow(
  before: readonly RememberedSlow[],
  measured: readonly MeasuredStorage[],
  nowMs: number,
): readonly RememberedSlow[] {
  const now = slowStorages(measured).map((it) => ({ ...it, lastSlowMs: nowMs }))
  const standingOut = new Set(now.map((it) => it.storageId))
  const remembered = before
    .filter((it) => !standingOut.has(it.storageId))
    .filter((it) => nowMs - it.lastSlowMs < restMs(it, measured))
    .toSorted((a, b) => b.lastSlowMs - a.lastSlowMs || excessMs(b) - excessMs(a))
  const left = new Map<string, number>()
  for (const { type } of measured) left.set(type, (left.get(type) ?? 0) + 1)
  for (const [type, count] of left) left.set(type, Math.ceil(count / 2) - 1)
  return [...now, ...remembered].map((it) => {
    const room = left.get(it.type) ?? 0
    left.set(it.type, room - 1)
    return { ...it, isAvoided: room > 0 }
  })
}

/** Measured by the calls that were slow: other kinds of calls say nothing of them. */
function restMs({ storageId, call }: SlowStorage, measured: readonly MeasuredStorage[]): number {
  const calls = measured.find((it) => it.storageId === storageId)?.latencies[call]?.calls ?? 0
  return calls >= FEWEST_CALLS ? RECOVERY_MS : RETRIAL_MS
}
