/**
 * Sends a replica to other datanodes: for TRANSFER_BLOCK of clients and for copy commands of the namenode, which are
 * the same thing. Everything is verified while it is read, and a failure says which side it was.
 */

import { BYTES_PER_CHECKSUM } from '../../shared/checksum/crc32c.js'
import { BlockConstructionStage } from '../../shared/hadoop/schema/data-transfer.js'
import { ChecksumType, StorageTypeEnum } from '../../shared/hadoop/schema/hdfs.js'
import type { HostPort } from '../../shared/network.js'
import { type DatanodeInfo, EMPTY_TOKEN } from '../../shared/transfer/pipeline-node.js'
import { SendBlockFailure, sendBlock } from '../../shared/transfer/send-block.js'
import type { Replica } from '../blocks/replica.js'
import { confirmDamage, damagedOffset, mayBeDamage } from './damage.js'
import { openReplica } from './open-replica.js'
import { packetsOfReplica } from './packet-source.js'
import type { TransferContext } from './transfer-context.js'

export interface SendReplicaOptions {
  readonly storageIds: readonly string[]
  readonly storageTypes: readonly number[]
  readonly clientName: string
  readonly blockPoolId: string
  /** Clients' targets are looked up; those of the namenode's commands are where it says. */
  readonly addressOf: (target: DatanodeInfo) => Promise<HostPort>
  readonly signal?: AbortSignal
}

/**
 * Sends to each target in turn.
 * @throws SendBlockFailure for the first that fails; a corrupt replica here is reported as such
 */
export async function sendReplica(
  context: TransferContext,
  replica: Replica,
  targets: readonly DatanodeInfo[],
  options: SendReplicaOptions,
): Promise<void> {
  for (const [index, info] of targets.entries()) {
    try {
      await sendToOne(context, replica, info, index, options)
    } catch (error) {
      if (!isSourceFault(error)) context.peers.forget(info)
      if (isSourceDamage(error))
        await confirmDamage(context, replica, damagedOffset(causeOf(error)))
      throw error
    }
  }
}

async function sendToOne(
  context: TransferContext,
  replica: Replica,
  info: DatanodeInfo,
  index: number,
  options: SendReplicaOptions,
): Promise<void> {
  const { seams, statistics, timeouts, copyThrottle } = context
  const reader = await openSource(context, replica)
  const { clock, network } = seams
  const pace = async (bytes: number) => {
    statistics.bytesCopied += bytes
    const pauseMs = copyThrottle.spend(bytes, clock.monotonicMs())
    if (pauseMs > 0) await clock.sleep(pauseMs, options.signal)
  }
  // As it is now: it may have been finalized since it was looked up.
  const { kind, generationStamp } = reader.replica
  const storageId = options.storageIds[index] ?? ''
  const storageType = options.storageTypes[index] ?? StorageTypeEnum.DISK
  try {
    await sendBlock({
      clock,
      network,
      address: await options.addressOf(info),
      request: {
        block: {
          poolId: options.blockPoolId,
          blockId: replica.id,
          generationStamp,
          numBytes: reader.visibleBytes,
        },
        token: EMPTY_TOKEN,
        clientName: options.clientName,
        stage:
          kind === 'finalized'
            ? BlockConstructionStage.TRANSFER_FINALIZED
            : BlockConstructionStage.TRANSFER_RBW,
        nodes: [{ info, storageId, storageType }],
        minBytesReceived: 0,
        maxBytesReceived: 0,
        latestGenerationStamp: 0,
        checksum: { type: ChecksumType.CRC32C, bytesPerChecksum: BYTES_PER_CHECKSUM },
        // As Apache's: a copy is made for safety, and nobody reads it soon.
        dropBehind: true,
      },
      packets: packetsOfReplica(reader, pace),
      timeouts,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
  } finally {
    await reader.close()
  }
}

async function openSource(context: TransferContext, replica: Replica) {
  try {
    return await openReplica(context.store, replica.id, `block ${replica.id}`)
  } catch (error) {
    throw new SendBlockFailure('source', error)
  }
}

/** A `SendBlockFailure` keeps the system's error as its cause. */
function causeOf(error: unknown): unknown {
  return error instanceof SendBlockFailure && error.cause !== undefined ? error.cause : error
}

function isSourceFault(error: unknown): boolean {
  return error instanceof SendBlockFailure && error.culprit === 'source'
}

function isSourceDamage(error: unknown): boolean {
  return isSourceFault(error) && (mayBeDamage(error) || mayBeDamage(causeOf(error)))
}
