/** Content summaries of the current tree and what quotas count, as one committed state has them. */
import { joinPath } from '../../policy/path-name.js'
import { checkAccess, EXECUTE, READ } from '../../policy/permissions.js'
import { isLimited, type QuotaUsage as Usage } from '../../policy/quotas.js'
import type { Stores } from '../../storage/stores.js'
import type { Call } from '../access/call.js'
import type { ContentSummary, QuotaUsage } from './namespace-model.js'
import { toContentSummary } from './namespace-status.js'
import { policyOnPath, requireTarget, type Tree } from './namespace-tree.js'
import { usageOf } from './rules/namespace-quotas.js'

interface SummaryContext {
  readonly stores: Stores
  readonly tree: Tree
}

interface Summarized {
  readonly summary: ContentSummary
  /** All that counts for quotas, what only snapshots show with it; undefined in a snapshot: quotas are of now. */
  readonly usage: Usage | undefined
  readonly isRoot: boolean
}

/** @throws NOT_FOUND, PERMISSION_DENIED */
export function contentSummaryOf(
  context: SummaryContext,
  call: Call,
  path: string,
): ContentSummary {
  return summarize(context, call, path).summary
}

/**
 * Where there are limits, all that counts for them. Elsewhere it is not whole: what only snapshots show is to be added.
 * @throws NOT_FOUND, PERMISSION_DENIED
 */
export function quotaUsageOf(
  context: SummaryContext,
  call: Call,
  path: string,
): QuotaUsage & { readonly isWhole: boolean } {
  const { summary, usage, isRoot } = summarize(context, call, path)
  const { fileCount, directoryCount, spaceConsumedBytes, typeSpaceBytes, quota } = summary
  if (usage === undefined || !(isRoot || isLimited(quota))) {
    const fileAndDirectoryCount = fileCount + directoryCount
    return { fileAndDirectoryCount, spaceConsumedBytes, typeSpaceBytes, quota, isWhole: false }
  }
  return {
    fileAndDirectoryCount: usage.names,
    spaceConsumedBytes: usage.spaceBytes,
    typeSpaceBytes,
    quota,
    isWhole: true,
  }
}

function summarize({ stores, tree }: SummaryContext, call: Call, path: string): Summarized {
  const walked = tree.find(path, call.principal, 'using')
  const inode = requireTarget(walked)
  // HDFS asks this of every directory below, too; our totals are kept, not gathered, so there is no walk.
  if (inode.kind === 'directory') {
    checkAccess(inode, joinPath(walked.components), call.principal, READ | EXECUTE)
  }
  const isRoot = walked.inodes.length === 1
  if (walked.state.point !== undefined) {
    return { summary: toContentSummary(inode), usage: undefined, isRoot }
  }
  const usage = usageOf({ stores, tree }, inode, policyOnPath(walked.inodes))
  const summary = toContentSummary(inode, stores.quotas.get(inode.id), usage.typeSpaceBytes)
  return { summary, usage, isRoot }
}
