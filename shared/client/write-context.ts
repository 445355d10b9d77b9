/** What the parts of a writer share: where the file is, who writes it, how, and which nodes it avoids. */
import { type ChunkChecksum, CRC32C_512 } from '../checksum/crc32c.js'
import type { Clock } from '../clock.js'
import type { Log } from '../log.js'
import type { Network } from '../network.js'
import type { PacketPool } from '../transfer/outgoing-packet.js'
import type { DatanodeInfo } from '../transfer/pipeline-node.js'
import type { WriteCalls } from './block-calls.js'
import type { WriteSettings } from './write-settings.js'

export interface WriteContext {
  readonly clock: Clock
  readonly network: Network
  readonly log: Log
  readonly namenode: WriteCalls
  readonly settings: WriteSettings
  readonly src: string
  readonly fileId: number
  readonly clientName: string
  readonly blockSizeBytes: number
  readonly replication: number
  readonly pool: PacketPool
  readonly avoided: AvoidedNodes
  /** Aborted when the writer is given up. */
  readonly signal: AbortSignal
}

/** What every block of ours is written with. */
export const WRITE_CHECKSUM: ChunkChecksum = CRC32C_512

/** Nodes that failed a short while ago: not wanted in the next pipelines of this file. */
export class AvoidedNodes {
  readonly #clock: Clock
  readonly #forMs: number
  readonly #untilMs = new Map<string, { readonly info: DatanodeInfo; readonly untilMs: number }>()

  constructor(clock: Clock, forMs: number) {
    this.#clock = clock
    this.#forMs = forMs
  }

  add(info: DatanodeInfo): void {
    const untilMs = this.#clock.monotonicMs() + this.#forMs
    this.#untilMs.set(info.id.datanodeUuid, { info, untilMs })
  }

  list(): DatanodeInfo[] {
    const nowMs = this.#clock.monotonicMs()
    for (const [uuid, { untilMs }] of this.#untilMs) {
      if (untilMs <= nowMs) this.#untilMs.delete(uuid)
    }
    return [...this.#untilMs.values()].map(({ info }) => info)
  }

  clear(): void {
    this.#untilMs.clear()
  }
}
