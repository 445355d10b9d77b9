/** Quotas: setting them, and asking those of all directories above a change. Never more than a walk to the root. */
import { DfsError } from '../../shared/errors.js'
import type { InodeId } from '../../shared/ids.js'
import { joinPath } from '../policy/path-name.js'
import { checkSuperuser } from '../policy/permissions.js'
import { changedQuota, checkQuota, isLimited, NO_QUOTA, type QuotaUsage } from '../policy/quotas.js'
import { type Inode, NO_PARENT } from '../storage/inode-store.js'
import type { ChangeContext, ChangeRule } from './namespace-change.js'

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
  { stores, tree, settleTotals }: ChangeContext,
  directory: InodeId | typeof NO_PARENT,
  added: QuotaUsage,
  options: { readonly until?: InodeId | undefined; readonly isOneByOne?: boolean } = {},
): void {
  const { names, spaceBytes } = added
  if ((names <= 0 && spaceBytes <= 0) || !stores.quotas.isUsed) return
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
      if (inode !== undefined) checkQuota(path, quota, usageOf(inode), { ...added, isOneByOne })
    }
    id = stores.inodes.parentOf(id) ?? NO_PARENT
  }
}

/** What an inode counts for: a directory with all below it, a file with what its last block may still become. */
export function usageOf(inode: Inode): QuotaUsage {
  if (inode.kind === 'directory') {
    const { files, directories, spaceBytes } = inode.tree
    return { names: files + directories + 1, spaceBytes }
  }
  return { names: 1, spaceBytes: spaceOf(inode) }
}

/** Bytes that a file claims, replicas counted. */
export const spaceOf = (
  file: Pick<Inode, 'lengthBytes' | 'reservedBytes' | 'replication'>,
): number => (file.lengthBytes + file.reservedBytes) * file.replication

/** What a change adds when `inode` comes and `replaced` goes. The totals of both must be settled. */
export function usageOfMove(inode: Inode, replaced: Inode | undefined): QuotaUsage {
  const coming = usageOf(inode)
  if (replaced === undefined) return coming
  const going = usageOf(replaced)
  return {
    names: coming.names - going.names,
    spaceBytes: coming.spaceBytes - going.spaceBytes,
  }
}

/** Hadoop's name of what is asked for. */
function commandOf(request: { readonly names: unknown; readonly spaceBytes: unknown }): string {
  const { names, spaceBytes } = request
  if (names === 'clear' && spaceBytes === 'keep') return 'clearQuota'
  if (names === 'keep' && spaceBytes === 'clear') return 'clearSpaceQuota'
  return spaceBytes === 'keep' ? 'setQuota' : 'setSpaceQuota'
}
