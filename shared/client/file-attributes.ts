/**
 * Access control lists, extended attributes, quotas and storage policies of a cluster: `client.attributes`. Apart from `DfsClient`, since
 * few programs need them.
 *
 *     await client.attributes.modifyAcl('/data', parseAclSpec('user:bob:r-x', 'required'))
 *     await client.attributes.setXAttr('/data/a', { namespace: 'user', name: 'colour', value: Buffer.from('red') })
 *     await client.attributes.setQuota('/data', { names: 1000 })
 */
import type { AclEntry } from '../acl.js'
import { DfsError } from '../errors.js'
import { aclEntryMessage, aclEntryOf } from '../hadoop/acl-messages.js'
import type { Decoded } from '../hadoop/message.js'
import { XAttrSetFlag } from '../hadoop/schema/acl-and-xattr.js'
import { type BlockStoragePolicyProto, StorageTypeEnum } from '../hadoop/schema/hdfs.js'
import { xattrMessage, xattrOf } from '../hadoop/xattr-messages.js'
import type { XAttr, XAttrName } from '../xattr.js'
import type { CallOptions, QuotaUsage } from './client-options.js'
import { toQuotaUsage } from './content-summary.js'
import type { NamenodeCalls } from './namenode-calls.js'
import { absolutePath } from './remote-path.js'

/** Types of storage are DISK, SSD, ARCHIVE, RAM_DISK, PROVIDED and NVDIMM. */
export interface StoragePolicyDescription {
  readonly id: number
  readonly name: string
  /** Where replicas go, the last type repeating. */
  readonly storageTypes: readonly string[]
  readonly creationFallbacks: readonly string[]
  readonly replicationFallbacks: readonly string[]
}

export interface AclStatus {
  readonly owner: string
  readonly group: string
  /** Octal bits 0..01777; with access entries the group bits are the mask. */
  readonly permission: number
  /** What the bits cannot say; empty for most files. */
  readonly entries: readonly AclEntry[]
}

/** `setQuota`: 2^63 - 1, which stands for "as it was". */
const KEEP = 2 ** 63
const CLEAR = -1
const NO_VALUE = new Uint8Array(0)

export class FileAttributes {
  readonly #namenode: NamenodeCalls
  readonly #signalOf: (options: CallOptions) => AbortSignal | undefined

  constructor(
    namenode: NamenodeCalls,
    signalOf: (options: CallOptions) => AbortSignal | undefined,
  ) {
    this.#namenode = namenode
    this.#signalOf = signalOf
  }

  /** @throws DfsError NOT_FOUND */
  async acl(path: string, options: CallOptions = {}): Promise<AclStatus> {
    const request = { src: absolutePath(path) }
    const { result } = await this.#namenode.getAclStatus(request, this.#signalOf(options))
    const { owner, group, permission, entries } = result
    return { owner, group, permission: permission?.perm ?? 0, entries: entries.map(aclEntryOf) }
  }

  /** Adds entries, or changes those that are there. @throws DfsError ACL */
  async modifyAcl(
    path: string,
    entries: readonly AclEntry[],
    options: CallOptions = {},
  ): Promise<void> {
    const request = aclRequest(path, entries)
    await this.#namenode.modifyAclEntries(request, this.#signalOf(options))
  }

  /** Replaces the entries of each scope that `entries` speak of. @throws DfsError ACL */
  async setAcl(
    path: string,
    entries: readonly AclEntry[],
    options: CallOptions = {},
  ): Promise<void> {
    await this.#namenode.setAcl(aclRequest(path, entries), this.#signalOf(options))
  }

  /** Takes entries out; their permissions do not matter. @throws DfsError ACL */
  async removeAclEntries(
    path: string,
    entries: readonly AclEntry[],
    options: CallOptions = {},
  ): Promise<void> {
    const request = aclRequest(path, entries)
    await this.#namenode.removeAclEntries(request, this.#signalOf(options))
  }

  /** Leaves the permission bits alone. */
  async removeAcl(path: string, options: CallOptions = {}): Promise<void> {
    await this.#namenode.removeAcl({ src: absolutePath(path) }, this.#signalOf(options))
  }

  async removeDefaultAcl(path: string, options: CallOptions = {}): Promise<void> {
    await this.#namenode.removeDefaultAcl({ src: absolutePath(path) }, this.#signalOf(options))
  }

  /** The named attributes, all that this user sees without names. @throws DfsError XATTR_NOT_FOUND when one is missing */
  async xattrs(
    path: string,
    names: readonly XAttrName[] = [],
    options: CallOptions = {},
  ): Promise<XAttr[]> {
    const xAttrs = names.map((name) => xattrMessage({ ...name, value: NO_VALUE }))
    const request = { src: absolutePath(path), xAttrs }
    const found = await this.#namenode.getXAttrs(request, this.#signalOf(options))
    return found.xAttrs.map(xattrOf)
  }

  /** @param options.only `create`: it must be new; `replace`: it must be there. Default: both will do */
  async setXAttr(
    path: string,
    xattr: XAttr,
    options: CallOptions & { readonly only?: 'create' | 'replace' | undefined } = {},
  ): Promise<void> {
    const { CREATE, REPLACE } = XAttrSetFlag
    const flag =
      options.only === undefined ? CREATE | REPLACE : options.only === 'create' ? CREATE : REPLACE
    const request = { src: absolutePath(path), xAttr: xattrMessage(xattr), flag }
    await this.#namenode.setXAttr(request, this.#signalOf(options))
  }

  /** @throws DfsError REMOTE when it is not there */
  async removeXAttr(path: string, name: XAttrName, options: CallOptions = {}): Promise<void> {
    const xAttr = xattrMessage({ ...name, value: NO_VALUE })
    await this.#namenode.removeXAttr({ src: absolutePath(path), xAttr }, this.#signalOf(options))
  }

  /**
   * Limits what may hang below a directory. Superusers only.
   * @param limits null: no limit any more; what is left out stays
   */
  async setQuota(
    path: string,
    limits: {
      readonly names?: number | null | undefined
      readonly spaceBytes?: number | null | undefined
      /** Makes `spaceBytes` the limit for what belongs on one type of storage: DISK, SSD, ... */
      readonly storageType?: string | undefined
    },
    options: CallOptions = {},
  ): Promise<void> {
    const { storageType } = limits
    const request = {
      path: absolutePath(path),
      ...(storageType === undefined ? {} : { storageType: storageTypeNumber(storageType) }),
      namespaceQuota: quotaNumber(limits.names),
      storagespaceQuota: quotaNumber(limits.spaceBytes),
    }
    await this.#namenode.setQuota(request, this.#signalOf(options))
  }

  /** Its limits, and what counts against them; asks for less than `contentSummary`. @throws DfsError NOT_FOUND */
  async quotaUsage(path: string, options: CallOptions = {}): Promise<QuotaUsage> {
    const request = { path: absolutePath(path) }
    const { usage } = await this.#namenode.getQuotaUsage(request, this.#signalOf(options))
    return toQuotaUsage(usage)
  }

  /** The policies that the cluster knows. */
  async storagePolicies(options: CallOptions = {}): Promise<StoragePolicyDescription[]> {
    const { policies } = await this.#namenode.getStoragePolicies({}, this.#signalOf(options))
    return policies.map(policyOf)
  }

  /** The policy that holds for a file or directory: its own, or the nearest above. @throws DfsError NOT_FOUND */
  async storagePolicy(path: string, options: CallOptions = {}): Promise<StoragePolicyDescription> {
    const request = { path: absolutePath(path) }
    const found = await this.#namenode.getStoragePolicy(request, this.#signalOf(options))
    return policyOf(found.storagePolicy)
  }

  /**
   * Says where new replicas go; those that exist stay until `satisfyStoragePolicy`.
   * @param policyName such as `COLD`; null: no policy of its own any more
   */
  async setStoragePolicy(
    path: string,
    policyName: string | null,
    options: CallOptions = {},
  ): Promise<void> {
    const src = absolutePath(path)
    const signal = this.#signalOf(options)
    if (policyName === null) await this.#namenode.unsetStoragePolicy({ src }, signal)
    else await this.#namenode.setStoragePolicy({ src, policyName }, signal)
  }

  /** Asks that a file, or all below a directory, is moved to where its policy wants it. Returns at once. */
  async satisfyStoragePolicy(path: string, options: CallOptions = {}): Promise<void> {
    const request = { src: absolutePath(path) }
    await this.#namenode.satisfyStoragePolicy(request, this.#signalOf(options))
  }
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(StorageTypeEnum).map(([name, number]) => [number, name]),
)

function policyOf(message: Decoded<typeof BlockStoragePolicyProto>): StoragePolicyDescription {
  const names = (list: { readonly storageTypes: readonly number[] } | undefined) =>
    (list?.storageTypes ?? []).map((it) => TYPE_NAMES.get(it) ?? `${it}`)
  return {
    id: message.policyId,
    name: message.name,
    storageTypes: names(message.creationPolicy),
    creationFallbacks: names(message.creationFallbackPolicy),
    replicationFallbacks: names(message.replicationFallbackPolicy),
  }
}

const aclRequest = (path: string, entries: readonly AclEntry[]) => ({
  src: absolutePath(path),
  aclSpec: entries.map(aclEntryMessage),
})

/** @throws DfsError ILLEGAL_ARGUMENT */
function storageTypeNumber(name: string): number {
  const found = Object.entries(StorageTypeEnum).find(([it]) => it === name.toUpperCase())
  if (found !== undefined) return found[1]
  throw new DfsError('ILLEGAL_ARGUMENT', `'${name}' is no type of storage`)
}

const quotaNumber = (limit: number | null | undefined): number =>
  limit === undefined ? KEEP : (limit ?? CLEAR)
