/**
 * Receives a block from a client or from the node before us in a pipeline (protocol reference 3.4): packets are
 * verified, forwarded as they came, written and acknowledged in order; network, disk and the rest of the pipeline
 * overlap, and the memory of a connection is bounded. Failures end it with at most one acknowledgement, never a loop.
 *
 * With a node behind us most packets are verified there, as in Apache: its acknowledgement vouches for our bytes too, since
 * it got them from the same memory. Nothing is told of bytes without it: not to readers, not by a sync, not by a final
 * name; and a node whose writer leaves before looks at them itself (datanode/DESIGN.md, D3).
 */

import { crashPoint } from '../../shared/crash-point.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import { Status } from '../../shared/hadoop/schema/data-transfer.js'
import {
  decodePipelineAck,
  encodePipelineAck,
  MAX_ACK_BYTES,
} from '../../shared/transfer/operations.js'
import { HEARTBEAT_SEQNO } from '../../shared/transfer/packets.js'
import type { ReceivedPacket } from '../../shared/transfer/socket-reader.js'
import type { OpenReplica, ReplicaOwner } from '../blocks/replica.js'
import type { ReplicaWriter } from '../blocks/replica-writer.js'
import type { Mirror } from './mirror.js'
import { PacketAppender } from './packet-appender.js'
import { type DueAck, PendingAcks } from './pending-acks.js'
import type { TransferConnection, TransferContext } from './transfer-context.js'

/** Seqno of the acknowledgement that tells of a failure behind us, always with two replies. */
const DOWNSTREAM_FAILURE_SEQNO = -2
/** Java keeps 80 packets in flight; a window far above any client's bounds memory all the same. */
const MAX_UNACKNOWLEDGED = 4096

export interface BlockReceiverParts {
  readonly context: TransferContext
  readonly connection: TransferConnection
  readonly replica: OpenReplica
  readonly writer: ReplicaWriter
  readonly mirror: Mirror | undefined
  readonly checksum: { readonly type: number; readonly bytesPerChecksum: number }
}

export class BlockReceiver implements ReplicaOwner {
  readonly #parts: BlockReceiverParts
  readonly #appender: PacketAppender
  readonly #pending: PendingAcks
  #requestedSync = 0
  #endedSync = 0
  #isSyncing = false
  #isFinalized = false
  #isOver = false
  #failure: unknown
  #stopping: Promise<void> | undefined
  #room: (() => void) | undefined
  #verified: (() => void) | undefined
  /** The node behind says that a packet's sums are wrong, and it had them from us. */
  #accusation: DueAck | undefined
  #ended: () => void = () => {}
  readonly #end = new Promise<void>((resolve) => {
    this.#ended = resolve
  })

  /** @throws DfsError UNSUPPORTED for a checksum that we do not know */
  constructor(parts: BlockReceiverParts) {
    this.#parts = parts
    this.#pending = new PendingAcks(parts.mirror !== undefined)
    this.#appender = new PacketAppender({
      writer: parts.writer,
      checksum: parts.checksum,
      isVerifiedBehind: parts.mirror !== undefined,
      onFlushed: () => this.#sendAcks(),
      onFailed: (error) => this.#finish(error),
    })
    parts.replica.owner = this
  }

  /**
   * Receives until the block is complete and acknowledged, or until something fails; the replica is left as far as it
   * came, synced, for a recovery.
   * @throws what ended it
   */
  async run(): Promise<void> {
    const { context, replica, mirror } = this.#parts
    const acks = mirror === undefined ? Promise.resolve() : this.#readAcks(mirror)
    try {
      // The loop may be waiting for bytes that nobody needs any more: then it is left to its own time limit.
      await Promise.race([this.#receive(), this.#end])
      await this.#end
    } catch (error) {
      this.#finish(error)
    } finally {
      mirror?.destroy()
      await acks
      if (!this.#isFinalized) await context.store.release(replica)
    }
    if (this.#accusation !== undefined) this.#answerAccusation(this.#accusation)
    if (this.#failure === undefined) return
    if (toDfsError(this.#failure).code === 'DISK_FULL') replica.volume.noteFull()
    throw this.#failure
  }

  /** A recovery takes the replica over: no byte follows. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const { connection, mirror, context, replica } = this.#parts
    this.#finish(new DfsError('INTERRUPTED', 'a recovery took the block over'))
    connection.destroy()
    mirror?.destroy()
    await context.store.release(replica)
  }

  async #receive(): Promise<void> {
    const { connection, context } = this.#parts
    while (!this.#isOver) {
      const packet = connection.reader.tryReadPacket()
      if (packet === undefined) {
        await connection.reader.moreOfMessage(context.timeouts.writerSilenceMs)
        continue
      }
      const taking = this.#take(packet)
      if (taking !== undefined) await taking
      if (packet.isLast || packet.syncBlock) await this.#untilVerified()
      if (this.#isOver) return
      if (packet.isLast) {
        await this.#finalize()
        return
      }
      if (this.#pending.size >= MAX_UNACKNOWLEDGED) await this.#waitForRoom()
      // A writer that reads no acknowledgements gets no more of its packets taken.
      if (connection.writer.isFull) await connection.writer.drain(context.timeouts.readerStallMs)
    }
  }

  /** A promise only where something must be waited for: most packets find room before them and behind them. */
  #take(packet: ReceivedPacket): Promise<void> | undefined {
    if (packet.seqno === HEARTBEAT_SEQNO && packet.dataBytes === 0 && !packet.isLast) {
      return this.#pass(packet)
    }
    if (!this.#appender.verify(packet)) {
      this.#refuse(packet)
      return undefined
    }
    crashPoint('packet.verified')
    const appending = this.#appender.append(packet)
    if (appending === undefined) return this.#stored(packet)
    return appending.then(() => this.#stored(packet))
  }

  #refuse({ seqno }: ReceivedPacket): void {
    // Before the acknowledgements that are still due: they are not sent any more (reference 3.4).
    const refusal = encodePipelineAck({ seqno, replies: [Status.ERROR_CHECKSUM] })
    this.#parts.connection.writer.write(refusal)
    this.#finish(new DfsError('BLOCK_CORRUPT', `packet ${seqno} came with wrong checksums`))
  }

  #stored(packet: ReceivedPacket): Promise<void> | undefined {
    this.#parts.context.statistics.bytesWritten += packet.data.length
    return this.#pass(packet)
  }

  #pass(packet: ReceivedPacket): Promise<void> | undefined {
    this.#push(packet)
    return this.#forward(packet)
  }

  #push(packet: ReceivedPacket): void {
    const { writer } = this.#parts
    const isSync = packet.syncBlock && !packet.isLast
    if (isSync) this.#requestedSync += 1
    const { seqno, isLast } = packet
    const syncNumber = isSync ? this.#requestedSync : 0
    const ack = { seqno, isLast, syncNumber, endBytes: writer.lengthBytes }
    this.#pending.push(ack, this.#nowMs())
    if (isSync) this.#sync()
    // Nothing to wait for from the disk (no data, or only what is there already): an acknowledgement may be due.
    if (writer.flushedBytes === writer.lengthBytes) this.#sendAcks()
  }

  #forward(packet: ReceivedPacket): Promise<void> | undefined {
    const { mirror } = this.#parts
    if (mirror === undefined) {
      packet.release()
      return undefined
    }
    mirror.writer.write(packet.bytes, packet.release)
    return mirror.writer.isFull ? this.#drain(mirror) : undefined
  }

  async #drain(mirror: Mirror): Promise<void> {
    try {
      await mirror.writer.drain(mirror.silenceMs)
    } catch (error) {
      this.#mirrorFailed(error)
    }
  }

  /** Until the node behind has vouched for what was left to it. */
  async #untilVerified(): Promise<void> {
    while (!this.#parts.writer.isVerified && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#verified = resolve
      })
    }
  }

  /** One sync serves all that were asked for before it began. Until all is verified nothing more is taken, and it waits. */
  #sync(): void {
    if (this.#isSyncing || !this.#parts.writer.isVerified) return
    this.#isSyncing = true
    const number = this.#requestedSync
    this.#parts.writer.sync().then(
      () => {
        this.#isSyncing = false
        this.#endedSync = number
        this.#sendAcks()
        if (this.#requestedSync > number) this.#sync()
      },
      (error: unknown) => this.#finish(error),
    )
  }

  /**
   * Done here as soon as all bytes are here, while the nodes behind do the same: the acknowledgement waits for both.
   * Should one of them fail, the client's recovery reopens the finalized replica with a new stamp.
   */
  async #finalize(): Promise<void> {
    const { context, replica } = this.#parts
    const finalized = await context.store.finalize(replica, this)
    await context.events.received(finalized)
    crashPoint('finalize.reported')
    this.#isFinalized = true
    this.#sendAcks()
  }

  #sendAcks(): void {
    if (this.#isOver) return
    const { connection, replica, writer } = this.#parts
    const due = this.#pending.takeDue({
      flushedBytes: writer.flushedBytes,
      syncNumber: this.#endedSync,
      isFinalized: this.#isFinalized,
    })
    const last = due.at(-1)
    if (last === undefined) return
    if (last.replies.includes(Status.ERROR_CHECKSUM)) this.#accusation = due.pop()
    for (const ack of due) {
      crashPoint('packet.acknowledging')
      if (!ack.isFailure) replica.acknowledge(ack.endBytes)
    }
    if (due.length > 0) connection.writer.write(Buffer.concat(due.map(encodePipelineAck)))
    if (last.isFailure) this.#finish(downstreamFailure(last.seqno, last.replies))
    else if (last.isLast) this.#finish(undefined)
    this.#room?.()
  }

  /**
   * The replica has been released, and with it cut before the first bad byte: when the packet is not there any more it came
   * to us as it is, and the fault is before us. Apache's nodes always take it upon themselves.
   */
  #answerAccusation({ seqno, replies, endBytes }: DueAck): void {
    const { replica, connection } = this.#parts
    const isOurs = replica.lengthBytes < endBytes
    const answer = { seqno, replies: isOurs ? [Status.ERROR_CHECKSUM] : replies }
    connection.writer.write(encodePipelineAck(answer))
  }

  async #readAcks(mirror: Mirror): Promise<void> {
    try {
      while (!this.#isOver && !this.#pending.hasLastAnswer) {
        const bytes = mirror.reader.tryReadDelimited(MAX_ACK_BYTES)
        if (bytes === undefined) await this.#waitForAck(mirror)
        else this.#takeAck(decodePipelineAck(bytes))
      }
    } catch (error) {
      this.#mirrorFailed(error)
    }
  }

  #takeAck({ seqno, replies }: { seqno: number; replies: readonly number[] }): void {
    if (this.#pending.answer(seqno, replies, this.#nowMs())) {
      this.#noteVerified()
      this.#sendAcks()
      return
    }
    if (seqno !== DOWNSTREAM_FAILURE_SEQNO) {
      throw new DfsError('MALFORMED_MESSAGE', `an acknowledgement of packet ${seqno} was not due`)
    }
    this.#reportDownstream([Status.SUCCESS, ...replies])
  }

  #noteVerified(): void {
    const { writer } = this.#parts
    writer.vouchFor(this.#pending.answeredBytes)
    if (!writer.isVerified) return
    if (this.#requestedSync > this.#endedSync) this.#sync()
    this.#verified?.()
  }

  /** Silence counts only while the node behind owes an acknowledgement. */
  async #waitForAck(mirror: Mirror): Promise<void> {
    const silentForMs = () => this.#pending.silentForMs(this.#nowMs())
    try {
      await mirror.reader.more(Math.max(1, mirror.silenceMs - silentForMs()))
    } catch (error) {
      const isTimeout = toDfsError(error).code === 'TIMEOUT'
      // What is owed since a moment ago is not late because nothing was owed before.
      if (!isTimeout || silentForMs() >= mirror.silenceMs) throw error
    }
  }

  #nowMs(): number {
    return this.#parts.context.seams.clock.monotonicMs()
  }

  #mirrorFailed(error: unknown): void {
    if (this.#isOver) return
    const { context, replica, mirror } = this.#parts
    const fields = { blockId: replica.id, mirror: mirror?.name, err: error }
    context.seams.log.warn(fields, 'mirror failed')
    this.#reportDownstream([Status.SUCCESS, Status.ERROR])
  }

  /** Said once, then the connection ends: real nodes repeat it until the client is gone (reference 3.4). */
  #reportDownstream(replies: readonly number[]): void {
    if (this.#isOver) return
    this.#parts.connection.writer.write(
      encodePipelineAck({ seqno: DOWNSTREAM_FAILURE_SEQNO, replies }),
    )
    this.#finish(new DfsError('REMOTE', 'a node behind this one failed'))
  }

  async #waitForRoom(): Promise<void> {
    const { connection, context } = this.#parts
    while (this.#pending.size >= MAX_UNACKNOWLEDGED && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#room = resolve
      })
      await connection.writer.drain(context.timeouts.readerStallMs)
    }
  }

  #finish(failure: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    this.#room?.()
    this.#verified?.()
    this.#ended()
  }
}

function downstreamFailure(seqno: number, replies: readonly number[]): DfsError {
  return new DfsError('REMOTE', `packet ${seqno} failed: statuses ${replies.join(' ')}`)
}
