/**
 * The order in which a reader should try replicas: live before stale, nodes in service before those that leave or are in
 * maintenance, near before far, idle before busy, and corrupt ones at the very end.
 */
import { type AdminState, readingRank } from './admin-state.js'
import type { Liveness } from './liveness.js'

export interface LocationCondition {
  readonly liveness: Liveness
  readonly adminState: AdminState
  readonly isCorrupt: boolean
  readonly addresses: readonly string[]
  readonly rack: string
  readonly activeTransfers: number
}

export interface ReaderPlace {
  readonly address: string
  /** Rack of the datanode on the reader's machine; undefined when there is none. */
  readonly rack: string | undefined
}

/** A sorted copy; equal ones keep their order, so that the caller may shuffle first to spread the load. */
export function orderLocations<L extends LocationCondition>(
  locations: readonly L[],
  reader: ReaderPlace,
): L[] {
  const keys = new Map(locations.map((it) => [it, keyOf(it, reader)]))
  return locations.toSorted((a, b) => compare(keys.get(a) ?? [], keys.get(b) ?? []))
}

function keyOf(location: LocationCondition, reader: ReaderPlace): readonly number[] {
  return [
    location.isCorrupt ? 1 : 0,
    location.liveness === 'live' ? 0 : location.liveness === 'stale' ? 1 : 2,
    readingRank(location.adminState),
    distance(location, reader),
    location.activeTransfers,
  ]
}

/** 0 the same machine, 1 the same rack, 2 elsewhere. */
function distance(location: LocationCondition, reader: ReaderPlace): number {
  if (location.addresses.includes(reader.address)) return 0
  return location.rack === reader.rack ? 1 : 2
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
