/**
 * What the library asks of a namenode: one method for each remote call. `NamenodeClient` is the one over the wire; tests
 * script their own.
 */
import type { Decoded, Input } from '../hadoop/message.js'
import type { CLIENT_PROTOCOL } from '../hadoop/schema/client-protocol.js'

type Protocol = typeof CLIENT_PROTOCOL

/** Every call of the protocol as a method. */
export type ClientProtocolCalls = {
  readonly [K in keyof Protocol]: (
    request: Input<Protocol[K]['request']>,
    signal?: AbortSignal,
  ) => Promise<Decoded<Protocol[K]['response']>>
}

export type NamenodeCalls = Pick<
  ClientProtocolCalls,
  | 'getServerDefaults'
  | 'getFileInfo'
  | 'getListing'
  | 'getBlockLocations'
  | 'getContentSummary'
  | 'getQuotaUsage'
  | 'checkAccess'
  | 'mkdirs'
  | 'rename'
  | 'rename2'
  | 'delete'
  | 'setReplication'
  | 'setPermission'
  | 'setOwner'
  | 'setTimes'
  | 'setQuota'
  | 'getStoragePolicies'
  | 'getStoragePolicy'
  | 'setStoragePolicy'
  | 'unsetStoragePolicy'
  | 'satisfyStoragePolicy'
  | 'allowSnapshot'
  | 'disallowSnapshot'
  | 'createSnapshot'
  | 'renameSnapshot'
  | 'deleteSnapshot'
  | 'getSnapshottableDirListing'
  | 'getSnapshotListing'
  | 'getSnapshotDiffReport'
  | 'getSnapshotDiffReportListing'
  | 'getAclStatus'
  | 'modifyAclEntries'
  | 'removeAclEntries'
  | 'removeDefaultAcl'
  | 'removeAcl'
  | 'setAcl'
  | 'getXAttrs'
  | 'setXAttr'
  | 'removeXAttr'
  | 'truncate'
  | 'concat'
  | 'recoverLease'
  | 'isFileClosed'
  | 'getFsStats'
  | 'getDatanodeReport'
  | 'setSafeMode'
>
