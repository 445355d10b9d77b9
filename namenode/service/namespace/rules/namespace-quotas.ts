/** Quotas: setting them, and asking those of all directories above a change. Never more than a walk to the root. */
import { DfsError } from '../../../../shared/errors.js'
import type { InodeId } from '../../../../shared/ids.js'
import { joinPath } from '../../../policy/path-name.js'
import { checkSuperuser } from '../../../policy/permissions.js'
import {
  changedQuota,
  checkQuota,
  isLimited,
  NO_QUOTA,
  type QuotaUsage,
} from '../../../policy/quotas.js'
import { NO_POLICY } from '../../../policy/storage-policies.js'
import { type PolicyShare, typeSpaceDifference, typeSpaceOf } from '../../../policy/type-usage.js'
import { type Inode, NO_PARENT } from '../../../storage/inode-store.js'
import { pastUnder, sumOfPast } from '../apply/past-weight.js'
import { sharesUnder, sumOfShares, weightOf } from '../apply/tree-weight.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'

export const setQuotaRule: ChangeRule<'setQuota'> = {
  decide: (context, { path: wanted, ...request }) => {
    const { principal } = context.call
    checkSuperuser(principal, commandOf(request))
    const { target: directory, components } = context.tree.find(wanted, principal, 'using')
    const path = joinPath(components)
    // First, as Hadoop: numbers that are no quota are refused for any path.
    const old = (directory && context.stores.quotas.get(directory.id)) ?? NO_QUOTA
    const quota = changedQuota(old, request)
    if (directory === undefined) {
      throw new DfsError('NOT_FOUND', `Directory does not exist: ${path}`)
    }
    if (directory.kind === 'file') {
      throw new DfsError('NOT_A_DIRECTORY', `\`${path}': Is not a directory`)
    }
    const edit = {
      op: 'setQuota',
      path,
      user: principal.user,
      inode: directory.id,
      names: quota.names ?? null,
      space: quota.spaceBytes ?? null,
      typeSpace: quota.typeSpaceBytes,
    } as const
    return { edit, result: () => undefined }
  },
}

/**
 * Asks the quotas of `directory` and of all above it, the nearest first.
 * @param options.until the directory below which the addition comes from: it and those above it have it already
 * @param options.isOneByOne whether names are added one after the other, which only the message tells
 * @throws NS_QUOTA_EXCEEDED, DS_QUOTA_EXCEEDED, TYPE_QUOTA_EXCEEDED
 */
export function checkQuotas(
  context: ChangeContext,
  directory: InodeId | typeof NO_PARENT,
  added: QuotaUsage,
  options: { readonly until?: InodeId | undefined; readonly isOneByOne?: boolean } = {},
): void {
  const { stores, tree, settleTotals } = context
  const addsNothing = [added.names, added.spaceBytes, ...Object.values(added.typeSpaceBytes)].every(
    (it) => it <= 0,
  )
  if (addsNothing || !stores.quotas.isUsed) return
  let isSettled = false
  let id: InodeId | typeof NO_PARENT = directory
  while (id !== NO_PARENT && id !== options.until) {
    const quota = stores.quotas.get(id)
    if (quota !== undefined && isLimited(quota)) {
      // Changes of this batch are counted in memory until its end.
      if (!isSettled) settleTotals()
      isSettled = true
      const inode = stores.inodes.get(id)
      const isOneByOne = options.isOneByOne ?? false
      const path = tree.pathOf(id) ?? ''
      if (inode !== undefined) {
        checkQuota(path, quota, usageOf(context, inode), { ...added, isOneByOne })
      }
    }
    id = stores.inodes.parentOf(id) ?? NO_PARENT
  }
}

/**
 * Asks the quotas above a file that is to claim more.
 * @param added what it is to claim more of one replica, and of all of them
 * @throws DS_QUOTA_EXCEEDED, TYPE_QUOTA_EXCEEDED
 */
export function checkQuotasOfFile(context: ChangeContext, file: Inode, added: PolicyShare): void {
  if (!context.stores.quotas.isUsed) return
  const typeSpaceBytes = typeSpaceOf(new Map([[context.tree.policyOf(file), added]]))
  checkQuotas(context, file.parent, { names: 0, spaceBytes: added.spaceBytes, typeSpaceBytes })
}

/**
 * What an inode counts for: a directory with all below it, a file with what its last block may still become; and what only
 * snapshots show of all that. The totals of a directory must be settled.
 * @param policy that which holds for it
 */
export function usageOf(
  { stores, tree }: Pick<ChangeContext, 'stores' | 'tree'>,
  inode: Inode,
  policy = tree.policyOf(inode),
): QuotaUsage {
  const weight = weightOf(stores, { ...inode, policy })
  const { files, directories, decided } = weight
  const shares = policy === NO_POLICY ? sharesUnder(policy, weight) : decided
  const pastShares = pastUnder(policy, stores.pastTotals.of(inode.id))
  const past = sumOfPast(pastShares)
  return {
    names: files + directories + past.names,
    spaceBytes: weight.spaceBytes + past.spaceBytes,
    typeSpaceBytes: typeSpaceOf(sumOfShares(shares, pastShares)),
  }
}

/**
 * What a change adds when `inode` comes and `replaced` goes. The totals of both must be settled.
 * @param above the directory where `inode` is to be: its policy holds for what has none
 */
export function usageOfMove(
  context: ChangeContext,
  { inode, above }: { readonly inode: Inode; readonly above: Inode },
  replaced: Inode | undefined,
): QuotaUsage {
  const policy = inode.policy === NO_POLICY ? context.tree.policyOf(above) : inode.policy
  const coming = usageOf(context, inode, policy)
  return replaced === undefined ? coming : usageDifference(coming, usageOf(context, replaced))
}

/** What `left` has more than `right`. */
export const usageDifference = (left: QuotaUsage, right: QuotaUsage): QuotaUsage => ({
  names: left.names - right.names,
  spaceBytes: left.spaceBytes - right.spaceBytes,
  typeSpaceBytes: typeSpaceDifference(left.typeSpaceBytes, right.typeSpaceBytes),
})

/** Hadoop's name of what is asked for. */
function commandOf(request: { readonly names: unknown; readonly spaceBytes: unknown }): string {
  const { names, spaceBytes } = request
  if (names === 'clear' && spaceBytes === 'keep') return 'clearQuota'
  if (names === 'keep' && spaceBytes === 'clear') return 'clearSpaceQuota'
  return spaceBytes === 'keep' ? 'setQuota' : 'setSpaceQuota'
}
