/** A remote protocol as a table of methods: what the IPC server dispatches on and what the IPC client calls. */
import { type Fields, MessageType } from './message.js'

/** Any message type, whatever its fields. */
export type AnyMessage = MessageType<Fields>

/** One method of a protocol: the name that travels, and the messages that go and come. */
export interface RpcMethod<
  Request extends AnyMessage = AnyMessage,
  Response extends AnyMessage = AnyMessage,
  Name extends string = string,
> {
  readonly name: Name
  readonly request: Request
  readonly response: Response
  /** Of a method that is called beside those of the client's own protocol. */
  readonly protocolName?: string | undefined
}

type MethodFields = Readonly<
  Record<string, { readonly request: Fields; readonly response: Fields }>
>

type MethodTable<T extends MethodFields> = {
  readonly [K in keyof T & string]: RpcMethod<
    MessageType<T[K]['request']>,
    MessageType<T[K]['response']>,
    K
  >
}

/**
 * Builds a method table from the fields of each request and response. Message names do not travel, so they are made up
 * from the method's name and appear only in errors.
 * @param protocolName for a protocol that clients of another one call, too
 */
export function rpcMethods<const T extends MethodFields>(
  methods: T,
  protocolName?: string,
): MethodTable<T> {
  const table = Object.entries(methods).map(([name, { request, response }]) => [
    name,
    {
      name,
      request: new MessageType(`${name} request`, request),
      response: new MessageType(`${name} response`, response),
      protocolName,
    },
  ])
  return Object.fromEntries(table) as MethodTable<T>
}
