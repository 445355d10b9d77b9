/** Headers of Hadoop IPC (protocol reference 1.2 to 1.5). */
import { message, optional, repeated, required } from '../message.js'

/** Call ids that are no calls. */
export const SpecialCallId = {
  AUTHORIZATION_FAILED: -1,
  INVALID: -2,
  CONNECTION_CONTEXT: -3,
  PING: -4,
  SASL: -33,
} as const

export const RpcKind = { BUILTIN: 0, WRITABLE: 1, PROTOCOL_BUFFER: 2 } as const
export const RpcOperation = {
  FINAL_PACKET: 0,
  CONTINUATION_PACKET: 1,
  CLOSE_CONNECTION: 2,
} as const
/** After FATAL the server closes the connection. */
export const RpcStatus = { SUCCESS: 0, ERROR: 1, FATAL: 2 } as const

export const RpcErrorCode = {
  APPLICATION: 1,
  NO_SUCH_METHOD: 2,
  NO_SUCH_PROTOCOL: 3,
  RPC_SERVER: 4,
  SERIALIZING_RESPONSE: 5,
  RPC_VERSION_MISMATCH: 6,
  FATAL_UNKNOWN: 10,
  FATAL_UNSUPPORTED_SERIALIZATION: 11,
  FATAL_INVALID_RPC_HEADER: 12,
  FATAL_DESERIALIZING_REQUEST: 13,
  FATAL_VERSION_MISMATCH: 14,
  FATAL_UNAUTHORIZED: 15,
} as const

export const SaslState = {
  SUCCESS: 0,
  NEGOTIATE: 1,
  INITIATE: 2,
  CHALLENGE: 3,
  RESPONSE: 4,
  WRAP: 5,
} as const

export const RpcCallerContextProto = message('RPCCallerContextProto', {
  context: required(1, 'string'),
  signature: optional(2, 'bytes'),
})

/** `rpcKind` and `rpcOp` are optional in the schema, but a request without them is refused. */
export const RpcRequestHeaderProto = message('RpcRequestHeaderProto', {
  rpcKind: optional(1, 'enum'),
  rpcOp: optional(2, 'enum'),
  callId: required(3, 's32'),
  clientId: required(4, 'bytes'),
  retryCount: optional(5, 's32'),
  traceInfo: optional(
    6,
    message('RPCTraceInfoProto', {
      traceId: optional(1, 'i64'),
      parentId: optional(2, 'i64'),
      spanContext: optional(3, 'bytes'),
    }),
  ),
  callerContext: optional(7, RpcCallerContextProto),
  stateId: optional(8, 'i64'),
  routerFederatedState: optional(9, 'bytes'),
})

/** `callId` is unsigned here: -1 travels as 0xffffffff. */
export const RpcResponseHeaderProto = message('RpcResponseHeaderProto', {
  callId: required(1, 'u32'),
  status: required(2, 'enum'),
  serverIpcVersionNum: optional(3, 'u32'),
  exceptionClassName: optional(4, 'string'),
  errorMsg: optional(5, 'string'),
  errorDetail: optional(6, 'enum'),
  clientId: optional(7, 'bytes'),
  retryCount: optional(8, 's32'),
  stateId: optional(9, 'i64'),
  routerFederatedState: optional(10, 'bytes'),
})

export const RequestHeaderProto = message('RequestHeaderProto', {
  methodName: required(1, 'string'),
  declaringClassProtocolName: required(2, 'string'),
  clientProtocolVersion: required(3, 'u64'),
})

export const IpcConnectionContextProto = message('IpcConnectionContextProto', {
  userInfo: optional(
    2,
    message('UserInformationProto', {
      effectiveUser: optional(1, 'string'),
      realUser: optional(2, 'string'),
    }),
  ),
  protocol: optional(3, 'string'),
})

export const SaslAuthProto = message('SaslAuth', {
  method: required(1, 'string'),
  mechanism: required(2, 'string'),
  protocol: optional(3, 'string'),
  serverId: optional(4, 'string'),
  challenge: optional(5, 'bytes'),
})

export const RpcSaslProto = message('RpcSaslProto', {
  version: optional(1, 'u32'),
  state: required(2, 'enum'),
  token: optional(3, 'bytes'),
  auths: repeated(4, SaslAuthProto),
})
