/** The event stream of the namespace (protocol reference 2.8). */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'
import { AclEntryProto, XAttrProto } from './acl-and-xattr.js'
import { FsPermissionProto } from './hdfs.js'

export const EventType = {
  CREATE: 0,
  CLOSE: 1,
  APPEND: 2,
  RENAME: 3,
  METADATA: 4,
  UNLINK: 5,
  TRUNCATE: 6,
} as const
export const EventInodeType = { FILE: 0, DIRECTORY: 1, SYMLINK: 2 } as const
export const MetadataUpdateType = {
  TIMES: 0,
  REPLICATION: 1,
  OWNER: 2,
  PERMS: 3,
  ACLS: 4,
  XATTRS: 5,
} as const

/** `contents` is one of the event messages below, by `type`. */
export const EventProto = message('EventProto', {
  type: required(1, 'enum'),
  contents: required(2, 'bytes'),
})

export const EventBatchProto = message('EventBatchProto', {
  txid: required(1, 'i64'),
  events: repeated(2, EventProto),
})

/** `events` is for clients before 2.7; leave it empty. */
export const EventsListProto = message('EventsListProto', {
  events: repeated(1, EventProto),
  firstTxid: required(2, 'i64'),
  lastTxid: required(3, 'i64'),
  syncTxid: required(4, 'i64'),
  batch: repeated(5, EventBatchProto),
})

export const CreateEventProto = message('CreateEventProto', {
  type: required(1, 'enum'),
  path: required(2, 'string'),
  ctime: required(3, 'i64'),
  ownerName: required(4, 'string'),
  groupName: required(5, 'string'),
  perms: required(6, FsPermissionProto),
  replication: optional(7, 'i32'),
  symlinkTarget: optional(8, 'string'),
  overwrite: optional(9, 'bool'),
  defaultBlockSize: optional(10, 'i64'),
  erasureCoded: optional(11, 'bool'),
})

const sizeEvent = {
  path: required(1, 'string'),
  fileSize: required(2, 'i64'),
  timestamp: required(3, 'i64'),
} as const

export const CloseEventProto = message('CloseEventProto', sizeEvent)
export const TruncateEventProto = message('TruncateEventProto', sizeEvent)

export const AppendEventProto = message('AppendEventProto', {
  path: required(1, 'string'),
  newBlock: optional(2, 'bool'),
})

export const RenameEventProto = message('RenameEventProto', {
  srcPath: required(1, 'string'),
  destPath: required(2, 'string'),
  timestamp: required(3, 'i64'),
})

export const MetadataUpdateEventProto = message('MetadataUpdateEventProto', {
  path: required(1, 'string'),
  type: required(2, 'enum'),
  mtime: optional(3, 'i64'),
  atime: optional(4, 'i64'),
  replication: optional(5, 'i32'),
  ownerName: optional(6, 'string'),
  groupName: optional(7, 'string'),
  perms: optional(8, FsPermissionProto),
  acls: repeated(9, AclEntryProto),
  xAttrs: repeated(10, XAttrProto),
  xAttrsRemoved: optional(11, 'bool'),
})

export const UnlinkEventProto = message('UnlinkEventProto', {
  path: required(1, 'string'),
  timestamp: required(2, 'i64'),
})

export const INOTIFY_METHODS = rpcMethods({
  getCurrentEditLogTxid: { request: {}, response: { txid: required(1, 'i64') } },
  getEditsFromTxid: {
    request: { txid: required(1, 'i64') },
    response: { eventsList: required(1, EventsListProto) },
  },
})
