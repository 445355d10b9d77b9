/**
 * Reads messages from a socket: bytes are collected as they come and parsed in place, the socket is paused while more
 * than enough are waiting. Used by both sides: clients and datanodes, for operations, packets and acknowledgements.
 *
 * The `try…` methods return what is already there, or undefined; together with `more` they make loops that pay one
 * promise for each arrival of bytes, not one for each packet:
 *
 *     for (;;) {
 *       const packet = reader.tryReadPacket()
 *       if (packet === undefined) await reader.more(timeoutMs)
 *       else handle(packet)
 *     }
 *
 * One consumer at a time. Views that are handed out stay valid until their `release` is called (see receive-buffer.ts).
 */
import type { Socket } from 'node:net'
import { assert } from '../assert.js'
import type { Clock } from '../clock.js'
import { DfsError, toDfsError } from '../errors.js'
import { readInto } from '../network.js'
import {
  PACKET_PREFIX_BYTES,
  type PacketHeader,
  parsePacketHeader,
  parsePacketLayout,
} from './packets.js'
import { ReceiveBuffer } from './receive-buffer.js'

export interface SocketReaderOptions {
  readonly clock: Clock
  /** The socket is paused while more than this waits to be consumed. */
  readonly highWaterBytes?: number
}

/** A packet in place. All views are valid until `release`; calling it is optional, and gives the memory back. */
export interface ReceivedPacket extends PacketHeader {
  /** The whole packet as it came, for forwarding. */
  readonly bytes: Buffer
  /** Big-endian sums. Their number was not compared with the data: see `checkPacketGeometry`. */
  readonly sums: Buffer
  readonly data: Buffer
  release(): void
}

const HIGH_WATER_BYTES = 512 * 1024
/** A varint length of a message takes at most this; lengths that need more are beyond any limit. */
const MAX_LENGTH_VARINT_BYTES = 5

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: DfsError) => void
  readonly timeoutMs: number
  readonly deadlineMs: number
}

export class SocketReader {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #highWaterBytes: number
  readonly #received = new ReceiveBuffer()
  readonly #peer: string
  #receivedBytes = 0
  #isPaused = false
  #isHeld = false
  /** Since when the incomplete message at the front is waited for. */
  #frontSinceMs: number | undefined
  #failure: DfsError | undefined
  #waiter: Waiter | undefined
  /** One for many waits: each sets a deadline, which is looked at when the timer ends. A timer for each costs more than the wait. */
  #timer: { readonly cancel: () => void; readonly endsMs: number } | undefined
  readonly #onData = (chunk: Buffer) => this.#accept(chunk)
  readonly #onEnd = () => this.#lose('was closed by the peer')
  readonly #onError = (error: Error) => this.#lose(toDfsError(error).message, error)
  readonly #onClose = () => this.#lose('was closed')

  /** Starts reading from `socket`, which nobody else reads. */
  constructor(socket: Socket, options: SocketReaderOptions) {
    this.#socket = socket
    this.#clock = options.clock
    this.#highWaterBytes = options.highWaterBytes ?? HIGH_WATER_BYTES
    this.#peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`
    socket.on('data', this.#onData)
    readInto(socket, () => this.#received.lend())
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
  }

  /** All bytes that have come so far, consumed or not. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Bytes that wait to be consumed. */
  get bufferedBytes(): number {
    return this.#received.lengthBytes
  }

  /** Why no more bytes will come, if that is so. What came before can still be read. */
  get failure(): DfsError | undefined {
    return this.#failure
  }

  /** Stops taking bytes from the socket until `resume`, however few are waiting: a frozen node. */
  pause(): void {
    this.#isHeld = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isHeld = false
    if (!this.#isPaused) this.#socket.resume()
  }

  /** Leaves the socket alone, so that it can be handed on. Bytes already received stay here. */
  detach(): void {
    this.#stopTimer()
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('error', this.#onError)
    this.#socket.off('close', this.#onClose)
  }

  /** Gives memory back once the socket is destroyed and nobody reads what came before. Views that are out stay valid. */
  release(): void {
    assert(this.#socket.destroyed, 'nothing is received any more')
    this.#received.release()
  }

  /**
   * Resolves when more bytes have arrived than were there at the call.
   * @param timeoutMs longest silence that is accepted
   * @throws DfsError TIMEOUT; CONNECTION_LOST when the connection is over, with the number of bytes that came
   */
  more(timeoutMs: number): Promise<void> {
    assert(this.#waiter === undefined, 'a socket has one reader at a time')
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#relieve(true)
    return new Promise((resolve, reject) => {
      const deadlineMs = this.#clock.monotonicMs() + timeoutMs
      this.#waiter = { resolve, reject, timeoutMs, deadlineMs }
      this.#watch(deadlineMs)
    })
  }

  /**
   * As `more`, but the incomplete message at the front may take no longer than `timeoutMs` in all: a sender that drips
   * one byte before each time limit would otherwise hold its reader for ever.
   * @throws DfsError as `more`
   */
  async moreOfMessage(timeoutMs: number): Promise<void> {
    if (this.#received.lengthBytes === 0) {
      this.#frontSinceMs = undefined
      return await this.more(timeoutMs)
    }
    const nowMs = this.#clock.monotonicMs()
    this.#frontSinceMs ??= nowMs
    const leftMs = this.#frontSinceMs + timeoutMs - nowMs
    if (leftMs > 0) return await this.more(leftMs)
    throw new DfsError('TIMEOUT', `${this.#peer} took ${timeoutMs} ms and more for one message`)
  }

  /** A packet, if one has arrived in full. @throws DfsError MALFORMED_MESSAGE */
  tryReadPacket(): ReceivedPacket | undefined {
    const received = this.#received
    if (received.lengthBytes < PACKET_PREFIX_BYTES) return undefined
    const { headerBytes, totalBytes } = parsePacketLayout(received.buffer, received.start)
    if (received.lengthBytes < totalBytes) {
      received.expect(totalBytes)
      return undefined
    }
    const { bytes, release } = received.take(totalBytes)
    this.#frontSinceMs = undefined
    this.#relieve(false)
    const header = parsePacketHeader(bytes, PACKET_PREFIX_BYTES, headerBytes)
    const sumsStart = PACKET_PREFIX_BYTES + headerBytes
    const dataStart = totalBytes - header.dataBytes
    if (header.dataBytes < 0 || dataStart < sumsStart) {
      throw new DfsError(
        'MALFORMED_MESSAGE',
        `a packet of ${totalBytes} bytes claims ${header.dataBytes} bytes of data`,
      )
    }
    return {
      offsetInBlock: header.offsetInBlock,
      seqno: header.seqno,
      isLast: header.isLast,
      dataBytes: header.dataBytes,
      syncBlock: header.syncBlock,
      bytes,
      sums: bytes.subarray(sumsStart, dataStart),
      data: bytes.subarray(dataStart),
      release,
    }
  }

  /** The next packet, which may take `timeoutMs` to come and as long to arrive in full. @throws DfsError as `more` and `tryReadPacket` */
  async readPacket(timeoutMs: number): Promise<ReceivedPacket> {
    for (;;) {
      const packet = this.tryReadPacket()
      if (packet !== undefined) return packet
      await this.moreOfMessage(timeoutMs)
    }
  }

  /**
   * A message with a varint length before it, if it has arrived in full; the length is left out. A copy.
   * @throws DfsError MALFORMED_MESSAGE when it is longer than `maxBytes`
   */
  tryReadDelimited(maxBytes: number): Buffer | undefined {
    const received = this.#received
    let length = 0
    for (let index = 0; index < MAX_LENGTH_VARINT_BYTES; index += 1) {
      if (index >= received.lengthBytes) return undefined
      const byte = received.buffer[received.start + index] ?? 0
      length += (byte & 0x7f) * 2 ** (7 * index)
      if (byte >= 0x80) continue
      if (length > maxBytes) break
      const prefixBytes = index + 1
      if (received.lengthBytes < prefixBytes + length) {
        received.expect(prefixBytes + length)
        return undefined
      }
      const message = received.takeCopy(prefixBytes + length).subarray(prefixBytes)
      this.#frontSinceMs = undefined
      this.#relieve(false)
      return message
    }
    throw new DfsError('MALFORMED_MESSAGE', `a message is longer than ${maxBytes} bytes`)
  }

  /** The next delimited message, without its length. @throws DfsError as `more` and `tryReadDelimited` */
  async readDelimited(maxBytes: number, timeoutMs: number): Promise<Buffer> {
    for (;;) {
      const message = this.tryReadDelimited(maxBytes)
      if (message !== undefined) return message
      await this.moreOfMessage(timeoutMs)
    }
  }

  /** The next `lengthBytes`, as a copy. @throws DfsError as `more` */
  async readExactly(lengthBytes: number, timeoutMs: number): Promise<Buffer> {
    this.#received.expect(lengthBytes)
    while (this.#received.lengthBytes < lengthBytes) await this.moreOfMessage(timeoutMs)
    const bytes = this.#received.takeCopy(lengthBytes)
    this.#frontSinceMs = undefined
    this.#relieve(false)
    return bytes
  }

  #accept(chunk: Buffer): void {
    this.#receivedBytes += chunk.length
    this.#received.append(chunk)
    if (this.#received.lengthBytes > this.#highWaterBytes && !this.#isPaused) {
      this.#isPaused = true
      this.#socket.pause()
    }
    this.#settle()?.resolve()
  }

  /** Lets the socket flow again when few bytes wait, or when a message larger than the mark is still incomplete. */
  #relieve(isWaiting: boolean): void {
    if (!this.#isPaused) return
    if (!isWaiting && this.#received.lengthBytes > this.#highWaterBytes / 2) return
    this.#isPaused = false
    if (!this.#isHeld) this.#socket.resume()
  }

  /** Has a timer end at that time or before; then it is looked at who waits, and for how long yet. */
  #watch(deadlineMs: number): void {
    if (this.#timer !== undefined && this.#timer.endsMs <= deadlineMs) return
    this.#stopTimer()
    const cancel = this.#clock.after(deadlineMs - this.#clock.monotonicMs(), () => {
      this.#timer = undefined
      this.#checkDeadline()
    })
    this.#timer = { cancel, endsMs: deadlineMs }
  }

  #checkDeadline(): void {
    const waiter = this.#waiter
    if (waiter === undefined) return
    if (waiter.deadlineMs > this.#clock.monotonicMs()) {
      this.#watch(waiter.deadlineMs)
      return
    }
    const { timeoutMs } = waiter
    const silent = new DfsError('TIMEOUT', `${this.#peer} was silent for ${timeoutMs} ms`)
    this.#settle()?.reject(silent)
  }

  #stopTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** The first reason holds: an error costs its stack, and every connection ends and then closes. */
  #lose(how: string, cause?: unknown): void {
    if (this.#failure !== undefined) return
    const error = new DfsError(
      'CONNECTION_LOST',
      `the connection with ${this.#peer} ${how} after ${this.#receivedBytes} bytes`,
      { cause, details: { receivedBytes: this.#receivedBytes } },
    )
    this.#failure = error
    this.#stopTimer()
    this.#settle()?.reject(error)
  }

  #settle(): Waiter | undefined {
    const waiter = this.#waiter
    this.#waiter = undefined
    return waiter
  }
}
