/**
 * What datanodes may ask of the namenode: register, heartbeat, block events, full reports. The routes only parse and
 * pass on; every rule about sessions, order and repetition is here.
 */

import type { Clock } from '../../../shared/clock.js'
import type {
  BlockEventsReply,
  BlockEventsRequest,
  HeartbeatReply,
  HeartbeatRequest,
  PeerReply,
  PeerRequest,
  RegisterReply,
  RegisterRequest,
  ReportBucketsReply,
  ReportBucketsRequest,
  ReportDigestReply,
  ReportDigestRequest,
} from '../../../shared/control/messages.js'
import { DfsError } from '../../../shared/errors.js'
import {
  type BlockId,
  blockId,
  type DatanodeUuid,
  datanodeUuid,
  generationStamp,
  storageId,
} from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import { reachableAddress } from '../../policy/reachable-address.js'
import type { KnownNodesFile } from '../../storage/replica-nodes.js'
import type { CommandOutbox } from '../blocks/command-outbox.js'
import type { FullReports } from '../blocks/full-reports.js'
import type { ReplicaMap } from '../blocks/replica-map.js'
import type { NamespaceIdentity } from '../namespace/namespace.js'
import { type ClusterNode, type ClusterStorage, isUsable, knownNodeOf } from './cluster-node.js'
import type { ClusterRegistry } from './cluster-registry.js'
import { MessageSequence } from './message-sequence.js'

/** Heartbeats of a session after which a storage that has not reported is asked to. */
const PATIENCE_HEARTBEATS = 5
const REPORT_REQUEST_TIMEOUT_MS = 60_000
/** Events applied before other work gets its turn. */
const EVENTS_PER_SLICE = 50

export interface ControlPlaneOptions {
  readonly clock: Clock
  readonly log: Log
  readonly identity: NamespaceIdentity
  readonly registry: ClusterRegistry
  readonly outbox: CommandOutbox
  readonly map: ReplicaMap
  readonly reports: FullReports
  readonly knownNodes: KnownNodesFile
  readonly heartbeatIntervalMs: number
  readonly fullReportIntervalMs: number
  /** On which rack a node is. */
  readonly rackOf: (request: RegisterRequest) => Promise<string>
  /** Throws PERMISSION_DENIED for a node that may not become one of the cluster. */
  readonly checkMayJoin: (request: RegisterRequest) => void
  readonly onRegistered: (node: ClusterNode) => void
  /** A node was heard of: its liveness may have changed. */
  readonly onHeard: (node: ClusterNode) => void
  readonly onStorageFailed: (storage: ClusterStorage) => void
  /** A finalized replica arrived. */
  readonly onReceived: (block: BlockId, node: ClusterNode) => void
  readonly onChanged: (blocks: readonly BlockId[]) => void
}

/** What is remembered of a session beside what the registry keeps. */
interface SessionState {
  readonly sessionId: string
  readonly heartbeats: MessageSequence
  readonly events: MessageSequence
  beatsUnconfirmed: number
}

export class ControlPlane {
  readonly #options: ControlPlaneOptions
  readonly #sessions = new Map<DatanodeUuid, SessionState>()
  readonly #reportRequested = new Set<DatanodeUuid>()

  constructor(options: ControlPlaneOptions) {
    this.#options = options
  }

  /** @throws DfsError WRONG_CLUSTER, CONFLICT, ILLEGAL_ARGUMENT */
  async register(request: RegisterRequest): Promise<RegisterReply> {
    const { identity, registry, outbox, reports, log, knownNodes } = this.#options
    if (registry.node(datanodeUuid(request.datanodeUuid)) === undefined) {
      this.#options.checkMayJoin(request)
    }
    const rack = await this.#options.rackOf(request)
    const { node, isNews, isNewProcess } = registry.register({ ...request, rack })
    this.#options.onRegistered(node)
    if (isNewProcess) outbox.drop(node.uuid)
    for (const storage of node.storages.values()) reports.abandon(storage)
    const session = node.session
    if (isNews) await knownNodes.write(registry.nodes().map(knownNodeOf))
    if (session === undefined || node.session !== session) {
      throw new DfsError('CONFLICT', `datanode ${node.uuid} registered twice at once`)
    }
    log.info(
      { datanode: node.uuid, addresses: node.addresses, transferPort: node.transferPort },
      'datanode registered',
    )
    this.#options.onHeard(node)
    return {
      clusterId: identity.clusterId,
      blockPoolId: identity.blockPoolId,
      epoch: identity.epoch,
      sessionId: session.id,
      heartbeatIntervalMs: this.#options.heartbeatIntervalMs,
      fullReportIntervalMs: this.#options.fullReportIntervalMs,
    }
  }

  /** @throws DfsError UNREGISTERED_DATANODE, ILLEGAL_ARGUMENT */
  heartbeat(request: HeartbeatRequest): HeartbeatReply {
    const { registry, outbox, identity } = this.#options
    const node = this.#node(request)
    const state = this.#session(node)
    if (state.heartbeats.accept(request.sequence) !== 'late') {
      const failed = registry.applyHeartbeat(node, request)
      for (const storage of failed) {
        this.#options.log.error(
          { datanode: node.uuid, storage: storage.storageId },
          'storage of a datanode failed',
        )
        this.#options.onStorageFailed(storage)
      }
    }
    for (const outcome of request.outcomes) outbox.settle(node.uuid, outcome)
    this.#remindOfReport(node, state)
    return { epoch: identity.epoch, commands: outbox.collect(node.uuid) }
  }

  /**
   * Applies a batch in its order, in slices: a message may hold ten thousand events. Answered when all are applied; a
   * batch that is cut off by the end of its session is sent again by the node, and stating a fact twice is harmless.
   * @throws DfsError UNREGISTERED_DATANODE
   */
  async blockEvents(request: BlockEventsRequest): Promise<BlockEventsReply> {
    const node = this.#node(request)
    const freshness = this.#session(node).events.accept(request.sequence)
    if (freshness === 'new') {
      for (let start = 0; start < request.events.length; start += EVENTS_PER_SLICE) {
        if (start > 0) {
          await this.#options.clock.sleep(0)
          this.#node(request)
        }
        this.#applyEvents(node, request.events.slice(start, start + EVENTS_PER_SLICE))
      }
    }
    // Never swallowed: what a late message says is fetched anew with a full report (E10).
    if (freshness === 'late') this.requestFullReport(node.uuid)
    return { epoch: this.#options.identity.epoch }
  }

  /** @throws DfsError UNREGISTERED_DATANODE, CONFLICT, ILLEGAL_ARGUMENT */
  async reportDigest(request: ReportDigestRequest): Promise<ReportDigestReply> {
    const storage = this.#storage(this.#node(request), request.storageId)
    const differing = await this.#options.reports.digest(storage, request)
    return { epoch: this.#options.identity.epoch, differing }
  }

  /** @throws DfsError UNREGISTERED_DATANODE, CONFLICT, ILLEGAL_ARGUMENT */
  async reportBuckets(request: ReportBucketsRequest): Promise<ReportBucketsReply> {
    const storage = this.#storage(this.#node(request), request.storageId)
    await this.#options.reports.buckets(storage, request)
    return { epoch: this.#options.identity.epoch }
  }

  /**
   * Where the asking node streams blocks to another one.
   * @throws DfsError UNREGISTERED_DATANODE, NOT_FOUND
   */
  peer(request: PeerRequest): PeerReply {
    const { registry, identity } = this.#options
    const node = this.#node(request)
    const peer = registry.node(datanodeUuid(request.peerUuid))
    const host = reachableAddress(peer?.addresses ?? [], node.addresses)
    if (peer === undefined || host === undefined) {
      throw new DfsError('NOT_FOUND', `datanode ${request.peerUuid} is not known`)
    }
    return { epoch: identity.epoch, host, port: peer.transferPort }
  }

  /** Asks a node for a full report of all its storages; once at a time. */
  requestFullReport(uuid: DatanodeUuid): void {
    if (this.#reportRequested.has(uuid)) return
    const commandId = this.#options.outbox.offer(uuid, {
      body: { kind: 'full-report' },
      timeoutMs: REPORT_REQUEST_TIMEOUT_MS,
      onEnd: () => this.#reportRequested.delete(uuid),
    })
    if (commandId !== undefined) this.#reportRequested.add(uuid)
  }

  #applyEvents(node: ClusterNode, events: BlockEventsRequest['events']): void {
    const { map } = this.#options
    const changed = new Set<BlockId>()
    const received = new Set<BlockId>()
    map.store.transaction(() => {
      for (const { kind, storageId: id, block: told } of events) {
        const storage = node.storages.get(storageId(id))
        if (storage === undefined) {
          this.requestFullReport(node.uuid)
          continue
        }
        const block = {
          id: blockId(told.id),
          generationStamp: generationStamp(told.generationStamp),
          lengthBytes: told.lengthBytes,
        }
        // It changes nothing, so a report that lists the replica is not to be ignored for it.
        if (kind === 'mended') {
          map.mended(storage, block)
          continue
        }
        storage.recentEvents.note(block.id)
        if (kind === 'receiving') map.receiving(storage, block)
        else if (kind === 'received') {
          if (map.received(storage, block)) received.add(block.id)
        } else if (kind === 'deleted') map.deleted(storage, block.id, block.generationStamp)
        else map.corrupt(storage, block)
        if (kind !== 'receiving') changed.add(block.id)
      }
    })
    for (const id of received) this.#options.onReceived(id, node)
    this.#options.onChanged([...changed])
  }

  #node(request: { datanodeUuid: string; sessionId: string }): ClusterNode {
    const { registry, onHeard } = this.#options
    const node = registry.requireSession(request.datanodeUuid, request.sessionId)
    registry.heard(node)
    onHeard(node)
    return node
  }

  #storage(node: ClusterNode, id: string): ClusterStorage {
    const storage = node.storages.get(storageId(id))
    if (storage === undefined || !isUsable(storage)) {
      throw new DfsError('UNREGISTERED_DATANODE', `storage ${id} was not named at registration`)
    }
    return storage
  }

  #session(node: ClusterNode): SessionState {
    const sessionId = node.session?.id ?? ''
    const known = this.#sessions.get(node.uuid)
    if (known?.sessionId === sessionId) return known
    const state: SessionState = {
      sessionId,
      heartbeats: new MessageSequence(),
      events: new MessageSequence(),
      beatsUnconfirmed: 0,
    }
    this.#sessions.set(node.uuid, state)
    return state
  }

  #remindOfReport(node: ClusterNode, state: SessionState): void {
    const { reports } = this.#options
    const isWaiting = [...node.storages.values()].some(
      (it) => isUsable(it) && !it.isConfirmed && !reports.isUnderWay(it),
    )
    state.beatsUnconfirmed = isWaiting ? state.beatsUnconfirmed + 1 : 0
    if (state.beatsUnconfirmed < PATIENCE_HEARTBEATS) return
    state.beatsUnconfirmed = 0
    this.requestFullReport(node.uuid)
  }
}
