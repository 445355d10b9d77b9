/** Messages that several protocols share (protocol reference 2.1). Constants have the names of Hadoop's schemas. */
import { message, optional, packed, repeated, required } from '../message.js'

export const FileType = { IS_DIR: 1, IS_FILE: 2, IS_SYMLINK: 3 } as const
/** Bits of `HdfsFileStatusProto.flags`. */
export const FileStatusFlag = { HAS_ACL: 1, HAS_CRYPT: 2, HAS_EC: 4, SNAPSHOT_ENABLED: 8 } as const
export const StorageTypeEnum = {
  DISK: 1,
  SSD: 2,
  ARCHIVE: 3,
  RAM_DISK: 4,
  PROVIDED: 5,
  NVDIMM: 6,
} as const
export const StorageState = { NORMAL: 0, READ_ONLY_SHARED: 1 } as const
export const AdminState = {
  NORMAL: 0,
  DECOMMISSION_INPROGRESS: 1,
  DECOMMISSIONED: 2,
  ENTERING_MAINTENANCE: 3,
  IN_MAINTENANCE: 4,
} as const
/** Checksum of the chunks of a block. */
export const ChecksumType = { NULL: 0, CRC32: 1, CRC32C: 2 } as const
export const CipherSuite = { UNKNOWN: 1, AES_CTR_NOPADDING: 2, SM4_CTR: 3 } as const
export const CryptoProtocolVersion = { UNKNOWN: 1, ENCRYPTION_ZONES: 2 } as const
export const ErasureCodingPolicyState = { DISABLED: 1, ENABLED: 2, REMOVED: 3 } as const

export const FsPermissionProto = message('FsPermissionProto', { perm: required(1, 'u32') })

/** Always write `numBytes`, also when it is 0: hdfs-native unwraps it (protocol reference 6.1). */
export const ExtendedBlockProto = message('ExtendedBlockProto', {
  poolId: required(1, 'string'),
  blockId: required(2, 'u64'),
  generationStamp: required(3, 'u64'),
  numBytes: optional(4, 'u64'),
})

export const BlockProto = message('BlockProto', {
  blockId: required(1, 'u64'),
  genStamp: required(2, 'u64'),
  numBytes: optional(3, 'u64'),
})

/** All four may be empty and all four must be there. */
export const TokenProto = message('TokenProto', {
  identifier: required(1, 'bytes'),
  password: required(2, 'bytes'),
  kind: required(3, 'string'),
  service: required(4, 'string'),
})

export const DatanodeIDProto = message('DatanodeIDProto', {
  ipAddr: required(1, 'string'),
  hostName: required(2, 'string'),
  datanodeUuid: required(3, 'string'),
  xferPort: required(4, 'u32'),
  infoPort: required(5, 'u32'),
  ipcPort: required(6, 'u32'),
  infoSecurePort: optional(7, 'u32'),
})

/** Field 18 is a text that 3.5.0 clients send empty; it is skipped like every unknown field. */
export const DatanodeInfoProto = message('DatanodeInfoProto', {
  id: required(1, DatanodeIDProto),
  capacity: optional(2, 'u64'),
  dfsUsed: optional(3, 'u64'),
  remaining: optional(4, 'u64'),
  blockPoolUsed: optional(5, 'u64'),
  lastUpdate: optional(6, 'u64'),
  xceiverCount: optional(7, 'u32'),
  location: optional(8, 'string'),
  nonDfsUsed: optional(9, 'u64'),
  adminState: optional(10, 'enum'),
  cacheCapacity: optional(11, 'u64'),
  cacheUsed: optional(12, 'u64'),
  lastUpdateMonotonic: optional(13, 'u64'),
  upgradeDomain: optional(14, 'string'),
  lastBlockReportTime: optional(15, 'u64'),
  lastBlockReportMonotonic: optional(16, 'u64'),
  numBlocks: optional(17, 'u32'),
})

export const DatanodeInfosProto = message('DatanodeInfosProto', {
  datanodes: repeated(1, DatanodeInfoProto),
})

export const DatanodeStorageProto = message('DatanodeStorageProto', {
  storageUuid: required(1, 'string'),
  state: optional(2, 'enum'),
  storageType: optional(3, 'enum'),
})

export const StorageReportProto = message('StorageReportProto', {
  storageUuid: required(1, 'string'),
  failed: optional(2, 'bool'),
  capacity: optional(3, 'u64'),
  dfsUsed: optional(4, 'u64'),
  remaining: optional(5, 'u64'),
  blockPoolUsed: optional(6, 'u64'),
  storage: optional(7, DatanodeStorageProto),
  nonDfsUsed: optional(8, 'u64'),
  mount: optional(9, 'string'),
})

export const StorageTypesProto = message('StorageTypesProto', {
  storageTypes: repeated(1, 'enum'),
})

/** `storageTypes` and `storageIDs` are empty or exactly as long as `locs`. */
export const LocatedBlockProto = message('LocatedBlockProto', {
  b: required(1, ExtendedBlockProto),
  offset: required(2, 'u64'),
  locs: repeated(3, DatanodeInfoProto),
  corrupt: required(4, 'bool'),
  blockToken: required(5, TokenProto),
  isCached: packed(6, 'bool'),
  storageTypes: repeated(7, 'enum'),
  storageIDs: repeated(8, 'string'),
  blockIndices: optional(9, 'bytes'),
  blockTokens: repeated(10, TokenProto),
})

export const FileEncryptionInfoProto = message('FileEncryptionInfoProto', {
  suite: required(1, 'enum'),
  cryptoProtocolVersion: required(2, 'enum'),
  key: required(3, 'bytes'),
  iv: required(4, 'bytes'),
  keyName: required(5, 'string'),
  ezKeyVersionName: required(6, 'string'),
})

export const ErasureCodingSchemaProto = message('ECSchemaProto', {
  codecName: required(1, 'string'),
  dataUnits: required(2, 'u32'),
  parityUnits: required(3, 'u32'),
  options: repeated(
    4,
    message('ECSchemaOptionEntryProto', {
      key: required(1, 'string'),
      value: required(2, 'string'),
    }),
  ),
})

export const ErasureCodingPolicyProto = message('ErasureCodingPolicyProto', {
  name: optional(1, 'string'),
  schema: optional(2, ErasureCodingSchemaProto),
  cellSize: optional(3, 'u32'),
  id: required(4, 'u32'),
  state: optional(5, 'enum'),
})

export const LocatedBlocksProto = message('LocatedBlocksProto', {
  fileLength: required(1, 'u64'),
  blocks: repeated(2, LocatedBlockProto),
  underConstruction: required(3, 'bool'),
  lastBlock: optional(4, LocatedBlockProto),
  isLastBlockComplete: required(5, 'bool'),
  fileEncryptionInfo: optional(6, FileEncryptionInfoProto),
  ecPolicy: optional(7, ErasureCodingPolicyProto),
})

/** `path` is empty for a single status and the bare child name in a listing. */
export const HdfsFileStatusProto = message('HdfsFileStatusProto', {
  fileType: required(1, 'enum'),
  path: required(2, 'bytes'),
  length: required(3, 'u64'),
  permission: required(4, FsPermissionProto),
  owner: required(5, 'string'),
  group: required(6, 'string'),
  modification_time: required(7, 'u64'),
  access_time: required(8, 'u64'),
  symlink: optional(9, 'bytes'),
  block_replication: optional(10, 'u32'),
  blocksize: optional(11, 'u64'),
  locations: optional(12, LocatedBlocksProto),
  fileId: optional(13, 'u64'),
  childrenNum: optional(14, 'i32'),
  fileEncryptionInfo: optional(15, FileEncryptionInfoProto),
  storagePolicy: optional(16, 'u32'),
  ecPolicy: optional(17, ErasureCodingPolicyProto),
  flags: optional(18, 'u32'),
  namespace: optional(19, 'string'),
})

export const DirectoryListingProto = message('DirectoryListingProto', {
  partialListing: repeated(1, HdfsFileStatusProto),
  remainingEntries: required(2, 'u32'),
})

/** An empty `keyProviderUri` means "no key server"; without it Java falls back to its own configuration. */
export const FsServerDefaultsProto = message('FsServerDefaultsProto', {
  blockSize: required(1, 'u64'),
  bytesPerChecksum: required(2, 'u32'),
  writePacketSize: required(3, 'u32'),
  replication: required(4, 'u32'),
  fileBufferSize: required(5, 'u32'),
  encryptDataTransfer: optional(6, 'bool'),
  trashInterval: optional(7, 'u64'),
  checksumType: optional(8, 'enum'),
  keyProviderUri: optional(9, 'string'),
  policyId: optional(10, 'u32'),
  snapshotTrashRootEnabled: optional(11, 'bool'),
})

export const StorageTypeQuotaInfosProto = message('StorageTypeQuotaInfosProto', {
  typeQuotaInfo: repeated(
    1,
    message('StorageTypeQuotaInfoProto', {
      type: optional(1, 'enum'),
      quota: required(2, 'u64'),
      consumed: required(3, 'u64'),
    }),
  ),
})

/** Quotas are -1 when not set. */
export const ContentSummaryProto = message('ContentSummaryProto', {
  length: required(1, 'u64'),
  fileCount: required(2, 'u64'),
  directoryCount: required(3, 'u64'),
  quota: required(4, 'u64'),
  spaceConsumed: required(5, 'u64'),
  spaceQuota: required(6, 'u64'),
  typeQuotaInfos: optional(7, StorageTypeQuotaInfosProto),
  snapshotLength: optional(8, 'u64'),
  snapshotFileCount: optional(9, 'u64'),
  snapshotDirectoryCount: optional(10, 'u64'),
  snapshotSpaceConsumed: optional(11, 'u64'),
  erasureCodingPolicy: optional(12, 'string'),
})

export const QuotaUsageProto = message('QuotaUsageProto', {
  fileAndDirectoryCount: required(1, 'u64'),
  quota: required(2, 'u64'),
  spaceConsumed: required(3, 'u64'),
  spaceQuota: required(4, 'u64'),
  typeQuotaInfos: optional(5, StorageTypeQuotaInfosProto),
})

export const CorruptFileBlocksProto = message('CorruptFileBlocksProto', {
  files: repeated(1, 'string'),
  cookie: required(2, 'string'),
})

export const BlockStoragePolicyProto = message('BlockStoragePolicyProto', {
  policyId: required(1, 'u32'),
  name: required(2, 'string'),
  creationPolicy: required(3, StorageTypesProto),
  creationFallbackPolicy: optional(4, StorageTypesProto),
  replicationFallbackPolicy: optional(5, StorageTypesProto),
})

export const DataEncryptionKeyProto = message('DataEncryptionKeyProto', {
  keyId: required(1, 'u32'),
  blockPoolId: required(2, 'string'),
  nonce: required(3, 'bytes'),
  encryptionKey: required(4, 'bytes'),
  expiryDate: required(5, 'u64'),
  encryptionAlgorithm: optional(6, 'string'),
})

export const RemoteExceptionProto = message('RemoteExceptionProto', {
  className: required(1, 'string'),
  message: optional(2, 'string'),
})
