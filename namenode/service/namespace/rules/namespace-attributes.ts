/** Attributes of files and directories: replication, mode, owner, times (protocol reference 2.5). */
import { DfsError } from '../../../../shared/errors.js'
import { checkLabel, checkSpace, checkTime } from '../../../policy/argument-limits.js'
import { joinPath } from '../../../policy/path-name.js'
import {
  checkAccess,
  checkOwner,
  checkOwnerChange,
  PERMISSION_MASK,
  WRITE,
} from '../../../policy/permissions.js'
import type { Inode } from '../../../storage/inode-store.js'
import { keptOf } from '../apply/past-value.js'
import { spaceOf } from '../apply/tree-weight.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import { claimedSpace } from './namespace-blocks.js'
import { checkReplication } from './namespace-files.js'
import { checkQuotasOfFile } from './namespace-quotas.js'

/** Access times are kept to this precision, so that reading does not become writing. */
export const ACCESS_TIME_PRECISION_MS = 3_600_000

export const setReplicationRule: ChangeRule<'setReplication'> = {
  decide: (context, { path: wanted, replication }) => {
    const { inode, path } = find(context, wanted)
    checkReplication(context, replication, path)
    if (inode === undefined) return { result: () => false }
    checkAccess(inode, path, context.call.principal, WRITE)
    if (inode.kind === 'directory') return { result: () => false }
    if (inode.replication === replication) return { result: () => true }
    const spaceBytes = spaceOf({ ...inode, replication }) - spaceOf(inode)
    checkSpace(claimedSpace(context), spaceBytes)
    const kept = context.versions.hasPast ? keptDifference(context, inode, replication) : 0
    checkQuotasOfFile(context, inode, { spaceBytes: spaceBytes + kept, firstBytes: 0 })
    const { user } = context.call.principal
    const edit = { op: 'setReplication', path, user, inode: inode.id, replication } as const
    return { edit, result: () => true }
  },
}

export const setPermissionRule: ChangeRule<'setPermission'> = {
  decide: (context, { path: wanted, permission }) => {
    const { inode, path } = requireInode(context, wanted)
    const { principal } = context.call
    checkOwner(inode, path, principal)
    const mode = permission & PERMISSION_MASK
    const { user } = principal
    const edit = { op: 'setPermission', path, user, inode: inode.id, mode } as const
    return { edit, result: () => undefined }
  },
}

export const setOwnerRule: ChangeRule<'setOwner'> = {
  decide: (context, change) => {
    const { inode, path } = requireInode(context, change.path)
    const { principal } = context.call
    // An empty name keeps the old one, as Hadoop's clients send it.
    const owner = change.owner === '' ? undefined : change.owner
    const group = change.group === '' ? undefined : change.group
    checkLabel('user name', owner ?? '')
    checkLabel('group name', group ?? '')
    checkOwner(inode, path, principal)
    checkOwnerChange(principal, { owner, group }, inode.owner)
    const edit = {
      op: 'setOwner',
      path,
      user: principal.user,
      inode: inode.id,
      owner: owner ?? inode.owner,
      group: group ?? inode.group,
    } as const
    return { edit, result: () => undefined }
  },
}

export const setTimesRule: ChangeRule<'setTimes'> = {
  decide: (context, change) => {
    checkTime('modification time', change.modificationTimeMs)
    checkTime('access time', change.accessTimeMs)
    const { inode, path } = find(context, change.path)
    if (inode === undefined) {
      throw new DfsError('NOT_FOUND', `File/Directory ${path} does not exist.`)
    }
    checkAccess(inode, path, context.call.principal, WRITE)
    const edit = {
      op: 'setTimes',
      path,
      user: context.call.principal.user,
      inode: inode.id,
      modified: change.modificationTimeMs ?? inode.modificationTimeMs,
      accessed: change.accessTimeMs ?? inode.accessTimeMs,
    } as const
    return { edit, result: () => undefined }
  },
}

/** A file was read: nobody waits for this, and it happens once in an hour for a file that is read all day. */
export const touchAccessTimeRule: ChangeRule<'touchAccessTime'> = {
  decide: (context, { fileId }) => {
    const inode = context.stores.inodes.get(fileId)
    const isDue =
      inode !== undefined && context.nowMs - inode.accessTimeMs > ACCESS_TIME_PRECISION_MS
    const path = isDue ? context.tree.pathOf(fileId) : undefined
    if (inode === undefined || path === undefined) return { result: () => undefined }
    const edit = {
      op: 'setTimes',
      path,
      user: context.call.principal.user,
      inode: fileId,
      modified: inode.modificationTimeMs,
      accessed: context.nowMs,
    } as const
    return { edit, result: () => undefined }
  },
}

/** What a snapshot keeps with more replicas counts with these already, and so on. @returns bytes more than before */
function keptDifference({ stores }: ChangeContext, file: Inode, replication: number): number {
  const keptBytes = (it: Inode) => keptOf(stores, it).spaceBytes
  return keptBytes({ ...file, replication }) - keptBytes(file)
}

function find(context: ChangeContext, wanted: string) {
  const { target, components } = context.tree.find(wanted, context.call.principal, 'using')
  return { inode: target, path: joinPath(components) }
}

/** @throws NOT_FOUND in the words of chmod and its like */
export function requireInode(
  context: ChangeContext,
  wanted: string,
): { readonly inode: Inode; readonly path: string } {
  const { inode, path } = find(context, wanted)
  if (inode !== undefined) return { inode, path }
  throw new DfsError('NOT_FOUND', `Directory/File does not exist ${path}`)
}
