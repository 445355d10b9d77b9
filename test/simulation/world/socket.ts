/**
 * A socket without a system: bytes travel through the scheduler to the other end, in order within a connection and in
 * any order between connections. What is under way while a link is cut waits, as TCP sends again, and is lost with the
 * connection when it breaks.
 */
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { present } from '../../../shared/assert.js'
import type { HostPort } from '../../../shared/network.js'
import type { Life } from './life.js'

/** What decides how long bytes travel, and whether they do. */
export interface Wire {
  /** Milliseconds for so many bytes; undefined while the way is cut. */
  travelMs(fromHost: string, toHost: string, bytes: number): number | undefined
  /** Whether these bytes do not arrive: their connection breaks instead. Asked once for each piece. */
  loses(fromHost: string, toHost: string): boolean
  /** Tried again this often while the way is cut. */
  readonly retryMs: number
  /** A way that stays cut for so long breaks the connection, as the system gives up sending. */
  readonly giveUpMs: number
}

type Message =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'end' | 'reset' }

/** Unread bytes that one direction holds before the writer waits. */
const WINDOW_BYTES = 256 * 1024

export class SimulatedSocket extends Duplex {
  readonly life: Life
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly remoteFamily = 'IPv4'
  readonly connecting = false
  bytesWritten = 0
  bytesRead = 0
  readonly #wire: Wire
  peer: SimulatedSocket | undefined
  #sending: Message[] = []
  #isTravelling = false
  #cutSinceMs: number | undefined
  #waitingBytes = 0
  #onRoom: (() => void) | undefined
  #received: Message[] = []
  #wantsMore = false

  constructor(options: {
    readonly life: Life
    readonly wire: Wire
    readonly local: HostPort
    readonly remote: HostPort
    readonly allowHalfOpen: boolean
  }) {
    super({ allowHalfOpen: options.allowHalfOpen, emitClose: true })
    this.life = options.life
    this.#wire = options.wire
    this.localAddress = options.local.host
    this.localPort = options.local.port
    this.remoteAddress = options.remote.host
    this.remotePort = options.remote.port
  }

  static join(left: SimulatedSocket, right: SimulatedSocket): void {
    left.peer = right
    right.peer = left
    left.life.onEnd(() => left.die())
    right.life.onEnd(() => right.die())
  }

  /** The product only ever uses what this class has; the rest of the type is the system's. */
  asSocket(): Socket {
    return this as unknown as Socket
  }

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Breaks the connection for both ends, as a router that forgets it. */
  breakNow(): void {
    this.peer?.refuse()
    this.refuse()
  }

  override _read(): void {
    this.#wantsMore = true
    this.#handOver()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#write(Buffer.from(chunk), done)
  }

  override _writev(
    chunks: { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#send({ kind: 'end' })
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#onRoom = undefined
    // With everything said the peer reads an end; otherwise the system resets.
    if (!this.writableFinished || error !== null) this.#send({ kind: 'reset' })
    done(error)
  }

  #write(bytes: Buffer, done: (error?: Error | null) => void): void {
    this.bytesWritten += bytes.length
    this.#waitingBytes += bytes.length
    this.#send({ kind: 'data', bytes })
    if (this.#waitingBytes <= WINDOW_BYTES) done()
    else this.#onRoom = () => done()
  }

  #send(message: Message): void {
    if (!this.life.isAlive) return
    this.#sending.push(message)
    this.#travel()
  }

  #travel(): void {
    const message = this.#sending[0]
    if (this.#isTravelling || message === undefined) return
    const { scheduler } = this.life
    const bytes = message.kind === 'data' ? message.bytes.length : 0
    const ms = this.#wire.travelMs(this.localAddress, this.remoteAddress, bytes)
    this.#isTravelling = true
    if (ms === undefined) this.#cutSinceMs ??= scheduler.nowMs
    else this.#cutSinceMs = undefined
    const way = `${this.localAddress}:${this.localPort} to ${this.remoteAddress}:${this.remotePort}`
    scheduler.after(ms ?? this.#wire.retryMs, `${way} ${message.kind} ${bytes}`, () => {
      this.#isTravelling = false
      if (message.kind === 'data' && this.#wire.loses(this.localAddress, this.remoteAddress)) {
        this.#sending = []
        this.breakNow()
        return
      }
      if (ms !== undefined) {
        this.#sending.shift()
        present(this.peer, 'a socket is joined before it sends').arrive(message)
      } else if (scheduler.nowMs - (this.#cutSinceMs ?? 0) > this.#wire.giveUpMs) {
        this.#sending = []
        this.breakNow()
        return
      }
      this.#travel()
    })
  }

  arrive(message: Message): void {
    if (!this.life.isAlive) {
      // The host answers for a process that is gone.
      this.peer?.life.later(1, 'reset by a dead peer', () => this.peer?.refuse())
      return
    }
    if (this.life.isFrozen) {
      this.life.later(0, 'bytes for a frozen process', () => this.arrive(message))
      return
    }
    if (this.destroyed) {
      if (message.kind === 'data') this.#send({ kind: 'reset' })
      return
    }
    if (message.kind === 'reset') this.refuse()
    else {
      this.#received.push(message)
      this.#handOver()
    }
  }

  #handOver(): void {
    while (this.#wantsMore) {
      const message = this.#received.shift()
      if (message === undefined) return
      if (message.kind === 'end') {
        this.push(null)
        return
      }
      if (message.kind !== 'data') continue
      this.bytesRead += message.bytes.length
      this.peer?.taken(message.bytes.length)
      this.#wantsMore = this.push(message.bytes)
    }
  }

  taken(bytes: number): void {
    this.#waitingBytes -= bytes
    if (this.#waitingBytes > WINDOW_BYTES || this.#onRoom === undefined) return
    const onRoom = this.#onRoom
    this.#onRoom = undefined
    this.life.later(0, 'room in the window', onRoom)
  }

  refuse(): void {
    if (!this.life.isAlive || this.destroyed) return
    this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  }

  /** The process of this end is gone. Its host tells the other end, unless nothing reaches it. */
  die(): void {
    this.#sending = []
    this.#onRoom = undefined
    if (this.life.isGhost) this.destroy()
    const ms = this.#wire.travelMs(this.localAddress, this.remoteAddress, 0)
    if (ms !== undefined) this.peer?.life.later(ms, 'peer died', () => this.peer?.refuse())
  }
}
