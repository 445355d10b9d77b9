/**
 * The order in which a reader should try replicas: live before stale, nodes in service before those that leave or are in
 * maintenance, others before slow disks (many times slower than usual: more than any network between), near before far,
 * idle before busy, then the one whose cache the block belongs to; corrupt ones at the very end.
 */
import type { BlockId, DatanodeUuid } from '../../shared/ids.js'
import { type AdminState, readingRank } from './admin-state.js'
import { cacheAffinity } from './cache-affinity.js'
import type { Liveness } from './liveness.js'

/** So many streams more make a node busier than another: fewer are no reason to read from a disk what a memory holds. */
const STREAMS_THAT_COUNT = 16

export interface LocationCondition {
  readonly uuid: DatanodeUuid
  readonly liveness: Liveness
  readonly adminState: AdminState
  readonly isCorrupt: boolean
  /** On a storage that is avoided for being slow (remember-slow.ts). */
  readonly isSlow: boolean
  readonly addresses: readonly string[]
  readonly rack: string
  /** Streams that it serves or receives, and readers that were sent there since it counted. */
  readonly activeTransfers: number
}

export interface ReaderPlace {
  readonly address: string
  /** Rack of the datanode on the reader's machine; undefined when there is none. */
  readonly rack: string | undefined
}

/** A sorted copy. */
export function orderLocations<L extends LocationCondition>(
  block: BlockId,
  locations: readonly L[],
  reader: ReaderPlace,
): L[] {
  return locations
    .map((location) => ({ location, key: keyOf(block, location, reader) }))
    .sort((a, b) => compare(a.key, b.key))
    .map((it) => it.location)
}

function keyOf(
  block: BlockId,
  location: LocationCondition,
  reader: ReaderPlace,
): readonly number[] {
  return [
    location.isCorrupt ? 1 : 0,
    location.liveness === 'live' ? 0 : location.liveness === 'stale' ? 1 : 2,
    readingRank(location.adminState),
    location.isSlow ? 1 : 0,
    distance(location, reader),
    Math.floor(location.activeTransfers / STREAMS_THAT_COUNT),
    -cacheAffinity(block, location.uuid),
  ]
}

/** 0 the same machine, 1 the same rack, 2 elsewhere. */
function distance(location: LocationCondition, reader: ReaderPlace): number {
  if (location.addresses.includes(reader.address)) return 0
  return location.rack === reader.rack ? 1 : 2
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < a.length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
