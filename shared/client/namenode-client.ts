/**
 * A namenode as the client library sees it: one typed method for each call of ClientProtocol that it makes. Requests are
 * objects with Hadoop's field names; what they mean and which errors come back is in protocol reference 2.
 */
import { IpcClient, type IpcClientOptions } from '../hadoop/ipc-client.js'
import type { Decoded, Input } from '../hadoop/message.js'
import type { AnyMessage, RpcMethod } from '../hadoop/rpc-protocol.js'
import { CLIENT_PROTOCOL, CLIENT_PROTOCOL_NAME } from '../hadoop/schema/client-protocol.js'
import { DFS_PROTOCOL } from '../hadoop/schema/dfs-protocol.js'

type Call<Request extends AnyMessage, Response extends AnyMessage> = (
  request: Input<Request>,
  signal?: AbortSignal,
) => Promise<Decoded<Response>>

export type NamenodeClientOptions = Omit<IpcClientOptions, 'protocolName' | 'useSasl'>

export class NamenodeClient {
  readonly #ipc: IpcClient

  constructor(options: NamenodeClientOptions) {
    this.#ipc = new IpcClient({ ...options, protocolName: CLIENT_PROTOCOL_NAME })
  }

  /** Closes the connection; calls under way fail with INTERRUPTED. */
  close(): void {
    this.#ipc.close()
  }

  #bind<Request extends AnyMessage, Response extends AnyMessage>(
    method: RpcMethod<Request, Response>,
  ): Call<Request, Response> {
    return (request, signal) => this.#ipc.call(method, request, signal)
  }

  // namespace, reading
  readonly getServerDefaults = this.#bind(CLIENT_PROTOCOL.getServerDefaults)
  readonly getFileInfo = this.#bind(CLIENT_PROTOCOL.getFileInfo)
  readonly getFileLinkInfo = this.#bind(CLIENT_PROTOCOL.getFileLinkInfo)
  readonly getLocatedFileInfo = this.#bind(CLIENT_PROTOCOL.getLocatedFileInfo)
  readonly getBlockLocations = this.#bind(CLIENT_PROTOCOL.getBlockLocations)
  readonly getListing = this.#bind(CLIENT_PROTOCOL.getListing)
  readonly isFileClosed = this.#bind(CLIENT_PROTOCOL.isFileClosed)
  readonly getContentSummary = this.#bind(CLIENT_PROTOCOL.getContentSummary)
  readonly getQuotaUsage = this.#bind(CLIENT_PROTOCOL.getQuotaUsage)
  readonly getPreferredBlockSize = this.#bind(CLIENT_PROTOCOL.getPreferredBlockSize)
  readonly checkAccess = this.#bind(CLIENT_PROTOCOL.checkAccess)
  readonly getStoragePolicies = this.#bind(CLIENT_PROTOCOL.getStoragePolicies)

  // namespace, changing
  readonly mkdirs = this.#bind(CLIENT_PROTOCOL.mkdirs)
  readonly rename = this.#bind(CLIENT_PROTOCOL.rename)
  readonly rename2 = this.#bind(CLIENT_PROTOCOL.rename2)
  readonly delete = this.#bind(CLIENT_PROTOCOL.delete)
  readonly setReplication = this.#bind(CLIENT_PROTOCOL.setReplication)
  readonly setPermission = this.#bind(CLIENT_PROTOCOL.setPermission)
  readonly setOwner = this.#bind(CLIENT_PROTOCOL.setOwner)
  readonly setTimes = this.#bind(CLIENT_PROTOCOL.setTimes)
  readonly setQuota = this.#bind(CLIENT_PROTOCOL.setQuota)
  readonly getStoragePolicy = this.#bind(CLIENT_PROTOCOL.getStoragePolicy)
  readonly setStoragePolicy = this.#bind(CLIENT_PROTOCOL.setStoragePolicy)
  readonly unsetStoragePolicy = this.#bind(CLIENT_PROTOCOL.unsetStoragePolicy)
  readonly satisfyStoragePolicy = this.#bind(CLIENT_PROTOCOL.satisfyStoragePolicy)

  // writing files
  readonly create = this.#bind(CLIENT_PROTOCOL.create)
  readonly addBlock = this.#bind(CLIENT_PROTOCOL.addBlock)
  readonly abandonBlock = this.#bind(CLIENT_PROTOCOL.abandonBlock)
  readonly getAdditionalDatanode = this.#bind(CLIENT_PROTOCOL.getAdditionalDatanode)
  readonly updateBlockForPipeline = this.#bind(CLIENT_PROTOCOL.updateBlockForPipeline)
  readonly updatePipeline = this.#bind(CLIENT_PROTOCOL.updatePipeline)
  readonly fsync = this.#bind(CLIENT_PROTOCOL.fsync)
  readonly complete = this.#bind(CLIENT_PROTOCOL.complete)
  readonly append = this.#bind(CLIENT_PROTOCOL.append)
  readonly truncate = this.#bind(CLIENT_PROTOCOL.truncate)
  readonly concat = this.#bind(CLIENT_PROTOCOL.concat)
  readonly renewLease = this.#bind(CLIENT_PROTOCOL.renewLease)
  readonly recoverLease = this.#bind(CLIENT_PROTOCOL.recoverLease)
  readonly reportBadBlocks = this.#bind(CLIENT_PROTOCOL.reportBadBlocks)

  // the cluster
  readonly getFsStats = this.#bind(CLIENT_PROTOCOL.getFsStats)
  readonly getFsReplicatedBlockStats = this.#bind(CLIENT_PROTOCOL.getFsReplicatedBlockStats)
  readonly getDatanodeReport = this.#bind(CLIENT_PROTOCOL.getDatanodeReport)
  readonly getDatanodeStorageReport = this.#bind(CLIENT_PROTOCOL.getDatanodeStorageReport)
  readonly listCorruptFileBlocks = this.#bind(CLIENT_PROTOCOL.listCorruptFileBlocks)
  readonly listOpenFiles = this.#bind(CLIENT_PROTOCOL.listOpenFiles)
  readonly setSafeMode = this.#bind(CLIENT_PROTOCOL.setSafeMode)

  // access control lists and extended attributes
  readonly getAclStatus = this.#bind(CLIENT_PROTOCOL.getAclStatus)
  readonly setAcl = this.#bind(CLIENT_PROTOCOL.setAcl)
  readonly modifyAclEntries = this.#bind(CLIENT_PROTOCOL.modifyAclEntries)
  readonly removeAclEntries = this.#bind(CLIENT_PROTOCOL.removeAclEntries)
  readonly removeAcl = this.#bind(CLIENT_PROTOCOL.removeAcl)
  readonly removeDefaultAcl = this.#bind(CLIENT_PROTOCOL.removeDefaultAcl)
  readonly setXAttr = this.#bind(CLIENT_PROTOCOL.setXAttr)
  readonly getXAttrs = this.#bind(CLIENT_PROTOCOL.getXAttrs)
  readonly listXAttrs = this.#bind(CLIENT_PROTOCOL.listXAttrs)
  readonly removeXAttr = this.#bind(CLIENT_PROTOCOL.removeXAttr)

  // snapshots
  readonly allowSnapshot = this.#bind(CLIENT_PROTOCOL.allowSnapshot)
  readonly disallowSnapshot = this.#bind(CLIENT_PROTOCOL.disallowSnapshot)
  readonly createSnapshot = this.#bind(CLIENT_PROTOCOL.createSnapshot)
  readonly renameSnapshot = this.#bind(CLIENT_PROTOCOL.renameSnapshot)
  readonly deleteSnapshot = this.#bind(CLIENT_PROTOCOL.deleteSnapshot)
  readonly getSnapshottableDirListing = this.#bind(CLIENT_PROTOCOL.getSnapshottableDirListing)
  readonly getSnapshotListing = this.#bind(CLIENT_PROTOCOL.getSnapshotListing)
  readonly getSnapshotDiffReport = this.#bind(CLIENT_PROTOCOL.getSnapshotDiffReport)
  readonly getSnapshotDiffReportListing = this.#bind(CLIENT_PROTOCOL.getSnapshotDiffReportListing)

  // beyond HDFS: our own namenodes
  readonly listDeleted = this.#bind(DFS_PROTOCOL.listDeleted)
  readonly getDeletionTotals = this.#bind(DFS_PROTOCOL.getDeletionTotals)
  readonly undelete = this.#bind(DFS_PROTOCOL.undelete)

  // events
  readonly getCurrentEditLogTxid = this.#bind(CLIENT_PROTOCOL.getCurrentEditLogTxid)
  readonly getEditsFromTxid = this.#bind(CLIENT_PROTOCOL.getEditsFromTxid)
}
