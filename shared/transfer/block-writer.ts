/**
 * One connection that writes one block through a pipeline of datanodes (WRITE_BLOCK, reference 3.4): set-up, packets,
 * acknowledgements in order, heartbeats in silence. It does not repair anything: when something goes wrong it says
 * which node to blame and which packets were not acknowledged, and is done.
 *
 * The caller bounds how many packets it hands over before they are acknowledged (the window); that also bounds the
 * memory of the connection.
 */
import type { Socket } from 'node:net'
import { assert } from '../assert.js'
import type { Clock } from '../clock.js'
import { DfsError, toDfsError } from '../errors.js'
import { Status } from '../hadoop/schema/data-transfer.js'
import type { HostPort, Network } from '../network.js'
import {
  decodePipelineAck,
  encodeWriteBlock,
  MAX_ACK_BYTES,
  type PipelineAck,
  readBlockOpResponse,
} from './operations.js'
import type { OutgoingPacket } from './outgoing-packet.js'
import { encodeHeartbeatPacket, HEARTBEAT_SEQNO } from './packets.js'
import { PipelineFailure } from './pipeline-failure.js'
import { transferName, type WriteBlockRequest, writeBlockMessage } from './pipeline-node.js'
import { SocketReader } from './socket-reader.js'
import { SocketWriter } from './socket-writer.js'
import { type PipelineTimeouts, pipelineSilenceMs } from './timeouts.js'

export interface BlockWriterOptions {
  readonly clock: Clock
  readonly network: Network
  /** Of the first node. */
  readonly address: HostPort
  readonly request: WriteBlockRequest
  readonly timeouts: PipelineTimeouts
  readonly heartbeatIntervalMs: number
  /** A packet has been acknowledged by every node; they come in the order of sending. */
  readonly onAck: (packet: OutgoingPacket) => void
  /** The pipeline broke; called once, and not after `close`. */
  readonly onFailure: (failure: PipelineFailure) => void
  readonly signal?: AbortSignal
}

export class BlockWriter {
  readonly #options: BlockWriterOptions
  readonly #socket: Socket
  readonly #reader: SocketReader
  readonly #writer: SocketWriter
  readonly #silenceMs: number
  readonly #unacknowledged: OutgoingPacket[] = []
  #heartbeatsOut = 0
  /** When the pipeline last owed us nothing, or answered. */
  #lastProgressMs: number
  #lastSentMs: number
  #cancelHeartbeat = () => {}
  #isOver = false

  /**
   * Connects and sets the pipeline up.
   * @throws PipelineFailure with the node to leave out; DfsError INTERRUPTED when the signal aborts
   */
  static async open(options: BlockWriterOptions): Promise<BlockWriter> {
    const { clock, network, address, request, timeouts, signal } = options
    assert(request.nodes.length > 0, 'a pipeline has a node')
    let socket: Socket
    try {
      socket = await network.connect(address, {
        timeoutMs: timeouts.connectMs,
        receives: 'reused',
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (error) {
      throw setupFailure(toDfsError(error), signal)
    }
    const reader = new SocketReader(socket, { clock })
    const writer = new SocketWriter(socket, { clock })
    try {
      writer.write(encodeWriteBlock(writeBlockMessage(request)))
      const silenceMs = pipelineSilenceMs(timeouts, request.nodes.length)
      const reply = await readBlockOpResponse(reader, silenceMs)
      if (reply.status !== Status.SUCCESS) throw refusal(request, reply)
      return new BlockWriter(options, socket, reader, writer)
    } catch (error) {
      socket.destroy()
      throw setupFailure(toDfsError(error), signal)
    }
  }

  private constructor(
    options: BlockWriterOptions,
    socket: Socket,
    reader: SocketReader,
    writer: SocketWriter,
  ) {
    this.#options = options
    this.#socket = socket
    this.#reader = reader
    this.#writer = writer
    this.#silenceMs = pipelineSilenceMs(options.timeouts, options.request.nodes.length)
    this.#lastSentMs = options.clock.monotonicMs()
    this.#lastProgressMs = this.#lastSentMs
    this.#scheduleHeartbeat(options.heartbeatIntervalMs)
    void this.#readAcks()
  }

  /** Sent and not yet acknowledged, in order. */
  get unacknowledged(): readonly OutgoingPacket[] {
    return this.#unacknowledged
  }

  /** Sends a sealed packet. Its memory must not change until it is acknowledged or the writer is over. */
  send(packet: OutgoingPacket): void {
    if (this.#isOver) return
    const nowMs = this.#options.clock.monotonicMs()
    if (!this.#isOwed) this.#lastProgressMs = nowMs
    this.#lastSentMs = nowMs
    this.#unacknowledged.push(packet)
    this.#writer.write(packet.bytes)
  }

  /** Ends the connection, at once when packets are missing their acknowledgement. Idempotent. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelHeartbeat()
    if (this.#isOwed) this.#socket.destroy()
    else this.#socket.destroySoon()
  }

  get #isOwed(): boolean {
    return this.#unacknowledged.length > 0 || this.#heartbeatsOut > 0
  }

  async #readAcks(): Promise<void> {
    try {
      while (!this.#isOver) {
        const bytes = this.#reader.tryReadDelimited(MAX_ACK_BYTES)
        if (bytes === undefined) await this.#waitForAck()
        else this.#handleAck(decodePipelineAck(bytes))
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Silence counts only while the pipeline owes an acknowledgement. */
  async #waitForAck(): Promise<void> {
    const { clock } = this.#options
    const owedForMs = () => (this.#isOwed ? clock.monotonicMs() - this.#lastProgressMs : 0)
    try {
      await this.#reader.more(Math.max(1, this.#silenceMs - owedForMs()))
    } catch (error) {
      const isTimeout = error instanceof DfsError && error.code === 'TIMEOUT'
      if (!isTimeout || owedForMs() >= this.#silenceMs) throw error
    }
  }

  #handleAck(ack: PipelineAck): void {
    const failedIndex = ack.replies.findLastIndex((status) => status !== Status.SUCCESS)
    if (failedIndex >= 0) throw this.#badReply(ack, failedIndex)
    this.#lastProgressMs = this.#options.clock.monotonicMs()
    if (ack.seqno === HEARTBEAT_SEQNO && this.#heartbeatsOut > 0) {
      this.#heartbeatsOut -= 1
      return
    }
    const packet = this.#unacknowledged[0]
    if (packet === undefined || packet.seqno !== ack.seqno) {
      throw new PipelineFailure(
        'MALFORMED_MESSAGE',
        `an acknowledgement of packet ${ack.seqno} came, not of ${packet?.seqno ?? 'none'}`,
        0,
      )
    }
    this.#unacknowledged.shift()
    this.#options.onAck(packet)
  }

  #badReply(ack: PipelineAck, failedIndex: number): PipelineFailure {
    const { nodes, block } = this.#options.request
    const node = nodes[failedIndex]
    const status = statusName(ack.replies[failedIndex] ?? Status.ERROR)
    return new PipelineFailure(
      'REMOTE',
      `Bad response ${status} for ${blockName(block)} from datanode ${node === undefined ? failedIndex : transferName(node)}`,
      Math.min(failedIndex, nodes.length - 1),
    )
  }

  #scheduleHeartbeat(inMs: number): void {
    const { clock, heartbeatIntervalMs } = this.#options
    this.#cancelHeartbeat = clock.after(inMs, () => {
      if (this.#isOver) return
      const nowMs = clock.monotonicMs()
      const silentMs = nowMs - this.#lastSentMs
      if (silentMs >= heartbeatIntervalMs) {
        if (!this.#isOwed) this.#lastProgressMs = nowMs
        this.#lastSentMs = nowMs
        this.#heartbeatsOut += 1
        this.#writer.write(encodeHeartbeatPacket())
      }
      this.#scheduleHeartbeat(Math.max(1, heartbeatIntervalMs - (nowMs - this.#lastSentMs)))
    })
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelHeartbeat()
    this.#socket.destroy()
    // With nothing but silence or a closed connection the first node is to blame, as in Java.
    const { code, message } = toDfsError(error)
    const failure =
      error instanceof PipelineFailure ? error : new PipelineFailure(code, message, 0, error)
    this.#options.onFailure(failure)
  }
}

/** `pool:blk_id_stamp`, as Hadoop writes it. */
export function blockName(block: {
  readonly poolId: string
  readonly blockId: number
  readonly generationStamp: number
}): string {
  return `${block.poolId}:blk_${block.blockId}_${block.generationStamp}`
}

/** The name of a `Status` number. */
export function statusName(status: number): string {
  const entry = Object.entries(Status).find(([, value]) => value === status)
  return entry === undefined ? String(status) : entry[0]
}

function setupFailure(error: DfsError, signal: AbortSignal | undefined): DfsError {
  if (error instanceof PipelineFailure) return error
  if (signal?.aborted) return new DfsError('INTERRUPTED', 'the write was aborted', { cause: error })
  return new PipelineFailure(error.code, error.message, 0, error)
}

function refusal(
  request: WriteBlockRequest,
  reply: {
    readonly status: number
    readonly firstBadLink?: string | undefined
    readonly message?: string | undefined
  },
): PipelineFailure {
  const bad = reply.firstBadLink ?? ''
  const found = request.nodes.findIndex((node) => transferName(node) === bad)
  const failedIndex = Math.max(0, found)
  const status = statusName(reply.status)
  return new PipelineFailure(
    'REMOTE',
    `Got error, status=${status}, status message ${reply.message ?? ''}, ack with firstBadLink as ${bad}`,
    failedIndex,
  )
}
