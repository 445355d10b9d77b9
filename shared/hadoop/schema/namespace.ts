/** Reads and changes of the namespace (protocol reference 2.3 to 2.5), without the writing of files. */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'
import {
  BlockStoragePolicyProto,
  ContentSummaryProto,
  DirectoryListingProto,
  FsPermissionProto,
  FsServerDefaultsProto,
  HdfsFileStatusProto,
  LocatedBlocksProto,
  QuotaUsageProto,
  RemoteExceptionProto,
} from './hdfs.js'

/** Bits of `checkAccess`'s mode and of `AclEntryProto.permissions`. */
export const FsAction = { EXECUTE: 1, WRITE: 2, READ: 4 } as const

/** Opaque to clients; ours need not be like Hadoop's. */
export const BatchedListingKeyProto = message('BatchedListingKeyProto', {
  checksum: required(1, 'bytes'),
  pathIndex: required(2, 'u32'),
  startAfter: required(3, 'bytes'),
})

export const BatchedDirectoryListingProto = message('BatchedDirectoryListingProto', {
  partialListing: repeated(1, HdfsFileStatusProto),
  parentIdx: required(2, 'u32'),
  exception: optional(3, RemoteExceptionProto),
})

const src = required(1, 'string')
const path = required(1, 'string')
const ofPath = { request: { src }, response: {} } as const
const statusOfPath = {
  request: { src },
  response: { fs: optional(1, HdfsFileStatusProto) },
} as const
const result = { result: required(1, 'bool') } as const

export const NAMESPACE_READ_METHODS = rpcMethods({
  getServerDefaults: {
    request: {},
    response: { serverDefaults: required(1, FsServerDefaultsProto) },
  },
  getFileInfo: statusOfPath,
  getFileLinkInfo: statusOfPath,
  getLocatedFileInfo: {
    request: { src: optional(1, 'string'), needBlockToken: optional(2, 'bool') },
    response: { fs: optional(1, HdfsFileStatusProto) },
  },
  getBlockLocations: {
    request: { src, offset: required(2, 'u64'), length: required(3, 'u64') },
    response: { locations: optional(1, LocatedBlocksProto) },
  },
  getListing: {
    request: { src, startAfter: required(2, 'bytes'), needLocation: required(3, 'bool') },
    response: { dirList: optional(1, DirectoryListingProto) },
  },
  getBatchedListing: {
    request: {
      paths: repeated(1, 'string'),
      startAfter: required(2, 'bytes'),
      needLocation: required(3, 'bool'),
    },
    response: {
      listings: repeated(1, BatchedDirectoryListingProto),
      hasMore: required(2, 'bool'),
      startAfter: required(3, 'bytes'),
    },
  },
  isFileClosed: { request: { src }, response: result },
  getContentSummary: { request: { path }, response: { summary: required(1, ContentSummaryProto) } },
  getQuotaUsage: { request: { path }, response: { usage: required(1, QuotaUsageProto) } },
  getPreferredBlockSize: {
    request: { filename: required(1, 'string') },
    response: { bsize: required(1, 'u64') },
  },
  getLinkTarget: { request: { path }, response: { targetPath: optional(1, 'string') } },
  checkAccess: { request: { path, mode: required(2, 'enum') }, response: {} },
  getStoragePolicies: {
    request: {},
    response: { policies: repeated(1, BlockStoragePolicyProto) },
  },
  getStoragePolicy: {
    request: { path },
    response: { storagePolicy: required(1, BlockStoragePolicyProto) },
  },
  /** Hadoop 3.5; the mount point or encryption zone around a path. */
  getEnclosingRoot: {
    request: { filename: optional(1, 'string') },
    response: { enclosingRootPath: optional(1, 'string') },
  },
})

export const NAMESPACE_CHANGE_METHODS = rpcMethods({
  mkdirs: {
    request: {
      src,
      masked: required(2, FsPermissionProto),
      createParent: required(3, 'bool'),
      unmasked: optional(4, FsPermissionProto),
    },
    response: result,
  },
  rename: { request: { src, dst: required(2, 'string') }, response: result },
  rename2: {
    request: {
      src,
      dst: required(2, 'string'),
      overwriteDest: required(3, 'bool'),
      moveToTrash: optional(4, 'bool'),
    },
    response: {},
  },
  delete: { request: { src, recursive: required(2, 'bool') }, response: result },
  setReplication: { request: { src, replication: required(2, 'u32') }, response: result },
  setPermission: { request: { src, permission: required(2, FsPermissionProto) }, response: {} },
  setOwner: {
    request: { src, username: optional(2, 'string'), groupname: optional(3, 'string') },
    response: {},
  },
  /** -1 keeps a time. */
  setTimes: {
    request: { src, mtime: required(2, 'u64'), atime: required(3, 'u64') },
    response: {},
  },
  /** 2^63 - 1 keeps a quota, -1 clears it. */
  setQuota: {
    request: {
      path,
      namespaceQuota: required(2, 'u64'),
      storagespaceQuota: required(3, 'u64'),
      storageType: optional(4, 'enum'),
    },
    response: {},
  },
  setStoragePolicy: { request: { src, policyName: required(2, 'string') }, response: {} },
  unsetStoragePolicy: ofPath,
  satisfyStoragePolicy: ofPath,
  createSymlink: {
    request: {
      target: required(1, 'string'),
      link: required(2, 'string'),
      dirPerm: required(3, FsPermissionProto),
      createParent: required(4, 'bool'),
    },
    response: {},
  },
})
