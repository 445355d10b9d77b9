/** Content summaries as clients get them: the current tree, and what only snapshots show of it, as HDFS adds it. */
import type { Call } from '../access/call.js'
import type { Namespace } from './namespace.js'
import type { ContentSummary, QuotaUsage } from './namespace-model.js'
import type { SnapshotContent } from './snapshots/snapshots.js'

export interface FullSummary extends ContentSummary {
  /** What of the sums only snapshots show: clients take it off again for `-x`. */
  readonly onlyInSnapshots: SnapshotContent
}

/**
 * As HDFS answers it: of a directory with limits what is counted for them, of anything else a content summary.
 * @throws DfsError as `contentSummary` does
 */
export async function fullQuotaUsage(
  namespace: Pick<Namespace, 'quotaUsage' | 'snapshotContent'>,
  call: Call,
  path: string,
): Promise<QuotaUsage> {
  const usage = namespace.quotaUsage(call, path)
  if (usage.isWhole) return usage
  const { fileCount, directoryCount, spaceConsumedBytes, keptOfFilesBytes } =
    await namespace.snapshotContent(call, path)
  return {
    ...usage,
    fileAndDirectoryCount: usage.fileAndDirectoryCount + fileCount + directoryCount,
    spaceConsumedBytes: usage.spaceConsumedBytes + spaceConsumedBytes + keptOfFilesBytes,
  }
}

/** @throws DfsError as `contentSummary` does */
export async function fullSummary(
  namespace: Pick<Namespace, 'contentSummary' | 'snapshotContent'>,
  call: Call,
  path: string,
): Promise<FullSummary> {
  const current = namespace.contentSummary(call, path)
  const onlyInSnapshots = await namespace.snapshotContent(call, path)
  const { spaceConsumedBytes, keptOfFilesBytes } = onlyInSnapshots
  return {
    ...current,
    lengthBytes: current.lengthBytes + onlyInSnapshots.lengthBytes,
    fileCount: current.fileCount + onlyInSnapshots.fileCount,
    directoryCount: current.directoryCount + onlyInSnapshots.directoryCount,
    spaceConsumedBytes: current.spaceConsumedBytes + spaceConsumedBytes + keptOfFilesBytes,
    onlyInSnapshots,
  }
}
