/** A datanode and its storages as block management keeps them in memory: a few objects for each node, none for blocks. */

import type { AdvertisedAddress, CallLatencies } from '../../../shared/control/messages.js'
import type { BlockId, DatanodeUuid, StorageId } from '../../../shared/ids.js'
import type { AdminState } from '../../policy/admin-state.js'
import type { Liveness } from '../../policy/liveness.js'
import type { PlacementNode } from '../../policy/place-replicas.js'
import type { KnownNode } from '../../storage/replica-nodes.js'
import type { StorageNumber } from '../../storage/replica-store.js'
import type { DatanodeView, StorageType, StorageView } from '../blocks/block-manager.js'
import type { RecentEvents } from '../blocks/recent-events.js'

/** One run of a datanode's process, as registered. */
export interface NodeSession {
  readonly id: string
  readonly incarnation: string
  /** Written into replica rows: tells what was reported in this session. Grows over sessions and epochs. */
  readonly number: number
}

export interface ClusterStorage {
  readonly number: StorageNumber
  readonly storageId: StorageId
  readonly node: ClusterNode
  type: StorageType
  hasFailed: boolean
  /** Named by the node when it last registered; a storage that is not has fallen away. */
  isPresent: boolean
  /** All of its replicas were reported in the present session. */
  isConfirmed: boolean
  /** Of its last full report, complete or not; comparable with session numbers. */
  reportNumber: number
  capacityBytes: number
  usedBytes: number
  remainingBytes: number
  blockCount: number
  latencies: CallLatencies
  /** Avoided: much slower than the others of its type (slow-disks.ts). */
  isSlow: boolean
  readonly recentEvents: RecentEvents<BlockId>
}

export interface ClusterNode {
  readonly uuid: DatanodeUuid
  hostname: string
  answersToHostname: boolean
  addresses: readonly string[]
  advertised: readonly AdvertisedAddress[]
  transferPort: number
  httpPort: number
  ipcPort: number
  rack: string
  softwareVersion: string
  liveness: Liveness
  /** What an operator's order has come to. */
  adminState: AdminState
  /** undefined until it registers with this run of the namenode, and after it was declared dead. */
  session: NodeSession | undefined
  lastHeardMonotonicMs: number
  lastHeartbeatWallMs: number
  /** A writer lost it, and it has not been heard of since. */
  isLostToWriters: boolean
  /** End of its last full report to this run of the namenode; 0 before the first. */
  lastFullReportWallMs: number
  activeTransfers: number
  /** Readers sent there since its last heartbeat, which counts those that came. */
  sentReaders: number
  /** Bytes of new blocks sent its way since its last heartbeat, which then contains them. */
  assignedBytes: number
  readonly storages: Map<StorageId, ClusterStorage>
}

/** Reported all its blocks since this namenode started; a node without storages has nothing to report. */
export function isNodeConfirmed(node: ClusterNode): boolean {
  if (node.session === undefined) return false
  return [...node.storages.values()].every((it) => it.isConfirmed || !isUsable(it))
}

/** Whether what this storage holds can be counted and read at all. */
export function isUsable(storage: ClusterStorage): boolean {
  return storage.isPresent && !storage.hasFailed
}

export function viewOfNode(node: ClusterNode): DatanodeView {
  return {
    uuid: node.uuid,
    hostname: node.hostname,
    answersToHostname: node.answersToHostname,
    addresses: node.addresses,
    advertised: node.advertised,
    transferPort: node.transferPort,
    httpPort: node.httpPort,
    ipcPort: node.ipcPort,
    rack: node.rack,
    softwareVersion: node.softwareVersion,
    liveness: node.liveness,
    adminState: node.adminState,
    lastHeartbeatWallMs: node.lastHeartbeatWallMs,
    lastFullReportWallMs: node.lastFullReportWallMs,
    activeTransfers: node.activeTransfers,
    storages: [...node.storages.values()].map(viewOfStorage),
    isConfirmed: isNodeConfirmed(node),
  }
}

function viewOfStorage(storage: ClusterStorage): StorageView {
  return {
    storageId: storage.storageId,
    type: storage.type,
    hasFailed: !isUsable(storage),
    capacityBytes: storage.capacityBytes,
    usedBytes: storage.usedBytes,
    remainingBytes: storage.remainingBytes,
    blockCount: storage.blockCount,
    isSlow: storage.isSlow,
  }
}

/** @param incomingBytes what copies will still bring there */
export function placementOf(node: ClusterNode, incomingBytes: number): PlacementNode {
  const storages = [...node.storages.values()].filter(isUsable)
  // Which storage the coming bytes will fill is not known, so each is taken to get its share.
  const reserved = (node.assignedBytes + incomingBytes) / Math.max(1, storages.length)
  return {
    uuid: node.uuid,
    rack: node.rack,
    liveness: node.liveness,
    adminState: node.adminState,
    isRegistered: node.session !== undefined,
    activeTransfers: node.activeTransfers,
    storages: storages.map((it) => ({
      storageId: it.storageId,
      type: it.type,
      hasFailed: it.hasFailed,
      isSlow: it.isSlow,
      remainingBytes: it.remainingBytes - reserved,
    })),
  }
}

export function knownNodeOf(node: ClusterNode): KnownNode {
  return {
    uuid: node.uuid,
    hostname: node.hostname,
    answersToHostname: node.answersToHostname,
    addresses: [...node.addresses],
    advertised: [...node.advertised],
    transferPort: node.transferPort,
    httpPort: node.httpPort,
    ipcPort: node.ipcPort,
    rack: node.rack,
    softwareVersion: node.softwareVersion,
    storages: [...node.storages.values()].map((it) => ({ storageId: it.storageId, type: it.type })),
  }
}
