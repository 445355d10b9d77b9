/**
 * Hadoop IPC, server side (protocol reference 1): accepts connections, runs calls of the protocols it was given and
 * answers in whatever order they finish. Failures that are `DfsError`s travel by Java class and message; anything else
 * is logged and hidden, since its text was not written for users.
 */
import type { Socket } from 'node:net'
import { assert } from '../assert.js'
import { BackgroundLoop } from '../background-loop.js'
import { DfsError, type ErrorCode } from '../errors.js'
import type { Log } from '../log.js'
import type { HostPort, Listener } from '../network.js'
import type { Seams } from '../seams.js'
import { IpcConnection, type IpcLimits } from './ipc-connection.js'
import { type CallIdentity, failureFrame, MAX_FRAME_BYTES, successFrame } from './ipc-frames.js'
import type { ReceivedCall } from './ipc-session.js'
import { RefusedConnections } from './refused-connections.js'
import type { AnyRpcHandler, RpcContext, RpcProtocols } from './rpc-handler.js'
import { RpcErrorCode, RpcStatus } from './schema/ipc.js'

export { type AnyRpcHandler, type RpcContext, type RpcHandler, rpcMethod } from './rpc-handler.js'

/** One finished call, for metrics. Names are only those of methods that exist, so their number is bounded. */
export interface CallStatistics {
  readonly protocol: string
  readonly method: string
  readonly durationMs: number
  readonly outcome: 'success' | ErrorCode
}

export interface IpcServerOptions {
  readonly seams: Pick<Seams, 'clock' | 'network' | 'log'>
  readonly protocols: RpcProtocols
  readonly limits?: Partial<IpcLimits>
  readonly onCall?: (statistics: CallStatistics) => void
  /** Runs `take`, in which all calls begin that have arrived on a connection by then: handlers may share what they open. */
  readonly aroundCalls?: (take: () => void) => void
}

export const DEFAULT_IPC_LIMITS: IpcLimits = {
  maxFrameBytes: MAX_FRAME_BYTES,
  mayImpersonate: () => false,
  maxConnections: 10_000,
  maxOutstandingCalls: 1_000,
  maxUnsentBytes: 4 * 1024 * 1024,
  maxBufferedBytes: 512 * 1024 * 1024,
  handshakeTimeoutMs: 30_000,
  frameTimeoutMs: 120_000,
  unreadTimeoutMs: 300_000,
  idleTimeoutMs: 20_000,
  idleThreshold: 4_000,
  closeGraceMs: 5_000,
}

const SWEEP_INTERVAL_MS = 1_000
const UNKNOWN = 'unknown'

const DETAIL_BY_CODE: Partial<Record<ErrorCode, number>> = {
  NO_SUCH_METHOD: RpcErrorCode.NO_SUCH_METHOD,
  NO_SUCH_PROTOCOL: RpcErrorCode.NO_SUCH_PROTOCOL,
  RPC_VERSION_MISMATCH: RpcErrorCode.RPC_VERSION_MISMATCH,
}

export class IpcServer {
  readonly limits: IpcLimits
  readonly log: Log
  readonly #seams: IpcServerOptions['seams']
  readonly #protocols: ReadonlyMap<string, ReadonlyMap<string, AnyRpcHandler>>
  readonly #onCall: (statistics: CallStatistics) => void
  /** @internal for `IpcConnection`. */
  readonly aroundCalls: (take: () => void) => void
  readonly #connections = new Set<IpcConnection>()
  readonly #refused: RefusedConnections
  readonly #sweeper: BackgroundLoop
  #bufferedBytes = 0
  #listeners: readonly Listener[] = []
  #closing: Promise<void> | undefined
  #onAllGone: (() => void) | undefined

  constructor(options: IpcServerOptions) {
    this.#seams = options.seams
    this.log = options.seams.log
    this.limits = { ...DEFAULT_IPC_LIMITS, ...options.limits }
    this.#onCall = options.onCall ?? (() => {})
    this.aroundCalls = options.aroundCalls ?? ((take) => take())
    this.#refused = new RefusedConnections(options.seams)
    // Maps, because a client may ask for a method called `constructor`.
    const methodsOf = (methods: RpcProtocols[string]) =>
      new Map(Object.values(methods).map((it) => [it.name, it]))
    this.#protocols = new Map(
      Object.entries(options.protocols).map(([name, methods]) => [name, methodsOf(methods)]),
    )
    this.#sweeper = new BackgroundLoop({
      name: 'ipc-connection-sweep',
      clock: options.seams.clock,
      retryAfterMs: SWEEP_INTERVAL_MS,
      onError: (error, context) => this.log.error({ error, ...context }, 'ipc sweep failed'),
      tick: () => {
        this.#sweep()
        return { kind: 'idle', forMs: SWEEP_INTERVAL_MS }
      },
    })
  }

  /** Connections that are open, and calls that run on them. */
  get load(): { readonly connections: number; readonly outstandingCalls: number } {
    let outstandingCalls = 0
    for (const connection of this.#connections) outstandingCalls += connection.outstandingCalls
    return { connections: this.#connections.size, outstandingCalls }
  }

  /**
   * Accepts connections; once in the life of a server. Closing the listener closes the server.
   * @param more further places where the same is served
   * @returns the listener with the port of `address`
   * @throws DfsError PORT_IN_USE; then nothing listens
   */
  async listen(address: HostPort, more: readonly HostPort[] = []): Promise<Listener> {
    assert(this.#listeners.length === 0, 'a server listens once')
    const { network } = this.#seams
    const accept = (socket: Socket) => this.#accept(socket)
    const listen = (place: HostPort) => network.listen(place, accept, { receives: 'reused' })
    const first = await listen(address)
    this.#listeners = [first]
    try {
      for (const place of more) {
        this.#listeners = [...this.#listeners, await listen(place)]
      }
    } catch (error) {
      await this.close()
      throw error
    }
    this.#sweeper.start()
    return { port: first.port, close: () => this.close() }
  }

  /** Takes no more calls, waits a bounded time for those that run, then closes everything. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { clock } = this.#seams
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(this.limits.closeGraceMs, resolve)
        this.#onAllGone = () => {
          cancel()
          resolve()
        }
        for (const connection of this.#connections) connection.drain()
      })
    }
    await this.#sweeper.stop()
    this.#refused.close()
    await Promise.all(this.#listeners.map((it) => it.close()))
  }

  #accept(socket: Socket): void {
    const isFull = this.#connections.size >= this.limits.maxConnections
    if (this.#closing !== undefined) {
      socket.on('error', () => socket.destroy())
      socket.destroy()
      return
    }
    if (isFull && !this.#evictIdle()) {
      this.#refused.refuse(socket, this.#connections.size)
      return
    }
    this.#connections.add(new IpcConnection(socket, this))
  }

  /** Makes room by closing the connection that was silent longest; false when all are at work. */
  #evictIdle(): boolean {
    const nowMs = this.monotonicMs()
    let longest: IpcConnection | undefined
    let longestMs = 0
    for (const connection of this.#connections) {
      const idleMs = connection.idleMs(nowMs) ?? 0
      if (idleMs <= longestMs) continue
      longest = connection
      longestMs = idleMs
    }
    longest?.destroy()
    return longest !== undefined
  }

  #sweep(): void {
    const nowMs = this.monotonicMs()
    this.#refused.report(this.#connections.size)
    const isCrowded = this.#connections.size > this.limits.idleThreshold
    for (const connection of this.#connections) {
      connection.check(nowMs)
      const idleMs = connection.idleMs(nowMs)
      const isIdle = idleMs !== undefined && idleMs > this.limits.idleTimeoutMs
      if (isCrowded && isIdle) connection.drain()
    }
  }

  /** @internal for `IpcConnection`. */
  monotonicMs(): number {
    return this.#seams.clock.monotonicMs()
  }

  /** @internal for `IpcConnection`. */
  buffer(deltaBytes: number): boolean {
    this.#bufferedBytes += deltaBytes
    return this.#bufferedBytes <= this.limits.maxBufferedBytes
  }

  /** @internal for `IpcConnection`. */
  closed(connection: IpcConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#onAllGone?.()
  }

  /** @internal for `IpcConnection`: runs a call and replies when it is done. */
  dispatch(call: ReceivedCall, connection: IpcConnection): void {
    const startedMs = this.monotonicMs()
    let handler: AnyRpcHandler | undefined
    const finish = (bytes: Buffer, outcome: CallStatistics['outcome']) => {
      connection.reply(bytes)
      this.#onCall({
        protocol: handler === undefined ? UNKNOWN : call.header.declaringClassProtocolName,
        method: handler?.name ?? UNKNOWN,
        durationMs: this.monotonicMs() - startedMs,
        outcome,
      })
    }
    const fail = (error: unknown) => {
      const failure = this.#describe(error, call)
      finish(errorFrame(call.identity, failure), failure.code)
    }
    const succeed = (response: unknown) => {
      const reply = this.#encode(call, handler, response)
      if (reply instanceof Buffer) finish(reply, 'success')
      else fail(reply)
    }
    let answer: unknown
    try {
      handler = this.#find(call)
      const request = handler.request.decodeDelimited(call.body)
      // The table pairs each handler with its request type; only this map has forgotten which.
      answer = handler.handle(request as never, contextOf(call, connection))
    } catch (error) {
      fail(error)
      return
    }
    if (answer instanceof Promise) answer.then(succeed, fail)
    else succeed(answer)
  }

  #find({ header }: ReceivedCall): AnyRpcHandler {
    const { declaringClassProtocolName: protocol, methodName, clientProtocolVersion } = header
    const methods = this.#protocols.get(protocol)
    if (methods === undefined) {
      throw new DfsError('NO_SUCH_PROTOCOL', `Unknown protocol: ${protocol}`)
    }
    if (clientProtocolVersion !== 1) {
      const versions = `(client = ${clientProtocolVersion}, server = 1)`
      throw new DfsError(
        'RPC_VERSION_MISMATCH',
        `Protocol ${protocol} version mismatch. ${versions}`,
      )
    }
    const handler = methods.get(methodName)
    if (handler !== undefined) return handler
    throw new DfsError(
      'NO_SUCH_METHOD',
      `Unknown method ${methodName} called on ${protocol} protocol.`,
    )
  }

  /** The frame of a reply, or why there is none. */
  #encode(call: ReceivedCall, handler: AnyRpcHandler | undefined, response: unknown) {
    assert(handler !== undefined, 'only a handler answers')
    try {
      const bytes = successFrame(call.identity, handler.response, response as never)
      if (bytes.length - 4 <= MAX_FRAME_BYTES) return bytes
      return new DfsError('IO', `RPC response has ${bytes.length} bytes, more than clients accept`)
    } catch (error) {
      return new DfsError('INTERNAL', 'a handler gave an impossible response', { cause: error })
    }
  }

  /** What the client is told; failures of ours are logged here, once. */
  #describe(error: unknown, call: ReceivedCall): DfsError {
    if (error instanceof DfsError && error.code !== 'INTERNAL') return error
    const { methodName } = call.header
    this.log.error({ error, methodName, user: call.user.user }, 'ipc call failed inside')
    return new DfsError('INTERNAL', 'Internal error', { cause: error })
  }
}

function errorFrame(call: CallIdentity, error: DfsError): Buffer {
  return failureFrame(call, {
    status: RpcStatus.ERROR,
    errorDetail: DETAIL_BY_CODE[error.code] ?? RpcErrorCode.APPLICATION,
    javaClass: error.javaClass,
    message: error.message,
  })
}

function contextOf(call: ReceivedCall, connection: IpcConnection): RpcContext {
  const { identity, user, callerContext } = call
  return {
    user: user.user,
    ...(user.realUser === undefined ? {} : { realUser: user.realUser }),
    clientId: connection.hexOf(identity.clientId),
    callId: identity.callId,
    retryCount: identity.retryCount,
    clientAddress: connection.clientAddress,
    localAddress: connection.localAddress,
    localPort: connection.localPort,
    ...(callerContext === undefined ? {} : { callerContext }),
    signal: connection.signal,
  }
}
