/**
 * Replicas as the rest of the namenode sees them: where blocks are, where new ones go, what is at risk. The seam
 * between the file operations and faces on one side and cluster membership and repair on the other.
 */
import type { Block, BlockId, DatanodeUuid, StorageId } from '../../../shared/ids.js'
import type { AdminState } from '../../policy/admin-state.js'
import type { Liveness } from '../../policy/liveness.js'
import type { ReachableNode } from '../../policy/reach-for-client.js'
import type { ReplicaTarget } from '../namespace/namespace-model.js'

export type StorageType = 'DISK' | 'SSD' | 'ARCHIVE' | 'RAM_DISK'

export interface StorageView {
  readonly storageId: StorageId
  readonly type: StorageType
  readonly hasFailed: boolean
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly remainingBytes: number
  readonly blockCount: number
  /** Avoided: much slower than the others of its type. */
  readonly isSlow: boolean
}

/** A datanode as it registered and last reported. */
export interface DatanodeView extends ReachableNode {
  readonly uuid: DatanodeUuid
  /** Network path such as `/default-rack`. */
  readonly rack: string
  readonly softwareVersion: string
  readonly liveness: Liveness
  readonly adminState: AdminState
  readonly lastHeartbeatWallMs: number
  /** 0 until it has reported all its blocks since this namenode started. */
  readonly lastFullReportWallMs: number
  readonly activeTransfers: number
  readonly storages: readonly StorageView[]
  /** false until it has reported all its blocks since this namenode started. */
  readonly isConfirmed: boolean
}

export interface Replica {
  readonly datanode: DatanodeView
  readonly storageId: StorageId
  readonly storageType: StorageType
  /** `unconfirmed`: known from the last run only; good enough to read, never counted for a deletion. */
  readonly state: 'finalized' | 'being-written' | 'unconfirmed' | 'corrupt'
}

export interface TargetRequest {
  readonly replicas: number
  readonly blockSizeBytes: number
  readonly writerAddress: string
  readonly excluded: ReadonlySet<DatanodeUuid>
  /** Nodes that already hold or will hold the block. */
  readonly existing: readonly DatanodeUuid[]
  /** Nodes that the writer asks for, first choice first. */
  readonly favoured?: readonly DatanodeUuid[]
  /** Id of the storage policy of the file (policy/storage-policies.ts); absent: any type of storage will do. */
  readonly policy?: number
  /** Types of the replicas on `existing`. */
  readonly existingTypes?: readonly StorageType[]
}

export interface BlockManagerStatistics {
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly remainingBytes: number
  readonly underReplicatedBlocks: number
  readonly corruptBlocks: number
  /** No replica at all on a live node. */
  readonly missingBlocks: number
  readonly pendingCopies: number
  readonly pendingDeletions: number
  readonly singleReplicaBlocks: number
  readonly liveDatanodes: number
  readonly staleDatanodes: number
  readonly deadDatanodes: number
}

/** Whether writes are accepted, and why not: the same text on every face. */
export type WriteReadiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'safe-mode'; readonly reason: string }

export interface BlockManager {
  /** Targets in pipeline order, no two on one node; may be fewer than asked, or none. */
  chooseTargets(request: TargetRequest): readonly Replica[]
  /** Records a pipeline: the block is being written there. Replaces an earlier pipeline of the block. */
  expectReplicas(block: Block, targets: readonly ReplicaTarget[]): void
  /** Replicas to read from, nearest to `clientAddress` first, stale and corrupt ones last. */
  locate(
    block: Block,
    clientAddress: string,
  ): { readonly replicas: readonly Replica[]; readonly isCorrupt: boolean }
  /** Resolves with the number of finalized replicas of exactly this version and length, at once when `minimum` is met. */
  waitForReplicas(block: Block, minimum: number, timeoutMs: number): Promise<number>
  /** A reader found bad bytes: the replica is verified by its node before it is believed. */
  suspectReplica(blockId: BlockId, datanode: DatanodeUuid): void
  /**
   * A writer could not reach these nodes: until they are heard of again, new replicas go elsewhere if there is room
   * elsewhere. Long before they count as stale: hdfs-native gives up when it is offered one that does not answer.
   */
  writerLost(datanodes: Iterable<DatanodeUuid>): void
  /** Gives every known datanode another budget for copies until it restarts; 0 is its own setting. */
  limitCopies(bytesPerSecond: number): void
  datanodes(): readonly DatanodeView[]
  /** Whether a datanode has this address. */
  isDatanodeAddress(address: string): boolean
  /** By UUID, or by `ip:transferPort` for clients that know no more. */
  findDatanode(nameOrAddress: string): DatanodeView | undefined
  statistics(): BlockManagerStatistics
  writeReadiness(): WriteReadiness
}
