/**
 * How an access control list is kept: permission bits, and beside them the entries that bits cannot say (protocol
 * reference 2.7). Also what a new file or directory inherits from its parent's default entries.
 */
import {
  type AclEntry,
  accessEntries,
  defaultEntries,
  fullAcl,
  isMinimalAcl,
} from '../../shared/acl.js'
import { STICKY_BIT } from './permissions.js'

/** Permission bits and entries as an inode keeps them; no entries: an ordinary inode. */
export interface KeptAcl {
  readonly permission: number
  readonly acl: readonly AclEntry[] | undefined
}

/** The parts of a whole ACL that an inode keeps. @param entries valid and in order; @param permission for its sticky bit */
export function keptAcl(entries: readonly AclEntry[], permission: number): KeptAcl {
  const access = accessEntries(entries)
  const bits = (type: AclEntry['type']) =>
    access.find((it) => it.type === type && it.name === undefined)?.permission ?? 0
  const isExtended = !isMinimalAcl(access)
  const kept = [
    // With named entries or a mask the group's own entry is kept, since the group bits become the mask.
    ...(isExtended ? access.filter((it) => it.type === 'group' || it.name !== undefined) : []),
    ...defaultEntries(entries),
  ]
  const group = isExtended ? bits('mask') : bits('group')
  return {
    permission: (permission & STICKY_BIT) | (bits('user') << 6) | (group << 3) | bits('other'),
    acl: kept.length === 0 ? undefined : kept,
  }
}

/** Without any entries: the group gets back what its own entry said, instead of the mask. */
export function withoutAcl({ permission, acl }: KeptAcl): KeptAcl {
  const group = acl?.find(
    (it) => it.scope === 'access' && it.type === 'group' && it.name === undefined,
  )
  const bits = group === undefined ? permission : (permission & ~0o070) | (group.permission << 3)
  return { permission: bits, acl: undefined }
}

/**
 * What a new inode starts with.
 * @param modes.masked bits after the client's umask: these count unless the parent has default entries
 * @param modes.unmasked bits as the program asked for them; older clients do not tell, then the masked ones count
 */
export function inheritedAcl(
  parent: Pick<KeptAcl, 'acl'>,
  kind: 'file' | 'directory',
  modes: { readonly masked: number; readonly unmasked: number | undefined },
): KeptAcl {
  const inherited = defaultEntries(parent.acl ?? [])
  if (inherited.length === 0) return { permission: modes.masked, acl: undefined }
  const mode = modes.unmasked ?? modes.masked
  const isMinimal = isMinimalAcl(inherited)
  const access = inherited.map(
    (entry): AclEntry => ({
      ...entry,
      scope: 'access',
      permission: entry.permission & limitOf(entry, mode, isMinimal),
    }),
  )
  return keptAcl(kind === 'directory' ? [...access, ...inherited] : access, mode)
}

/** What of the asked-for mode limits an inherited entry: that of the owner, of the group class (its mask), of others. */
function limitOf(entry: AclEntry, mode: number, isMinimal: boolean): number {
  if (entry.type === 'mask' || (entry.type === 'group' && isMinimal)) return (mode >> 3) & 7
  if (entry.type === 'other') return mode & 7
  return entry.type === 'user' && entry.name === undefined ? (mode >> 6) & 7 : 7
}

/** The whole ACL of an inode, for changing it. */
export const wholeAcl = ({ permission, acl }: KeptAcl): AclEntry[] => fullAcl(permission, acl ?? [])
