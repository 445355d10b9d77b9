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
export { DfsClient } from './shared/client/dfs-client.js'
export { DfsError, type ErrorCode } from './shared/errors.js'
