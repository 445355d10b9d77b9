/**
 * The package: a client for HDFS clusters (ours and Apache's), and a whole cluster inside the calling process.
 *
 *     import { DfsClient, startCluster } from 'dfs'
 */
export type { Damage } from './embedded/damage.js'
export type { EmbeddedDatanode, EmbeddedNamenode } from './embedded/embedded-nodes.js'
export type { BlockView } from './embedded/find-blocks.js'
export {
  type Cluster,
  type ClusterOptions,
  startCluster,
} from './embedded/start-cluster.js'
export { type AclEntry, formatAclEntry, parseAclSpec } from './shared/acl.js'
export type { QuotaUsage } from './shared/client/client-options.js'
export type { ConnectOptions } from './shared/client/client-parts.js'
export type { DatanodeDescription, FsStatistics } from './shared/client/cluster-report.js'
export type { CopyOptions } from './shared/client/copies.js'
export {
  type CallOptions,
  type ContentSummary,
  type CreateOptions,
  DfsClient,
  type ServerDefaults,
} from './shared/client/dfs-client.js'
export type { WatchOptions } from './shared/client/event-stream.js'
export type { AclStatus, FileAttributes } from './shared/client/file-attributes.js'
export type { FileChecksum } from './shared/client/file-checksum.js'
export type { FileStatus } from './shared/client/file-status.js'
export type { ReadableFile, WritableFile } from './shared/client/file-streams.js'
export type {
  Difference,
  Snapshot,
  Snapshots,
  SnapshottableDirectory,
} from './shared/client/snapshots.js'
export { DfsError, type ErrorCode } from './shared/errors.js'
export type { NamespaceEvent, PublishedEvent } from './shared/events.js'
export { parseXAttrName, type XAttr, type XAttrName } from './shared/xattr.js'
