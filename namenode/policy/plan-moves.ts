/**
 * Which replicas of a healthy block are to move, so that they rest on the types of storage that its policy wants. Within
 * a node where that is possible, since nothing crosses the network; else to another node, on the same rack before any
 * other, and never so that a block on several racks ends on one; to slow disks only when no other has room.
 */
import type { DatanodeUuid, StorageId } from '../../shared/ids.js'
import type { Random } from '../../shared/random.js'
import {
  butForSlow,
  type PlacementNode,
  type PlacementStorage,
  whyUnfit,
} from './place-replicas.js'
import type { StoragePolicy } from './storage-policies.js'
import { isExcessType, missingTypes, type StorageType } from './storage-types.js'

export interface ReplicaPlace {
  readonly datanodeUuid: DatanodeUuid
  readonly storageId: StorageId
}

export interface MovableReplica extends ReplicaPlace {
  readonly storageType: StorageType
  readonly rack: string
}

export interface MovePlan {
  readonly source: ReplicaPlace
  readonly target: ReplicaPlace
}

export interface MoveQuestion {
  readonly lengthBytes: number
  readonly policy: StoragePolicy
  /** The good, confirmed replicas on live nodes in service: as many as the block is to have. */
  readonly replicas: readonly MovableReplica[]
  /** Nodes that may take part now. */
  readonly nodes: readonly PlacementNode[]
}

export interface MoveAnswer {
  readonly moves: readonly MovePlan[]
  /** Replicas on types that are not wanted, for which there is no room where they belong. */
  readonly stuck: number
}

export function planMoves(question: MoveQuestion, random: Random): MoveAnswer {
  const { policy, replicas } = question
  const moves: MovePlan[] = []
  let places = [...replicas]
  let stuck = 0
  for (const replica of replicas) {
    const types = places.map((it) => it.storageType)
    if (!isExcessType(policy, replicas.length, types, replica.storageType)) continue
    const rest = places.filter((it) => it !== replica)
    const target = findPlace(question, replica, rest, random)
    if (target === undefined) {
      stuck += 1
      continue
    }
    const { node, storage } = target
    const { datanodeUuid, storageId } = replica
    const place = { datanodeUuid: node.uuid, storageId: storage.storageId }
    moves.push({ source: { datanodeUuid, storageId }, target: place })
    places = [...rest, { ...place, storageType: storage.type, rack: node.rack }]
  }
  return { moves, stuck }
}

interface FoundPlace {
  readonly node: PlacementNode
  readonly storage: PlacementStorage
}

function findPlace(
  { policy, replicas, nodes, lengthBytes }: MoveQuestion,
  replica: MovableReplica,
  rest: readonly MovableReplica[],
  random: Random,
): FoundPlace | undefined {
  const existing = rest.map((it) => it.storageType)
  const wish = { policy, existing, purpose: 'replication', mayUseAny: false } as const
  const wanted = missingTypes(wish, replicas.length, new Set())
  const held = new Set(rest.map((it) => it.datanodeUuid))
  const racksNow = new Set(replicas.map((it) => it.rack)).size
  const racksWith = (node: PlacementNode) => new Set([...rest, node].map((it) => it.rack)).size
  const places = nodes.flatMap((node) =>
    held.has(node.uuid) || whyUnfit(node) !== undefined
      ? []
      : node.storages
          .filter((it) => !it.hasFailed && it.remainingBytes >= lengthBytes)
          .filter((it) => wanted.includes(it.type))
          .map((storage) => ({ node, storage })),
  )
  const safe = butForSlow(
    places.filter(({ node }) => racksWith(node) >= Math.min(racksNow, 2)),
    ({ storage }) => storage.isSlow,
  )
  const rank = ({ node }: FoundPlace) =>
    node.uuid === replica.datanodeUuid ? 0 : node.rack === replica.rack ? 1 : 2
  const best = Math.min(...safe.map(rank))
  const pool = safe.filter((it) => rank(it) === best)
  return pool[random.below(Math.max(1, pool.length))]
}
