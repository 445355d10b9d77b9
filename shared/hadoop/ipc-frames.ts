/** The frames of Hadoop IPC: preamble, requests, replies (protocol reference 1.1, 1.2, appendix A). */
import type { Decoded, Input } from './message.js'
import type { AnyMessage, RpcMethod } from './rpc-protocol.js'
import {
  IpcConnectionContextProto,
  RequestHeaderProto,
  RpcKind,
  RpcOperation,
  RpcRequestHeaderProto,
  RpcResponseHeaderProto,
  RpcSaslProto,
  RpcStatus,
  SaslState,
  SpecialCallId,
} from './schema/ipc.js'
import { ProtoWriter } from './wire.js'

export const IPC_VERSION = 9
export const PREAMBLE_BYTES = 7
export const PREAMBLE_MAGIC = 'hrpc'
/** The last byte of the preamble. */
export const AuthProtocol = { NONE: 0, SASL: 0xdf } as const
/** Above it servers drop the connection, and Java clients refuse the reply. */
export const MAX_FRAME_BYTES = 128 * 1024 * 1024

export type RpcRequestHeader = Decoded<typeof RpcRequestHeaderProto>
export type RpcResponseHeader = Decoded<typeof RpcResponseHeaderProto>

const NO_BYTES = new Uint8Array(0)
const CONTROL_RETRY_COUNT = -1

/** A length word and what `write` appends. */
function frame(write: (writer: ProtoWriter) => void): Buffer {
  const writer = new ProtoWriter()
  writer.gap(4)
  write(writer)
  const bytes = writer.finish()
  bytes.writeInt32BE(bytes.length - 4, 0)
  return bytes
}

/** Seven bytes that open a connection. */
export function preambleBytes(authProtocol: number): Buffer {
  return Buffer.from([...Buffer.from(PREAMBLE_MAGIC), IPC_VERSION, 0, authProtocol])
}

function writeControlHeader(writer: ProtoWriter, callId: number, clientId: Uint8Array): void {
  RpcRequestHeaderProto.writeDelimitedTo(writer, {
    rpcKind: RpcKind.PROTOCOL_BUFFER,
    rpcOp: RpcOperation.FINAL_PACKET,
    callId,
    clientId,
    retryCount: CONTROL_RETRY_COUNT,
  })
}

/** Tells the server who calls; sent once, before any call. */
export function contextFrame(
  clientId: Uint8Array,
  context: Input<typeof IpcConnectionContextProto>,
): Buffer {
  return frame((writer) => {
    writeControlHeader(writer, SpecialCallId.CONNECTION_CONTEXT, clientId)
    IpcConnectionContextProto.writeDelimitedTo(writer, context)
  })
}

/** Keeps a connection with calls outstanding alive; never answered. */
export function pingFrame(clientId: Uint8Array): Buffer {
  return frame((writer) => writeControlHeader(writer, SpecialCallId.PING, clientId))
}

/** A step of the SASL handshake, client side; its client id is empty. */
export function saslRequestFrame(body: Input<typeof RpcSaslProto>): Buffer {
  return frame((writer) => {
    writeControlHeader(writer, SpecialCallId.SASL, NO_BYTES)
    RpcSaslProto.writeDelimitedTo(writer, body)
  })
}

export interface OutgoingCall<Request extends AnyMessage> {
  readonly method: RpcMethod<Request>
  readonly request: Input<Request>
  readonly protocolName: string
  readonly callId: number
  readonly clientId: Uint8Array
  readonly retryCount: number
}

/** One call; protocols all have version 1. */
export function callFrame<Request extends AnyMessage>(call: OutgoingCall<Request>): Buffer {
  return frame((writer) => {
    RpcRequestHeaderProto.writeDelimitedTo(writer, {
      rpcKind: RpcKind.PROTOCOL_BUFFER,
      rpcOp: RpcOperation.FINAL_PACKET,
      callId: call.callId,
      clientId: call.clientId,
      retryCount: call.retryCount,
    })
    RequestHeaderProto.writeDelimitedTo(writer, {
      methodName: call.method.name,
      declaringClassProtocolName: call.protocolName,
      clientProtocolVersion: 1,
    })
    call.method.request.writeDelimitedTo(writer, call.request)
  })
}

/** What a reply echoes of its request. */
export interface CallIdentity {
  readonly callId: number
  readonly clientId: Uint8Array
  readonly retryCount: number
}

/** For failures that belong to no call. */
export const NO_CALL: CallIdentity = {
  callId: SpecialCallId.AUTHORIZATION_FAILED,
  clientId: NO_BYTES,
  retryCount: CONTROL_RETRY_COUNT,
}

/** Only successful replies carry a message. */
export function successFrame<Response extends AnyMessage>(
  call: CallIdentity,
  type: Response,
  response: Input<Response>,
): Buffer {
  return frame((writer) => {
    RpcResponseHeaderProto.writeDelimitedTo(writer, {
      callId: call.callId,
      status: RpcStatus.SUCCESS,
      serverIpcVersionNum: IPC_VERSION,
      clientId: call.clientId,
      retryCount: call.retryCount,
    })
    type.writeDelimitedTo(writer, response)
  })
}

export interface RpcFailure {
  /** ERROR leaves the connection usable, after FATAL the server closes it. */
  readonly status: typeof RpcStatus.ERROR | typeof RpcStatus.FATAL
  /** One of `RpcErrorCode`. */
  readonly errorDetail: number
  readonly javaClass: string
  readonly message: string
}

export function failureFrame(call: CallIdentity, failure: RpcFailure): Buffer {
  return frame((writer) => {
    RpcResponseHeaderProto.writeDelimitedTo(writer, {
      callId: call.callId,
      status: failure.status,
      serverIpcVersionNum: IPC_VERSION,
      exceptionClassName: failure.javaClass,
      errorMsg: failure.message,
      errorDetail: failure.errorDetail,
      clientId: call.clientId,
      retryCount: call.retryCount,
    })
  })
}

/** What clients of the versions 3 to 8 understand: no protobuf and no frame (protocol reference 1.1). */
export function oldVersionFailure(javaClass: string, message: string): Buffer {
  const words = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
  return Buffer.concat([words, writableString(javaClass), writableString(message)])
}

function writableString(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length, 0)
  return Buffer.concat([length, bytes])
}

/** The only SASL answer of a server without tokens: come in with SIMPLE (protocol reference 1.4). */
export function saslNegotiateFrame(): Buffer {
  const body = {
    state: SaslState.NEGOTIATE,
    auths: [{ method: SASL_SIMPLE, mechanism: '' }],
  }
  return successFrame({ ...NO_CALL, callId: SpecialCallId.SASL }, RpcSaslProto, body)
}

export const SASL_SIMPLE = 'SIMPLE'

/** Somebody opened the RPC port with a browser; byte for byte what Hadoop says. */
export const HTTP_ANSWER = Buffer.from(
  'HTTP/1.1 404 Not Found\r\nContent-type: text/plain\r\n\r\n' +
    'It looks like you are making an HTTP request to a Hadoop IPC port. ' +
    'This is not the correct port for the web interface on this daemon.\r\n',
)
