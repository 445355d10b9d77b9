/**
 * What to move so that storages of one type are used alike: first between datanodes, then between the volumes of one.
 * Apache's balancer in small steps: a step is one pair, from the fullest to the emptiest, and only while one of the two
 * is further from the average than the threshold. A block may move only if it leaves the giver no emptier than the
 * taker becomes: so each move brings the two closer, and none is ever taken back. What reports may or may not show yet is
 * taken at its worst: a giver without all that is leaving it, a taker with all that is coming. Counting it once more
 * (or not) on both sides had blocks go back and forth for ever.
 */
import type { DatanodeUuid, StorageId } from '../../shared/ids.js'
import type { StorageType } from './storage-types.js'

export interface StorageUse {
  readonly datanodeUuid: DatanodeUuid
  readonly storageId: StorageId
  readonly type: StorageType
  /** It is avoided: nothing goes there for the sake of balance. */
  readonly isSlow: boolean
  readonly capacityBytes: number
  /** As reported. */
  readonly usedBytes: number
  /** Of moves that the report may show or not. */
  readonly comingBytes: number
  readonly leavingBytes: number
}

/** What is filled and emptied as one: the storages of a type on a node, or a single one. */
export interface UseGroup {
  readonly storages: readonly StorageUse[]
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly comingBytes: number
  readonly leavingBytes: number
}

export interface BalanceStep {
  readonly from: UseGroup
  readonly to: UseGroup
}

/**
 * Pairs worth moving blocks between, those that are furthest apart first. Empty when all is within the threshold.
 * @param threshold share of the capacity, 0 to 1
 */
export function planBalance(storages: readonly StorageUse[], threshold: number): BalanceStep[] {
  const usable = storages.filter((it) => it.capacityBytes > 0 && it.type !== 'RAM_DISK')
  const byType = grouped(usable, (it) => it.type)
  const steps = byType.flatMap((ofType) => {
    const byNode = grouped(ofType, (it) => it.datanodeUuid)
    const nodes = byNode.map((it) => groupOf(it))
    const within = nodes.flatMap((node) =>
      stepsBetween(
        node.storages.map((it) => groupOf([it])),
        threshold,
      ),
    )
    return [...stepsBetween(nodes, threshold), ...within]
  })
  return steps.toSorted((a, b) => distance(b) - distance(a))
}

/** Whether a block of this size may go that way: see the head of this file. */
export function isWorthMoving({ from, to }: BalanceStep, lengthBytes: number): boolean {
  const left = leastUseOf(from, lengthBytes)
  const reached = mostUseOf(to, lengthBytes)
  return lengthBytes > 0 && left >= reached
}

/** How far the fullest storage group of any type is from the average of its type; 0 when there is nothing to compare. */
export function unevenness(storages: readonly StorageUse[]): number {
  const usable = storages.filter((it) => it.capacityBytes > 0 && it.type !== 'RAM_DISK')
  const byType = grouped(usable, (it) => it.type)
  return Math.max(
    0,
    ...byType.flatMap((ofType) => {
      const average = useOf(groupOf(ofType))
      const byNode = grouped(ofType, (it) => it.datanodeUuid)
      return byNode.map((it) => Math.abs(useOf(groupOf(it)) - average))
    }),
  )
}

const useOf = ({ usedBytes, capacityBytes }: UseGroup): number => usedBytes / capacityBytes
const leastUseOf = ({ usedBytes, leavingBytes, capacityBytes }: UseGroup, more = 0): number =>
  (usedBytes - leavingBytes - more) / capacityBytes
const mostUseOf = ({ usedBytes, comingBytes, capacityBytes }: UseGroup, more = 0): number =>
  (usedBytes + comingBytes + more) / capacityBytes

function stepsBetween(groups: readonly UseGroup[], threshold: number): BalanceStep[] {
  if (groups.length < 2) return []
  const average = useOf(groupOf(groups.flatMap((it) => it.storages)))
  const above = groups.filter((it) => leastUseOf(it) > average)
  const below = groups.filter(
    (it) => mostUseOf(it) < average && it.storages.some((of) => !of.isSlow),
  )
  return above.flatMap((from) =>
    below
      .filter((to) => leastUseOf(from) - average > threshold || average - mostUseOf(to) > threshold)
      .map((to) => ({ from, to })),
  )
}

const distance = ({ from, to }: BalanceStep): number => leastUseOf(from) - mostUseOf(to)

function groupOf(storages: readonly StorageUse[]): UseGroup {
  const sum = (figure: 'capacityBytes' | 'usedBytes' | 'comingBytes' | 'leavingBytes') =>
    storages.reduce((total, it) => total + it[figure], 0)
  return {
    storages,
    capacityBytes: sum('capacityBytes'),
    usedBytes: sum('usedBytes'),
    comingBytes: sum('comingBytes'),
    leavingBytes: sum('leavingBytes'),
  }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return [...groups.values()]
}
