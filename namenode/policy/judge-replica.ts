/**
 * The one place that says what a reported replica is worth. HDFS judged in several places and against several moments;
 * late reports of an old generation then marked good replicas corrupt for ever (reliability E8). A judgement is never
 * stored: it is made anew from what the datanode said and what the namespace says now, so that a report from the
 * future (E6) or a late one turns right by itself when the namespace has caught up.
 */
import type { BlockState } from '../service/namespace/namespace-model.js'

/** What a datanode said about its replica, as kept in the replica map. */
export interface ReportedReplica {
  readonly generationStamp: number
  readonly lengthBytes: number
  readonly state: 'being-written' | 'finalized' | 'corrupt'
}

/** The namespace's view of the block; `deleted`: its file is gone and its replicas are to go. */
export type JudgedBlock =
  | {
      readonly kind: 'known'
      readonly generationStamp: number
      readonly lengthBytes: number
      readonly state: BlockState
    }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'unknown' }

/**
 * - `good`: right version and length, finalized.
 * - `being-written`: right version, not finalized.
 * - `stale`: an older version, left by a node that missed a recovery.
 * - `future`: a version that the namespace has not heard of yet; kept, not counted.
 * - `wrong-length`: right version, finalized at another length (or shorter than what readers were promised).
 * - `corrupt`: its own node found bad bytes.
 * - `deleted`: may be removed, the namespace says so. `unknown`: nobody says anything; quarantined, never removed.
 */
export type ReplicaJudgement =
  | 'good'
  | 'being-written'
  | 'stale'
  | 'future'
  | 'wrong-length'
  | 'corrupt'
  | 'deleted'
  | 'unknown'

export function judgeReplica(replica: ReportedReplica, block: JudgedBlock): ReplicaJudgement {
  if (block.kind !== 'known') return block.kind
  // Version first: a corrupt replica of an old version is stale, which is no worse to know and simpler to count.
  if (replica.generationStamp < block.generationStamp) return 'stale'
  if (replica.state === 'corrupt') return 'corrupt'
  if (replica.generationStamp > block.generationStamp) return 'future'
  if (replica.state === 'being-written') return 'being-written'
  if (block.state === 'committed') {
    return replica.lengthBytes === block.lengthBytes ? 'good' : 'wrong-length'
  }
  // While a block is being written its recorded length is a lower bound: what hflush promised to readers.
  return replica.lengthBytes >= block.lengthBytes ? 'good' : 'wrong-length'
}

/** Replicas that will never be good again and may go once enough good ones exist. */
export function isBad(judgement: ReplicaJudgement): boolean {
  return judgement === 'stale' || judgement === 'wrong-length' || judgement === 'corrupt'
}
