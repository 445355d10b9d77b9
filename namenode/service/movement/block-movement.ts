/** The parts that move healthy blocks: the budget, the mover by policies, the balancer; tied to those that keep them healthy. */
import type { InodeId } from '../../../shared/ids.js'
import type { Seams } from '../../../shared/seams.js'
import type { NamenodeConfig } from '../../config.js'
import { MAX_POLICY_REQUESTS, policyOfId } from '../../policy/storage-policies.js'
import type { BlockRepair } from '../blocks/block-repair.js'
import type { Namespace } from '../namespace/namespace.js'
import { BlockMoves, type MoveStatistics } from './block-moves.js'
import { PolicyMover } from './policy-mover.js'
import { type BalanceStatus, Rebalancer } from './rebalancer.js'

/** Heartbeats after which what a node says of its storages holds a move that has ended, and the removal after it. */
const REPORT_INTERVALS = 4

export type MovementStatus = MoveStatistics &
  BalanceStatus & {
    /** Files and directories that are to be where their policy wants them. */
    readonly policyRequests: number
  }

export const NO_MOVEMENT: MovementStatus = {
  pendingMoves: 0,
  movedBlocks: 0,
  movedBytes: 0,
  failedMoves: 0,
  threshold: 1,
  unevenness: 0,
  isBalanced: true,
  policyRequests: 0,
}

export interface BlockMovementOptions {
  readonly config: NamenodeConfig
  readonly seams: Seams
  readonly namespace: Namespace
  readonly repair: BlockRepair
  readonly mayCopy: () => boolean
}

export type BlockMovement = ReturnType<typeof buildBlockMovement>

export function buildBlockMovement(options: BlockMovementOptions) {
  const { config, namespace, repair, mayCopy } = options
  const { clock, random, log } = options.seams
  const { registry, outbox, copies, deletedBlocks, examination, map } = repair
  const moves = new BlockMoves({
    clock,
    log,
    registry,
    outbox,
    copies,
    mayCopy,
    holds: (block, datanode) =>
      map.store
        .replicasOf(block)
        .some((it) => registry.storage(it.storage)?.node.uuid === datanode),
    bytesPerSecond: config.movement.bytesPerSecond,
    timeoutMs: config.pendingCopyTimeoutMs,
    reportDelayMs: REPORT_INTERVALS * config.heartbeatIntervalMs,
  })
  const policyOf = (file: InodeId) => policyOfId(namespace.policyOfInode(file))
  const mover = new PolicyMover({ clock, log, random, namespace, examination, moves, policyOf })
  const { balanceThreshold: threshold } = config.movement
  const rebalancer = new Rebalancer({ random, registry, map, examination, moves, threshold })
  examination.onVolatile = (block) => mover.persist(block)
  map.isReplaced = (block, datanode) => moves.isReplaced(block, datanode)
  deletedBlocks.isMoving = (block) => moves.isMoving(block)
  const movementStatus = (): MovementStatus => ({
    ...moves.statistics,
    ...rebalancer.status,
    policyRequests: namespace.policyRequestsAfter(0, MAX_POLICY_REQUESTS).length,
  })
  return { moves, mover, rebalancer, movementStatus }
}
