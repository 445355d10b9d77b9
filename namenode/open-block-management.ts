/**
 * Builds block management from its parts and starts its loops: the replica map, the cluster's registry, repair,
 * deletion, lease recovery and the checker. Above the services and the loops, since it joins them.
 */
import { join } from 'node:path'
import { BackgroundLoop, type TickOutcome } from '../shared/background-loop.js'
import type { BlockId, InodeId } from '../shared/ids.js'
import type { Seams } from '../shared/seams.js'
import { ShutdownStack } from '../shared/shutdown-stack.js'
import type { NamenodeConfig } from './config.js'
import type { ControlRoutesOptions } from './http/control-routes.js'
import { deletionTick } from './loops/deletion-monitor.js'
import { leaseTick } from './loops/lease-monitor.js'
import { movementTick } from './loops/movement-monitor.js'
import { nodeTick } from './loops/node-monitor.js'
import { replicationTick } from './loops/replication-monitor.js'
import { undoTick } from './loops/undo-monitor.js'
import { auditTick, pruneTick, purgeTick } from './loops/upkeep-monitors.js'
import { runProgram } from './run-program.js'
import {
  type BlockManagementParts,
  buildBlockManagement,
} from './service/blocks/block-management.js'
import type { BlockManager } from './service/blocks/block-manager.js'
import { BlockInquiry, type FoundBlock } from './service/inspection/block-inquiry.js'
import { ClusterStatus } from './service/inspection/cluster-status.js'
import type { Fsck } from './service/inspection/fsck.js'
import type { MovementStatus } from './service/movement/block-movement.js'
import type { Namespace } from './service/namespace/namespace.js'
import type { LossForecasts } from './service/nodes/loss-forecast.js'
import type { NodeAdministration } from './service/nodes/node-administration.js'
import type { NodeForgetting } from './service/nodes/node-forgetting.js'

export interface BlockManagement extends ControlRoutesOptions {
  readonly blockManager: BlockManager
  readonly fsck: Fsck
  /** How many copies a node may have under way; changes live. */
  readonly copies: { streamsPerNode: number }
  /** A block of the namespace with its replicas. */
  findBlock(id: BlockId): FoundBlock | undefined
  readonly administration: NodeAdministration
  readonly forgetting: NodeForgetting
  readonly lossForecasts: LossForecasts
  readonly status: ClusterStatus
  readonly loops: readonly BackgroundLoop[]
  /** Resolves when it has begun; `closed` when nothing was left to agree on. */
  startLeaseRecovery(fileId: InodeId): Promise<'closed' | 'recovering'>
  /** What is being moved, by policies and for balance, and how even the storages are. */
  movement(): MovementStatus
  /** Blocks without a good replica on a living node, by id, above `after`. */
  missingBlocksAfter(after: BlockId | 0, limit: number): readonly BlockId[]
  close(): Promise<void>
}

const RETRY_AFTER_MS = 500
/** How long what happened to blocks waits in memory. */
const HISTORY_PERIOD_MS = 1000
/** Liveness is judged at least this often in the shortest interval that matters. */
const LIVENESS_CHECKS = 4

/** @throws DfsError DATABASE_CORRUPT, WRONG_CLUSTER about the list of known datanodes */
export async function openBlockManagement(options: {
  readonly config: NamenodeConfig
  readonly seams: Seams
  readonly namespace: Namespace
}): Promise<BlockManagement> {
  const { config, seams, namespace } = options
  const closing = new ShutdownStack()
  const parts = closing.use(
    'block management',
    await buildBlockManagement({
      ...options,
      runProgram,
      replicaPath: join(config.dataFolder, 'replicas.db'),
    }),
    (it) => it.close(),
  )
  const loops = startLoops(parts, options)
  closing.use('loops', loops, async (all) => {
    await Promise.all(all.map((it) => it.stop()))
  })
  const inquiry = new BlockInquiry({ ...parts, namespace })
  return {
    blockManager: parts.blockManager,
    controlPlane: parts.controlPlane,
    clusterToken: config.clusterToken,
    log: seams.log,
    fsck: parts.fsck,
    copies: parts.copies,
    findBlock: (id) => inquiry.find(id),
    status: new ClusterStatus({ ...parts, inquiry, clock: seams.clock }),
    administration: parts.administration,
    forgetting: parts.forgetting,
    lossForecasts: parts.lossForecasts,
    loops,
    movement: parts.movementStatus,
    startLeaseRecovery: (fileId) => parts.leaseRecovery.startLeaseRecovery(fileId),
    missingBlocksAfter: (after, limit) =>
      parts.attention
        .list('missing', after, limit)
        .filter((it) => namespace.block(it) !== undefined),
    close: () => closing.closeAll(),
  }
}

function startLoops(
  parts: BlockManagementParts,
  { config, seams, namespace }: { config: NamenodeConfig; seams: Seams; namespace: Namespace },
): readonly BackgroundLoop[] {
  const { clock, log } = seams
  const loop = (name: string, tick: (signal: AbortSignal) => Promise<TickOutcome> | TickOutcome) =>
    new BackgroundLoop({
      name,
      clock,
      tick,
      retryAfterMs: RETRY_AFTER_MS,
      onError: (error, context) => log.error({ err: error, ...context }, 'background work failed'),
    }).start()
  const periodMs = config.replicationLoopMs
  const replication = loop('replication-monitor', replicationTick({ ...parts, clock, periodMs }))
  const purge = loop('tree-purge', purgeTick({ namespace }))
  const deletion = loop('deletion-monitor', deletionTick({ ...parts, clock, periodMs }))
  const movement = loop('movement', movementTick({ ...parts, clock, periodMs }))
  parts.moves.onEnded = () => movement.wake()
  parts.examination.onCopyWork = () => replication.wake()
  parts.examination.onRemovalWork = () => deletion.wake()
  const livenessMs = Math.max(
    10,
    Math.min(1000, Math.floor(config.liveness.staleAfterMs / LIVENESS_CHECKS)),
  )
  return [
    replication,
    deletion,
    movement,
    loop('liveness-monitor', () => {
      parts.reviewLiveness()
      return { kind: 'idle', forMs: livenessMs }
    }),
    loop(
      'lease-monitor',
      leaseTick({
        clock,
        namespace,
        recovery: parts.leaseRecovery,
        hardLimitMs: config.leaseHardLimitMs,
      }),
    ),
    loop('history-writer', () => {
      parts.history.flush()
      return { kind: 'idle', forMs: HISTORY_PERIOD_MS }
    }),
    loop('node-monitor', nodeTick({ ...parts, periodMs: config.nodeCheckMs })),
    loop('block-audit', auditTick({ namespace, examination: parts.examination })),
    purge,
    loop(
      'undo-monitor',
      undoTick({
        namespace,
        blockManager: parts.blockManager,
        clock,
        keepDeletedMs: config.keepDeletedMs,
        freeShare: config.undoFreeShare,
        onGivenUp: () => purge.wake(),
      }),
    ),
    loop('request-pruning', pruneTick({ namespace, clock })),
  ]
}
