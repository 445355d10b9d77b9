/** Messages of the block streaming protocol, version 28 (protocol reference 3). */
import { message, optional, packed, repeated, required } from '../message.js'
import { DatanodeInfoProto, ExtendedBlockProto, TokenProto } from './hdfs.js'

export const DATA_TRANSFER_VERSION = 28

export const OperationCode = {
  WRITE_BLOCK: 80,
  READ_BLOCK: 81,
  READ_METADATA: 82,
  REPLACE_BLOCK: 83,
  COPY_BLOCK: 84,
  BLOCK_CHECKSUM: 85,
  TRANSFER_BLOCK: 86,
  REQUEST_SHORT_CIRCUIT_FDS: 87,
  RELEASE_SHORT_CIRCUIT_FDS: 88,
  REQUEST_SHORT_CIRCUIT_SHM: 89,
  BLOCK_GROUP_CHECKSUM: 90,
  CUSTOM: 127,
} as const

export const Status = {
  SUCCESS: 0,
  ERROR: 1,
  ERROR_CHECKSUM: 2,
  ERROR_INVALID: 3,
  ERROR_EXISTS: 4,
  ERROR_ACCESS_TOKEN: 5,
  CHECKSUM_OK: 6,
  ERROR_UNSUPPORTED: 7,
  OOB_RESTART: 8,
  OOB_RESERVED1: 9,
  OOB_RESERVED2: 10,
  OOB_RESERVED3: 11,
  IN_PROGRESS: 12,
  ERROR_BLOCK_PINNED: 13,
} as const

export const BlockConstructionStage = {
  PIPELINE_SETUP_APPEND: 0,
  PIPELINE_SETUP_APPEND_RECOVERY: 1,
  DATA_STREAMING: 2,
  PIPELINE_SETUP_STREAMING_RECOVERY: 3,
  PIPELINE_CLOSE: 4,
  PIPELINE_CLOSE_RECOVERY: 5,
  PIPELINE_SETUP_CREATE: 6,
  TRANSFER_RBW: 7,
  TRANSFER_FINALIZED: 8,
} as const

export const BlockChecksumType = { MD5CRC: 1, COMPOSITE_CRC: 2 } as const

export const DataTransferTraceInfoProto = message('DataTransferTraceInfoProto', {
  traceId: optional(1, 'u64'),
  parentId: optional(2, 'u64'),
  spanContext: optional(3, 'bytes'),
})

export const BaseHeaderProto = message('BaseHeaderProto', {
  block: required(1, ExtendedBlockProto),
  token: optional(2, TokenProto),
  traceInfo: optional(3, DataTransferTraceInfoProto),
})

export const ClientOperationHeaderProto = message('ClientOperationHeaderProto', {
  baseHeader: required(1, BaseHeaderProto),
  clientName: required(2, 'string'),
})

export const ChecksumProto = message('ChecksumProto', {
  type: required(1, 'enum'),
  bytesPerChecksum: required(2, 'u32'),
})

export const CachingStrategyProto = message('CachingStrategyProto', {
  dropBehind: optional(1, 'bool'),
  readahead: optional(2, 'i64'),
})

export const OpReadBlockProto = message('OpReadBlockProto', {
  header: required(1, ClientOperationHeaderProto),
  offset: required(2, 'u64'),
  len: required(3, 'u64'),
  sendChecksums: optional(4, 'bool'),
  cachingStrategy: optional(5, CachingStrategyProto),
})

export const OpWriteBlockProto = message('OpWriteBlockProto', {
  header: required(1, ClientOperationHeaderProto),
  targets: repeated(2, DatanodeInfoProto),
  source: optional(3, DatanodeInfoProto),
  stage: required(4, 'enum'),
  pipelineSize: required(5, 'u32'),
  minBytesRcvd: required(6, 'u64'),
  maxBytesRcvd: required(7, 'u64'),
  latestGenerationStamp: required(8, 'u64'),
  requestedChecksum: required(9, ChecksumProto),
  cachingStrategy: optional(10, CachingStrategyProto),
  storageType: optional(11, 'enum'),
  targetStorageTypes: repeated(12, 'enum'),
  allowLazyPersist: optional(13, 'bool'),
  pinning: optional(14, 'bool'),
  targetPinnings: repeated(15, 'bool'),
  storageId: optional(16, 'string'),
  targetStorageIds: repeated(17, 'string'),
})

export const OpTransferBlockProto = message('OpTransferBlockProto', {
  header: required(1, ClientOperationHeaderProto),
  targets: repeated(2, DatanodeInfoProto),
  targetStorageTypes: repeated(3, 'enum'),
  targetStorageIds: repeated(4, 'string'),
})

export const OpReplaceBlockProto = message('OpReplaceBlockProto', {
  header: required(1, BaseHeaderProto),
  delHint: required(2, 'string'),
  source: required(3, DatanodeInfoProto),
  storageType: optional(4, 'enum'),
  storageId: optional(5, 'string'),
})

export const OpCopyBlockProto = message('OpCopyBlockProto', {
  header: required(1, BaseHeaderProto),
})

export const BlockChecksumOptionsProto = message('BlockChecksumOptionsProto', {
  blockChecksumType: optional(1, 'enum'),
  stripeLength: optional(2, 'u64'),
})

export const OpBlockChecksumProto = message('OpBlockChecksumProto', {
  header: required(1, BaseHeaderProto),
  blockChecksumOptions: optional(2, BlockChecksumOptionsProto),
})

export const OpBlockChecksumResponseProto = message('OpBlockChecksumResponseProto', {
  bytesPerCrc: required(1, 'u32'),
  crcPerBlock: required(2, 'u64'),
  blockChecksum: required(3, 'bytes'),
  crcType: optional(4, 'enum'),
  blockChecksumOptions: optional(5, BlockChecksumOptionsProto),
})

export const ReadOpChecksumInfoProto = message('ReadOpChecksumInfoProto', {
  checksum: required(1, ChecksumProto),
  chunkOffset: required(2, 'u64'),
})

/** With its length varint it must take at least 5 bytes: add an empty `firstBadLink` to a bare status (reference 3.1). */
export const BlockOpResponseProto = message('BlockOpResponseProto', {
  status: required(1, 'enum'),
  firstBadLink: optional(2, 'string'),
  checksumResponse: optional(3, OpBlockChecksumResponseProto),
  readOpChecksumInfo: optional(4, ReadOpChecksumInfoProto),
  message: optional(5, 'string'),
  shortCircuitAccessVersion: optional(6, 'u32'),
})

export const ClientReadStatusProto = message('ClientReadStatusProto', {
  status: required(1, 'enum'),
})

/** Not delimited on the wire; 25 bytes, or 27 with `syncBlock`. */
export const PacketHeaderProto = message('PacketHeaderProto', {
  offsetInBlock: required(1, 'sfixed64'),
  seqno: required(2, 'sfixed64'),
  lastPacketInBlock: required(3, 'bool'),
  dataLen: required(4, 'sfixed32'),
  syncBlock: optional(5, 'bool'),
})

export const PipelineAckProto = message('PipelineAckProto', {
  seqno: required(1, 's64'),
  reply: repeated(2, 'enum'),
  downstreamAckTimeNanos: optional(3, 'u64'),
  flag: packed(4, 'u32'),
})

const ShortCircuitShmSlotProto = message('ShortCircuitShmSlotProto', {
  shmId: required(
    1,
    message('ShortCircuitShmIdProto', { hi: required(1, 'i64'), lo: required(2, 'i64') }),
  ),
  slotIdx: required(2, 'i32'),
})

export const OpRequestShortCircuitAccessProto = message('OpRequestShortCircuitAccessProto', {
  header: required(1, BaseHeaderProto),
  maxVersion: required(2, 'u32'),
  slotId: optional(3, ShortCircuitShmSlotProto),
  supportsReceiptVerification: optional(4, 'bool'),
})

export const ReleaseShortCircuitAccessRequestProto = message(
  'ReleaseShortCircuitAccessRequestProto',
  {
    slotId: required(1, ShortCircuitShmSlotProto),
    traceInfo: optional(2, DataTransferTraceInfoProto),
  },
)

export const ReleaseShortCircuitAccessResponseProto = message(
  'ReleaseShortCircuitAccessResponseProto',
  { status: required(1, 'enum'), error: optional(2, 'string') },
)

export const ShortCircuitShmRequestProto = message('ShortCircuitShmRequestProto', {
  clientName: required(1, 'string'),
  traceInfo: optional(2, DataTransferTraceInfoProto),
})

export const ShortCircuitShmResponseProto = message('ShortCircuitShmResponseProto', {
  status: required(1, 'enum'),
  error: optional(2, 'string'),
})

export const OpCustomProto = message('OpCustomProto', { customId: required(1, 'string') })
