/** What the faces of a namenode call: one bundle, so that a handler names what it needs and nothing else. */
import type { Clock } from '../../shared/clock.js'
import type { Reconfiguration } from '../../shared/config/reconfiguration.js'
import type { Log } from '../../shared/log.js'
import type { NamenodeConfig } from '../config.js'
import type { Audit } from './access/audit.js'
import type { Principals } from './access/principals.js'
import type { BlockManager } from './blocks/block-manager.js'
import type { EventLog } from './events/event-log.js'
import type { FileReopening } from './files/file-reopening.js'
import type { FileWrites } from './files/file-writes.js'
import type { LocatedBlocks } from './files/located-blocks.js'
import type { ClusterStatus } from './inspection/cluster-status.js'
import type { CorruptFiles } from './inspection/corrupt-files.js'
import type { MetaSave } from './inspection/meta-save.js'
import type { MovementStatus } from './movement/block-movement.js'
import type { Namespace } from './namespace/namespace.js'
import type { LossForecasts } from './nodes/loss-forecast.js'
import type { NodeAdministration } from './nodes/node-administration.js'
import type { NodeForgetting } from './nodes/node-forgetting.js'
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
  readonly lossForecasts: Pick<LossForecasts, 'of'>
  readonly status: Pick<ClusterStatus, 'report' | 'explain' | 'slowStorages'>
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
