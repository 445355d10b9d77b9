/**
 * On which length the replicas of an abandoned block agree. Readers were promised `visibleBytes` (what hflush
 * acknowledged), so no survivor that is shorter may decide; among the others the shortest wins, since only what all
 * have was surely written. Older versions missed a recovery and have no say (protocol reference, block recovery).
 */
import type { DatanodeUuid } from '../../shared/ids.js'

export interface RecoveryCandidate {
  readonly datanodeUuid: DatanodeUuid
  readonly generationStamp: number
  readonly lengthBytes: number
}

export type RecoveryDecision =
  | {
      readonly kind: 'agreed'
      readonly lengthBytes: number
      readonly participants: readonly DatanodeUuid[]
    }
  /** No survivor holds what readers were promised. */
  | { readonly kind: 'undecided' }

/**
 * Who takes part in cutting a finished block to `truncateBytes`: every replica of it that is long enough. Newer stamps
 * are those of an attempt that was not finished; their replicas have been cut or are still as they were.
 */
export function agreeOnTruncation(
  candidates: readonly RecoveryCandidate[],
  block: { readonly generationStamp: number; readonly truncateBytes: number },
): RecoveryDecision {
  const fit = candidates.filter(
    (it) => it.generationStamp >= block.generationStamp && it.lengthBytes >= block.truncateBytes,
  )
  if (fit.length === 0) return { kind: 'undecided' }
  const participants = fit.map((it) => it.datanodeUuid)
  return { kind: 'agreed', lengthBytes: block.truncateBytes, participants }
}

export function agreeOnLength(
  candidates: readonly RecoveryCandidate[],
  block: { readonly generationStamp: number; readonly visibleBytes: number },
): RecoveryDecision {
  const newest = Math.max(...candidates.map((it) => it.generationStamp), block.generationStamp)
  const fit = candidates.filter(
    (it) => it.generationStamp === newest && it.lengthBytes >= block.visibleBytes,
  )
  if (fit.length === 0) return { kind: 'undecided' }
  return {
    kind: 'agreed',
    lengthBytes: Math.min(...fit.map((it) => it.lengthBytes)),
    participants: fit.map((it) => it.datanodeUuid),
  }
}
