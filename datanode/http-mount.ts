/** What the HTTP face of a datanode is given, and what it gives back: mounted by whoever starts the node. */
import type { Seams } from '../shared/seams.js'
import type { DatanodeConfig } from './config.js'
import type { DatanodeHealth } from './datanode-node.js'

export interface DatanodeHttpContext {
  readonly config: DatanodeConfig
  readonly seams: Seams
  readonly uuid: string
  /** For /healthz and /metrics; from memory, cheap. */
  readonly health: () => DatanodeHealth
}

export type MountHttp = (
  context: DatanodeHttpContext,
) => Promise<{ readonly port: number; close(): Promise<void> }>
