/** Content summaries of the current tree and what quotas count, as one committed state has them. */
import { joinPath } from '../../policy/path-name.js'
import { checkAccess, EXECUTE, READ } from '../../policy/permissions.js'
import { isLimited } from '../../policy/quotas.js'
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

/** @throws NOT_FOUND, PERMISSION_DENIED */
export function contentSummaryOf(
  { stores, tree }: SummaryContext,
  call: Call,
  path: string,
): ContentSummary {
  const walked = tree.find(path, call.principal, 'using')
  const inode = requireTarget(walked)
  // HDFS asks this of every directory below, too; our totals are kept, not gathered, so there is no walk.
  if (inode.kind === 'directory') {
    checkAccess(inode, joinPath(walked.components), call.principal, READ | EXECUTE)
  }
  // Quotas are of now: no snapshot has one.
  if (walked.state.point !== undefined) return toContentSummary(inode)
  const { typeSpaceBytes } = usageOf({ stores, tree }, inode, policyOnPath(walked.inodes))
  return toContentSummary(inode, stores.quotas.get(inode.id), typeSpaceBytes)
}

/**
 * Where there are limits, all that counts for them. Elsewhere it is not whole: what only snapshots show is to be added.
 * @throws NOT_FOUND, PERMISSION_DENIED
 */
export function quotaUsageOf(
  { stores, tree }: SummaryContext,
  call: Call,
  path: string,
): QuotaUsage & { readonly isWhole: boolean } {
  const { fileCount, directoryCount, spaceConsumedBytes, typeSpaceBytes, quota } = contentSummaryOf(
    { stores, tree },
    call,
    path,
  )
  const { target, inodes, state } = tree.find(path, call.principal, 'using')
  const isRoot = inodes.length === 1
  if (target === undefined || state.point !== undefined || !(isRoot || isLimited(quota))) {
    const fileAndDirectoryCount = fileCount + directoryCount
    return { fileAndDirectoryCount, spaceConsumedBytes, typeSpaceBytes, quota, isWhole: false }
  }
  const { names, spaceBytes } = usageOf({ stores, tree }, target, policyOnPath(inodes))
  return {
    fileAndDirectoryCount: names,
    spaceConsumedBytes: spaceBytes,
    typeSpaceBytes,
    quota,
    isWhole: true,
  }
}
