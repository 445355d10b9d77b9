/**
 * How endangered a committed block is, and how many copies it lacks.
 *
 * Counting: a node counts once however many replicas it has; replicas that are bad or about to be deleted do not
 * count; those on dead nodes do not count. A stale node's replica counts, since most silences are short - unless only
 * one live copy is left: then a copy is made at once instead of after the dead interval. Replicas on nodes that are to
 * leave can be read, but others take their place; those in maintenance count while enough are elsewhere, even when
 * their node is switched off, which is what maintenance is for.
 */
import type { DatanodeUuid } from '../../shared/ids.js'
import { type AdminState, isMaintenance, targetInService } from './admin-state.js'
import { isBad, type ReplicaJudgement } from './judge-replica.js'
import type { Liveness } from './liveness.js'

/** Worst first; the position is the rank. `surplus`: replicas to remove. `damaged`: bad replicas that must wait. */
export const RISKS = [
  'missing',
  'single-copy',
  'badly-under',
  'under',
  'badly-placed',
  'surplus',
  'damaged',
  'unknown',
] as const
export type Risk = (typeof RISKS)[number]

/** One replica of the block, with what matters of its node. */
export interface ReplicaCondition {
  readonly datanodeUuid: DatanodeUuid
  readonly rack: string
  readonly liveness: Liveness
  readonly adminState: AdminState
  readonly judgement: ReplicaJudgement
  /** Reported since this namenode started, by the process that runs now. */
  readonly isConfirmed: boolean
  /** A deletion was ordered and may happen at any moment. */
  readonly isLeaving: boolean
}

export interface BlockSituation {
  readonly target: number
  /** Replicas that stay reachable elsewhere while others are in maintenance. */
  readonly maintenanceMinimum: number
  readonly replicas: readonly ReplicaCondition[]
  /** Copies under way to nodes that do not hold the block yet. */
  readonly pendingCopies: number
  /** Racks that have a live node. */
  readonly liveRacks: number
  /** Replicas still being written count as coming, for a while after the block was committed. */
  readonly isSettling: boolean
}

export interface BlockAssessment {
  readonly risk: Risk | 'none'
  /** Beyond the pending ones. */
  readonly copiesNeeded: number
  readonly liveCopies: number
  readonly staleCopies: number
  /** Of the live and stale ones, those on nodes that are to stay as they are. */
  readonly lastingCopies: number
  /** On nodes in maintenance, switched off or not. */
  readonly lentCopies: number
  readonly hasCorrupt: boolean
}

export function assessBlock(situation: BlockSituation): BlockAssessment {
  const { target, replicas } = situation
  const counts = (it: ReplicaCondition) =>
    !it.isLeaving &&
    (it.judgement === 'good' || (situation.isSettling && it.judgement === 'being-written'))
  const lasting = (it: ReplicaCondition) => counts(it) && it.adminState === 'normal'
  const readable = reachableOf(replicas.filter(counts))
  const staying = reachableOf(replicas.filter(lasting))
  const lent = nodesOf(replicas.filter((it) => counts(it) && isMaintenance(it.adminState)))
  const wantedHere = targetInService(target, lent.size, situation.maintenanceMinimum)

  const reachable = readable.live.size + readable.stale.size
  const isSilencePerilous = target > 1 && readable.live.size <= 1 && staying.stale.size > 0
  const deficit = Math.max(
    wantedHere - staying.live.size - staying.stale.size,
    isSilencePerilous ? Math.min(1, target - readable.live.size) : 0,
    0,
  )
  const racks = new Set(replicas.filter(lasting).flatMap((it) => rackOfAlive(it)))
  const isBadlyPlaced =
    deficit === 0 &&
    target > 1 &&
    situation.liveRacks > 1 &&
    racks.size === 1 &&
    staying.live.size > 0 &&
    lent.size === 0

  const present = replicas.filter((it) => it.liveness !== 'dead')
  const wanted = isBadlyPlaced ? 1 : deficit
  return {
    risk: riskOf(situation, {
      live: readable.live.size,
      reachable,
      deficit,
      isBadlyPlaced,
      hasBad: present.some((it) => isBad(it.judgement)),
    }),
    copiesNeeded: reachable === 0 ? 0 : Math.max(0, wanted - situation.pendingCopies),
    liveCopies: readable.live.size,
    staleCopies: readable.stale.size,
    lastingCopies: staying.live.size + staying.stale.size,
    lentCopies: lent.size,
    hasCorrupt: present.some((it) => it.judgement === 'corrupt'),
  }
}

interface Counts {
  readonly live: number
  readonly reachable: number
  readonly deficit: number
  readonly isBadlyPlaced: boolean
  readonly hasBad: boolean
}

function riskOf({ target, replicas }: BlockSituation, counts: Counts): Risk | 'none' {
  if (counts.reachable === 0) return 'missing'
  if (counts.deficit > 0) {
    if (counts.live <= 1) return 'single-copy'
    // A third of the target, as HDFS has it: what one more failure could bring near the edge.
    return counts.reachable * 3 < target ? 'badly-under' : 'under'
  }
  if (counts.isBadlyPlaced) return 'badly-placed'
  const goodReplicas = replicas.filter(
    (it) =>
      it.judgement === 'good' &&
      it.liveness !== 'dead' &&
      it.adminState === 'normal' &&
      !it.isLeaving,
  )
  if (goodReplicas.length > target) return 'surplus'
  return counts.hasBad ? 'damaged' : 'none'
}

/** Nodes by liveness; one with replicas on a live and on a failing storage counts as live. */
function reachableOf(replicas: readonly ReplicaCondition[]) {
  const live = nodesOf(replicas.filter((it) => it.liveness === 'live'))
  const stale = nodesOf(replicas.filter((it) => it.liveness === 'stale'))
  for (const uuid of live) stale.delete(uuid)
  return { live, stale }
}

function nodesOf(replicas: readonly ReplicaCondition[]): Set<DatanodeUuid> {
  return new Set(replicas.map((it) => it.datanodeUuid))
}

function rackOfAlive(replica: ReplicaCondition): string[] {
  return replica.liveness === 'dead' ? [] : [replica.rack]
}
