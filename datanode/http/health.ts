/** What the HTTP face tells of a node: for /healthz, metrics and people. From memory, cheap. */
import type { StorageReport } from '../../shared/control/messages.js'
import type { TransferStatistics } from '../transfer/transfer-context.js'

export interface DatanodeHealth {
  readonly isRegistered: boolean
  readonly clusterId: string | undefined
  readonly transfers: Readonly<TransferStatistics>
  readonly volumes: readonly (StorageReport & { readonly folder: string })[]
  readonly failedVolumes: number
  /** Background work on the node itself that keeps failing. */
  readonly failingLoops: readonly string[]
  readonly blocks: number
  readonly queuedEvents: number
  readonly commands: { readonly running: number; readonly waiting: number }
  readonly scrub: readonly {
    readonly storageId: string
    readonly doneBytes: number
    readonly passStartedWallMs: number
    readonly verifiedReplicas: number
    /** By how much some replica is verified later than its period if it goes on at the full rate. */
    readonly behindMs: number
  }[]
}
