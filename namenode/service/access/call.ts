/** The circumstances of one call into the namespace service, whatever face it came through. */
import type { Principal } from '../../../shared/principal.js'

/** Names an attempt: a repeated request carries the same one and gets its first answer (protocol reference 1.6). */
export interface RequestId {
  /** Hex of the 16 bytes that the client chose. */
  readonly clientId: string
  readonly callId: number
}

export interface Call {
  readonly principal: Principal
  /** undefined for calls that need no protection against repetition. */
  readonly requestId: RequestId | undefined
  /** IP address of the client; appears in messages and decides which replicas are near. */
  readonly clientAddress: string
  /** The local address on which the client reached us: tells which of a datanode's addresses it can reach. */
  readonly localAddress: string
  /** The local port on which the client reached us; absent for a call that came through no socket. */
  readonly localPort?: number | undefined
  /** Through which face it came; absent for the namenode itself. */
  readonly face?: 'rpc' | 'webhdfs' | 'http'
}
