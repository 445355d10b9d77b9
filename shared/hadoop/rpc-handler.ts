/** What a server does for a method: a definition joined with a handler, typed by the definition's messages. */
import type { Decoded, Input } from './message.js'
import type { AnyMessage, RpcMethod } from './rpc-protocol.js'

/** The circumstances of one call. */
export interface RpcContext {
  /** Who the call runs as; taken on trust (simple authentication). */
  readonly user: string
  /** The proxy that acts for `user`, when there is one. */
  readonly realUser?: string
  /** Hex of the bytes that the client chose for itself; empty when it sent none. */
  readonly clientId: string
  readonly callId: number
  /** 0 for the first attempt, -1 when the client does not count. */
  readonly retryCount: number
  /** IP address of the client. */
  readonly clientAddress: string
  /** Our address through which it came. */
  readonly localAddress: string
  /** Our port that it dialled. */
  readonly localPort: number
  /** Free text of the client for audit lines. */
  readonly callerContext?: string
  /** Aborts when the client is gone: nobody will read the reply. */
  readonly signal: AbortSignal
}

type Answer<Response> = Promise<Input<Response>> | Input<Response>

/** A method with its implementation. Throw a `DfsError` to answer with its Java class and message. */
export interface RpcHandler<
  Request extends AnyMessage = AnyMessage,
  Response extends AnyMessage = AnyMessage,
> extends RpcMethod<Request, Response> {
  readonly handle: (request: Decoded<Request>, context: RpcContext) => Answer<Response>
}

/** A handler whose messages are not known: how servers keep them. */
export interface AnyRpcHandler extends RpcMethod {
  readonly handle: (request: never, context: RpcContext) => unknown
}

/** Protocols by the name that travels, their methods by name. */
export type RpcProtocols = Readonly<Record<string, Readonly<Record<string, AnyRpcHandler>>>>

/** Joins a method of a protocol table with its implementation. */
export function rpcMethod<Request extends AnyMessage, Response extends AnyMessage>(
  method: RpcMethod<Request, Response>,
  handle: (request: Decoded<Request>, context: RpcContext) => Answer<Response>,
): RpcHandler<Request, Response> {
  return { ...method, handle }
}
