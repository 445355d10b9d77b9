/**
 * Writes messages to a socket: what is written within one turn of the event loop leaves in one vectored system call,
 * and `isFull` says when to stop and wait for `drain`. Buffers belong to the socket until they are on the wire.
 */
import type { Socket } from 'node:net'
import { assert } from '../assert.js'
import type { Clock } from '../clock.js'
import { DfsError, toDfsError } from '../errors.js'

export interface SocketWriterOptions {
  readonly clock: Clock
  /** `isFull` from this many waiting bytes on. */
  readonly highWaterBytes?: number
}

const HIGH_WATER_BYTES = 512 * 1024

export class SocketWriter {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #highWaterBytes: number
  #isCorked = false
  #failure: DfsError | undefined
  #waiter: { readonly resolve: () => void; readonly reject: (error: DfsError) => void } | undefined
  readonly #onError = (error: Error) => this.#fail(error)
  readonly #onClose = () => this.#fail(undefined)
  readonly #onDrain = () => this.#checkDrained()

  constructor(socket: Socket, options: SocketWriterOptions) {
    this.#socket = socket
    this.#clock = options.clock
    this.#highWaterBytes = options.highWaterBytes ?? HIGH_WATER_BYTES
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
    socket.on('drain', this.#onDrain)
  }

  /** Leaves the socket alone, so that it can be handed on. */
  detach(): void {
    this.#socket.off('error', this.#onError)
    this.#socket.off('close', this.#onClose)
    this.#socket.off('drain', this.#onDrain)
  }

  /** Why nothing can be written any more, if that is so. */
  get failure(): DfsError | undefined {
    return this.#failure
  }

  /** Bytes that the system has not yet taken. */
  get waitingBytes(): number {
    return this.#socket.writableLength
  }

  get isFull(): boolean {
    return this.#socket.writableLength >= this.#highWaterBytes
  }

  /**
   * Queues `bytes`, which must not change until `onWritten` is called (with an error when they were not sent). Never
   * throws: after a failure the bytes are dropped, `drain` and the reading side tell why.
   */
  write(bytes: Uint8Array, onWritten?: (error?: Error | null) => void): void {
    if (this.#failure !== undefined || this.#socket.destroyed) {
      onWritten?.(this.#failure ?? new DfsError('CONNECTION_LOST', 'the connection was closed'))
      return
    }
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#isCorked = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(bytes, onWritten)
  }

  /**
   * Resolves when there is room to write more.
   * @throws DfsError TIMEOUT when the peer takes nothing for `timeoutMs`; CONNECTION_LOST
   */
  async drain(timeoutMs: number): Promise<void> {
    assert(this.#waiter === undefined, 'a socket has one writer at a time')
    if (this.#failure !== undefined) throw this.#failure
    if (!this.isFull) return
    let lastBytesWritten = this.#socket.bytesWritten - this.waitingBytes
    let cancel = () => {}
    const watch = (reject: (error: DfsError) => void) => {
      cancel = this.#clock.after(timeoutMs, () => {
        const bytesWritten = this.#socket.bytesWritten - this.waitingBytes
        if (bytesWritten === lastBytesWritten) {
          this.#waiter = undefined
          reject(new DfsError('TIMEOUT', `the peer took no bytes for ${timeoutMs} ms`))
        } else {
          lastBytesWritten = bytesWritten
          watch(reject)
        }
      })
    }
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiter = { resolve, reject }
        watch(reject)
      })
    } finally {
      cancel()
    }
  }

  #checkDrained(): void {
    if (this.isFull) return
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.resolve()
  }

  #fail(cause: Error | undefined): void {
    if (this.#failure !== undefined) return
    this.#failure = new DfsError(
      'CONNECTION_LOST',
      cause === undefined ? 'the connection was closed' : toDfsError(cause).message,
      { cause },
    )
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.reject(this.#failure)
  }
}
