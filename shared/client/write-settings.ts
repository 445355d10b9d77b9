/** How a writer behaves; every value may be set when a file is opened. */
import { PACKET_DATA_BYTES } from '../transfer/packets.js'
import { DEFAULT_PIPELINE_TIMEOUTS, type PipelineTimeouts } from '../transfer/timeouts.js'
import type { ReplacementRule } from './replacement-policy.js'

export interface WriteSettings {
  /** Packets that may be sent and not yet acknowledged; bounds the memory of a writer. */
  readonly windowPackets: number
  /** A multiple of 512. */
  readonly packetDataBytes: number
  /**
   * Java waits 60 s and 5 s for each node for an acknowledgement, we 15 s and 5 s: a paused node is left out after 30 s
   * in a pipeline of three, while each node in it waits 5 s less than the one before.
   */
  readonly timeouts: PipelineTimeouts
  readonly heartbeatIntervalMs: number
  /** How often a new block is asked for when its pipeline cannot be set up. */
  readonly blockAttempts: number
  /** Recoveries in a row without a single acknowledgement. */
  readonly recoveriesWithoutProgress: number
  readonly replacement: ReplacementRule
  /** Go on with the survivors when no replacement can be had. */
  readonly isReplacementBestEffort: boolean
  /** How long `close` waits for the namenode to know enough replicas. */
  readonly completeTimeoutMs: number
  /** How long a node that failed is left out of new pipelines; longer than any silence that was waited for. */
  readonly exclusionMs: number
  /** Ask datanodes to sync before they acknowledge the end of a block (promise P1; needless where they do it anyway). */
  readonly syncOnClose: boolean
  /** Connect to datanodes by name instead of by address, as Java's dfs.client.use.datanode.hostname. */
  readonly byHostname: boolean
}

export const DEFAULT_WRITE_SETTINGS: WriteSettings = {
  windowPackets: 80,
  packetDataBytes: PACKET_DATA_BYTES,
  timeouts: DEFAULT_PIPELINE_TIMEOUTS,
  heartbeatIntervalMs: 30_000,
  blockAttempts: 4,
  recoveriesWithoutProgress: 5,
  replacement: 'default',
  isReplacementBestEffort: true,
  completeTimeoutMs: 30_000,
  exclusionMs: 120_000,
  syncOnClose: true,
  byHostname: false,
}
