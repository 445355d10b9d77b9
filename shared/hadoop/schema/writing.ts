/** Writing files: from create to complete, leases, recovery (protocol reference 2.6 and the file calls of 2.5). */
import { optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'
import {
  DatanodeIDProto,
  DatanodeInfoProto,
  ExtendedBlockProto,
  FsPermissionProto,
  HdfsFileStatusProto,
  LocatedBlockProto,
} from './hdfs.js'

/** Bits of `create`'s createFlag and `append`'s flag; clients may set others. */
export const CreateFlag = {
  CREATE: 1,
  OVERWRITE: 2,
  APPEND: 4,
  LAZY_PERSIST: 0x10,
  NEW_BLOCK: 0x20,
  SHOULD_REPLICATE: 0x80,
} as const
export const AddBlockFlag = { NO_LOCAL_WRITE: 1, IGNORE_CLIENT_LOCALITY: 2 } as const

const src = required(1, 'string')
const clientName = required(2, 'string')
const fileIdAt4 = optional(4, 'u64')
const result = { result: required(1, 'bool') } as const

export const WRITING_METHODS = rpcMethods({
  create: {
    request: {
      src,
      masked: required(2, FsPermissionProto),
      clientName: required(3, 'string'),
      createFlag: required(4, 'u32'),
      createParent: required(5, 'bool'),
      replication: required(6, 'u32'),
      blockSize: required(7, 'u64'),
      cryptoProtocolVersion: repeated(8, 'enum'),
      unmasked: optional(9, FsPermissionProto),
      ecPolicyName: optional(10, 'string'),
      storagePolicy: optional(11, 'string'),
    },
    response: { fs: optional(1, HdfsFileStatusProto) },
  },
  addBlock: {
    request: {
      src,
      clientName,
      previous: optional(3, ExtendedBlockProto),
      excludeNodes: repeated(4, DatanodeInfoProto),
      fileId: optional(5, 'u64'),
      favoredNodes: repeated(6, 'string'),
      flags: repeated(7, 'enum'),
    },
    response: { block: required(1, LocatedBlockProto) },
  },
  abandonBlock: {
    request: {
      b: required(1, ExtendedBlockProto),
      src: required(2, 'string'),
      holder: required(3, 'string'),
      fileId: fileIdAt4,
    },
    response: {},
  },
  getAdditionalDatanode: {
    request: {
      src,
      blk: required(2, ExtendedBlockProto),
      existings: repeated(3, DatanodeInfoProto),
      excludes: repeated(4, DatanodeInfoProto),
      numAdditionalNodes: required(5, 'u32'),
      clientName: required(6, 'string'),
      existingStorageUuids: repeated(7, 'string'),
      fileId: optional(8, 'u64'),
    },
    response: { block: required(1, LocatedBlockProto) },
  },
  updateBlockForPipeline: {
    request: { block: required(1, ExtendedBlockProto), clientName },
    response: { block: required(1, LocatedBlockProto) },
  },
  updatePipeline: {
    request: {
      clientName: required(1, 'string'),
      oldBlock: required(2, ExtendedBlockProto),
      newBlock: required(3, ExtendedBlockProto),
      newNodes: repeated(4, DatanodeIDProto),
      storageIDs: repeated(5, 'string'),
    },
    response: {},
  },
  /** `lastBlockLength` of -1 or none: the length is not to be recorded. */
  fsync: {
    request: {
      src,
      client: required(2, 'string'),
      lastBlockLength: optional(3, 's64'),
      fileId: fileIdAt4,
    },
    response: {},
  },
  complete: {
    request: { src, clientName, last: optional(3, ExtendedBlockProto), fileId: fileIdAt4 },
    response: result,
  },
  append: {
    request: { src, clientName, flag: optional(3, 'u32') },
    response: { block: optional(1, LocatedBlockProto), stat: optional(2, HdfsFileStatusProto) },
  },
  truncate: {
    request: { src, newLength: required(2, 'u64'), clientName: required(3, 'string') },
    response: result,
  },
  concat: {
    request: { trg: required(1, 'string'), srcs: repeated(2, 'string') },
    response: {},
  },
  renewLease: {
    request: { clientName: required(1, 'string'), namespaces: repeated(2, 'string') },
    response: {},
  },
  recoverLease: { request: { src, clientName }, response: result },
  reportBadBlocks: { request: { blocks: repeated(1, LocatedBlockProto) }, response: {} },
})
