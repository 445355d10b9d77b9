/**
 * Who may do what, in one place: owner, group, other, access control lists, superuser and the sticky bit, with the words
 * that HDFS users know (protocol reference 2.2). Walking a path is the caller's work; each question here is about one inode.
 */
import { type AclEntry, symbolicBits } from '../../shared/acl.js'
import { DfsError } from '../../shared/errors.js'
import type { Principal } from '../../shared/principal.js'

export const READ = 4
export const WRITE = 2
export const EXECUTE = 1
export const ALL = 7
export const STICKY_BIT = 0o1000
/** Permission bits that we keep; clients may send more (Go sends its own directory bit). */
export const PERMISSION_MASK = 0o1777

/** What of an inode decides about access. */
export interface Protected {
  readonly kind: 'file' | 'directory'
  /** Octal bits 0..01777. */
  readonly permission: number
  readonly owner: string
  readonly group: string
  /** What the bits cannot say: access entries first. With any of these the group bits are the mask. */
  readonly acl?: readonly AclEntry[] | undefined
}

/** Whether `principal` has all the rights of the mask `access`. The first class that fits decides, as in POSIX. */
export function permits(inode: Protected, principal: Principal, access: number): boolean {
  if (principal.isSuperuser) return true
  if (inode.acl?.[0]?.scope === 'access') return aclPermits(inode, inode.acl, principal, access)
  const shift = inode.owner === principal.user ? 6 : principal.groups.includes(inode.group) ? 3 : 0
  return ((inode.permission >> shift) & access) === access
}

/**
 * Owner; else the entry of the user; else any entry of a group that the user is in (one must grant everything that is
 * asked); others only where none of these fits. Named users and all groups are limited by the mask.
 */
function aclPermits(
  inode: Protected,
  acl: readonly AclEntry[],
  principal: Principal,
  access: number,
): boolean {
  const grants = (bits: number) => (bits & access) === access
  if (inode.owner === principal.user) return grants(inode.permission >> 6)
  const mask = inode.permission >> 3
  const entries = acl.filter((entry) => entry.scope === 'access')
  const named = entries.find((entry) => entry.type === 'user' && entry.name === principal.user)
  if (named !== undefined) return grants(named.permission & mask)
  const groups = entries.filter(
    (entry) => entry.type === 'group' && principal.groups.includes(entry.name ?? inode.group),
  )
  if (groups.length > 0) return groups.some((entry) => grants(entry.permission & mask))
  return grants(inode.permission)
}

/** @throws PERMISSION_DENIED */
export function checkAccess(
  inode: Protected,
  path: string,
  principal: Principal,
  access: number,
): void {
  if (permits(inode, principal, access)) return
  throw new DfsError(
    'PERMISSION_DENIED',
    `Permission denied: user=${principal.user}, access=${ACCESS_NAMES[access & ALL]}, ` +
      `inode="${path}":${describe(inode)}`,
  )
}

/** In a sticky directory only the owner of an entry, of the directory, or a superuser removes or renames it. */
export function checkSticky(
  entry: { readonly inode: Protected; readonly path: string },
  directory: { readonly inode: Protected; readonly path: string },
  principal: Principal,
): void {
  if ((directory.inode.permission & STICKY_BIT) === 0 || principal.isSuperuser) return
  if (entry.inode.owner === principal.user || directory.inode.owner === principal.user) return
  throw new DfsError(
    'PERMISSION_DENIED',
    `Permission denied by sticky bit: user=${principal.user}, path="${entry.path}":${describe(entry.inode)}, ` +
      `parent="${directory.path}":${describe(directory.inode)}`,
  )
}

/** @throws PERMISSION_DENIED unless the principal owns the inode or is a superuser */
export function checkOwner(inode: Protected, path: string, principal: Principal): void {
  if (principal.isSuperuser || inode.owner === principal.user) return
  throw new DfsError(
    'PERMISSION_DENIED',
    `Permission denied. user=${principal.user} is not the owner of inode=${path}`,
  )
}

/** @throws PERMISSION_DENIED in Hadoop's words unless the principal is a superuser */
export function checkSuperuser(principal: Principal, operation: string): void {
  if (principal.isSuperuser) return
  throw new DfsError(
    'PERMISSION_DENIED',
    `Access denied for user ${principal.user}. Superuser privilege is required for operation ${operation}`,
  )
}

/** Rules of chown and chgrp beyond ownership: only a superuser gives away, an owner picks among own groups. */
export function checkOwnerChange(
  principal: Principal,
  change: { readonly owner: string | undefined; readonly group: string | undefined },
  currentOwner: string,
): void {
  if (principal.isSuperuser) return
  if (change.owner !== undefined && change.owner !== currentOwner) {
    throw new DfsError(
      'PERMISSION_DENIED',
      `User ${principal.user} is not a super user (non-super user cannot change owner).`,
    )
  }
  if (change.group !== undefined && !principal.groups.includes(change.group)) {
    throw new DfsError(
      'PERMISSION_DENIED',
      `User ${principal.user} does not belong to ${change.group}`,
    )
  }
}

/** `drwxr-xr-t`, as `ls` prints it. */
export function symbolicPermission(permission: number, kind: 'file' | 'directory'): string {
  const text = [permission >> 6, permission >> 3, permission].map(symbolicBits).join('')
  const sticky = permission & STICKY_BIT ? (permission & EXECUTE ? 't' : 'T') : undefined
  return `${kind === 'directory' ? 'd' : '-'}${sticky === undefined ? text : text.slice(0, -1) + sticky}`
}

const ACCESS_NAMES = [
  'NONE',
  'EXECUTE',
  'WRITE',
  'WRITE_EXECUTE',
  'READ',
  'READ_EXECUTE',
  'READ_WRITE',
  'ALL',
] as const

const describe = (inode: Protected) =>
  `${inode.owner}:${inode.group}:${symbolicPermission(inode.permission, inode.kind)}`
