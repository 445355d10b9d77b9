/**
 * Which replicas of what is written stay in the page cache. One of each block is enough: three nodes that cache the same
 * bytes cache a third of what they could, and the namenode sends readers that have no nearer replica to one and the same
 * node (`namenode/policy/order-locations.ts`), the first of the pipeline where nothing speaks for another.
 */

/** Of large writes: every replica stays in the cache, the one on the first node of a pipeline, or none. */
export type CachedWrites = 'all' | 'first' | 'none'

/** What the operation says that begins a write. */
export interface WriteIntent {
  readonly cachingStrategy?: { readonly dropBehind?: boolean | undefined } | undefined
  /** The nodes behind this one. */
  readonly targets: { readonly length: number }
  /** Nodes of the whole pipeline; 0 from clients that do not say. */
  readonly pipelineSize: number
}

/** Whether a write leaves no copy in the page cache: as its client wishes, else as the setting says. */
export function dropsBehind(setting: CachedWrites, write: WriteIntent): boolean {
  const asked = write.cachingStrategy?.dropBehind
  if (asked !== undefined) return asked
  if (setting === 'first') return write.targets.length + 1 < write.pipelineSize
  return setting === 'none'
}
