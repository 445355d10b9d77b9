/**
 * Which storages are slow compared with the others of their type, as HDFS finds outliers (OutlierDetector): by the median of
 * all and the median of the distances from it. On a busy machine all are slow, and none stands out; a disk that is about to
 * fail stands out while all is quiet. What follows from it: remember-slow.ts.
 */
import type { CallLatencies } from '../../shared/control/messages.js'
import type { StorageType } from './storage-types.js'

/** With fewer nothing says which of them is the odd one. */
const FEWEST_COMPARED = 3
/** In the last minutes: a few calls say more of chance than of the disk. */
export const FEWEST_CALLS = 10
/** So many of the usual times, and so many of the usual distances from it, is not chance (figures of HDFS). */
const TIMES_MEDIAN = 3
const TIMES_DEVIATION = 3
/** The deviation of a normal distribution, from the median of its distances. */
const DEVIATION_OF_MEDIAN = 1.4826
/** Faster than this nobody calls slow, whatever the others are. */
const LEAST_SLOW_MS = 20

const KINDS = ['read', 'write', 'sync'] as const

export interface MeasuredStorage {
  readonly datanodeUuid: string
  readonly storageId: string
  readonly type: StorageType
  readonly latencies: CallLatencies
}

export interface SlowStorage {
  readonly datanodeUuid: string
  readonly storageId: string
  readonly type: StorageType
  /** The kind of call that is furthest from the usual. */
  readonly call: (typeof KINDS)[number]
  readonly meanMs: number
  /** The median of all that were compared. */
  readonly usualMs: number
}

/** Slowest first, each storage once. */
export function slowStorages(storages: readonly MeasuredStorage[]): SlowStorage[] {
  const found = new Map<string, SlowStorage>()
  for (const type of new Set(storages.map((it) => it.type))) {
    const ofType = storages.filter((it) => it.type === type)
    for (const slow of KINDS.flatMap((call) => outliers(ofType, call))) {
      const known = found.get(slow.storageId)
      if (known === undefined || excessMs(slow) > excessMs(known)) found.set(slow.storageId, slow)
    }
  }
  return [...found.values()].toSorted((left, right) => excessMs(right) - excessMs(left))
}

function outliers(
  storages: readonly MeasuredStorage[],
  call: SlowStorage['call'],
): readonly SlowStorage[] {
  const measured = storages.filter((it) => (it.latencies[call]?.calls ?? 0) >= FEWEST_CALLS)
  const meanOf = ({ latencies }: MeasuredStorage) => latencies[call]?.meanMs ?? 0
  if (measured.length < FEWEST_COMPARED) return []
  const means = measured.map(meanOf)
  const usualMs = median(means)
  const deviationMs = DEVIATION_OF_MEDIAN * median(means.map((it) => Math.abs(it - usualMs)))
  const limitMs = Math.max(
    LEAST_SLOW_MS,
    TIMES_MEDIAN * usualMs,
    usualMs + TIMES_DEVIATION * deviationMs,
  )
  return measured
    .filter((it) => meanOf(it) > limitMs)
    .map((it) => {
      const { datanodeUuid, storageId, type } = it
      return { datanodeUuid, storageId, type, call, meanMs: meanOf(it), usualMs }
    })
}

/** By how much it is slower than usual. */
export const excessMs = ({ meanMs, usualMs }: SlowStorage): number => meanMs - usualMs

function median(values: readonly number[]): number {
  // Typed: many times as fast, and this is asked about every disk of the cluster again and again.
  const sorted = Float64Array.from(values).sort()
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
