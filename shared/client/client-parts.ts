/** What a client is made of, and how `DfsClient.connect` puts it together. */
import { userInfo } from 'node:os'
import type { Decoded } from '../hadoop/message.js'
import type { LocatedBlockProto } from '../hadoop/schema/hdfs.js'
import { silentLog } from '../log.js'
import type { Seams } from '../seams.js'
import { systemSeams } from '../system-seams.js'
import type { DfsCalls } from './deletions.js'
import type { BlockChecksum } from './file-checksum.js'
import type { FileStreams } from './file-streams.js'
import { HadoopStreams } from './hadoop-streams.js'
import type { NamenodeCalls } from './namenode-calls.js'
import { NamenodeClient } from './namenode-client.js'
import { clusterAddress } from './remote-path.js'

export interface ConnectOptions {
  /** `hdfs://host:port`; the port is 8020 unless given. */
  readonly fs: string
  /** Whom the server is to see. Default: the user of the operating system. */
  readonly user?: string | undefined
  /** The namenode over HTTP, as `http://host:9870`, for what only our clusters have. Default: port 9870 of its host. */
  readonly http?: string | undefined
  /** Clock, network and so on, for simulations. Default: the real ones. */
  readonly seams?: Seams | undefined
  /** Ends every call of this client with INTERRUPTED when it aborts. */
  readonly signal?: AbortSignal | undefined
}

export interface ClientParts {
  readonly fs: string
  readonly http?: string | undefined
  readonly user: string
  readonly seams: Seams
  readonly signal: AbortSignal | undefined
  readonly namenode: NamenodeCalls & DfsCalls & { close(): Promise<void> | void }
  readonly streams: FileStreams
  /** Replaces the way to a block's checksum; undefined asks its datanodes. */
  readonly blockChecksum?: (block: Decoded<typeof LocatedBlockProto>) => Promise<BlockChecksum>
}

/** As Java: a namenode that is busy with a long operation must not be given up. */
const CALL_TIMEOUT_MS = 60_000

/** @throws DfsError CONFIGURATION for a malformed `fs` */
export function connectParts(options: ConnectOptions): ClientParts {
  const seams = options.seams ?? systemSeams(silentLog)
  const user = options.user ?? userInfo().username
  const address = clusterAddress(options.fs)
  const namenode = new NamenodeClient({ seams, address, user, timeoutMs: CALL_TIMEOUT_MS })
  return {
    fs: options.fs.replace(/\/+$/, ''),
    http: options.http,
    user,
    seams,
    signal: options.signal,
    namenode,
    streams: new HadoopStreams({ seams, namenode, user }),
  }
}
