/** What the HTTP face of a datanode is given, and the limits of its server. */
import type { Seams } from '../../shared/seams.js'
import type { DatanodeConfig } from '../config.js'
import type { DatanodeHealth } from './health.js'

export interface DatanodeHttpContext {
  readonly config: DatanodeConfig
  readonly seams: Seams
  /** From memory, cheap. */
  readonly health: () => DatanodeHealth
}

export const SERVER_LIMITS = { maxConnections: 4096, wantsBody: () => true } as const
