/**
 * Receives a copy of a replica from another datanode (stages TRANSFER_RBW and TRANSFER_FINALIZED, protocol reference
 * 3.6): no answer up front, no acknowledgements, one status at the end. The copy stays out of sight until it is whole.
 */
import { DfsError } from '../../shared/errors.js'
import { BlockConstructionStage, Status } from '../../shared/hadoop/schema/data-transfer.js'
import { encodeBlockOpResponse } from '../../shared/transfer/operations.js'
import type { CopyInFlight } from '../blocks/block-store.js'
import type { Replica } from '../blocks/replica.js'
import { dropsBehind } from '../policy/drop-behind.js'
import type { WriteMessage } from './mirror.js'
import { PacketAppender } from './packet-appender.js'
import { sendReplica } from './send-replica.js'
import type { TransferConnection, TransferContext } from './transfer-context.js'

/** @throws what ended the copy; its files are gone then */
export async function receiveCopy(
  context: TransferContext,
  connection: TransferConnection,
  message: WriteMessage,
): Promise<void> {
  const { block } = message.header.baseHeader
  const copy = await context.store.beginCopy({
    id: block.blockId,
    generationStamp: block.generationStamp,
    storageId: message.storageId,
    sizeBytes: block.numBytes ?? 0,
    dropBehind: dropsBehind(context.store.config.cachedWrites, message),
  })
  const replica = await storeCopy(context, connection, message, copy)
  if (replica.kind === 'finalized') await context.events.received(replica)
  else context.events.receiving(replica)
  context.statistics.bytesCopied += replica.lengthBytes
  // Further targets get it from here, once it is whole.
  const [next, ...others] = message.targets
  if (next !== undefined) {
    await sendReplica(context, replica, [next, ...others], {
      storageIds: message.targetStorageIds,
      storageTypes: message.targetStorageTypes,
      clientName: message.header.clientName,
      blockPoolId: block.poolId,
      addressOf: (target) => context.peers.find(target),
    })
  }
  connection.writer.write(encodeBlockOpResponse({ status: Status.SUCCESS }))
}

async function storeCopy(
  context: TransferContext,
  connection: TransferConnection,
  message: WriteMessage,
  copy: CopyInFlight,
): Promise<Replica> {
  try {
    await receivePackets(context, connection, message, copy)
  } catch (error) {
    await context.store.abandonCopy(copy)
    throw error
  }
  const isFinal = message.stage === BlockConstructionStage.TRANSFER_FINALIZED
  return await context.store.commitCopy(copy, isFinal ? 'finalized' : 'being-written')
}

async function receivePackets(
  context: TransferContext,
  { reader }: TransferConnection,
  message: WriteMessage,
  copy: CopyInFlight,
): Promise<void> {
  let failure: unknown
  const appender = new PacketAppender({
    writer: copy.writer,
    checksum: message.requestedChecksum,
    isVerifiedBehind: false,
    onFlushed: () => {},
    onFailed: (error) => {
      failure = error
    },
  })
  for (;;) {
    if (failure !== undefined) throw failure
    const packet = reader.tryReadPacket()
    if (packet === undefined) {
      await reader.moreOfMessage(context.timeouts.writerSilenceMs)
      continue
    }
    if (!appender.verify(packet)) {
      throw new DfsError('BLOCK_CORRUPT', `packet ${packet.seqno} of a copy has wrong checksums`)
    }
    const appending = appender.append(packet)
    if (appending !== undefined) await appending
    packet.release()
    if (packet.isLast) return
  }
}
