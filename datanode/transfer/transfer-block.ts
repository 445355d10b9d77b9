/** TRANSFER_BLOCK (protocol reference 3.6): a client asks us to bring a new node of its pipeline up to date. */
import { DfsError, toDfsError } from '../../shared/errors.js'
import type { Decoded } from '../../shared/hadoop/message.js'
import { type OpTransferBlockProto, Status } from '../../shared/hadoop/schema/data-transfer.js'
import { blockName } from '../../shared/transfer/block-writer.js'
import { encodeBlockOpResponse } from '../../shared/transfer/operations.js'
import type { Replica } from '../blocks/replica.js'
import { replicaNotFound } from '../blocks/volume-scan.js'
import { sendReplica } from './send-replica.js'
import { checkPool, type TransferConnection, type TransferContext } from './transfer-context.js'

/** Real sources answer SUCCESS even when the target is out of reach; we say what happened, clients handle both. */
export async function serveTransfer(
  context: TransferContext,
  connection: TransferConnection,
  message: Decoded<typeof OpTransferBlockProto>,
): Promise<void> {
  const { baseHeader, clientName } = message.header
  try {
    checkPool(context, baseHeader.block)
    const replica = findSource(context, baseHeader.block)
    await sendReplica(context, replica, message.targets, {
      storageIds: message.targetStorageIds,
      storageTypes: message.targetStorageTypes,
      clientName,
      blockPoolId: baseHeader.block.poolId,
      addressOf: (target) => context.peers.find(target),
      signal: connection.signal,
    })
  } catch (error) {
    const text = toDfsError(error).message
    connection.writer.write(encodeBlockOpResponse({ status: Status.ERROR, message: text }))
    throw error
  }
  connection.writer.write(encodeBlockOpResponse({ status: Status.SUCCESS }))
}

function findSource(
  { store }: TransferContext,
  block: { readonly poolId: string; readonly blockId: number; readonly generationStamp: number },
): Replica {
  const replica = store.get(block.blockId)
  if (replica === undefined) throw replicaNotFound(blockName(block))
  if (replica.generationStamp < block.generationStamp) {
    throw new DfsError('STALE_GENERATION', `the replica of ${blockName(block)} is older`)
  }
  return replica
}
