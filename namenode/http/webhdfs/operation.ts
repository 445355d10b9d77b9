/** What an operation of WebHDFS is given and what it may answer; `routes.ts` does everything that is common to all. */
import type { WebhdfsParameters } from '../../../shared/webhdfs/parameters.js'
import type { Call } from '../../service/access/call.js'
import type { NamenodeServices } from '../../service/services.js'

export interface OperationRequest {
  /** In capitals, as texts name it. */
  readonly operation: string
  readonly call: Call
  readonly path: string
  readonly parameters: WebhdfsParameters
}

export type OperationAnswer =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'json-stream'; readonly pieces: Iterable<string> }
  | { readonly kind: 'empty' }
  | { readonly kind: 'redirect'; readonly location: string }

export type Operation = (request: OperationRequest) => OperationAnswer | Promise<OperationAnswer>
export type Operations = Readonly<Record<string, Operation>>
export type WebhdfsMethod = 'GET' | 'PUT' | 'POST' | 'DELETE'
/** An operation is only found under the method that Apache serves it with. */
export type OperationTable = Readonly<Partial<Record<WebhdfsMethod, Operations>>>

/** What the operations are made of. */
export interface WebhdfsOptions {
  readonly services: NamenodeServices
  /** The port on which Hadoop RPC is served: clients see it in redirects. */
  readonly rpcPort: () => number
}

export const EMPTY: OperationAnswer = { kind: 'empty' }

export function json(value: unknown): OperationAnswer {
  return { kind: 'json', value }
}

export function booleanAnswer(value: boolean): OperationAnswer {
  return json({ boolean: value })
}
