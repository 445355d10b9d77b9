/**
 * Which replicas of a block may be deleted now. This is the only road to the deletion of a replica whose file still
 * exists, so the rule is one sentence (invariant I8): after every deletion chosen here, at least `target` good
 * replicas remain that were confirmed by live nodes, and none of those is itself about to go.
 *
 * One exception lets small clusters heal: a bad replica that occupies the only node where a good copy could go is
 * removed although fewer than `target` good ones exist, one at a time, as long as a confirmed good one remains. Copying
 * over it in place was rejected: the receiver would need a second, rarely used way of writing.
 *
 * Of several that may go, racks decide first (they are safety), then what the mover has replaced, then the types of
 * storage that the file's policy wants, then how full a storage is.
 */
import type { StorageId } from '../../shared/ids.js'
import type { ReplicaCondition } from './assess-block.js'
import { isBad } from './judge-replica.js'
import type { StoragePolicy } from './storage-policies.js'
import { isExcessType, type StorageType } from './storage-types.js'

export interface RemovableReplica extends ReplicaCondition {
  readonly storageId: StorageId
  readonly storageType: StorageType
  /** Share of its storage that is used, 0 to 1: the fullest goes first. */
  readonly usedShare: number
  /** The mover has made a copy to take its place. */
  readonly isReplaced: boolean
}

export interface ExcessQuestion<R extends RemovableReplica = RemovableReplica> {
  readonly target: number
  readonly policy: StoragePolicy
  readonly replicas: readonly R[]
  /** false when no live node without a replica of this block could take a copy. */
  readonly canCopyElsewhere: boolean
}

/** Replicas to delete, the bad ones first. Empty when in doubt. */
export function chooseExcess<R extends RemovableReplica>(question: ExcessQuestion<R>): R[] {
  const { target, replicas } = question
  const kept = replicas.filter(isTrusted)
  const chosen: R[] = []
  // A second replica on one node protects nothing, so it is the first surplus to go.
  for (;;) {
    const distinct = new Set(kept.map((it) => it.datanodeUuid)).size
    const candidates = kept.filter((it) => nodesWithout(kept, it) >= target)
    if (candidates.length === 0) break
    const doubled = distinct < kept.length ? candidates.filter((it) => isDoubled(kept, it)) : []
    const next = leastValuable(question, doubled.length > 0 ? doubled : candidates, kept)
    kept.splice(kept.indexOf(next), 1)
    chosen.push(next)
  }
  return [...removableBad(question, kept), ...chosen]
}

/** Good, confirmed, on a live node that stays in service, and staying there: the only kind that a deletion may lean on. */
export function isTrusted(replica: ReplicaCondition): boolean {
  return (
    replica.judgement === 'good' &&
    replica.isConfirmed &&
    replica.liveness === 'live' &&
    replica.adminState === 'normal' &&
    !replica.isLeaving
  )
}

/** Nodes that would still hold a trusted replica if `leaving` went. */
function nodesWithout<R extends RemovableReplica>(kept: readonly R[], leaving: R): number {
  return new Set(kept.filter((it) => it !== leaving).map((it) => it.datanodeUuid)).size
}

function isDoubled<R extends RemovableReplica>(kept: readonly R[], replica: R): boolean {
  return kept.some((it) => it !== replica && it.datanodeUuid === replica.datanodeUuid)
}

/** Among those whose loss keeps the number of racks, if there are any: see the head of this file. */
function leastValuable<R extends RemovableReplica>(
  { policy, target }: ExcessQuestion<R>,
  candidates: readonly R[],
  kept: readonly R[],
): R {
  const sharing = candidates.filter((it) =>
    kept.some((other) => other !== it && other.rack === it.rack),
  )
  const types = kept.map((it) => it.storageType)
  const pool = firstNonEmpty(sharing, candidates)
  // Two racks are what the rule of placement asks for; the copy may have brought another one.
  const replaced = candidates.filter(
    (it) => it.isReplaced && (pool.includes(it) || racksWithout(kept, it) >= 2),
  )
  const mistyped = pool.filter((it) => isExcessType(policy, target, types, it.storageType))
  return firstNonEmpty(replaced, mistyped, pool).reduce((fullest, it) =>
    it.usedShare > fullest.usedShare ? it : fullest,
  )
}

const racksWithout = (kept: readonly RemovableReplica[], leaving: RemovableReplica): number =>
  new Set(kept.filter((it) => it !== leaving).map((it) => it.rack)).size

const firstNonEmpty = <T>(...lists: readonly (readonly T[])[]): readonly T[] =>
  lists.find((it) => it.length > 0) ?? []

function removableBad<R extends RemovableReplica>(
  { target, replicas, canCopyElsewhere }: ExcessQuestion<R>,
  kept: readonly R[],
): R[] {
  const bad = replicas.filter(
    (it) => isBad(it.judgement) && it.liveness === 'live' && it.isConfirmed && !it.isLeaving,
  )
  const enough = bad.filter((it) => trustedElsewhere(kept, it) >= target)
  if (enough.length > 0 || canCopyElsewhere) return enough
  if (replicas.some((it) => it.isLeaving)) return []
  const inTheWay = bad.find(
    (it) =>
      trustedElsewhere(kept, it) >= 1 && !kept.some((k) => k.datanodeUuid === it.datanodeUuid),
  )
  return inTheWay === undefined ? [] : [inTheWay]
}

function trustedElsewhere<R extends RemovableReplica>(kept: readonly R[], replica: R): number {
  return new Set(
    kept.filter((it) => it.datanodeUuid !== replica.datanodeUuid).map((it) => it.datanodeUuid),
  ).size
}
