/**
 * Sends a copy of a block to a datanode: WRITE_BLOCK in one of the TRANSFER stages, in which the target says nothing
 * until the end and then answers once (reference 3.6). For pipeline repair and for replication, by datanodes.
 */
import type { Clock } from '../clock.js'
import { DfsError, toDfsError } from '../errors.js'
import { Status } from '../hadoop/schema/data-transfer.js'
import type { HostPort, Network } from '../network.js'
import { blockName, statusName } from './block-writer.js'
import { encodeWriteBlock, readBlockOpResponse } from './operations.js'
import { type WriteBlockRequest, writeBlockMessage } from './pipeline-node.js'
import { SocketReader } from './socket-reader.js'
import { SocketWriter } from './socket-writer.js'
import { type PipelineTimeouts, pipelineSilenceMs } from './timeouts.js'

/** The pieces of one packet in the order of the wire: head (`encodePacketHead`), sums, data. Not changed until sent. */
export type PacketPieces = readonly Uint8Array[]

export interface SendBlockOptions {
  readonly clock: Clock
  readonly network: Network
  /** Of the first target. */
  readonly address: HostPort
  /** Stage TRANSFER_RBW or TRANSFER_FINALIZED; `nodes` are the targets. */
  readonly request: WriteBlockRequest
  /** The packets of the block, the empty last one included. A failure of it means: the source is at fault. */
  readonly packets: AsyncIterable<PacketPieces>
  readonly timeouts: PipelineTimeouts
  readonly signal?: AbortSignal
}

/** Whose fault a failed copy is (HDFS-16601: a corrupt source made every target look bad). */
export class SendBlockFailure extends DfsError {
  readonly culprit: 'source' | 'target'

  constructor(culprit: 'source' | 'target', cause: unknown) {
    const { code, message } = toDfsError(cause)
    super(code, message, { cause, details: { culprit } })
    this.culprit = culprit
  }
}

/**
 * Sends all packets with back-pressure and waits for the target's answer.
 * @returns bytes of packets sent
 * @throws SendBlockFailure
 */
export async function sendBlock(
  options: SendBlockOptions,
): Promise<{ readonly sentBytes: number }> {
  const { clock, network, address, request, timeouts, signal } = options
  const target = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw new SendBlockFailure('target', error)
    })
  const socket = await target(
    network.connect(address, {
      timeoutMs: timeouts.connectMs,
      receives: 'reused',
      ...(signal === undefined ? {} : { signal }),
    }),
  )
  const abort = () => socket.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const reader = new SocketReader(socket, { clock })
    const writer = new SocketWriter(socket, { clock })
    const silenceMs = pipelineSilenceMs(timeouts, request.nodes.length)
    writer.write(encodeWriteBlock(writeBlockMessage(request)))
    let sentBytes = 0
    for await (const pieces of options.packets) {
      for (const piece of pieces) {
        writer.write(piece)
        sentBytes += piece.length
      }
      await target(writer.drain(silenceMs))
    }
    const reply = await target(readBlockOpResponse(reader, silenceMs))
    if (reply.status !== Status.SUCCESS) {
      const status = statusName(reply.status)
      throw new SendBlockFailure(
        'target',
        new DfsError(
          'REMOTE',
          `the target refused ${blockName(request.block)}: ${status} ${reply.message ?? ''}`,
        ),
      )
    }
    return { sentBytes }
  } catch (error) {
    throw error instanceof SendBlockFailure ? error : new SendBlockFailure('source', error)
  } finally {
    signal?.removeEventListener('abort', abort)
    socket.destroy()
  }
}
