/** The parts that move healthy blocks: the budget, the mover by policies, the balancer; tied to those that keep them healthy. */
import type { InodeId } from '../../shared/ids.js'
import type { Seams } from '../../shared/seams.js'
import type { NamenodeConfig } from '../config.js'
import { policyOfId } from '../policy/storage-policies.js'
import { BlockMoves } from './block-moves.js'
import type { BlockRepair } from './block-repair.js'
import type { Namespace } from './namespace.js'
import { PolicyMover } from './policy-mover.js'
import { Rebalancer } from './rebalancer.js'

/** Heartbeats after which what a node says of its storages holds a move that has ended, and the removal after it. */
const REPORT_INTERVALS = 4

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
  const { registry, outbox, copies, examination, map } = repair
  const moves = new BlockMoves({
    clock,
    log,
    registry,
    outbox,
    copies,
    mayCopy,
    bytesPerSecond: config.movement.bytesPerSecond,
    timeoutMs: config.pendingCopyTimeoutMs,
    reportDelayMs: REPORT_INTERVALS * config.heartbeatIntervalMs,
  })
  const policyOf = (file: InodeId) => policyOfId(namespace.policyOfInode(file))
  const mover = new PolicyMover({ log, random, namespace, examination, moves, policyOf })
  const { balanceThreshold: threshold } = config.movement
  const rebalancer = new Rebalancer({ random, registry, map, examination, moves, threshold })
  examination.onVolatile = (block) => mover.persist(block)
  map.isReplaced = (block, datanode) => moves.isReplaced(block, datanode)
  return { moves, mover, rebalancer }
}
