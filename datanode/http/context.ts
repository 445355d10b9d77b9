/** What the HTTP face of a datanode is given, and the limits of its server. */
import type { IncomingMessage } from 'node:http'
import type { Seams } from '../../shared/seams.js'
import { isWebhdfsUrl } from '../../shared/webhdfs/url.js'
import type { DatanodeConfig } from '../config.js'
import type { DatanodeHealth } from './health.js'

export interface DatanodeHttpContext {
  readonly config: DatanodeConfig
  readonly seams: Seams
  /** From memory, cheap. */
  readonly health: () => DatanodeHealth
  /** The wall clock by which tickets expire. */
  readonly ticketTimeMs: () => number
}

export const SERVER_LIMITS = {
  maxConnections: 4096,
  // A program may write to its upload now and then only; routes that expect no such thing are stricter themselves.
  bodyWindowMs: 5 * 60_000,
  // WebHDFS says "go on" itself, once the file is open.
  wantsBody: (request: IncomingMessage) => !isWebhdfsUrl(request.url ?? ''),
} as const
