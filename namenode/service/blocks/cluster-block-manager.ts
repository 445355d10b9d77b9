/** `BlockManager` over the replica map and the cluster registry: thin, since the rules live in policies and services. */
import type { Clock } from '../../../shared/clock.js'
import { type Block, type BlockId, type DatanodeUuid, datanodeUuid } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import type { Random } from '../../../shared/random.js'
import { orderLocations } from '../../policy/order-locations.js'
import { type Placement, placeReplicas } from '../../policy/place-replicas.js'
import { placesOf } from '../../policy/reach-for-client.js'
import { NO_POLICY, policyOfId } from '../../policy/storage-policies.js'
import type { TypeWish } from '../../policy/storage-types.js'
import type { ReplicaAttentionStore } from '../../storage/replica-attention-store.js'
import type { ReplicaWaiters } from '../files/replica-waiters.js'
import type { ReplicaTarget } from '../namespace/namespace-model.js'
import { type ClusterNode, isUsable, placementOf, viewOfNode } from '../nodes/cluster-node.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type {
  BlockManager,
  BlockManagerStatistics,
  DatanodeView,
  Replica,
  TargetRequest,
  WriteReadiness,
} from './block-manager.js'
import type { CommandOutbox } from './command-outbox.js'
import type { LeavingReplicas } from './leaving-replicas.js'
import { RecentEvents } from './recent-events.js'
import type { HeldReplica, ReplicaMap } from './replica-map.js'
import type { ReplicationCopies } from './replication-copies.js'
import type { StartupReadiness } from './startup-readiness.js'

/** A replica is checked at most once in this time, however many readers complain. */
const SUSPECT_MEMORY_MS = 30_000
const SUSPECT_CAPACITY = 10_000
/** A node that does not listen for so long has its own setting when it comes back. */
const COPY_RATE_TIMEOUT_MS = 60_000
const VERIFY_TIMEOUT_MS = 10 * 60_000

export interface ClusterBlockManagerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly map: ReplicaMap
  readonly registry: ClusterRegistry
  readonly outbox: CommandOutbox
  readonly waiters: ReplicaWaiters
  readonly attention: ReplicaAttentionStore
  readonly copies: ReplicationCopies
  readonly leaving: LeavingReplicas
  readonly readiness: StartupReadiness
  readonly requestFullReport: (datanode: DatanodeUuid) => void
}

export class ClusterBlockManager implements BlockManager {
  readonly #options: ClusterBlockManagerOptions
  readonly #suspected: RecentEvents<string>

  constructor(options: ClusterBlockManagerOptions) {
    this.#options = options
    this.#suspected = new RecentEvents({
      clock: options.clock,
      keepMs: SUSPECT_MEMORY_MS,
      capacity: SUSPECT_CAPACITY,
    })
  }

  chooseTargets(request: TargetRequest): readonly Replica[] {
    const { registry, log } = this.#options
    const nodes = registry.nodes()
    const lost = nodes.flatMap((it) => (it.isLostToWriters ? it.uuid : []))
    let placement = this.#place(request, nodes, new Set([...request.excluded, ...lost]))
    // One writer's trouble may be its own: rather a node that may be gone than too few.
    if (lost.length > 0 && placement.targets.length < request.replicas) {
      placement = this.#place(request, nodes, request.excluded)
    }
    if (placement.remark !== '') log.debug({ remark: placement.remark }, 'placement fell back')
    return placement.targets.flatMap(({ datanodeUuid: uuid, storageId }) => {
      const storage = registry.storageOf(uuid, storageId)
      if (storage === undefined) return []
      storage.node.assignedBytes += request.blockSizeBytes
      storage.node.activeTransfers += 1
      return [
        {
          datanode: viewOfNode(storage.node),
          storageId,
          storageType: storage.type,
          state: 'being-written' as const,
        },
      ]
    })
  }

  #place(
    request: TargetRequest,
    nodes: readonly ClusterNode[],
    excluded: ReadonlySet<DatanodeUuid>,
  ): Placement {
    return placeReplicas(
      {
        replicas: request.replicas,
        blockSizeBytes: request.blockSizeBytes,
        writer: this.#writerNode(request, nodes),
        excluded,
        existing: request.existing,
        favoured: request.favoured ?? [],
        types: typeWishOf(request),
      },
      nodes.map((it) => placementOf(it, 0)),
      this.#options.random,
    )
  }

  writerLost(datanodes: Iterable<DatanodeUuid>): void {
    for (const uuid of datanodes) {
      const node = this.#options.registry.node(uuid)
      if (node !== undefined) node.isLostToWriters = true
    }
  }

  expectReplicas(block: Block, targets: readonly ReplicaTarget[]): void {
    this.#options.map.expect(block, targets)
  }

  locate(
    block: Block,
    clientAddress: string,
  ): { readonly replicas: readonly Replica[]; readonly isCorrupt: boolean } {
    const { map } = this.#options
    const record = map.record(block.id)
    const alive = map.held(block.id, record).filter((it) => it.liveness !== 'dead')
    const readable = alive.filter(
      (it) =>
        it.judgement === 'good' ||
        (record?.state === 'under-construction' &&
          (it.judgement === 'being-written' || it.judgement === 'future')),
    )
    const corrupt = alive.filter((it) => it.judgement === 'corrupt')
    // A bad replica is named only when there is nothing better (P2): its reader gets a checksum error, not silence.
    const chosen = readable.length > 0 ? readable : corrupt
    const reader = { address: clientAddress, rack: this.#rackOf(clientAddress) }
    const ordered = orderLocations(block.id, chosen.map(locationOf), reader)
    const first = ordered[0]
    if (first !== undefined) first.held.storage.node.sentReaders += 1
    return {
      replicas: ordered.map((it) => replicaOf(it.held)),
      isCorrupt: readable.length === 0 && corrupt.length > 0,
    }
  }

  waitForReplicas(block: Block, minimum: number, timeoutMs: number): Promise<number> {
    return this.#options.waiters.wait(block, minimum, timeoutMs)
  }

  suspectReplica(blockId: BlockId, datanode: DatanodeUuid): void {
    const { map, outbox, log } = this.#options
    const held = map
      .held(blockId, map.record(blockId))
      .find((it) => it.datanodeUuid === datanode && it.row.state === 'finalized')
    const key = `${blockId}@${datanode}`
    if (held === undefined || this.#suspected.has(key)) return
    this.#suspected.note(key)
    log.warn({ blockId, datanode }, 'a reader found a bad replica')
    map.noteSuspicion(blockId, datanode)
    outbox.offer(datanode, {
      body: {
        kind: 'verify',
        block: {
          id: blockId,
          generationStamp: held.row.generationStamp,
          lengthBytes: held.row.lengthBytes,
        },
      },
      timeoutMs: VERIFY_TIMEOUT_MS,
      onEnd: (end) => {
        // The node does not have it: what else it lacks is best told by a full report.
        if (end.outcome === 'refused') this.#options.requestFullReport(datanode)
      },
    })
  }

  limitCopies(bytesPerSecond: number): void {
    const { outbox, registry } = this.#options
    for (const { uuid } of registry.nodes()) {
      outbox.offer(uuid, {
        body: { kind: 'copy-rate', bytesPerSecond },
        timeoutMs: COPY_RATE_TIMEOUT_MS,
        onEnd: () => undefined,
      })
    }
  }

  datanodes(): readonly DatanodeView[] {
    return this.#options.registry.nodes().map(viewOfNode)
  }

  isDatanodeAddress(address: string): boolean {
    return this.#options.registry.nodes().some((it) => it.addresses.includes(address))
  }

  findDatanode(nameOrAddress: string): DatanodeView | undefined {
    const { registry } = this.#options
    const byUuid = registry.node(datanodeUuid(nameOrAddress))
    if (byUuid !== undefined) return viewOfNode(byUuid)
    const matches = registry.nodes().filter((node) => placesOf(node).includes(nameOrAddress))
    // An address may have been used by an older node: the one that is alive is meant.
    const best = matches.find((it) => it.session !== undefined) ?? matches[0]
    return best === undefined ? undefined : viewOfNode(best)
  }

  statistics(): BlockManagerStatistics {
    const { attention, copies, leaving, registry } = this.#options
    const nodes = registry.nodes()
    const storages = nodes
      .filter((it) => it.liveness !== 'dead')
      .flatMap((it) => [...it.storages.values()].filter(isUsable))
    const sum = (figure: 'capacityBytes' | 'usedBytes' | 'remainingBytes') =>
      storages.reduce((total, it) => total + it[figure], 0)
    const count = (liveness: ClusterNode['liveness']) =>
      nodes.filter((it) => it.liveness === liveness).length
    return {
      capacityBytes: sum('capacityBytes'),
      usedBytes: sum('usedBytes'),
      remainingBytes: sum('remainingBytes'),
      underReplicatedBlocks:
        attention.count('single-copy') + attention.count('badly-under') + attention.count('under'),
      corruptBlocks: attention.corruptBlocks,
      missingBlocks: attention.count('missing'),
      pendingCopies: copies.size,
      pendingDeletions: leaving.size,
      singleReplicaBlocks: attention.count('single-copy'),
      liveDatanodes: count('live'),
      staleDatanodes: count('stale'),
      deadDatanodes: count('dead'),
    }
  }

  writeReadiness(): WriteReadiness {
    const { mayWrite, reason } = this.#options.readiness.current
    return mayWrite ? { kind: 'ready' } : { kind: 'safe-mode', reason }
  }

  /** The datanode on the writer's machine. On a machine with several, any of them, or the first would fill up. */
  #writerNode(request: TargetRequest, nodes: readonly ClusterNode[]): DatanodeUuid | undefined {
    const local = nodes.filter(
      (it) =>
        it.liveness === 'live' &&
        it.session !== undefined &&
        !request.excluded.has(it.uuid) &&
        it.addresses.includes(request.writerAddress),
    )
    return local[this.#options.random.below(Math.max(1, local.length))]?.uuid
  }

  #rackOf(address: string): string | undefined {
    return this.#options.registry.nodes().find((it) => it.addresses.includes(address))?.rack
  }
}

/** Nobody has chosen a policy: HOT is no more than a preference. */
function typeWishOf({ policy, existingTypes = [] }: TargetRequest): TypeWish | undefined {
  if (policy === undefined) return undefined
  const mayUseAny = policy === NO_POLICY
  return { policy: policyOfId(policy), existing: existingTypes, purpose: 'creation', mayUseAny }
}

function locationOf(held: HeldReplica) {
  const { node } = held.storage
  return {
    held,
    uuid: node.uuid,
    liveness: held.liveness,
    adminState: node.adminState,
    isCorrupt: held.judgement === 'corrupt',
    isSlow: held.storage.isSlow,
    addresses: node.addresses,
    rack: node.rack,
    activeTransfers: node.activeTransfers + node.sentReaders,
  }
}

function replicaOf(held: HeldReplica): Replica {
  const { storage, judgement, isConfirmed } = held
  return {
    datanode: viewOfNode(storage.node),
    storageId: storage.storageId,
    storageType: storage.type,
    state: stateOf(judgement, isConfirmed),
  }
}

function stateOf(judgement: HeldReplica['judgement'], isConfirmed: boolean): Replica['state'] {
  if (judgement === 'corrupt') return 'corrupt'
  if (judgement === 'good') return isConfirmed ? 'finalized' : 'unconfirmed'
  return 'being-written'
}
