/**
 * Hadoop IPC, client side: many calls over one connection that is opened when needed and closed when idle. A call whose
 * connection broke is sent once more under the same id; a namenode remembers its answer (protocol reference 1.6), and
 * calls that it does not remember are idempotent by design.
 */
import { DfsError } from '../errors.js'
import type { HostPort } from '../network.js'
import type { Seams } from '../seams.js'
import { ConnectionBroken, IpcClientConnection, type IpcEndpoint } from './ipc-client-connection.js'
import type { OutgoingCall } from './ipc-frames.js'
import type { Decoded, Input } from './message.js'
import type { AnyMessage, RpcMethod } from './rpc-protocol.js'

export interface IpcClientOptions {
  readonly seams: Pick<Seams, 'clock' | 'network' | 'random'>
  readonly address: HostPort
  readonly user: string
  /** Set when a proxy acts for `user`. */
  readonly realUser?: string
  readonly protocolName: string
  /** For one call, connecting included. */
  readonly timeoutMs: number
  /** Open with the SASL handshake, as Java does on the IPC port of datanodes. */
  readonly useSasl?: boolean
  /** How often and how long apart to try when nobody listens; by default once. */
  readonly connectRetry?: { readonly attempts: number; readonly delayMs: number }
  readonly pingIntervalMs?: number
  readonly idleTimeoutMs?: number
}

const MAX_CALL_ID = 0x7fffffff
const CLIENT_ID_BYTES = 16
const DEFAULT_PING_INTERVAL_MS = 60_000
const DEFAULT_IDLE_TIMEOUT_MS = 10_000

export class IpcClient {
  readonly #options: IpcClientOptions
  readonly #endpoint: IpcEndpoint
  /** Ends an attempt to connect. */
  readonly #closing = new AbortController()
  /** Ends each call that is under way. */
  readonly #calls = new Set<AbortController>()
  #connection: IpcClientConnection | undefined
  #opening: Promise<IpcClientConnection> | undefined
  #nextCallId = 0

  constructor(options: IpcClientOptions) {
    this.#options = options
    this.#endpoint = {
      address: options.address,
      user: options.user,
      realUser: options.realUser,
      protocolName: options.protocolName,
      clientId: options.seams.random.bytes(CLIENT_ID_BYTES),
      useSasl: options.useSasl ?? false,
      connectTimeoutMs: options.timeoutMs,
      pingIntervalMs: options.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
      idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
    }
  }

  /**
   * Calls `method` and returns its response.
   * @throws DfsError what the server answered, by its Java class; CONNECTION_REFUSED, CONNECTION_LOST, TIMEOUT,
   *   INTERRUPTED. After the last three the call may have been carried out.
   */
  async call<Request extends AnyMessage, Response extends AnyMessage>(
    method: RpcMethod<Request, Response>,
    request: Input<Request>,
    signal?: AbortSignal,
  ): Promise<Decoded<Response>> {
    const { protocolName, clientId } = this.#endpoint
    const deadline = this.#deadline(method.name, signal)
    const callId = this.#nextCallId
    this.#nextCallId = callId === MAX_CALL_ID ? 0 : callId + 1
    try {
      for (let retryCount = 0; ; retryCount += 1) {
        try {
          const call = { method, request, protocolName, callId, clientId, retryCount }
          return await this.#attempt(call, deadline.signal)
        } catch (error) {
          if (!(error instanceof ConnectionBroken)) throw error
          if (retryCount > 0) throw this.#lost(method.name, error)
        }
      }
    } finally {
      deadline.done()
    }
  }

  /** Closes the connection; calls under way fail with INTERRUPTED. Idempotent. */
  close(): void {
    const reason = new DfsError('INTERRUPTED', 'the client was closed')
    for (const ending of this.#calls) ending.abort(reason)
    this.#closing.abort(reason)
    this.#connection?.destroy(reason)
  }

  async #attempt<Request extends AnyMessage, Response extends AnyMessage>(
    call: OutgoingCall<Request> & { readonly method: RpcMethod<Request, Response> },
    signal: AbortSignal,
  ): Promise<Decoded<Response>> {
    const { clock } = this.#options.seams
    const open = this.#connection?.isOpen ? this.#connection : undefined
    const connection = open ?? (await abortable(this.#connect(), signal))
    const sentMs = clock.monotonicMs()
    try {
      return await abortable(connection.call(call), signal)
    } catch (error) {
      if (signal.aborted) {
        connection.forget(call.callId)
        // Not even another call's reply came: the peer is probably gone, and the next call should not wait for it too.
        if (isTimeout(signal.reason) && connection.lastHeardMs < sentMs) {
          connection.destroy(signal.reason)
        }
      }
      throw error
    }
  }

  /** A new connection; callers that come meanwhile share it. */
  #connect(): Promise<IpcClientConnection> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<IpcClientConnection> {
    const { seams, connectRetry = { attempts: 1, delayMs: 0 } } = this.#options
    const { signal } = this.#closing
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted()
      try {
        this.#connection = await IpcClientConnection.open(seams, this.#endpoint, signal)
        return this.#connection
      } catch (error) {
        const isRefused = error instanceof DfsError && error.code === 'CONNECTION_REFUSED'
        if (!isRefused || attempt >= connectRetry.attempts) throw error
      }
      await seams.clock.sleep(connectRetry.delayMs, signal)
    }
  }

  #lost(methodName: string, cause: ConnectionBroken): DfsError {
    const { host, port } = this.#endpoint.address
    const message = `connection to ${host}:${port} was lost during ${methodName}: ${cause.message}`
    return new DfsError('CONNECTION_LOST', message, { cause })
  }

  /** One signal for everything that ends a call early. */
  #deadline(methodName: string, signal: AbortSignal | undefined) {
    const { seams, timeoutMs } = this.#options
    const { host, port } = this.#endpoint.address
    const ending = new AbortController()
    this.#calls.add(ending)
    const cancelTimer = seams.clock.after(timeoutMs, () => {
      const message = `${methodName} had no answer from ${host}:${port} within ${timeoutMs} ms`
      ending.abort(new DfsError('TIMEOUT', message))
    })
    const onAbort = () => ending.abort(interruption(methodName, signal?.reason))
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
    if (this.#closing.signal.aborted) ending.abort(this.#closing.signal.reason)
    return {
      signal: ending.signal,
      done: () => {
        cancelTimer()
        this.#calls.delete(ending)
        signal?.removeEventListener('abort', onAbort)
      },
    }
  }
}

const isTimeout = (reason: unknown) => reason instanceof DfsError && reason.code === 'TIMEOUT'

function interruption(methodName: string, reason: unknown): DfsError {
  if (reason instanceof DfsError) return reason
  return new DfsError('INTERRUPTED', `${methodName} was interrupted`, { cause: reason })
}

/** What `promise` gives, or the signal's reason when it aborts first. The signal is the caller's own. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject)
  })
}
