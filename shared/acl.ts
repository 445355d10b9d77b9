/**
 * Access control lists as servers, clients and the command line hold them, and their text form `default:user:bob:r-x`
 * (protocol reference 2.7). Owner, mask and others of the access scope live in the permission bits of a file, never here.
 */
import { DfsError } from './errors.js'

export type AclScope = 'access' | 'default'
export type AclType = 'user' | 'group' | 'mask' | 'other'

export interface AclEntry {
  readonly scope: AclScope
  readonly type: AclType
  /** Absent for the owner, the owning group, the mask and others. */
  readonly name?: string
  /** Bits read 4, write 2, execute 1. */
  readonly permission: number
}

/** In the order of the wire's numbers, which is the order of entries too. */
export const ACL_SCOPES = ['access', 'default'] as const satisfies readonly AclScope[]
export const ACL_TYPES = ['user', 'group', 'mask', 'other'] as const satisfies readonly AclType[]

/** Owner, group and others: what the permission bits alone can say. */
const MINIMAL_ENTRIES = 3

export const accessEntries = (entries: readonly AclEntry[]): AclEntry[] =>
  entries.filter((entry) => entry.scope === 'access')

export const defaultEntries = (entries: readonly AclEntry[]): AclEntry[] =>
  entries.filter((entry) => entry.scope === 'default')

/** Whether entries of one scope say no more than permission bits can. */
export const isMinimalAcl = (entries: readonly AclEntry[]): boolean =>
  entries.length === MINIMAL_ENTRIES

/** `rwx`, `r-x`: three letters for bits 0..7. */
export const symbolicBits = (bits: number): string =>
  (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-') + (bits & 1 ? 'x' : '-')

/** `default:user:bob:r-x`, as getfacl prints it. */
export function formatAclEntry(entry: AclEntry): string {
  const prefix = entry.scope === 'default' ? 'default:' : ''
  return `${prefix}${entry.type}:${entry.name ?? ''}:${symbolicBits(entry.permission)}`
}

/**
 * The whole ACL of a file: its entries with those that its permission bits stand for, in order. Without access entries
 * the group bits are the group's, with them they are the mask.
 */
export function fullAcl(permission: number, entries: readonly AclEntry[]): AclEntry[] {
  const extended = accessEntries(entries)
  const bits = (shift: number) => (permission >> shift) & 7
  return [
    { scope: 'access', type: 'user', permission: bits(6) },
    ...extended,
    { scope: 'access', type: extended.length > 0 ? 'mask' : 'group', permission: bits(3) },
    { scope: 'access', type: 'other', permission: bits(0) },
    ...defaultEntries(entries),
  ]
}

/**
 * Reads `user:bob:rwx,default:group::r-x`.
 * @param permissions `required`: every entry ends in its bits; `none`: no entry has any, as for removal
 * @throws DfsError ILLEGAL_ARGUMENT in Hadoop's words
 */
export function parseAclSpec(text: string, permissions: 'required' | 'none'): AclEntry[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => parseEntry(part, permissions))
}

function parseEntry(text: string, permissions: 'required' | 'none'): AclEntry {
  // Empty parts at the end do not count, as in Java's split.
  const parts = text.replace(/:+$/, '').split(':')
  const isDefault = parts[0] === 'default'
  const [typeText, name = '', bits, ...rest] = isDefault ? parts.slice(1) : parts
  const invalid = () => new DfsError('ILLEGAL_ARGUMENT', `Invalid <aclSpec> : ${text}`)
  if (typeText === undefined || text.replaceAll(':', '') === '') throw invalid()
  const type = ACL_TYPES.find((it) => it === typeText.toLowerCase())
  if (type === undefined) {
    throw new DfsError('ILLEGAL_ARGUMENT', `Invalid type of acl in <aclSpec> :${text}`)
  }
  if (rest.length > 0 || (permissions === 'none' && bits !== undefined)) throw invalid()
  if (permissions === 'required' && bits === undefined) throw invalid()
  const named = name === '' ? {} : { name }
  const permission = bits === undefined ? 0 : parseBits(bits, text)
  return { scope: isDefault ? 'default' : 'access', type, ...named, permission }
}

function parseBits(bits: string, text: string): number {
  if (/^[r-][w-][x-]$/.test(bits)) {
    return (bits[0] === 'r' ? 4 : 0) + (bits[1] === 'w' ? 2 : 0) + (bits[2] === 'x' ? 1 : 0)
  }
  throw new DfsError('ILLEGAL_ARGUMENT', `Invalid permission in <aclSpec> : ${text}`)
}

/** What an entry grants in the end: named users, and groups, are limited by the mask of their scope. */
export function effectivePermission(
  entry: AclEntry,
  permission: number,
  entries: readonly AclEntry[],
): number {
  if (entry.name === undefined && entry.type !== 'group') return entry.permission
  if (entry.scope === 'access') return entry.permission & (permission >> 3)
  const mask = defaultEntries(entries).find((it) => it.type === 'mask')
  return entry.permission & (mask?.permission ?? entry.permission)
}
