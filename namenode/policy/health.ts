/** How a cluster is, in one word, and why a block is not repaired yet, in one sentence. */
import type { Risk } from './assess-block.js'

/**
 * - `ok`: every block has its replicas. - `degraded`: something is missing, nothing is near loss.
 * - `at-risk`: some block would be lost with one more replica. - `lost`: some block has no good replica in reach.
 */
export const HEALTHS = ['ok', 'degraded', 'at-risk', 'lost'] as const
export type Health = (typeof HEALTHS)[number]

export interface HealthQuestion {
  /** Blocks by risk. */
  readonly blocks: Readonly<Record<Risk, number>>
  readonly corruptBlocks: number
  /** Nodes that are stale or dead and not in maintenance. */
  readonly absentNodes: number
  readonly isInSafeMode: boolean
}

export function judgeHealth(question: HealthQuestion): Health {
  const { blocks } = question
  if (blocks.missing > 0) return 'lost'
  if (blocks['single-copy'] > 0) return 'at-risk'
  const isLacking =
    blocks['badly-under'] + blocks.under + blocks['badly-placed'] + question.corruptBlocks > 0
  return isLacking || question.absentNodes > 0 || question.isInSafeMode ? 'degraded' : 'ok'
}

export interface RepairSituation {
  readonly risk: Risk | 'none'
  readonly mayCopy: boolean
  readonly pendingCopies: number
  /** Good replicas that can be read now. */
  readonly readableReplicas: number
  /** Replicas on nodes that are dead. */
  readonly replicasOnDeadNodes: number
  /** Nodes that could take a copy. */
  readonly possibleTargets: number
  readonly queued: number
}

export function whyNotRepaired(situation: RepairSituation): string {
  if (situation.risk === 'none') return 'nothing is wrong'
  if (situation.readableReplicas === 0) {
    return situation.replicasOnDeadNodes > 0
      ? `its replicas are on ${situation.replicasOnDeadNodes} dead node(s): it is back when one of them is`
      : 'no node has a good replica'
  }
  if (situation.risk === 'surplus') return 'those that stay are read before one is deleted'
  if (situation.pendingCopies > 0) return 'a copy is under way'
  if (!situation.mayCopy) return 'the namenode has just started and waits for its nodes'
  if (situation.possibleTargets === 0) return 'no other node can take a copy'
  if (situation.risk === 'damaged')
    return 'the bad replica goes when enough good ones are confirmed'
  return `waits for its turn among ${situation.queued} blocks`
}
