/** Access control lists, extended attributes and quotas of a scripted cluster: kept as they are sent, without rules. */

import { type AclEntry, formatAclEntry } from '../../../shared/acl.js'
import type { NamenodeCalls } from '../../../shared/client/namenode-calls.js'
import { aclEntryMessage, aclEntryOf } from '../../../shared/hadoop/acl-messages.js'
import { xattrMessage, xattrOf } from '../../../shared/hadoop/xattr-messages.js'
import { isSameXAttr, type XAttr } from '../../../shared/xattr.js'

type Owner = object

export class ScriptedAttributes {
  readonly #of: (path: string) => Owner
  readonly #acls = new WeakMap<Owner, readonly AclEntry[]>()
  readonly #xattrs = new WeakMap<Owner, readonly XAttr[]>()
  /** What changed, one line for each call. */
  readonly log: string[] = []

  constructor(of: (path: string) => Owner) {
    this.#of = of
  }

  hasAcl(owner: Owner): boolean {
    return (this.#acls.get(owner) ?? []).length > 0
  }

  setAcl(path: string, entries: readonly AclEntry[]): void {
    this.#acls.set(this.#of(path), entries)
  }

  calls(record: (name: string) => void) {
    type AclCall = NamenodeCalls['setAcl']
    const aclCall = (name: string): AclCall => {
      return async ({ src, aclSpec = [] }) => {
        record(name)
        const spec = aclSpec.map((it) => formatAclEntry(aclEntryOf(it))).join(',')
        this.#of(src)
        this.log.push(`${name} ${src} ${spec}`.trimEnd())
        return {}
      }
    }
    return {
      modifyAclEntries: aclCall('modifyAclEntries'),
      removeAclEntries: aclCall('removeAclEntries'),
      setAcl: aclCall('setAcl'),
      removeAcl: aclCall('removeAcl') satisfies NamenodeCalls['removeAcl'],
      removeDefaultAcl: aclCall('removeDefaultAcl') satisfies NamenodeCalls['removeDefaultAcl'],
      getAclStatus: (async ({ src }) => {
        record('getAclStatus')
        const entries = (this.#acls.get(this.#of(src)) ?? []).map(aclEntryMessage)
        const owner = this.#of(src) as { permission: number; owner: string; group: string }
        const permission = { perm: owner.permission }
        const { owner: user, group } = owner
        const decoded = entries as ReturnType<typeof aclEntryMessage>[]
        return { result: { owner: user, group, sticky: false, entries: decoded, permission } }
      }) satisfies NamenodeCalls['getAclStatus'],
      getXAttrs: (async ({ src, xAttrs = [] }) => {
        record('getXAttrs')
        const all = this.#xattrs.get(this.#of(src)) ?? []
        const wanted = xAttrs.map((it) => xattrOf({ value: undefined, ...it }))
        const found =
          wanted.length === 0
            ? all
            : all.filter((it) => wanted.some((name) => isSameXAttr(it, name)))
        return { xAttrs: found.map(xattrMessage) }
      }) satisfies NamenodeCalls['getXAttrs'],
      setXAttr: (async ({ src, xAttr }) => {
        record('setXAttr')
        if (xAttr === undefined) return {}
        const owner = this.#of(src)
        const xattr = xattrOf({ value: undefined, ...xAttr })
        this.#xattrs.set(owner, [...(this.#xattrs.get(owner) ?? []), xattr])
        return {}
      }) satisfies NamenodeCalls['setXAttr'],
      removeXAttr: (async ({ src, xAttr }) => {
        record('removeXAttr')
        const owner = this.#of(src)
        const left = (this.#xattrs.get(owner) ?? []).filter((it) => it.name !== xAttr?.name)
        this.#xattrs.set(owner, left)
        return {}
      }) satisfies NamenodeCalls['removeXAttr'],
      setQuota: (async ({ path, namespaceQuota, storagespaceQuota, storageType }) => {
        record('setQuota')
        this.#of(path)
        const word = (value: number) => (value === -1 ? 'clear' : value >= 2 ** 63 ? 'keep' : value)
        const type = storageType === undefined ? '' : ` of ${storageType}`
        const values = `${word(namespaceQuota)} ${word(storagespaceQuota)}`
        this.log.push(`setQuota ${path} ${values}${type}`)
        return {}
      }) satisfies NamenodeCalls['setQuota'],
      ...this.#policies(record),
    }
  }

  #policies(record: (call: string) => void) {
    const change = (call: string) => async (request: { src: string; policyName?: string }) => {
      record(call)
      this.#of(request.src)
      this.log.push(
        [call, request.src, request.policyName].filter((it) => it !== undefined).join(' '),
      )
      return {}
    }
    return {
      getStoragePolicies: (async () => {
        record('getStoragePolicies')
        return { policies: [COLD] }
      }) satisfies NamenodeCalls['getStoragePolicies'],
      getStoragePolicy: (async ({ path }) => {
        record('getStoragePolicy')
        this.#of(path)
        return { storagePolicy: COLD }
      }) satisfies NamenodeCalls['getStoragePolicy'],
      setStoragePolicy: change('setStoragePolicy'),
      unsetStoragePolicy: change('unsetStoragePolicy'),
      satisfyStoragePolicy: change('satisfyStoragePolicy'),
    }
  }
}

const COLD = {
  policyId: 2,
  name: 'COLD',
  creationPolicy: { storageTypes: [3] },
  creationFallbackPolicy: undefined,
  replicationFallbackPolicy: undefined,
}
