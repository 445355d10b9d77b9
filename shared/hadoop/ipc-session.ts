/**
 * What a server does with the bytes of one connection, as a pure state machine: preamble, SASL, context, then calls.
 * It decides, and `ipc-connection.ts` acts. Texts and codes are those of a real namenode (protocol reference 1.1 to 1.4).
 */
import { DfsError, ERROR_TABLE, type ErrorCode } from '../errors.js'
import { HeaderMemory, type MethodHeader } from './header-memory.js'
import {
  AuthProtocol,
  type CallIdentity,
  failureFrame,
  HTTP_ANSWER,
  IPC_VERSION,
  NO_CALL,
  oldVersionFailure,
  PREAMBLE_BYTES,
  PREAMBLE_MAGIC,
  type RpcRequestHeader,
  SASL_SIMPLE,
  saslNegotiateFrame,
} from './ipc-frames.js'
import type { Decoded } from './message.js'
import type { ReceiveBuffer } from './receive-buffer.js'
import {
  IpcConnectionContextProto,
  RpcErrorCode,
  RpcKind,
  RpcOperation,
  RpcSaslProto,
  RpcStatus,
  SaslState,
  SpecialCallId,
} from './schema/ipc.js'
import { ProtoReader } from './wire.js'

/** Who the calls of a connection run as. The name is taken on trust (simple authentication). */
export interface IpcUser {
  readonly user: string
  readonly realUser: string | undefined
}

export interface ReceivedCall {
  readonly identity: CallIdentity
  readonly header: MethodHeader
  readonly callerContext: string | undefined
  /** At the delimited request message. */
  readonly body: ProtoReader
  readonly user: IpcUser
}

/** `more`: wait for bytes. `end`: send `last`, if any, and close. */
export type SessionStep =
  | { readonly kind: 'more' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'reply'; readonly bytes: Buffer }
  | { readonly kind: 'call'; readonly call: ReceivedCall }
  | { readonly kind: 'end'; readonly last: Buffer | undefined; readonly reason: string }

export interface SessionRules {
  readonly maxFrameBytes: number
  /** Whether `realUser` may act for `user` (proxy users). */
  readonly mayImpersonate: (realUser: string, user: string) => boolean
}

/** Runs the calls of a client that did not say who it is. */
export const ANONYMOUS_USER = 'nobody'
/** Before the context nobody has a reason to send more. */
const MAX_HANDSHAKE_FRAME_BYTES = 64 * 1024
const MAX_USER_NAME_LENGTH = 255
/** Rounds of SASL after which a client that insists on tokens is shown the door. */
const MAX_SASL_ROUNDS = 4
const MORE: SessionStep = { kind: 'more' }
const NOTHING: SessionStep = { kind: 'nothing' }

const RPC_KIND_NAMES = ['RPC_BUILTIN', 'RPC_WRITABLE', 'RPC_PROTOCOL_BUFFER']
const RPC_OPERATION_NAMES = ['RPC_FINAL_PACKET', 'RPC_CONTINUATION_PACKET', 'RPC_CLOSE_CONNECTION']

export class IpcSession {
  readonly #rules: SessionRules
  readonly #headers = new HeaderMemory()
  #hasPreamble = false
  #awaitsSasl = false
  #saslRounds = 0
  #user: IpcUser | undefined

  constructor(rules: SessionRules) {
    this.#rules = rules
  }

  /** Whether the client has said who it is, so that calls may come. */
  get isEstablished(): boolean {
    return this.#user !== undefined
  }

  /** Consumes at most one frame of `input`. Not to be called again after `end`. */
  receive(input: ReceiveBuffer): SessionStep {
    if (!this.#hasPreamble) return this.#receivePreamble(input)
    if (input.lengthBytes < 4) return MORE
    const lengthBytes = input.peekInt32()
    const limit = this.isEstablished ? this.#rules.maxFrameBytes : MAX_HANDSHAKE_FRAME_BYTES
    if (lengthBytes < 0 || lengthBytes > limit) {
      return { kind: 'end', last: undefined, reason: `a frame announces ${lengthBytes} bytes` }
    }
    if (input.lengthBytes < 4 + lengthBytes) return MORE
    const bytes = input.take(4 + lengthBytes)
    return this.#receiveFrame(new ProtoReader(bytes, 4, bytes.length))
  }

  #receivePreamble(input: ReceiveBuffer): SessionStep {
    if (input.lengthBytes < 4) return MORE
    const magic = input.peek(4).toString('latin1')
    if (magic === 'GET ') {
      return { kind: 'end', last: HTTP_ANSWER, reason: 'an HTTP request' }
    }
    if (input.lengthBytes < PREAMBLE_BYTES) return MORE
    const preamble = input.take(PREAMBLE_BYTES)
    const version = preamble.readInt8(4)
    if (magic !== PREAMBLE_MAGIC || version !== IPC_VERSION) return wrongVersion(version)
    const authProtocol = preamble.readUInt8(6)
    if (authProtocol !== AuthProtocol.NONE && authProtocol !== AuthProtocol.SASL) {
      const message = `Unknown auth protocol:${preamble.readInt8(6)}`
      return fatal(NO_CALL, RpcErrorCode.FATAL_UNAUTHORIZED, 'IPC', message)
    }
    this.#hasPreamble = true
    this.#awaitsSasl = authProtocol === AuthProtocol.SASL
    return NOTHING
  }

  #receiveFrame(reader: ProtoReader): SessionStep {
    let header: RpcRequestHeader
    try {
      header = this.#headers.readHeader(reader)
    } catch (error) {
      return undecodable(NO_CALL, 'RpcRequestHeaderProto', error)
    }
    const refusal = headerRefusal(header)
    if (refusal !== undefined) return invalidHeader(header, refusal)
    if (header.callId < 0) return this.#receiveControl(header, reader)
    const user = this.#user
    if (user === undefined) return invalidHeader(header, 'Connection context not established')
    if (header.rpcKind !== RpcKind.PROTOCOL_BUFFER) {
      const kind = header.rpcKind ?? 0
      return invalidHeader(header, `Unknown rpc kind in rpc header${RPC_KIND_NAMES[kind] ?? kind}`)
    }
    try {
      const call: ReceivedCall = {
        identity: identityOf(header),
        header: this.#headers.readMethod(reader),
        callerContext: header.callerContext?.context,
        body: reader,
        user,
      }
      return { kind: 'call', call }
    } catch (error) {
      return undecodable(withoutClientId(header), 'RequestHeaderProto', error)
    }
  }

  #receiveControl(header: RpcRequestHeader, reader: ProtoReader): SessionStep {
    switch (header.callId) {
      case SpecialCallId.PING:
        return NOTHING
      case SpecialCallId.SASL:
        return this.#receiveSasl(header, reader)
      case SpecialCallId.CONNECTION_CONTEXT:
        return this.#receiveContext(header, reader)
      default:
        return invalidHeader(header, `Unknown out of band call #${header.callId}`)
    }
  }

  #receiveSasl(header: RpcRequestHeader, reader: ProtoReader): SessionStep {
    if (!this.#awaitsSasl) return invalidHeader(header, 'SASL protocol not requested by client')
    this.#saslRounds += 1
    try {
      const { state, auths, token } = RpcSaslProto.decodeDelimited(reader)
      const method = auths[0]?.method
      if (state === SaslState.INITIATE && method === SASL_SIMPLE) {
        this.#awaitsSasl = false
        return NOTHING
      }
      const asksForMethods =
        state === SaslState.NEGOTIATE || (state === SaslState.INITIATE && token === undefined)
      if (asksForMethods && this.#saslRounds <= MAX_SASL_ROUNDS) {
        return { kind: 'reply', bytes: saslNegotiateFrame() }
      }
      const message = `${method ?? 'SASL'} authentication is not enabled.  Available:[SIMPLE]`
      return fatal(
        withoutClientId(header),
        RpcErrorCode.FATAL_UNAUTHORIZED,
        'PERMISSION_DENIED',
        message,
      )
    } catch (error) {
      return undecodable(withoutClientId(header), 'RpcSaslProto', error)
    }
  }

  #receiveContext(header: RpcRequestHeader, reader: ProtoReader): SessionStep {
    if (this.#awaitsSasl) {
      return invalidHeader(header, 'Connection header sent during SASL negotiation')
    }
    if (this.#user !== undefined) {
      return invalidHeader(header, 'Connection context already processed')
    }
    let context: Decoded<typeof IpcConnectionContextProto>
    try {
      context = IpcConnectionContextProto.decodeDelimited(reader)
    } catch (error) {
      return undecodable(withoutClientId(header), 'IpcConnectionContextProto', error)
    }
    const user = context.userInfo?.effectiveUser ?? ANONYMOUS_USER
    const realUser = context.userInfo?.realUser
    if (!isUserName(user) || (realUser !== undefined && !isUserName(realUser))) {
      return { kind: 'end', last: undefined, reason: 'an impossible user name' }
    }
    const isProxy = realUser !== undefined && realUser !== user
    if (isProxy && !this.#rules.mayImpersonate(realUser, user)) {
      return fatal(
        withoutClientId(header),
        RpcErrorCode.FATAL_UNAUTHORIZED,
        'NOT_AUTHORIZED',
        `User: ${realUser} is not allowed to impersonate ${user}`,
      )
    }
    this.#user = { user, realUser: isProxy ? realUser : undefined }
    return NOTHING
  }
}

/** Why a header is refused, in Hadoop's words; its checks have this order. */
function headerRefusal(header: RpcRequestHeader): string | undefined {
  const { rpcOp, rpcKind } = header
  if (rpcOp === undefined) return ' IPC Server: No rpc op in rpcRequestHeader'
  if (rpcOp !== RpcOperation.FINAL_PACKET) {
    return `IPC Server does not implement rpc header operation${RPC_OPERATION_NAMES[rpcOp] ?? rpcOp}`
  }
  if (rpcKind === undefined) return ' IPC Server: No rpc kind in rpcRequestHeader'
  return undefined
}

/** Owners, audit lines and messages carry the name, so it must be short and printable. */
function isUserName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_USER_NAME_LENGTH) return false
  return !/\p{Cc}/u.test(name)
}

function identityOf(header: RpcRequestHeader): CallIdentity {
  return {
    callId: header.callId,
    clientId: header.clientId,
    retryCount: header.retryCount ?? NO_CALL.retryCount,
  }
}

/** Fatal replies echo the call id and the retry count only, as those of real servers do. */
function withoutClientId(header: RpcRequestHeader): CallIdentity {
  return { ...identityOf(header), clientId: NO_CALL.clientId }
}

function fatal(call: CallIdentity, detail: number, code: ErrorCode, message: string): SessionStep {
  const { javaClass } = ERROR_TABLE[code]
  const failure = { status: RpcStatus.FATAL, errorDetail: detail, javaClass, message }
  return { kind: 'end', last: failureFrame(call, failure), reason: message }
}

function invalidHeader(header: RpcRequestHeader, message: string): SessionStep {
  const detail = RpcErrorCode.FATAL_INVALID_RPC_HEADER
  return fatal(withoutClientId(header), detail, 'RPC_SERVER', message)
}

function undecodable(call: CallIdentity, type: string, error: unknown): SessionStep {
  if (!(error instanceof DfsError)) throw error
  const { javaClass } = ERROR_TABLE.MALFORMED_MESSAGE
  const message = `Error decoding ${type}: ${javaClass}: ${error.message}`
  return fatal(call, RpcErrorCode.FATAL_DESERIALIZING_REQUEST, 'RPC_SERVER', message)
}

/** The answer must be one that a client of `version` understands; versions are signed bytes. */
function wrongVersion(version: number): SessionStep {
  const message = `Server IPC version ${IPC_VERSION} cannot communicate with client version ${version}`
  const { javaClass } = ERROR_TABLE.RPC_VERSION_MISMATCH
  if (version >= IPC_VERSION) {
    return fatal(NO_CALL, RpcErrorCode.FATAL_VERSION_MISMATCH, 'RPC_VERSION_MISMATCH', message)
  }
  const last = version >= 3 ? oldVersionFailure(javaClass, message) : undefined
  return { kind: 'end', last, reason: message }
}
