/**
 * Client side of one TCP connection of Hadoop IPC: opens it, says who calls, sends calls and hands replies to whoever
 * waits. It never repeats anything; `ipc-client.ts` decides what to do when it breaks.
 */
import type { Socket } from 'node:net'
import { DfsError, fromJavaException, toDfsError } from '../errors.js'
import type { HostPort } from '../network.js'
import type { Seams } from '../seams.js'
import {
  AuthProtocol,
  callFrame,
  contextFrame,
  MAX_FRAME_BYTES,
  type OutgoingCall,
  pingFrame,
  preambleBytes,
  type RpcResponseHeader,
  SASL_SIMPLE,
  saslRequestFrame,
} from './ipc-frames.js'
import type { Decoded } from './message.js'
import { ReceiveBuffer } from './receive-buffer.js'
import type { AnyMessage, RpcMethod } from './rpc-protocol.js'
import {
  RpcResponseHeaderProto,
  RpcSaslProto,
  RpcStatus,
  SaslState,
  SpecialCallId,
} from './schema/ipc.js'
import { ProtoReader } from './wire.js'

export interface IpcEndpoint {
  readonly address: HostPort
  readonly user: string
  /** Set when a proxy acts for `user`. */
  readonly realUser?: string | undefined
  readonly protocolName: string
  readonly clientId: Uint8Array
  readonly useSasl: boolean
  readonly connectTimeoutMs: number
  /** Silence with calls outstanding after which a ping shows the server that we are there. */
  readonly pingIntervalMs: number
  /** Silence without calls after which the connection is closed. */
  readonly idleTimeoutMs: number
}

/** The connection broke under a call: whether the server ran the call is not known. */
export class ConnectionBroken extends Error {
  override readonly name = 'ConnectionBroken'
}

interface Waiting {
  readonly method: RpcMethod
  readonly resolve: (response: unknown) => void
  readonly reject: (error: unknown) => void
}

const unsigned = (callId: number) => callId >>> 0
const SASL_CALL = unsigned(SpecialCallId.SASL)

export class IpcClientConnection {
  readonly #endpoint: IpcEndpoint
  readonly #clock: Seams['clock']
  readonly #socket: Socket
  readonly #input = new ReceiveBuffer()
  readonly #waiting = new Map<number, Waiting>()
  #unsent: Buffer[] = []
  /** Frames that may not leave before the handshake is over. */
  #held: Buffer[] | undefined
  #cancelTimer: (() => void) | undefined
  #failure: Error | undefined
  #lastHeardMs = Number.NEGATIVE_INFINITY

  /** @throws DfsError CONNECTION_REFUSED, TIMEOUT, INTERRUPTED */
  static async open(
    seams: Pick<Seams, 'clock' | 'network'>,
    endpoint: IpcEndpoint,
    signal: AbortSignal,
  ): Promise<IpcClientConnection> {
    const timeoutMs = endpoint.connectTimeoutMs
    const socket = await seams.network.connect(endpoint.address, {
      timeoutMs,
      signal,
      receives: 'reused',
    })
    return new IpcClientConnection(seams.clock, endpoint, socket)
  }

  private constructor(clock: Seams['clock'], endpoint: IpcEndpoint, socket: Socket) {
    this.#clock = clock
    this.#endpoint = endpoint
    this.#socket = socket
    socket.setKeepAlive(true, endpoint.pingIntervalMs)
    socket.on('data', (chunk) => this.#onData(chunk))
    socket.on('error', (error) => this.#break(error))
    socket.once('close', () => this.#break(new Error('the server closed the connection')))
    this.#begin()
    this.#rest()
  }

  /** Whether calls can still be sent. */
  get isOpen(): boolean {
    return this.#failure === undefined && this.#socket.writable
  }

  /** When bytes came last, in monotonic milliseconds. */
  get lastHeardMs(): number {
    return this.#lastHeardMs
  }

  /**
   * Sends a call and waits for its reply.
   * @throws DfsError what the server answered; ConnectionBroken
   */
  call<Request extends AnyMessage, Response extends AnyMessage>(
    call: OutgoingCall<Request> & { readonly method: RpcMethod<Request, Response> },
  ): Promise<Decoded<Response>> {
    const bytes = callFrame(call)
    return new Promise((resolve, reject) => {
      if (!this.isOpen) {
        reject(new ConnectionBroken('the connection is closed', { cause: this.#failure }))
        return
      }
      this.#waiting.set(call.callId, {
        method: call.method,
        resolve: (response) => resolve(response as Decoded<Response>),
        reject,
      })
      this.#work()
      if (this.#held === undefined) this.#write(bytes)
      else this.#held.push(bytes)
    })
  }

  /** Nobody waits for this reply any more. */
  forget(callId: number): void {
    if (this.#waiting.delete(callId) && this.#waiting.size === 0) this.#rest()
  }

  /** Closes at once; whoever waits gets ConnectionBroken. */
  destroy(reason: Error): void {
    this.#break(reason)
  }

  #begin(): void {
    const { useSasl } = this.#endpoint
    this.#write(preambleBytes(useSasl ? AuthProtocol.SASL : AuthProtocol.NONE))
    if (useSasl) {
      this.#held = []
      this.#write(saslRequestFrame({ state: SaslState.NEGOTIATE }))
    } else this.#sendContext()
  }

  #sendContext(): void {
    const { user, realUser, protocolName, clientId } = this.#endpoint
    const userInfo = { effectiveUser: user, realUser }
    this.#write(contextFrame(clientId, { userInfo, protocol: protocolName }))
    for (const bytes of this.#held ?? []) this.#write(bytes)
    this.#held = undefined
  }

  /** All that is written in one turn leaves in one segment: preamble, context and calls. */
  #write(bytes: Buffer): void {
    this.#unsent.push(bytes)
    if (this.#unsent.length > 1) return
    process.nextTick(() => {
      const batch = Buffer.concat(this.#unsent)
      this.#unsent = []
      if (this.#socket.writable) this.#socket.write(batch)
    })
  }

  /** Calls are outstanding: the process waits for them, and pings keep the connection. */
  #work(): void {
    if (this.#waiting.size > 1) return
    this.#socket.ref()
    this.#schedulePing()
  }

  #schedulePing(): void {
    const { clientId, pingIntervalMs } = this.#endpoint
    this.#cancelTimer?.()
    this.#cancelTimer = this.#clock.after(pingIntervalMs, () => {
      if (this.#held === undefined) this.#write(pingFrame(clientId))
      this.#schedulePing()
    })
  }

  /** No call is outstanding: the connection does not keep the process alive, and is closed after a while. */
  #rest(): void {
    if (this.#failure !== undefined) return
    this.#socket.unref()
    this.#cancelTimer?.()
    this.#cancelTimer = this.#clock.after(this.#endpoint.idleTimeoutMs, () => {
      this.#break(new Error('the connection was idle'))
    })
  }

  #onData(chunk: Buffer): void {
    this.#lastHeardMs = this.#clock.monotonicMs()
    this.#input.append(chunk)
    try {
      while (this.#failure === undefined && this.#input.lengthBytes >= 4) {
        const lengthBytes = this.#input.peekInt32()
        if (lengthBytes < 0 || lengthBytes > MAX_FRAME_BYTES) throw this.#notAReply()
        if (this.#input.lengthBytes < 4 + lengthBytes) return
        const bytes = this.#input.take(4 + lengthBytes)
        this.#onReply(new ProtoReader(bytes, 4, bytes.length))
      }
    } catch (error) {
      this.#break(toDfsError(error))
    }
  }

  #notAReply(): DfsError {
    const { host, port } = this.#endpoint.address
    const isHttp = this.#input.peek(4).toString('latin1') === 'HTTP'
    const found = isHttp ? 'HTTP; is this the port of the web page?' : 'something else'
    return new DfsError('MALFORMED_MESSAGE', `${host}:${port} speaks not Hadoop RPC but ${found}`)
  }

  #onReply(reader: ProtoReader): void {
    const header = RpcResponseHeaderProto.decodeDelimited(reader)
    if (header.status === RpcStatus.FATAL) {
      this.#break(failureOf(header))
      return
    }
    if (header.callId === SASL_CALL) {
      this.#onSasl(RpcSaslProto.decodeDelimited(reader))
      return
    }
    const waiting = this.#waiting.get(header.callId)
    if (waiting === undefined) return // Its caller gave up.
    this.#waiting.delete(header.callId)
    if (this.#waiting.size === 0) this.#rest()
    if (header.status !== RpcStatus.SUCCESS) {
      waiting.reject(failureOf(header))
      return
    }
    try {
      waiting.resolve(waiting.method.response.decodeDelimited(reader))
    } catch (error) {
      waiting.reject(error)
    }
  }

  #onSasl(answer: Decoded<typeof RpcSaslProto>): void {
    if (answer.state === SaslState.SUCCESS) {
      this.#sendContext()
      return
    }
    const isSimpleOffered = answer.auths.some((it) => it.method === SASL_SIMPLE)
    if (answer.state !== SaslState.NEGOTIATE || !isSimpleOffered) {
      const offered = answer.auths.map((it) => it.method).join(', ')
      throw new DfsError(
        'UNAUTHENTICATED',
        `the server wants an authentication that is not supported: ${offered}`,
      )
    }
    const auths = [{ method: SASL_SIMPLE, mechanism: '' }]
    this.#write(saslRequestFrame({ state: SaslState.INITIATE, auths }))
    this.#sendContext()
  }

  /** Ends the connection; a refusal of the server is what its callers get, anything else is a broken connection. */
  #break(reason: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#cancelTimer?.()
    this.#input.clear()
    this.#socket.destroy()
    const isRefusal = reason instanceof DfsError
    for (const { reject } of this.#waiting.values()) {
      reject(isRefusal ? reason : new ConnectionBroken(reason.message, { cause: reason }))
    }
    this.#waiting.clear()
  }
}

function failureOf(header: RpcResponseHeader): DfsError {
  const { exceptionClassName = 'java.io.IOException', errorMsg = 'no message' } = header
  return fromJavaException(exceptionClassName, errorMsg)
}
