/**
 * Whether a pipeline that lost a node gets another one in its place: Java's policy DEFAULT
 * (dfs.client.block.write.replace-datanode-on-failure). A replacement costs a copy of the block so far, hence it is
 * asked for only when few are left or when bytes were already promised to be safe.
 */
export type ReplacementRule = 'default' | 'always' | 'never'

export interface PipelineState {
  /** Replicas that the file is to have. */
  readonly replication: number
  readonly survivors: number
  /** The block existed before this writer opened it. */
  readonly isAppended: boolean
  /** A flush of this block has been acknowledged. */
  readonly isFlushed: boolean
}

export function isReplacementDue(rule: ReplacementRule, state: PipelineState): boolean {
  const { replication, survivors, isAppended, isFlushed } = state
  if (rule === 'never' || survivors === 0 || survivors >= replication) return false
  if (rule === 'always') return true
  return replication >= 3 && (survivors <= Math.floor(replication / 2) || isAppended || isFlushed)
}
