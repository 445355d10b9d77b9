/** What every operation of the block streaming server works with. */
import type { Clock } from '../../shared/clock.js'
import { DfsError } from '../../shared/errors.js'
import type { HostPort } from '../../shared/network.js'
import type { Seams } from '../../shared/seams.js'
import type { DatanodeInfo, ExtendedBlock } from '../../shared/transfer/pipeline-node.js'
import type { SocketReader } from '../../shared/transfer/socket-reader.js'
import type { SocketWriter } from '../../shared/transfer/socket-writer.js'
import type { PipelineTimeouts } from '../../shared/transfer/timeouts.js'
import type { BlockStore } from '../blocks/block-store.js'
import type { Replica } from '../blocks/replica.js'
import type { ByteThrottle } from '../policy/byte-throttle.js'

/** What the namenode is told of replicas: implemented by the block-event loop. */
export interface ReplicaEvents {
  /** A writer has begun. */
  receiving(replica: Replica): void
  /** Resolves when the namenode has answered, or has been out of reach for so long that waiting helps nobody. */
  received(replica: Replica): Promise<void>
  deleted(replica: Replica): void
  corrupt(replica: Replica): void
  /** Nothing was wrong but the header of its meta file, which has been written anew. */
  mended(replica: Replica): void
}

/** Counters since the start, and what goes on now. */
export interface TransferStatistics {
  bytesRead: number
  bytesWritten: number
  bytesCopied: number
  readOperations: number
  writeOperations: number
  otherOperations: number
  failedOperations: number
  refusedOperations: number
  corruptReplicas: number
  mendedHeaders: number
  activeTransfers: number
}

export function newTransferStatistics(): TransferStatistics {
  return {
    bytesRead: 0,
    bytesWritten: 0,
    bytesCopied: 0,
    readOperations: 0,
    writeOperations: 0,
    otherOperations: 0,
    failedOperations: 0,
    refusedOperations: 0,
    corruptReplicas: 0,
    mendedHeaders: 0,
    activeTransfers: 0,
  }
}

export interface TransferTimeouts extends PipelineTimeouts {
  /** Longest silence of a writer; Java's send a heartbeat every 30 s. */
  readonly writerSilenceMs: number
  /** A reader may stop consuming for minutes (protocol reference 3.3). */
  readonly readerStallMs: number
  /** How long a connection waits for another operation after a read (reference 3.1: 4.0 s). */
  readonly keepAliveMs: number
  /** How long a fresh connection may stay without an operation. */
  readonly firstOperationMs: number
  /** How long a read of an open replica waits for bytes that are on their way. */
  readonly openReadWaitMs: number
}

/** Where other datanodes are: implemented by what asks the namenode. */
export interface Peers {
  /** @throws DfsError PERMISSION_DENIED for a node that is not known to be of the cluster, wherever a client says it is */
  find(info: DatanodeInfo): Promise<HostPort>
  /** Nobody was met there. */
  forget(info: DatanodeInfo): void
}

export interface TransferContext {
  readonly seams: Seams
  readonly store: BlockStore
  readonly events: ReplicaEvents
  readonly peers: Peers
  readonly statistics: TransferStatistics
  readonly timeouts: TransferTimeouts
  readonly copyThrottle: ByteThrottle
  /** undefined until the node has registered once. */
  readonly blockPoolId: () => string | undefined
}

/** One connection of a peer. */
export interface TransferConnection {
  readonly reader: SocketReader
  readonly writer: SocketWriter
  readonly peer: string
  readonly signal: AbortSignal
  /** Ends the connection at once. */
  destroy(): void
}

/** @throws DfsError WRONG_CLUSTER for a block of another pool */
export function checkPool(context: TransferContext, block: ExtendedBlock): void {
  const own = context.blockPoolId()
  if (own !== undefined && block.poolId !== own) {
    throw new DfsError('WRONG_CLUSTER', `block pool ${block.poolId} is not ours`)
  }
  if (!Number.isSafeInteger(block.blockId) || block.blockId <= 0) {
    throw new DfsError('ILLEGAL_ARGUMENT', `block id ${block.blockId} is not valid`)
  }
}

/** Calls `action` until it gives a value or the time is over; then its last answer. */
export async function pollUntil<T>(
  clock: Clock,
  waitMs: number,
  action: () => T | undefined,
): Promise<T | undefined> {
  const deadlineMs = clock.monotonicMs() + waitMs
  for (;;) {
    const value = action()
    if (value !== undefined || clock.monotonicMs() >= deadlineMs) return value
    await clock.sleep(20)
  }
}
