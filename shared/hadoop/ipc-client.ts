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
  readonly #calls = new Set<Patience>()
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
    const { clientId } = this.#endpoint
    const protocolName = method.protocolName ?? this.#endpoint.protocolName
    const patience = this.#patience(method.name, signal)
    const callId = this.#nextCallId
    this.#nextCallId = callId === MAX_CALL_ID ? 0 : callId + 1
    try {
      for (let retryCount = 0; ; retryCount += 1) {
        try {
          const call = { method, request, protocolName, callId, clientId, retryCount }
          return await this.#attempt(call, patience)
        } catch (error) {
          if (!(error instanceof ConnectionBroken)) throw error
          if (retryCount > 0) throw this.#lost(method.name, error)
        }
      }
    } finally {
      patience.done()
      this.#calls.delete(patience)
    }
  }

  /** Closes the connection; calls under way fail with INTERRUPTED. Idempotent. */
  close(): void {
    const reason = new DfsError('INTERRUPTED', 'the client was closed')
    for (const patience of this.#calls) patience.end(reason)
    this.#closing.abort(reason)
    this.#connection?.destroy(reason)
  }

  async #attempt<Request extends AnyMessage, Response extends AnyMessage>(
    call: OutgoingCall<Request> & { readonly method: RpcMethod<Request, Response> },
    patience: Patience,
  ): Promise<Decoded<Response>> {
    const { clock } = this.#options.seams
    const open = this.#connection?.isOpen ? this.#connection : undefined
    const connection = open ?? (await patience.waitFor(this.#connect()))
    const sentMs = clock.monotonicMs()
    try {
      return await patience.waitFor(connection.call(call))
    } catch (error) {
      const { ended } = patience
      if (ended !== undefined && error === ended) {
        connection.forget(call.callId)
        // Not even another call's reply came: the peer is probably gone, and the next call should not wait for it too.
        const isSilent = connection.lastHeardMs < sentMs
        if (ended.code === 'TIMEOUT' && isSilent) connection.destroy(ended)
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

  /** Everything that ends a call early. */
  #patience(methodName: string, signal: AbortSignal | undefined): Patience {
    const { seams, timeoutMs } = this.#options
    const { host, port } = this.#endpoint.address
    const patience = new Patience()
    this.#calls.add(patience)
    patience.onDone(
      seams.clock.after(timeoutMs, () => {
        const message = `${methodName} had no answer from ${host}:${port} within ${timeoutMs} ms`
        patience.end(new DfsError('TIMEOUT', message))
      }),
    )
    if (signal !== undefined) {
      const onAbort = () => patience.end(interruption(methodName, signal.reason))
      if (signal.aborted) onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      patience.onDone(() => signal.removeEventListener('abort', onAbort))
    }
    if (this.#closing.signal.aborted) patience.end(this.#closing.signal.reason)
    return patience
  }
}

/** How long a caller waits: until its time is up, it is interrupted or the client closes. Cheaper than abort signals. */
class Patience {
  #ended: DfsError | undefined
  #giveUp: ((reason: DfsError) => void) | undefined
  readonly #releases: (() => void)[] = []

  /** Why the wait was ended early. */
  get ended(): DfsError | undefined {
    return this.#ended
  }

  end(reason: DfsError): void {
    this.#ended ??= reason
    this.#giveUp?.(this.#ended)
  }

  /** What `promise` gives, or the reason of `end` when that comes first. */
  waitFor<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject
      promise.then(resolve, reject)
      if (this.#ended !== undefined) reject(this.#ended)
    })
  }

  onDone(release: () => void): void {
    this.#releases.push(release)
  }

  done(): void {
    for (const release of this.#releases) release()
  }
}

function interruption(methodName: string, reason: unknown): DfsError {
  if (reason instanceof DfsError) return reason
  return new DfsError('INTERRUPTED', `${methodName} was interrupted`, { cause: reason })
}
