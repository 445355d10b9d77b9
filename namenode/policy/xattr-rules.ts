/**
 * Which extended attributes a caller may see and change, and what becomes of a list of them (protocol reference 2.7).
 * Access to the file itself is asked for elsewhere; here it is about names, sizes and numbers.
 */
import { DfsError } from '../../shared/errors.js'
import type { Principal } from '../../shared/principal.js'
import { isSameXAttr, prefixedName, type XAttr, type XAttrName } from '../../shared/xattr.js'

/** A file with this attribute cannot be read by superusers. It has no value and stays for ever. */
export const UNREADABLE_BY_SUPERUSER = 'security.hdfs.unreadable.by.superuser'

export interface XAttrLimits {
  /** Attributes that users see, of one file. */
  readonly maxXAttrs: number
  /** Name and value together. */
  readonly maxXAttrBytes: number
}

export interface XAttrView {
  readonly principal: Principal
  /** Whether the path was asked for below `/.reserved/raw`, where `raw.` attributes are seen. */
  readonly isRaw: boolean
}

/** @throws PERMISSION_DENIED for attributes that this caller may neither name nor change */
export function checkXAttrPrivilege(xattr: XAttrName, { principal, isRaw }: XAttrView): void {
  if (isVisible(xattr, { principal, isRaw })) return
  const text = `User doesn't have permission for xattr: ${prefixedName(xattr)}`
  throw new DfsError('PERMISSION_DENIED', text)
}

/** What of a file's attributes this caller sees. */
export const visibleXAttrs = (xattrs: readonly XAttr[], view: XAttrView): XAttr[] =>
  xattrs.filter((it) => isVisible(it, view))

/** Whether this caller may know of an attribute of that name. */
export function isVisible(xattr: XAttrName, { principal, isRaw }: XAttrView): boolean {
  switch (xattr.namespace) {
    case 'user':
      return true
    case 'trusted':
      return principal.isSuperuser
    case 'raw':
      return isRaw
    default:
      return prefixedName(xattr) === UNREADABLE_BY_SUPERUSER
  }
}

/**
 * The attributes that were asked for, in that order; all when none was named.
 * @throws XATTR_NOT_FOUND when a single one is missing
 */
export function selectXAttrs(xattrs: readonly XAttr[], wanted: readonly XAttrName[]): XAttr[] {
  if (wanted.length === 0) return [...xattrs]
  return wanted.map((name) => {
    const found = xattrs.find((it) => isSameXAttr(it, name))
    if (found !== undefined) return found
    throw new DfsError('XATTR_NOT_FOUND', 'At least one of the attributes provided was not found.')
  })
}

/** @throws ILLEGAL_ARGUMENT, PERMISSION_DENIED for what no file could have */
export function checkNewXAttr(xattr: XAttr, limits: XAttrLimits): void {
  const sizeBytes = Buffer.byteLength(xattr.name) + xattr.value.length
  if (sizeBytes > limits.maxXAttrBytes) {
    throw new DfsError(
      'ILLEGAL_ARGUMENT',
      'The XAttr is too big. The maximum combined size of the name and value is ' +
        `${limits.maxXAttrBytes}, but the total size is ${sizeBytes}`,
    )
  }
  if (xattr.name === '' || xattr.name.includes('\0')) {
    throw new DfsError('ILLEGAL_ARGUMENT', 'XAttr name cannot be empty, nor hold a NUL.')
  }
}

/**
 * A list with one attribute set; the newest comes first.
 * @throws IO, ILLEGAL_ARGUMENT, PERMISSION_DENIED
 */
export function withXAttr(
  existing: readonly XAttr[],
  xattr: XAttr,
  options: {
    readonly create: boolean
    readonly replace: boolean
    readonly kind: 'file' | 'directory'
    readonly maxXAttrs: number
  },
): XAttr[] {
  const { name } = xattr
  if (prefixedName(xattr) === UNREADABLE_BY_SUPERUSER) checkUnreadable(xattr, options.kind)
  if (!options.create && !options.replace) {
    throw new DfsError('ILLEGAL_ARGUMENT', 'A flag must be specified.')
  }
  const others = existing.filter((it) => !isSameXAttr(it, xattr))
  const exists = others.length < existing.length
  if (exists && !options.replace) {
    const text = `XAttr: ${name} already exists. The REPLACE flag must be specified.`
    throw new DfsError('IO', text)
  }
  if (!exists && !options.create) {
    throw new DfsError('IO', `XAttr: ${name} does not exist. The CREATE flag must be specified.`)
  }
  const all = [xattr, ...others]
  const counted = all.filter((it) => it.namespace === 'user' || it.namespace === 'trusted').length
  // Others are few by nature, but a caller can invent raw names too: twice the limit holds for all of them.
  if (counted > options.maxXAttrs || all.length > 2 * options.maxXAttrs) {
    const text = `Cannot add additional XAttr to inode, would exceed limit of ${options.maxXAttrs}`
    throw new DfsError('IO', text)
  }
  return all
}

/** A list without one attribute. @throws IO when it is not there, PERMISSION_DENIED for the one that stays */
export function withoutXAttr(existing: readonly XAttr[], xattr: XAttrName): XAttr[] {
  if (prefixedName(xattr) === UNREADABLE_BY_SUPERUSER && existing.length > 0) {
    const text = `The xattr '${UNREADABLE_BY_SUPERUSER}' can not be deleted.`
    throw new DfsError('PERMISSION_DENIED', text)
  }
  const others = existing.filter((it) => !isSameXAttr(it, xattr))
  if (others.length < existing.length) return others
  throw new DfsError('IO', 'No matching attributes found for remove operation')
}

/** @throws PERMISSION_DENIED for a superuser and a file that is closed to superusers */
export function checkReadableBySuperuser(xattrs: readonly XAttr[], principal: Principal): void {
  if (!xattrs.some((it) => prefixedName(it) === UNREADABLE_BY_SUPERUSER)) return
  throw new DfsError(
    'PERMISSION_DENIED',
    `Access is denied for ${principal.user} since the superuser is not allowed to perform this operation.`,
  )
}

function checkUnreadable(xattr: XAttr, kind: 'file' | 'directory'): void {
  if (xattr.value.length > 0) {
    throw new DfsError(
      'PERMISSION_DENIED',
      `Attempt to set a value for '${UNREADABLE_BY_SUPERUSER}'. Values are not allowed for this xattr.`,
    )
  }
  if (kind === 'directory') {
    throw new DfsError('IO', `Can only set '${UNREADABLE_BY_SUPERUSER}' on a file.`)
  }
}
