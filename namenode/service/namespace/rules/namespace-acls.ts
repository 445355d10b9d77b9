/** Changes of access control lists (protocol reference 2.7). What becomes of a list is policy; here is who may, and where. */
import { defaultEntries } from '../../../../shared/acl.js'
import { DfsError } from '../../../../shared/errors.js'
import { type KeptAcl, keptAcl, wholeAcl, withoutAcl } from '../../../policy/acl-of-inode.js'
import {
  mergeAclEntries,
  removeAclEntries,
  removeDefaultEntries,
  replaceAclEntries,
} from '../../../policy/acl-transformation.js'
import { checkLabel } from '../../../policy/argument-limits.js'
import { checkOwner } from '../../../policy/permissions.js'
import { encodeAcl } from '../../../storage/acl-texts.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { AclChange } from '../namespace.js'
import type { ChangeRule } from '../namespace-change.js'
import { requireInode } from './namespace-attributes.js'

export const changeAclRule: ChangeRule<'changeAcl'> = {
  decide: (context, change) => {
    for (const { name } of change.entries) checkLabel('name of an ACL entry', name ?? '')
    const { inode, path } = requireInode(context, change.path)
    const { principal } = context.call
    checkOwner(inode, path, principal)
    const { permission, acl } = namingPath(path, () => changed(inode, change, path))
    const edit = {
      op: 'setAcl',
      path,
      user: principal.user,
      inode: inode.id,
      mode: permission,
      acl: acl === undefined ? null : encodeAcl(acl),
    } as const
    return { edit, result: () => undefined }
  },
}

function changed(inode: Inode, { action, entries }: AclChange, path: string): KeptAcl {
  // Replacing by nothing means the same in Hadoop.
  if (action === 'remove-all' || (action === 'replace' && entries.length === 0)) {
    return withoutAcl(inode)
  }
  const existing = wholeAcl(inode)
  const whole =
    action === 'modify'
      ? mergeAclEntries(existing, entries)
      : action === 'remove'
        ? removeAclEntries(existing, entries)
        : action === 'replace'
          ? replaceAclEntries(existing, entries)
          : removeDefaultEntries(existing)
  if (inode.kind === 'file' && defaultEntries(whole).length > 0) {
    const text = `Invalid ACL: only directories may have a default ACL. Path: ${path}`
    throw new DfsError('ACL', text)
  }
  return keptAcl(whole, inode.permission)
}

/** A refused list is refused with the path behind the reason, even where the reason has it already: as Hadoop does. */
function namingPath<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof DfsError) || error.code !== 'ACL') throw error
    throw new DfsError('ACL', `${error.message} Path: ${path}`, { cause: error })
  }
}
