/** The next datanode of a pipeline, as its predecessor sees it: set up with the same operation, then fed raw packets. */
import { DfsError } from '../../shared/errors.js'
import type { Decoded } from '../../shared/hadoop/message.js'
import { type OpWriteBlockProto, Status } from '../../shared/hadoop/schema/data-transfer.js'
import { encodeWriteBlock, readBlockOpResponse } from '../../shared/transfer/operations.js'
import { type DatanodeInfo, transferName } from '../../shared/transfer/pipeline-node.js'
import { SocketReader } from '../../shared/transfer/socket-reader.js'
import { SocketWriter } from '../../shared/transfer/socket-writer.js'
import { pipelineSilenceMs } from '../../shared/transfer/timeouts.js'
import type { TransferContext } from './transfer-context.js'

export type WriteMessage = Decoded<typeof OpWriteBlockProto>

export interface Mirror {
  readonly name: string
  readonly reader: SocketReader
  readonly writer: SocketWriter
  /** Longest silence while it owes an answer. */
  readonly silenceMs: number
  destroy(): void
}

/** A mirror that could not be set up: what to tell the node before us. */
export class MirrorSetupFailure extends DfsError {
  readonly status: number
  /** `ip:port` of the node to leave out. */
  readonly firstBadLink: string

  constructor(status: number, firstBadLink: string, message: string, cause?: unknown) {
    super('REMOTE', message, { cause, details: { firstBadLink } })
    this.status = status
    this.firstBadLink = firstBadLink
  }
}

/**
 * Connects to the first of the operation's targets and sets up the rest of the pipeline.
 * @returns undefined when this node is the last
 * @throws MirrorSetupFailure
 */
export async function openMirror(
  context: TransferContext,
  message: WriteMessage,
): Promise<Mirror | undefined> {
  const [next] = message.targets
  if (next === undefined) return undefined
  const name = transferName({ info: next })
  const { clock } = context.seams
  const silenceMs = pipelineSilenceMs(context.timeouts, message.targets.length - 1)
  let destroy = () => {}
  try {
    const socket = await connectToPeer(context, next)
    const reader = new SocketReader(socket, { clock })
    destroy = () => {
      socket.destroy()
      reader.release()
    }
    const writer = new SocketWriter(socket, { clock })
    writer.write(forwardedOperation(message))
    const reply = await readBlockOpResponse(reader, silenceMs)
    if (reply.status === Status.SUCCESS) return { name, reader, writer, silenceMs, destroy }
    const bad = reply.firstBadLink ?? ''
    throw new MirrorSetupFailure(
      reply.status,
      bad === '' ? name : bad,
      `${name} refused: ${reply.message ?? ''}`,
    )
  } catch (error) {
    destroy()
    if (error instanceof MirrorSetupFailure) throw error
    const text = error instanceof Error ? error.message : String(error)
    throw new MirrorSetupFailure(Status.ERROR, name, text, error)
  }
}

/** A peer that has moved is looked for once more before its client hears of it. */
async function connectToPeer({ seams, peers, timeouts }: TransferContext, next: DatanodeInfo) {
  const { connectMs: timeoutMs } = timeouts
  const address = await peers.find(next)
  try {
    return await seams.network.connect(address, { timeoutMs, receives: 'reused' })
  } catch (error) {
    peers.forget(next)
    const now = await peers.find(next)
    if (now.host === address.host && now.port === address.port) throw error
    return await seams.network.connect(now, { timeoutMs, receives: 'reused' })
  }
}

/** The operation for the next node: targets and their storages moved up by one (protocol reference 3.4). */
function forwardedOperation(message: WriteMessage): Buffer {
  const [, ...targets] = message.targets
  const [storageType, ...targetStorageTypes] = message.targetStorageTypes
  const [storageId, ...targetStorageIds] = message.targetStorageIds
  const [pinning, ...targetPinnings] = message.targetPinnings
  return encodeWriteBlock({
    ...message,
    targets,
    source: ANONYMOUS_SOURCE,
    targetStorageTypes,
    targetStorageIds,
    targetPinnings,
    storageType: storageType ?? message.storageType,
    storageId,
    pinning: pinning ?? message.pinning,
  })
}

/** Real nodes send one with empty strings and zeros (reference 3.4). */
const ANONYMOUS_SOURCE = {
  id: { ipAddr: '', hostName: '', datanodeUuid: '', xferPort: 0, infoPort: 0, ipcPort: 0 },
}
