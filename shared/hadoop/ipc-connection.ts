/**
 * One accepted connection of an IPC server: bytes in, calls out to the dispatcher, replies back in any order. Reading
 * stops while too many calls are outstanding or the client does not read its replies, so what one client can make us
 * hold is bounded.
 */
import type { Socket } from 'node:net'
import { DfsError } from '../errors.js'
import { withoutMapping } from '../ip-address.js'
import type { Log } from '../log.js'
import { IpcSession, type ReceivedCall, type SessionRules } from './ipc-session.js'
import { ReceiveBuffer } from './receive-buffer.js'

export interface IpcLimits extends SessionRules {
  readonly maxConnections: number
  /** Calls of one connection that run at a time; more wait in the client's socket. */
  readonly maxOutstandingCalls: number
  /** Bytes of replies that may wait for a client to read them before its next calls are not taken any more. */
  readonly maxUnsentBytes: number
  /** Bytes of incomplete requests that may wait, of all connections together. */
  readonly maxBufferedBytes: number
  /** From accepting a connection to knowing its user. */
  readonly handshakeTimeoutMs: number
  /** From the first byte of a request to its last. */
  readonly frameTimeoutMs: number
  /** How long a client may leave its replies unread. */
  readonly unreadTimeoutMs: number
  /** Silent connections without calls are closed after so long, once there are more than `idleThreshold` connections. */
  readonly idleTimeoutMs: number
  readonly idleThreshold: number
  /** How long `close` waits for calls that were accepted. */
  readonly closeGraceMs: number
}

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly limits: IpcLimits
  readonly log: Log
  monotonicMs(): number
  /** Runs `take`, which takes all calls that have arrived. */
  aroundCalls(take: () => void): void
  /** Accounts for bytes of incomplete requests; false when all connections together hold too many. */
  buffer(deltaBytes: number): boolean
  /** Runs a call; its reply comes back through `IpcConnection.reply`. */
  dispatch(call: ReceivedCall, connection: IpcConnection): void
  closed(connection: IpcConnection): void
}

/** Given a connection that was told to end: afterwards it is cut off. */
const LINGER_MS = 2_000
/** An incomplete request of this size is always allowed, so that small calls pass when memory is short. */
const SMALL_REQUEST_BYTES = 64 * 1024
const KEEP_ALIVE_MS = 60_000

/** One for all connections: an error for each would cost its stack. */
const GONE = new DfsError('CONNECTION_LOST', 'the client is gone')

export class IpcConnection {
  readonly clientAddress: string
  readonly localAddress: string
  readonly localPort: number
  readonly #socket: Socket
  readonly #host: ConnectionHost
  readonly #session: IpcSession
  readonly #input = new ReceiveBuffer()
  readonly #gone = new AbortController()
  readonly #acceptedMs: number
  #clientId: Uint8Array | undefined
  #clientIdHex = ''
  #lastActiveMs: number
  /** When the incomplete request at the front began to arrive. */
  #frameStartedMs = 0
  #bufferedBytes = 0
  #outstandingCalls = 0
  #unsent: Buffer[] = []
  #unsentBytes = 0
  #isFlushScheduled = false
  #isProcessing = false
  #isDraining = false
  #endedMs: number | undefined
  #sentBytes = 0
  #sendProgressMs: number

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.#session = new IpcSession(host.limits)
    this.clientAddress = withoutMapping(socket.remoteAddress ?? '')
    this.localAddress = withoutMapping(socket.localAddress ?? '')
    this.localPort = socket.localPort ?? 0
    this.#acceptedMs = host.monotonicMs()
    this.#lastActiveMs = this.#acceptedMs
    this.#sendProgressMs = this.#acceptedMs
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.on('data', (chunk) => this.#onData(chunk))
    socket.on('drain', () => this.#process())
    socket.on('error', (error) => {
      host.log.debug({ clientAddress: this.clientAddress, error }, 'ipc connection failed')
    })
    socket.once('close', () => this.#onClose())
  }

  /** Aborts when the client is gone. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  /** The bytes in hex; those of a client's id are the same object for all of its calls mostly (header-memory.ts). */
  hexOf(clientId: Uint8Array): string {
    if (clientId !== this.#clientId) {
      this.#clientId = clientId
      this.#clientIdHex = Buffer.from(clientId).toString('hex')
    }
    return this.#clientIdHex
  }

  get outstandingCalls(): number {
    return this.#outstandingCalls
  }

  /** How long nothing useful happened; undefined while something is under way. */
  idleMs(nowMs: number): number | undefined {
    if (!this.#session.isEstablished) return nowMs - this.#acceptedMs
    const isBusy =
      this.#outstandingCalls > 0 || this.#input.lengthBytes > 0 || this.#socket.writableLength > 0
    return isBusy ? undefined : nowMs - this.#lastActiveMs
  }

  /** Sends the reply to a call that was dispatched. All replies of a turn of the event loop leave in one write. */
  reply(bytes: Buffer): void {
    this.#outstandingCalls -= 1
    this.#lastActiveMs = this.#host.monotonicMs()
    this.#send(bytes)
    this.#process()
  }

  /** Takes no more calls, and ends once the outstanding ones are answered. */
  drain(): void {
    this.#isDraining = true
    this.#process()
  }

  /** Cuts the connection off. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Ends connections that keep us waiting: to be called every now and then. */
  check(nowMs: number): void {
    const reason = this.#overdue(nowMs)
    if (reason === undefined) return
    this.#host.log.debug({ clientAddress: this.clientAddress, reason }, 'ipc connection cut off')
    this.#socket.destroy()
  }

  #overdue(nowMs: number): string | undefined {
    const { limits } = this.#host
    if (this.#endedMs !== undefined) {
      return nowMs - this.#endedMs > LINGER_MS ? 'the client does not close' : undefined
    }
    if (!this.#session.isEstablished && nowMs - this.#acceptedMs > limits.handshakeTimeoutMs) {
      return 'the handshake takes too long'
    }
    const isWaitingForBytes = this.#input.lengthBytes > 0 && !this.#socket.isPaused()
    if (isWaitingForBytes && nowMs - this.#frameStartedMs > limits.frameTimeoutMs) {
      return 'a request takes too long to arrive'
    }
    const { bytesWritten, writableLength } = this.#socket
    const flushedBytes = bytesWritten - writableLength
    if (flushedBytes !== this.#sentBytes || writableLength === 0) {
      this.#sentBytes = flushedBytes
      this.#sendProgressMs = nowMs
    }
    return nowMs - this.#sendProgressMs > limits.unreadTimeoutMs
      ? 'the client does not read its replies'
      : undefined
  }

  #onData(chunk: Buffer): void {
    // After the end, bytes are read and dropped: closing with unread bytes would reset the connection and could
    // destroy the last reply on its way to the client.
    if (this.#endedMs !== undefined || this.#isDraining) return
    this.#lastActiveMs = this.#host.monotonicMs()
    if (this.#input.lengthBytes === 0) this.#frameStartedMs = this.#lastActiveMs
    this.#input.append(chunk)
    this.#process()
  }

  /** Takes requests as long as there are complete ones and room for them. */
  #process(): void {
    if (this.#isProcessing || this.#endedMs !== undefined) return
    this.#isProcessing = true
    const before = this.#input.lengthBytes
    this.#host.aroundCalls(this.#takeCalls)
    this.#isProcessing = false
    if (this.#input.lengthBytes < before) this.#frameStartedMs = this.#lastActiveMs
    this.#account()
    this.#settle()
  }

  readonly #takeCalls = () => {
    while (this.#mayTakeCalls() && this.#step()) {}
  }

  #mayTakeCalls(): boolean {
    const { limits } = this.#host
    return (
      this.#endedMs === undefined &&
      !this.#isDraining &&
      this.#outstandingCalls < limits.maxOutstandingCalls &&
      this.#socket.writableLength + this.#unsentBytes <= limits.maxUnsentBytes
    )
  }

  /** Consumes one frame; false when more bytes are needed. */
  #step(): boolean {
    const step = this.#session.receive(this.#input)
    switch (step.kind) {
      case 'more':
        return false
      case 'nothing':
        return true
      case 'reply':
        this.#send(step.bytes)
        return true
      case 'call':
        this.#outstandingCalls += 1
        this.#host.dispatch(step.call, this)
        return true
      case 'end': {
        const { reason } = step
        this.#host.log.debug({ clientAddress: this.clientAddress, reason }, 'ipc connection ended')
        if (step.last !== undefined) this.#send(step.last)
        this.#end()
        return false
      }
    }
  }

  /** Applies back-pressure, and ends a draining connection that has answered everything. */
  #settle(): void {
    if (this.#endedMs !== undefined) return
    if (this.#isDraining) {
      if (this.#outstandingCalls === 0) this.#end()
    } else if (this.#mayTakeCalls()) {
      if (!this.#socket.isPaused()) return
      // The client could not go on with the request at the front; from here on it can.
      this.#frameStartedMs = this.#host.monotonicMs()
      this.#socket.resume()
    } else this.#socket.pause()
  }

  #account(): void {
    const held = this.#endedMs === undefined ? this.#input.lengthBytes : 0
    const delta = held - this.#bufferedBytes
    if (delta === 0) return
    this.#bufferedBytes = held
    if (this.#host.buffer(delta) || delta < 0 || held <= SMALL_REQUEST_BYTES) return
    this.#host.log.warn(
      { clientAddress: this.clientAddress, lengthBytes: held },
      'ipc requests hold too much memory, connection cut off',
    )
    this.#socket.destroy()
  }

  #send(bytes: Buffer): void {
    if (!this.#socket.writable) return
    this.#unsent.push(bytes)
    this.#unsentBytes += bytes.length
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    // Behind the promises that this turn resolves (a group commit answers hundreds at once), before any input or timer.
    queueMicrotask(() => process.nextTick(() => this.#flush()))
  }

  #flush(): void {
    this.#isFlushScheduled = false
    const bytes = this.#unsent
    this.#unsent = []
    this.#unsentBytes = 0
    const isOnly = bytes.length === 1 ? bytes[0] : undefined
    if (this.#socket.writable) this.#socket.write(isOnly ?? Buffer.concat(bytes))
    if (this.#endedMs === undefined) this.#process()
    else this.#socket.end()
  }

  #end(): void {
    this.#endedMs = this.#host.monotonicMs()
    this.#input.clear()
    this.#socket.resume()
    if (!this.#isFlushScheduled) this.#socket.end()
  }

  #onClose(): void {
    this.#endedMs ??= this.#host.monotonicMs()
    this.#input.clear()
    this.#account()
    this.#gone.abort(GONE)
    this.#host.closed(this)
  }
}
