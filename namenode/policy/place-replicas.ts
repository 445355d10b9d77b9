/**
 * Where new replicas go. First on the writer's node when it is a datanode, second on another rack, third on the rack of
 * the second but another node, further ones anywhere; within each choice at random, weighted by free space and by
 * idleness. Never two on a node, never on a node that is stale, failed or full. When racks or nodes are few the rack
 * rule yields first and the number of replicas last; the answer says what is missing and why. A storage policy limits
 * the types of storage that count, and comes before the racks. Slow storages are taken when all others would break one of
 * these rules, and only then: not even for a writer on the same machine.
 */
import type { DatanodeUuid, StorageId } from '../../shared/ids.js'
import type { Random } from '../../shared/random.js'
import type { AdminState } from './admin-state.js'
import type { Liveness } from './liveness.js'
import type { PolicyStorageType } from './storage-policies.js'
import { missingTypes, type StorageType, type TypeWish } from './storage-types.js'

export interface PlacementStorage {
  readonly storageId: StorageId
  readonly type: StorageType
  readonly hasFailed: boolean
  /** So much slower than others that it is avoided (remember-slow.ts). */
  readonly isSlow: boolean
  /** Less what is already on its way there. */
  readonly remainingBytes: number
}

export interface PlacementNode {
  readonly uuid: DatanodeUuid
  readonly rack: string
  readonly liveness: Liveness
  readonly adminState: AdminState
  /** false for nodes known only from an earlier run. */
  readonly isRegistered: boolean
  /** Streams that it serves or receives now. */
  readonly activeTransfers: number
  readonly storages: readonly PlacementStorage[]
}

export interface PlacementRequest {
  readonly replicas: number
  readonly blockSizeBytes: number
  /** The datanode on the writer's machine, if there is one. */
  readonly writer: DatanodeUuid | undefined
  readonly excluded: ReadonlySet<DatanodeUuid>
  /** Nodes that hold or will hold the block, oldest first. */
  readonly existing: readonly DatanodeUuid[]
  /** Nodes that the writer asks for: they come first, when they can take the block. */
  readonly favoured?: readonly DatanodeUuid[]
  /** Absent: any type but memory. */
  readonly types?: TypeWish | undefined
}

export interface PlacedReplica {
  readonly datanodeUuid: DatanodeUuid
  readonly storageId: StorageId
}

export interface Placement {
  /** In pipeline order. */
  readonly targets: readonly PlacedReplica[]
  readonly missing: number
  /** Why some are missing or the rack rule was given up; empty when all is as wished. */
  readonly remark: string
}

export function placeReplicas(
  request: PlacementRequest,
  nodes: readonly PlacementNode[],
  random: Random,
): Placement {
  const byUuid = new Map(nodes.map((it) => [it.uuid, it]))
  const racks = request.existing.map((uuid) => byUuid.get(uuid)?.rack)
  const held = new Set(request.existing)
  const unused = new Set(
    nodes.filter(
      (it) => !held.has(it.uuid) && !request.excluded.has(it.uuid) && whyUnfit(it) === undefined,
    ),
  )
  const targets: PlacedReplica[] = []
  const remarks: string[] = []
  const demand = new TypeDemand(request)
  const isAnySlow = nodes.some(({ storages }) => storages.some((it) => it.isSlow))
  const isSlow = (it: PlacementNode) =>
    isAnySlow && demand.bestStoragesOf(it).every((of) => of.isSlow)
  while (targets.length < request.replicas) {
    const candidates = demand.narrow(unused)
    if (candidates.size === 0) {
      const remark = demand.fallBack()
      if (remark === undefined) break
      remarks.push(remark)
      continue
    }
    const quick = butForSlow([...candidates], isSlow)
    const local = racks.length === 0 ? findNode(quick, request.writer) : undefined
    const favoured = firstFavoured(quick, request.favoured ?? [])
    const wish = wishedRack(racks)
    const preferred = [...candidates].filter((it) => wish.accepts(it.rack))
    if (preferred.length === 0 && favoured === undefined) remarks.push(wish.otherwise)
    const pool = butForSlow(preferred.length > 0 ? preferred : [...candidates], isSlow)
    const room = (it: PlacementNode) => sumOfRoom(quickOf(demand.storagesOf(it)))
    const node =
      favoured ?? local ?? weighted(pool, (it) => room(it) / (1 + it.activeTransfers), random)
    unused.delete(node)
    racks.push(node.rack)
    const storage = weighted(
      quickOf(demand.bestStoragesOf(node)),
      (it) => it.remainingBytes,
      random,
    )
    demand.take(storage.type)
    targets.push({ datanodeUuid: node.uuid, storageId: storage.storageId })
  }
  const missing = request.replicas - targets.length
  if (missing > 0) remarks.unshift(explainShortage(request, nodes, targets.length))
  return { targets, missing, remark: [...new Set(remarks)].join('; ') }
}

/**
 * Why a node can take no replica now; undefined when it can.
 * @param blockSizeBytes asks for room, too, on whatever type of storage
 */
export function whyUnfit(
  node: PlacementNode,
  blockSizeBytes?: number,
): 'not registered' | 'out of service' | 'silent' | 'full' | undefined {
  if (!node.isRegistered) return 'not registered'
  if (node.adminState !== 'normal') return 'out of service'
  if (node.liveness !== 'live') return 'silent'
  const isFull = blockSizeBytes !== undefined && roomyStorages(node, blockSizeBytes).length === 0
  return isFull ? 'full' : undefined
}

interface RackWish {
  readonly accepts: (rack: string) => boolean
  readonly otherwise: string
}

function wishedRack(racks: readonly (string | undefined)[]): RackWish {
  const [first, second] = racks
  if (racks.length === 1 || (racks.length === 2 && first === second)) {
    return { accepts: (rack) => rack !== first, otherwise: 'no second rack has room' }
  }
  if (racks.length === 2) {
    return { accepts: (rack) => rack === second, otherwise: `rack ${second} has no other node` }
  }
  return { accepts: () => true, otherwise: '' }
}

/** Those that are not slow; all of them when there are no others. */
export function butForSlow<T>(items: readonly T[], isSlow: (item: T) => boolean): readonly T[] {
  const others = items.filter((it) => !isSlow(it))
  return others.length > 0 ? others : items
}

const quickOf = (storages: readonly PlacementStorage[]): readonly PlacementStorage[] =>
  butForSlow(storages, (it) => it.isSlow)

function findNode(
  candidates: readonly PlacementNode[],
  uuid: DatanodeUuid | undefined,
): PlacementNode | undefined {
  return candidates.find((it) => it.uuid === uuid)
}

function firstFavoured(
  candidates: readonly PlacementNode[],
  favoured: readonly DatanodeUuid[],
): PlacementNode | undefined {
  for (const uuid of favoured) {
    const node = findNode(candidates, uuid)
    if (node !== undefined) return node
  }
  return undefined
}

function roomyStorages(node: PlacementNode, blockSizeBytes: number): readonly PlacementStorage[] {
  return node.storages.filter(
    (it) => !it.hasFailed && it.type !== 'RAM_DISK' && it.remainingBytes >= blockSizeBytes,
  )
}

const sumOfRoom = (storages: readonly PlacementStorage[]): number =>
  storages.reduce((sum, it) => sum + it.remainingBytes, 0)

/** Which types the replicas still to be placed may have, from the policy's own to its fallbacks to any. */
class TypeDemand {
  readonly #request: PlacementRequest
  readonly #unavailable = new Set<PolicyStorageType>()
  readonly #taken: PolicyStorageType[] = []
  /** 'any' but memory. */
  #wanted: readonly PolicyStorageType[] | 'any'

  constructor(request: PlacementRequest) {
    this.#request = request
    this.#wanted = request.types === undefined ? 'any' : this.#missing(request.types)
  }

  narrow(nodes: ReadonlySet<PlacementNode>): Set<PlacementNode> {
    return new Set([...nodes].filter((it) => this.storagesOf(it).length > 0))
  }

  storagesOf({ storages }: PlacementNode): readonly PlacementStorage[] {
    const wanted = this.#wanted
    return storages.filter(
      ({ type, hasFailed, remainingBytes }) =>
        !hasFailed &&
        remainingBytes >= this.#request.blockSizeBytes &&
        (wanted === 'any' ? type !== 'RAM_DISK' : wanted.includes(type)),
    )
  }

  /** Those of the type that is wanted first. */
  bestStoragesOf(node: PlacementNode): readonly PlacementStorage[] {
    const usable = this.storagesOf(node)
    if (this.#wanted === 'any') return usable
    const best = this.#wanted.find((type) => usable.some((it) => it.type === type))
    return usable.filter((it) => it.type === best)
  }

  take(type: PolicyStorageType): void {
    this.#taken.push(type)
    if (this.#wanted === 'any') return
    const index = this.#wanted.indexOf(type)
    this.#wanted = this.#wanted.filter((_, at) => at !== index)
  }

  /** No node has what is wanted: on to the next best. @returns a remark; undefined when there is no next best */
  fallBack(): string | undefined {
    const { types } = this.#request
    if (this.#wanted === 'any' || types === undefined) return undefined
    const remark = `no room on ${[...new Set(this.#wanted)].join(', ')} (policy ${types.policy.name})`
    const known = this.#unavailable.size
    for (const type of this.#wanted) this.#unavailable.add(type)
    this.#wanted = this.#missing(types)
    if (this.#unavailable.size > known && this.#wanted.length > 0) return remark
    if (!types.mayUseAny) return undefined
    this.#wanted = 'any'
    return remark
  }

  #missing(types: TypeWish): readonly PolicyStorageType[] {
    const existing = [...types.existing, ...this.#taken]
    const left = this.#request.replicas - this.#taken.length
    return missingTypes({ ...types, existing }, left + existing.length, this.#unavailable)
  }
}

/** One of `items` (at least one), each with a chance in proportion to its weight. */
function weighted<T>(items: readonly T[], weightOf: (item: T) => number, random: Random): T {
  // The 1 keeps a chance for items without weight, such as a 0-byte block on an exactly full disk.
  const weights = items.map((it) => 1 + Math.max(0, weightOf(it)))
  let point = random.next() * weights.reduce((sum, it) => sum + it, 0)
  let chosen = items[items.length - 1]
  for (const [index, weight] of weights.entries()) {
    point -= weight
    if (point < 0) {
      chosen = items[index]
      break
    }
  }
  if (chosen === undefined) throw new RangeError('nothing to choose from')
  return chosen
}

function explainShortage(
  request: PlacementRequest,
  nodes: readonly PlacementNode[],
  placed: number,
): string {
  const held = new Set(request.existing)
  const reasons = new Map<string, number>()
  const count = (reason: string) => reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  for (const node of nodes) {
    const unfit = whyUnfit(node, request.blockSizeBytes) ?? whyMistyped(node, request)
    if (held.has(node.uuid)) count('holding it already')
    else if (request.excluded.has(node.uuid)) count('excluded')
    else if (unfit !== undefined) count(unfit)
  }
  const particulars = [...reasons].map(([reason, nodesOf]) => `${nodesOf} ${reason}`).join(', ')
  const why = particulars === '' ? '' : `: ${particulars}`
  return `${placed} of ${request.replicas} replicas placed, ${nodes.length} datanodes known${why}`
}

/** A node with room, but on other types than the policy of the file wants. */
function whyMistyped(node: PlacementNode, request: PlacementRequest): string | undefined {
  const { types } = request
  if (types === undefined || types.mayUseAny) return undefined
  const wanted: readonly PolicyStorageType[] = [
    ...types.policy.storageTypes,
    ...(types.purpose === 'creation'
      ? types.policy.creationFallbacks
      : types.policy.replicationFallbacks),
  ]
  const hasRoom = roomyStorages(node, request.blockSizeBytes).some((it) => wanted.includes(it.type))
  return hasRoom ? undefined : `without the storage that policy ${types.policy.name} asks for`
}
