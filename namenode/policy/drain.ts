/**
 * Whether a block still depends on a node that is to leave or to be away, and what it waits for. Strict on purpose: a
 * node is done when nothing at all is left that depends on it. HDFS lost open files by looking at finished blocks only
 * (reliability E14), and blocks of nodes that died while they were leaving.
 */
import type { DatanodeUuid } from '../../shared/ids.js'
import { type AdminState, isLeavingService, isMaintenance, targetInService } from './admin-state.js'
import type { ReplicaCondition } from './assess-block.js'
import { isBad } from './judge-replica.js'

/**
 * - `open`: a file that is being written; its block cannot be copied before it is finished.
 * - `copying`: a copy is under way. `queued`: one is needed and waits for its turn, or for a place.
 * - `unconfirmed`: copies exist, but their nodes have not reported them to this run of the namenode.
 * - `no-good-replica`: there is nothing sound to copy from.
 */
export const DRAIN_CAUSES = ['open', 'copying', 'queued', 'unconfirmed', 'no-good-replica'] as const
export type DrainCause = (typeof DRAIN_CAUSES)[number]

export interface DrainQuestion {
  readonly node: DatanodeUuid
  readonly state: AdminState
  readonly isOpen: boolean
  readonly target: number
  readonly maintenanceMinimum: number
  readonly replicas: readonly ReplicaCondition[]
  readonly pendingCopies: number
}

/** undefined when the node can go as far as this block is concerned. */
export function whyStillNeeded(question: DrainQuestion): DrainCause | undefined {
  const { node, state, replicas } = question
  const own = replicas.filter((it) => it.datanodeUuid === node)
  const others = replicas.filter((it) => it.datanodeUuid !== node && isHere(it))
  if (question.isOpen) return whyOpenIsNeeded(question, others)
  if (own.every((it) => isBad(it.judgement)) && others.some((it) => it.judgement === 'good')) {
    return undefined
  }
  const lent = countNodes(
    replicas.filter((it) => it.judgement === 'good' && isMaintenance(it.adminState)),
  )
  const wanted = isLeavingService(state)
    ? targetInService(question.target, lent, question.maintenanceMinimum)
    : targetInService(question.target, Math.max(1, lent), question.maintenanceMinimum)
  const good = others.filter((it) => it.judgement === 'good' && !it.isLeaving)
  if (countNodes(good.filter((it) => it.isConfirmed && it.liveness === 'live')) >= wanted) {
    return undefined
  }
  if (question.pendingCopies > 0) return 'copying'
  if (countNodes(good) >= wanted) return 'unconfirmed'
  const isSound = replicas.some((it) => it.judgement === 'good' && it.liveness !== 'dead')
  return isSound ? 'queued' : 'no-good-replica'
}

/** Leaving waits until the file is closed; a short absence only needs another node to carry the writer on. */
function whyOpenIsNeeded(
  { state, replicas, target }: DrainQuestion,
  others: readonly ReplicaCondition[],
): DrainCause | undefined {
  if (replicas.length === 0) return undefined
  const carrying = others.filter((it) => it.liveness === 'live' && !isBad(it.judgement))
  const enough = Math.max(1, Math.min(2, target - 1))
  return isMaintenance(state) && countNodes(carrying) >= enough ? undefined : 'open'
}

function isHere(replica: ReplicaCondition): boolean {
  return replica.liveness !== 'dead' && replica.adminState === 'normal'
}

function countNodes(replicas: readonly ReplicaCondition[]): number {
  return new Set(replicas.map((it) => it.datanodeUuid)).size
}

/**
 * Time until the rest is done, at the pace until now; undefined while there is no pace to go by.
 * @param elapsedMs since the start
 */
export function estimateRemainingMs(
  doneBytes: number,
  leftBytes: number,
  elapsedMs: number,
): number | undefined {
  if (leftBytes === 0) return 0
  if (doneBytes <= 0 || elapsedMs <= 0) return undefined
  return Math.round((leftBytes / doneBytes) * elapsedMs)
}
