/** What the faces of a namenode call: one bundle, so that a handler names what it needs and nothing else. */
import type { Clock } from '../../shared/clock.js'
import type { Reconfiguration } from '../../shared/config/reconfiguration.js'
import type { Log } from '../../shared/log.js'
import type { NamenodeConfig } from '../config.js'
import type { Audit } from './audit.js'
import type { BlockManager } from './block-manager.js'
import type { MovementStatus } from './block-movement.js'
import type { ClusterStatus } from './cluster-status.js'
import type { CorruptFiles } from './corrupt-files.js'
import type { EventLog } from './event-log.js'
import type { FileReopening } from './file-reopening.js'
import type { FileWrites } from './file-writes.js'
import type { LocatedBlocks } from './located-blocks.js'
import type { MetaSave } from './meta-save.js'
import type { Namespace } from './namespace.js'
import type { NodeAdministration } from './node-administration.js'
import type { NodeForgetting } from './node-forgetting.js'
import type { Principals } from './principals.js'
import type { SafeMode } from './safe-mode.js'

export interface NamenodeServices {
  readonly config: NamenodeConfig
  readonly clock: Clock
  readonly log: Log
  /** Refuses changes in safe mode, and leaves a line of every operation in the audit log. */
  readonly namespace: Namespace
  readonly blockManager: BlockManager
  readonly located: LocatedBlocks
  readonly writes: FileWrites
  readonly reopening: FileReopening
  readonly safeMode: SafeMode
  readonly corruptFiles: CorruptFiles
  readonly administration: Pick<NodeAdministration, 'order' | 'refresh' | 'views'>
  readonly forgetting: Pick<NodeForgetting, 'forget'>
  readonly status: Pick<ClusterStatus, 'report' | 'explain'>
  readonly principals: Principals
  readonly events: EventLog
  /** What is being moved, by policies and for balance, and how evenly storages are used. */
  readonly movement: () => MovementStatus
  readonly metaSave: MetaSave
  /** Who may act for others; changes live. */
  readonly access: { proxyUsers: readonly string[] }
  readonly reconfiguration: Reconfiguration
  readonly audit: Audit
}
