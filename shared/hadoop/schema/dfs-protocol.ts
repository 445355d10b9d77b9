/**
 * What our namenodes answer beyond HDFS, on the same port and in the same encoding, so that it has the same users,
 * proxies and protection against repetition. A namenode of Apache's answers these calls with "no such method".
 */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'

export const DFS_PROTOCOL_NAME = 'dfs.protocol.DfsProtocol'

/** Something deleted that can be brought back; `number` tells it from others at the same path. */
export const DeletedEntryProto = message('DeletedEntryProto', {
  number: required(1, 'u64'),
  path: required(2, 'string'),
  isDirectory: required(3, 'bool'),
  length: required(4, 'u64'),
  spaceConsumed: required(5, 'u64'),
  fileCount: required(6, 'u64'),
  directoryCount: required(7, 'u64'),
  owner: required(8, 'string'),
  group: required(9, 'string'),
  permission: required(10, 'u32'),
  modificationTime: required(11, 'u64'),
  deletedBy: required(12, 'string'),
  operation: required(13, 'string'),
  deletionTime: required(14, 'u64'),
  keptUntil: required(15, 'u64'),
})

const DeletedPositionProto = message('DeletedPositionProto', {
  path: required(1, 'string'),
  number: required(2, 'u64'),
})

export const DFS_PROTOCOL = rpcMethods(
  {
    listDeleted: {
      request: { path: required(1, 'string'), after: optional(2, DeletedPositionProto) },
      response: {
        entries: repeated(1, DeletedEntryProto),
        next: optional(2, DeletedPositionProto),
      },
    },
    /** Of everything that was deleted and can be brought back. */
    getDeletionTotals: {
      request: {},
      response: { deletions: required(1, 'u64'), spaceConsumed: required(2, 'u64') },
    },
    /** Without path and number: what the caller deleted last. */
    undelete: {
      request: {
        path: optional(1, 'string'),
        number: optional(2, 'u64'),
        to: optional(3, 'string'),
        overwrite: optional(4, 'bool'),
      },
      response: { from: required(1, 'string'), path: required(2, 'string') },
    },
  },
  DFS_PROTOCOL_NAME,
)
