/** Changes of extended attributes (protocol reference 2.7). Which names and lists are possible is policy. */
import { DfsError } from '../../../../shared/errors.js'
import type { XAttrName } from '../../../../shared/xattr.js'
import { isRawPath, joinPath } from '../../../policy/path-name.js'
import { checkAccess, checkOwner, STICKY_BIT, WRITE } from '../../../policy/permissions.js'
import {
  checkNewXAttr,
  checkXAttrPrivilege,
  withoutXAttr,
  withXAttr,
} from '../../../policy/xattr-rules.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'

export const setXAttrRule: ChangeRule<'setXAttr'> = {
  decide: (context, { path: wanted, xattr, create, replace }) => {
    const { maxXAttrs } = context.limits
    checkNewXAttr(xattr, context.limits)
    const { inode, path } = changeable(context, wanted, xattr)
    const existing = context.stores.xattrs.of(inode.id)
    withXAttr(existing, xattr, { create, replace, kind: inode.kind, maxXAttrs })
    const edit = {
      op: 'setXAttr',
      path,
      user: context.call.principal.user,
      inode: inode.id,
      namespace: xattr.namespace,
      name: xattr.name,
      value: Buffer.from(xattr.value).toString('base64'),
    } as const
    return { edit, result: () => undefined, remember: true }
  },
  answerAgain: () => undefined,
}

export const removeXAttrRule: ChangeRule<'removeXAttr'> = {
  decide: (context, { path: wanted, xattr }) => {
    const { inode, path } = changeable(context, wanted, xattr)
    withoutXAttr(context.stores.xattrs.of(inode.id), xattr)
    const { namespace, name } = xattr
    const { user } = context.call.principal
    const edit = { op: 'removeXAttr', path, user, inode: inode.id, namespace, name } as const
    return { edit, result: () => undefined, remember: true }
  },
  answerAgain: () => undefined,
}

/** The inode, provided that the caller may change this attribute of it. @throws PERMISSION_DENIED, NOT_FOUND */
function changeable(
  context: ChangeContext,
  wanted: string,
  xattr: XAttrName,
): { readonly inode: Inode; readonly path: string } {
  const { principal } = context.call
  checkXAttrPrivilege(xattr, { principal, isRaw: isRawPath(wanted) })
  const { target: inode, components } = context.tree.find(wanted, principal, 'using')
  const path = joinPath(components)
  if (inode === undefined) throw new DfsError('NOT_FOUND', `cannot find ${path}`)
  const isShared = inode.kind === 'directory' && (inode.permission & STICKY_BIT) !== 0
  // In a directory where everybody writes, its own attributes are still its owner's.
  if (isShared && xattr.namespace === 'user') checkOwner(inode, path, principal)
  else checkAccess(inode, path, principal, WRITE)
  return { inode, path }
}
