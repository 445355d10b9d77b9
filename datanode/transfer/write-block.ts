/** WRITE_BLOCK in all its stages (protocol reference 3.4): opens the replica, sets up the rest of the pipeline, receives. */

import { chunkChecksum } from '../../shared/checksum/crc32c.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import {
  BlockConstructionStage as Stage,
  Status,
} from '../../shared/hadoop/schema/data-transfer.js'
import { ChecksumType } from '../../shared/hadoop/schema/hdfs.js'
import { blockName } from '../../shared/transfer/block-writer.js'
import { encodeBlockOpResponse } from '../../shared/transfer/operations.js'
import type { OpenReplica } from '../blocks/replica.js'
import {
  closeReplica,
  type ResumeRequest,
  type ResumeStage,
  resumeReplica,
} from '../blocks/replica-recovery.js'
import { dropsBehind } from '../policy/drop-behind.js'
import { BlockReceiver } from './block-receiver.js'
import { receiveCopy } from './copy-receiver.js'
import { noticingDamage } from './damage.js'
import { type Mirror, MirrorSetupFailure, openMirror, type WriteMessage } from './mirror.js'
import { checkPool, type TransferConnection, type TransferContext } from './transfer-context.js'

/** Larger blocks than anyone uses; room is set aside for what a writer announces. */
const MAX_BLOCK_BYTES = 2 ** 42

const RESUME_STAGES: ReadonlyMap<number, ResumeStage> = new Map([
  [Stage.PIPELINE_SETUP_APPEND, 'append'],
  [Stage.PIPELINE_SETUP_APPEND_RECOVERY, 'append-recovery'],
  [Stage.PIPELINE_SETUP_STREAMING_RECOVERY, 'streaming-recovery'],
  [Stage.PIPELINE_CLOSE_RECOVERY, 'close-recovery'],
])

/** Serves one write; the connection carries no further operation. @throws what ended it, for the log */
export async function serveWrite(
  context: TransferContext,
  connection: TransferConnection,
  message: WriteMessage,
): Promise<void> {
  if (message.stage === Stage.TRANSFER_RBW || message.stage === Stage.TRANSFER_FINALIZED) {
    await answerFailures(connection, async () => {
      checkWrite(context, message)
      await receiveCopy(context, connection, message)
    })
    return
  }
  await answerFailures(connection, async () => checkWrite(context, message))
  if (message.stage === Stage.PIPELINE_CLOSE_RECOVERY) {
    await serveCloseRecovery(context, connection, message)
    return
  }
  const { replica, mirror } = await answerFailures(connection, () => setUp(context, message))
  const { writer } = replica
  if (writer === undefined) throw new DfsError('INTERRUPTED', `block ${replica.id} was taken over`)
  const checksum = message.requestedChecksum
  const parts = { context, connection, replica, writer, mirror, checksum }
  const receiver = new BlockReceiver(parts)
  context.events.receiving(replica)
  connection.writer.write(encodeBlockOpResponse({ status: Status.SUCCESS }))
  await receiver.run()
}

/** Runs a step of the set-up; what it throws is answered with {ERROR, message} and thrown on. */
async function answerFailures<T>(
  connection: TransferConnection,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step()
  } catch (error) {
    const isMirror = error instanceof MirrorSetupFailure
    const { code, message } = toDfsError(error)
    const refusal = code === 'ALREADY_EXISTS' ? Status.ERROR_EXISTS : Status.ERROR
    connection.writer.write(
      encodeBlockOpResponse({
        status: isMirror ? error.status : refusal,
        firstBadLink: isMirror ? error.firstBadLink : '',
        message,
      }),
    )
    throw error
  }
}

function checkWrite(context: TransferContext, message: WriteMessage): void {
  const { block } = message.header.baseHeader
  checkPool(context, block)
  const { minBytesRcvd, maxBytesRcvd, latestGenerationStamp } = message
  const numbers = [block.numBytes ?? 0, minBytesRcvd, maxBytesRcvd]
  if (numbers.some((it) => it < 0 || it > MAX_BLOCK_BYTES)) {
    throw new DfsError('ILLEGAL_ARGUMENT', `${blockName(block)} has an impossible length`)
  }
  const stamps = [block.generationStamp, latestGenerationStamp]
  if (stamps.some((it) => !Number.isSafeInteger(it) || it < 0) || block.generationStamp === 0) {
    throw new DfsError('ILLEGAL_ARGUMENT', `${blockName(block)} has an impossible stamp`)
  }
  const { type, bytesPerChecksum } = message.requestedChecksum
  if (type !== ChecksumType.NULL) chunkChecksum(type, bytesPerChecksum)
}

function openReplica(context: TransferContext, message: WriteMessage): Promise<OpenReplica> {
  const { block } = message.header.baseHeader
  if (message.stage === Stage.PIPELINE_SETUP_CREATE) {
    return context.store.create({
      id: block.blockId,
      generationStamp: block.generationStamp,
      storageId: message.storageId,
      sizeBytes: block.numBytes ?? 0,
      dropBehind: dropsBehind(context.store.config.cachedWrites, message),
    })
  }
  return noticingDamage(context, block.blockId, () =>
    resumeReplica(context.store, resumeRequest(context, message)),
  )
}

/** @throws DfsError UNSUPPORTED for a stage that starts no operation */
function resumeRequest(context: TransferContext, message: WriteMessage): ResumeRequest {
  const { block } = message.header.baseHeader
  const stage = RESUME_STAGES.get(message.stage)
  if (stage === undefined) {
    throw new DfsError('UNSUPPORTED', `a write cannot start in stage ${message.stage}`)
  }
  return {
    id: block.blockId,
    blockName: blockName(block),
    stage,
    generationStamp: block.generationStamp,
    newGenerationStamp: Math.max(message.latestGenerationStamp, block.generationStamp),
    minBytes: message.minBytesRcvd,
    maxBytes: message.maxBytesRcvd,
    sizeBytes: block.numBytes ?? 0,
    dropBehind: dropsBehind(context.store.config.cachedWrites, message),
  }
}

/**
 * Opens the replica and sets up the nodes behind. A new replica is made while they make theirs, since no stamp of an older
 * one is at stake: a pipeline of three is ready after the slowest node's time, not after the sum. A resumed one comes
 * first, so that a refusal here leaves the others as they are.
 */
async function setUp(
  context: TransferContext,
  message: WriteMessage,
): Promise<{ readonly replica: OpenReplica; readonly mirror: Mirror | undefined }> {
  if (message.stage !== Stage.PIPELINE_SETUP_CREATE) {
    const replica = await openReplica(context, message)
    try {
      return { replica, mirror: await openMirror(context, message) }
    } catch (error) {
      await context.store.release(replica)
      throw error
    }
  }
  const opened = await Promise.allSettled([
    openReplica(context, message),
    openMirror(context, message),
  ])
  const [own, behind] = opened
  if (own.status === 'rejected') {
    if (behind.status === 'fulfilled') behind.value?.destroy()
    throw own.reason
  }
  if (behind.status === 'fulfilled') return { replica: own.value, mirror: behind.value }
  await context.store.release(own.value)
  // Nothing was written into a new replica: without it the client's next attempt finds a clean node.
  await discard(context, own.value)
  throw behind.reason
}

async function discard({ store }: TransferContext, replica: OpenReplica): Promise<void> {
  await store.delete(replica.id, replica.generationStamp, replica.volume.storageId)
}

/** No packets follow: every node of the pipeline finalizes under the new stamp, then the answers travel back. */
async function serveCloseRecovery(
  context: TransferContext,
  connection: TransferConnection,
  message: WriteMessage,
): Promise<void> {
  await answerFailures(connection, async () => {
    const replica = await noticingDamage(context, message.header.baseHeader.block.blockId, () =>
      closeReplica(context.store, resumeRequest(context, message)),
    )
    await context.events.received(replica)
    const mirror = await openMirror(context, message)
    mirror?.destroy()
  })
  connection.writer.write(encodeBlockOpResponse({ status: Status.SUCCESS }))
}
