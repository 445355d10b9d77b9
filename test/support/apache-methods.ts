/** The methods of Apache HDFS 3.4.3's protocols, as its compiled service descriptors list them. */

export const APACHE_CLIENT_PROTOCOL: readonly string[] = `
getBlockLocations getServerDefaults create append setReplication setStoragePolicy unsetStoragePolicy getStoragePolicy
getStoragePolicies setPermission setOwner abandonBlock addBlock getAdditionalDatanode complete reportBadBlocks concat
truncate rename rename2 delete mkdirs getListing getBatchedListing renewLease recoverLease getFsStats
getFsReplicatedBlockStats getFsECBlockGroupStats getDatanodeReport getDatanodeStorageReport getPreferredBlockSize
setSafeMode saveNamespace rollEdits restoreFailedStorage refreshNodes finalizeUpgrade upgradeStatus rollingUpgrade
listCorruptFileBlocks metaSave getFileInfo getLocatedFileInfo addCacheDirective modifyCacheDirective
removeCacheDirective listCacheDirectives addCachePool modifyCachePool removeCachePool listCachePools getFileLinkInfo
getContentSummary setQuota fsync setTimes createSymlink getLinkTarget updateBlockForPipeline updatePipeline
getDelegationToken renewDelegationToken cancelDelegationToken setBalancerBandwidth getDataEncryptionKey createSnapshot
renameSnapshot allowSnapshot disallowSnapshot getSnapshottableDirListing getSnapshotListing deleteSnapshot
getSnapshotDiffReport getSnapshotDiffReportListing isFileClosed modifyAclEntries removeAclEntries removeDefaultAcl
removeAcl setAcl getAclStatus setXAttr getXAttrs listXAttrs removeXAttr checkAccess createEncryptionZone
listEncryptionZones reencryptEncryptionZone listReencryptionStatus getEZForPath setErasureCodingPolicy
unsetErasureCodingPolicy getECTopologyResultForPolicies getCurrentEditLogTxid getEditsFromTxid getErasureCodingPolicies
addErasureCodingPolicies removeErasureCodingPolicy enableErasureCodingPolicy disableErasureCodingPolicy
getErasureCodingPolicy getErasureCodingCodecs getQuotaUsage listOpenFiles msync satisfyStoragePolicy getHAServiceState
getSlowDatanodeReport getEnclosingRoot
`
  .trim()
  .split(/\s+/)

export const APACHE_CLIENT_DATANODE_PROTOCOL: readonly string[] = `
getReplicaVisibleLength refreshNamenodes deleteBlockPool getBlockLocalPathInfo shutdownDatanode evictWriters
getDatanodeInfo getVolumeReport getReconfigurationStatus startReconfiguration listReconfigurableProperties
triggerBlockReport getBalancerBandwidth submitDiskBalancerPlan cancelDiskBalancerPlan queryDiskBalancerPlan
getDiskBalancerSetting
`
  .trim()
  .split(/\s+/)

/** Other protocols that tools of Hadoop speak to a namenode (protocol reference 1.7), with one method of each. */
export const APACHE_OTHER_PROTOCOLS: readonly (readonly [protocol: string, method: string])[] = [
  ['org.apache.hadoop.ha.HAServiceProtocol', 'getServiceStatus'],
  ['org.apache.hadoop.ipc.ProtocolMetaInfoPB', 'getProtocolSignature'],
  ['org.apache.hadoop.security.RefreshUserMappingsProtocol', 'refreshSuperUserGroupsConfiguration'],
  ['org.apache.hadoop.security.authorize.RefreshAuthorizationPolicyProtocol', 'refreshServiceAcl'],
  ['org.apache.hadoop.ipc.RefreshCallQueueProtocol', 'refreshCallQueue'],
  ['org.apache.hadoop.ipc.GenericRefreshProtocol', 'refresh'],
  ['org.apache.hadoop.tools.GetUserMappingsProtocol', 'getGroupsForUser'],
  ['org.apache.hadoop.hdfs.protocol.ReconfigurationProtocol', 'startReconfiguration'],
  ['org.apache.hadoop.ha.ZKFCProtocol', 'cedeActive'],
  ['org.apache.hadoop.hdfs.server.protocol.NamenodeProtocol', 'getBlocks'],
  ['org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol', 'registerDatanode'],
  ['org.apache.hadoop.hdfs.server.protocol.DatanodeLifelineProtocol', 'sendLifeline'],
  ['org.apache.hadoop.hdfs.server.protocol.InterDatanodeProtocol', 'initReplicaRecovery'],
]
