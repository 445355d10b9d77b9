/**
 * Who belongs to the cluster: registration, sessions, heartbeats, liveness. Identity is the stored UUID, never an
 * address (reliability E23). All nodes ever seen stay known, across restarts too, until an operator forgets them.
 */
import { assert } from '../../../shared/assert.js'
import type { Clock } from '../../../shared/clock.js'
import type {
  HeartbeatRequest,
  RegisterRequest,
  StorageReport,
} from '../../../shared/control/messages.js'
import { DfsError } from '../../../shared/errors.js'
import {
  type BlockId,
  type DatanodeUuid,
  datanodeUuid,
  type Epoch,
  type StorageId,
  storageId,
} from '../../../shared/ids.js'
import { isIpAddress } from '../../../shared/ip-address.js'
import type { Random } from '../../../shared/random.js'
import { classifyLiveness, type Liveness, type LivenessLimits } from '../../policy/liveness.js'
import type { KnownNode } from '../../storage/replica-nodes.js'
import type { StorageNumber } from '../../storage/replica-store.js'
import { RecentEvents } from '../blocks/recent-events.js'
import { type ClusterNode, type ClusterStorage, isUsable, knownNodeOf } from './cluster-node.js'

/** Sessions and full reports of one epoch: a report each second for a year is 2^25. */
const SESSIONS_PER_EPOCH = 2 ** 28
/** For so long an event outweighs a full report that may have been compiled before it. */
const EVENT_MEMORY_MS = 60_000
const EVENT_CAPACITY = 50_000
/** A process that was heard of within so many heartbeat intervals is taken to be running. */
const TAKEOVER_INTERVALS = 2
const MAX_DATANODES = 10_000

export interface ClusterRegistryOptions {
  readonly clock: Clock
  readonly random: Random
  readonly clusterId: string
  readonly epoch: Epoch
  readonly limits: LivenessLimits
  readonly heartbeatIntervalMs: number
  readonly known: readonly KnownNode[]
  readonly storageNumber: (datanode: DatanodeUuid, storage: StorageId) => StorageNumber
}

export interface LivenessChange {
  readonly node: ClusterNode
  readonly from: Liveness
  readonly to: Liveness
}

export class ClusterRegistry {
  readonly #options: ClusterRegistryOptions
  readonly #nodes = new Map<DatanodeUuid, ClusterNode>()
  readonly #storages = new Map<StorageNumber, ClusterStorage>()
  readonly #startedMonotonicMs: number
  #sessions = 0
  #lastRoundMs: number

  constructor(options: ClusterRegistryOptions) {
    this.#options = options
    this.#startedMonotonicMs = options.clock.monotonicMs()
    this.#lastRoundMs = this.#startedMonotonicMs
    for (const known of options.known) this.#addKnown(known)
  }

  nodes(): readonly ClusterNode[] {
    return [...this.#nodes.values()]
  }

  node(uuid: DatanodeUuid): ClusterNode | undefined {
    return this.#nodes.get(uuid)
  }

  storage(number: StorageNumber): ClusterStorage | undefined {
    return this.#storages.get(number)
  }

  /** The storage of a node by its id; undefined when either is unknown. */
  storageOf(uuid: DatanodeUuid, id: StorageId): ClusterStorage | undefined {
    return this.#nodes.get(uuid)?.storages.get(id)
  }

  /** Racks where a replica can go and stay. */
  get liveRacks(): number {
    return new Set(this.nodes().flatMap((it) => (isHost(it) ? [it.rack] : []))).size
  }

  /**
   * Begins a session.
   * @returns the node, and whether the list of known nodes changed (to be made durable before the reply)
   * @throws DfsError WRONG_CLUSTER; CONFLICT another process with this UUID is running; ILLEGAL_ARGUMENT
   */
  register(request: RegisterRequest): {
    readonly node: ClusterNode
    readonly isNews: boolean
    readonly isNewProcess: boolean
  } {
    this.#check(request)
    const uuid = datanodeUuid(request.datanodeUuid)
    const known = this.#nodes.get(uuid)
    const isNewProcess = known?.session?.incarnation !== request.incarnation
    if (known !== undefined) this.#refuseClone(known, request)
    const before = known === undefined ? '' : describe(known)
    const node = known ?? this.#add(uuid)
    Object.assign(node, {
      hostname: request.hostname,
      answersToHostname: request.answersToHostname,
      addresses: [...request.addresses],
      advertised: [...request.advertised],
      transferPort: request.transferPort,
      httpPort: request.httpPort,
      ipcPort: request.ipcPort,
      rack: request.rack,
      softwareVersion: request.softwareVersion,
    })
    for (const storage of node.storages.values()) storage.isPresent = false
    for (const { storageId: id, type } of request.storages) {
      const storage = this.#storageOf(node, storageId(id))
      Object.assign(storage, { type, isPresent: true, hasFailed: false })
    }
    // What the process before told outweighs nothing that this one will report: it may have died in the middle.
    if (isNewProcess) for (const storage of node.storages.values()) storage.recentEvents.clear()
    // Whatever was confirmed before: between two sessions anything may have happened to a disk (E5).
    for (const storage of node.storages.values()) storage.isConfirmed = false
    node.session = {
      id: this.#options.random.uuid(),
      incarnation: request.incarnation,
      number: this.nextNumber(),
    }
    this.heard(node)
    return { node, isNews: describe(node) !== before, isNewProcess }
  }

  /** @throws DfsError UNREGISTERED_DATANODE */
  requireSession(uuid: string, sessionId: string): ClusterNode {
    const node = this.#nodes.get(datanodeUuid(uuid))
    if (node?.session === undefined || node.session.id !== sessionId) {
      throw new DfsError('UNREGISTERED_DATANODE', `datanode ${uuid} must register first`)
    }
    return node
  }

  /** For sessions and full reports: grows over both and over restarts, so that rows tell which came later. */
  nextNumber(): number {
    this.#sessions += 1
    assert(this.#sessions < SESSIONS_PER_EPOCH, 'sessions and reports of one run are countable')
    return this.#options.epoch * SESSIONS_PER_EPOCH + this.#sessions
  }

  /** Any sign of life. */
  heard(node: ClusterNode): void {
    node.isLostToWriters = false
    node.lastHeardMonotonicMs = this.#options.clock.monotonicMs()
    node.lastHeartbeatWallMs = this.#options.clock.wallMs()
  }

  /**
   * Takes over a heartbeat's figures.
   * @returns storages that failed with this heartbeat
   * @throws DfsError ILLEGAL_ARGUMENT impossible figures
   */
  applyHeartbeat(node: ClusterNode, request: HeartbeatRequest): readonly ClusterStorage[] {
    for (const report of request.storages) checkFigures(node, report)
    const failed: ClusterStorage[] = []
    for (const report of request.storages) {
      const storage = node.storages.get(storageId(report.storageId))
      // A volume that appears without a registration has no place in the durable list yet: the node registers again.
      if (storage === undefined) continue
      if (report.hasFailed && !storage.hasFailed) failed.push(storage)
      Object.assign(storage, {
        type: report.type,
        hasFailed: report.hasFailed,
        capacityBytes: report.capacityBytes,
        usedBytes: report.usedBytes,
        remainingBytes: report.remainingBytes,
        blockCount: report.blockCount,
        latencies: report.latencies ?? {},
      })
    }
    node.activeTransfers = request.activeTransfers
    node.sentReaders = 0
    node.assignedBytes = 0
    return failed
  }

  /**
   * To be called at the beginning of each round of upkeep. While this process stood still (a suspended machine, SIGSTOP)
   * it could hear nobody: that time is no silence of theirs, or all of them would be dead when it goes on.
   */
  beginRound(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const gapMs = nowMs - this.#lastRoundMs
    this.#lastRoundMs = nowMs
    if (gapMs < this.#options.limits.staleAfterMs) return
    for (const node of this.#nodes.values()) {
      node.lastHeardMonotonicMs = Math.min(nowMs, node.lastHeardMonotonicMs + gapMs)
    }
  }

  /** Judges nodes by their silence; returns what changed. A dead node loses its session: it must report anew. */
  reviewLiveness(nodes: Iterable<ClusterNode> = this.#nodes.values()): readonly LivenessChange[] {
    const nowMs = this.#options.clock.monotonicMs()
    const changes: LivenessChange[] = []
    for (const node of nodes) {
      const judged = classifyLiveness(nowMs - node.lastHeardMonotonicMs, this.#options.limits)
      const to = judged === 'live' && node.session === undefined ? 'stale' : judged
      const from = node.liveness
      if (to === from) continue
      node.liveness = to
      if (to === 'dead') {
        node.session = undefined
        for (const storage of node.storages.values()) storage.isConfirmed = false
      }
      changes.push({ node, from, to })
    }
    return changes
  }

  /** It has to join anew, if it ever does. */
  forget(node: ClusterNode): void {
    for (const storage of node.storages.values()) this.#storages.delete(storage.number)
    this.#nodes.delete(node.uuid)
  }

  /** A volume that failed or fell away. */
  forgetStorage(storage: ClusterStorage): void {
    storage.node.storages.delete(storage.storageId)
    this.#storages.delete(storage.number)
  }

  #check(request: RegisterRequest): void {
    const { clusterId } = this.#options
    if (request.clusterId !== undefined && request.clusterId !== clusterId) {
      throw new DfsError(
        'WRONG_CLUSTER',
        `datanode ${request.datanodeUuid} belongs to cluster ${request.clusterId}, this is ${clusterId}`,
      )
    }
    const badAddress = request.addresses.find((it) => !isIpAddress(it))
    if (badAddress !== undefined) {
      throw new DfsError('ILLEGAL_ARGUMENT', `${JSON.stringify(badAddress)} is not an IP address`)
    }
    if (new Set(request.storages.map((it) => it.storageId)).size < request.storages.length) {
      throw new DfsError('ILLEGAL_ARGUMENT', 'a storage is listed twice')
    }
    if (!this.#nodes.has(datanodeUuid(request.datanodeUuid)) && this.#nodes.size >= MAX_DATANODES) {
      throw new DfsError('OVERLOADED', `more than ${MAX_DATANODES} datanodes`)
    }
  }

  /**
   * Two processes with one UUID (a cloned folder) would each report only half of the truth. A process on the same
   * address and port proves that the old one is gone; else the old one has to fall silent first.
   */
  #refuseClone(known: ClusterNode, request: RegisterRequest): void {
    if (known.session === undefined || known.session.incarnation === request.incarnation) return
    const silentMs = this.#options.clock.monotonicMs() - known.lastHeardMonotonicMs
    const isSilent = silentMs > TAKEOVER_INTERVALS * this.#options.heartbeatIntervalMs
    const isSamePlace =
      known.transferPort === request.transferPort && known.addresses[0] === request.addresses[0]
    if (isSilent || isSamePlace) return
    throw new DfsError(
      'CONFLICT',
      `datanode ${known.uuid} already runs at ${known.addresses[0]}:${known.transferPort} ` +
        `(heard of ${Math.round(silentMs)} ms ago); was its data folder copied?`,
      { details: { retryAfterMs: TAKEOVER_INTERVALS * this.#options.heartbeatIntervalMs } },
    )
  }

  #addKnown(known: KnownNode): void {
    const node = this.#add(datanodeUuid(known.uuid))
    const { storages, ...registered } = known
    Object.assign(node, {
      ...registered,
      answersToHostname: known.answersToHostname ?? true,
      advertised: known.advertised ?? [],
      uuid: node.uuid,
    })
    for (const { storageId: id, type } of storages) {
      const storage = this.#storageOf(node, storageId(id))
      Object.assign(storage, { type, isPresent: true })
    }
  }

  #add(uuid: DatanodeUuid): ClusterNode {
    const node: ClusterNode = {
      uuid,
      hostname: '',
      answersToHostname: true,
      addresses: [],
      advertised: [],
      transferPort: 0,
      httpPort: 0,
      ipcPort: 0,
      rack: '/default-rack',
      softwareVersion: '',
      liveness: 'stale',
      adminState: 'normal',
      session: undefined,
      lastHeardMonotonicMs: this.#startedMonotonicMs,
      lastHeartbeatWallMs: 0,
      isLostToWriters: false,
      lastFullReportWallMs: 0,
      activeTransfers: 0,
      sentReaders: 0,
      assignedBytes: 0,
      storages: new Map(),
    }
    this.#nodes.set(uuid, node)
    return node
  }

  #storageOf(node: ClusterNode, id: StorageId): ClusterStorage {
    const known = node.storages.get(id)
    if (known !== undefined) return known
    const storage: ClusterStorage = {
      number: this.#options.storageNumber(node.uuid, id),
      storageId: id,
      node,
      type: 'DISK',
      hasFailed: false,
      isPresent: false,
      isConfirmed: false,
      reportNumber: 0,
      capacityBytes: 0,
      usedBytes: 0,
      remainingBytes: 0,
      blockCount: 0,
      latencies: {},
      isSlow: false,
      recentEvents: new RecentEvents<BlockId>({
        clock: this.#options.clock,
        keepMs: EVENT_MEMORY_MS,
        capacity: EVENT_CAPACITY,
      }),
    }
    node.storages.set(id, storage)
    this.#storages.set(storage.number, storage)
    return storage
  }
}

function isHost(node: ClusterNode): boolean {
  return node.liveness === 'live' && node.adminState === 'normal'
}

function checkFigures(node: ClusterNode, report: StorageReport): void {
  if (report.usedBytes <= report.capacityBytes && report.remainingBytes <= report.capacityBytes) {
    return
  }
  throw new DfsError(
    'ILLEGAL_ARGUMENT',
    `datanode ${node.uuid} reports more bytes in storage ${report.storageId} than its capacity`,
    { details: { ...report } },
  )
}

/** What of a node is kept in the list of known nodes, as one text to compare. */
function describe(node: ClusterNode): string {
  const usable = [...node.storages.values()].map((it) => isUsable(it))
  return JSON.stringify([knownNodeOf(node), usable])
}
