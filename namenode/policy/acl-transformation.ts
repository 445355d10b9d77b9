/**
 * What becomes of an access control list when entries are merged in, taken out or replaced: order, validity, the
 * computed mask and the default entries that must be there (protocol reference 2.7). A whole ACL goes in, with the entries
 * that the permission bits stand for, and a whole ACL comes out. Messages are Hadoop's, without the path behind them.
 */
import {
  ACL_SCOPES,
  ACL_TYPES,
  type AclEntry,
  type AclScope,
  formatAclEntry,
} from '../../shared/acl.js'
import { DfsError } from '../../shared/errors.js'

/** Of one scope, also in what a caller hands in. */
const MAX_ENTRIES = 32
const BASE_TYPES = ['user', 'group', 'other'] as const

type Masks = Partial<Record<AclScope, AclEntry>>

/** Adds entries, or changes those that are there. @throws DfsError ACL */
export function mergeAclEntries(
  existing: readonly AclEntry[],
  wanted: readonly AclEntry[],
): AclEntry[] {
  const spec = validSpec(wanted)
  const building = new AclBuilder()
  for (const entry of existing) {
    if (!spec.some((it) => isSamePlace(it, entry))) building.keep(entry)
  }
  for (const entry of spec) building.set(entry)
  return building.finish()
}

/** Takes entries out; permissions of `unwanted` do not matter. @throws DfsError ACL */
export function removeAclEntries(
  existing: readonly AclEntry[],
  unwanted: readonly AclEntry[],
): AclEntry[] {
  const spec = validSpec(unwanted)
  const building = new AclBuilder()
  for (const entry of existing) {
    if (spec.some((it) => isSamePlace(it, entry))) building.drop(entry)
    else building.keep(entry)
  }
  return building.finish()
}

/** Replaces the entries of each scope that `wanted` speaks of. @throws DfsError ACL */
export function replaceAclEntries(
  existing: readonly AclEntry[],
  wanted: readonly AclEntry[],
): AclEntry[] {
  const spec = validSpec(wanted)
  const building = new AclBuilder()
  for (const entry of spec) building.set(entry)
  const scopes = new Set(spec.map((it) => it.scope))
  for (const entry of existing) if (!scopes.has(entry.scope)) building.keep(entry)
  return building.finish()
}

/** Takes all default entries out. */
export function removeDefaultEntries(existing: readonly AclEntry[]): AclEntry[] {
  return valid(existing.filter((entry) => entry.scope === 'access'))
}

/** Entries by scope, type and name; the unnamed first. */
export function compareAclEntries(left: AclEntry, right: AclEntry): number {
  const scope = ACL_SCOPES.indexOf(left.scope) - ACL_SCOPES.indexOf(right.scope)
  if (scope !== 0) return scope
  const type = ACL_TYPES.indexOf(left.type) - ACL_TYPES.indexOf(right.type)
  if (type !== 0) return type
  const [a, b] = [left.name ?? '', right.name ?? '']
  return a < b ? -1 : a > b ? 1 : 0
}

const isSamePlace = (left: AclEntry, right: AclEntry) => compareAclEntries(left, right) === 0

const sorted = (entries: readonly AclEntry[]): AclEntry[] => entries.toSorted(compareAclEntries)

const refused = (message: string) => new DfsError('ACL', message)

function validSpec(entries: readonly AclEntry[]): AclEntry[] {
  checkMaxEntries(entries)
  return sorted(entries)
}

/** Collects entries, and what was said of masks on the way. */
class AclBuilder {
  readonly #entries: AclEntry[] = []
  readonly #masks: Masks = {}
  /** Scopes whose mask was set or dropped, and scopes of which anything was. */
  readonly #dirtyMasks = new Set<AclScope>()
  readonly #dirty = new Set<AclScope>()

  keep(entry: AclEntry): void {
    if (entry.type === 'mask') this.#masks[entry.scope] = entry
    else this.#entries.push(entry)
  }

  set(entry: AclEntry): void {
    this.drop(entry)
    this.keep(entry)
  }

  drop(entry: AclEntry): void {
    this.#dirty.add(entry.scope)
    if (entry.type === 'mask') this.#dirtyMasks.add(entry.scope)
  }

  finish(): AclEntry[] {
    const entries = withMissingDefaults(this.#entries)
    const masks = ACL_SCOPES.map((scope) => this.#maskOf(scope, entries))
    return valid([...entries, ...masks.filter((mask) => mask !== undefined)])
  }

  /** The mask of a scope: as given, or the union of what it limits. */
  #maskOf(scope: AclScope, entries: readonly AclEntry[]): AclEntry | undefined {
    const own = entries.filter((entry) => entry.scope === scope)
    if (own.length === 0) return undefined
    const given = this.#masks[scope]
    const isNeeded = own.some((entry) => entry.name !== undefined)
    if (given === undefined && isNeeded && this.#dirtyMasks.has(scope)) {
      throw refused('Invalid ACL: mask is required and cannot be deleted.')
    }
    if (given !== undefined && (!this.#dirty.has(scope) || this.#dirtyMasks.has(scope))) {
      return given
    }
    if (given === undefined && !isNeeded) return undefined
    const permission = own
      .filter((entry) => entry.type === 'group' || entry.name !== undefined)
      .reduce((union, entry) => union | entry.permission, 0)
    return { scope, type: 'mask', permission }
  }
}

/** A default ACL that lacks owner, group or others takes those of the access scope. */
function withMissingDefaults(entries: readonly AclEntry[]): AclEntry[] {
  if (!entries.some((entry) => entry.scope === 'default')) return [...entries]
  const unnamed = (scope: AclScope, type: AclEntry['type']) =>
    entries.find((it) => it.scope === scope && it.type === type && it.name === undefined)
  const copied = BASE_TYPES.flatMap((type): AclEntry[] => {
    const access = unnamed('access', type)
    const isThere = unnamed('default', type) !== undefined
    return isThere || access === undefined ? [] : [{ ...access, scope: 'default' }]
  })
  return [...entries, ...copied]
}

function valid(unordered: readonly AclEntry[]): AclEntry[] {
  const entries = sorted(unordered)
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1]
    if (before !== undefined && isSamePlace(before, entry)) {
      throw refused('Invalid ACL: multiple entries with same scope, type and name.')
    }
    if (entry.name !== undefined && (entry.type === 'mask' || entry.type === 'other')) {
      const text = formatAclEntry(entry)
      throw refused(`Invalid ACL: this entry type must not have a name: ${text}.`)
    }
  }
  checkMaxEntries(entries)
  const isComplete = (scope: AclScope) =>
    BASE_TYPES.every((type) =>
      entries.some((it) => it.scope === scope && it.type === type && it.name === undefined),
    )
  if (!isComplete('access')) {
    throw refused('Invalid ACL: the user, group and other entries are required.')
  }
  if (entries.some((it) => it.scope === 'default') && !isComplete('default')) {
    throw refused('Invalid default ACL: the user, group and other entries are required.')
  }
  return entries
}

function checkMaxEntries(entries: readonly AclEntry[]): void {
  for (const scope of ACL_SCOPES) {
    const count = entries.filter((entry) => entry.scope === scope).length
    if (count <= MAX_ENTRIES) continue
    throw refused(
      `Invalid ACL: ACL has ${count} ${scope} entries, which exceeds maximum of ${MAX_ENTRIES}.`,
    )
  }
}
