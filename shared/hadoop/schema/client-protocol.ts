/**
 * The protocol between HDFS clients and a namenode: every call of it, also those that a namenode of ours refuses
 * (protocol reference 2). The calls are declared by theme in the files beside this one.
 */
import { ACL_AND_XATTR_METHODS } from './acl-and-xattr.js'
import { CACHE_METHODS } from './cache.js'
import { CLUSTER_ADMIN_METHODS, CLUSTER_READ_METHODS } from './cluster.js'
import { ENCRYPTION_METHODS, ERASURE_CODING_METHODS } from './erasure-coding-and-encryption.js'
import { INOTIFY_METHODS } from './inotify.js'
import { NAMESPACE_CHANGE_METHODS, NAMESPACE_READ_METHODS } from './namespace.js'
import { SNAPSHOT_METHODS } from './snapshots.js'
import { WRITING_METHODS } from './writing.js'

export const CLIENT_PROTOCOL_NAME = 'org.apache.hadoop.hdfs.protocol.ClientProtocol'

export const CLIENT_PROTOCOL = {
  ...NAMESPACE_READ_METHODS,
  ...NAMESPACE_CHANGE_METHODS,
  ...WRITING_METHODS,
  ...CLUSTER_READ_METHODS,
  ...CLUSTER_ADMIN_METHODS,
  ...ACL_AND_XATTR_METHODS,
  ...SNAPSHOT_METHODS,
  ...ERASURE_CODING_METHODS,
  ...ENCRYPTION_METHODS,
  ...CACHE_METHODS,
  ...INOTIFY_METHODS,
} as const

export type ClientProtocolMethod = keyof typeof CLIENT_PROTOCOL
