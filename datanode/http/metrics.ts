/** A datanode's numbers for Prometheus, read from its parts when they are scraped. */
import { Counter, Gauge, Registry } from 'prom-client'
import type { DatanodeHealth } from './health.js'

type Transfers = DatanodeHealth['transfers']

/** Counted by the transfer server since its start. */
const TRANSFER_COUNTERS: readonly (readonly [
  name: string,
  help: string,
  of: (it: Transfers) => number,
])[] = [
  ['dfs_datanode_read_bytes_total', 'Block bytes sent to readers.', (it) => it.bytesRead],
  [
    'dfs_datanode_written_bytes_total',
    'Block bytes received from writers.',
    (it) => it.bytesWritten,
  ],
  [
    'dfs_datanode_copied_bytes_total',
    'Block bytes copied to other datanodes.',
    (it) => it.bytesCopied,
  ],
  ['dfs_datanode_read_operations_total', 'Reads of blocks.', (it) => it.readOperations],
  ['dfs_datanode_write_operations_total', 'Writes of blocks.', (it) => it.writeOperations],
  [
    'dfs_datanode_failed_operations_total',
    'Operations that ended with an error.',
    (it) => it.failedOperations,
  ],
  [
    'dfs_datanode_refused_operations_total',
    'Operations refused for want of room.',
    (it) => it.refusedOperations,
  ],
  ['dfs_datanode_corrupt_replicas_total', 'Replicas found bad.', (it) => it.corruptReplicas],
  [
    'dfs_datanode_mended_headers_total',
    'Meta files whose header was damaged and written anew; data and sums were good.',
    (it) => it.mendedHeaders,
  ],
]

const GAUGES: readonly (readonly [
  name: string,
  help: string,
  of: (it: DatanodeHealth) => number,
])[] = [
  [
    'dfs_datanode_registered',
    '1 while the namenode knows this node.',
    (it) => (it.isRegistered ? 1 : 0),
  ],
  [
    'dfs_datanode_active_transfers',
    'Streams served or received now.',
    (it) => it.transfers.activeTransfers,
  ],
  ['dfs_datanode_blocks', 'Replicas on all volumes.', (it) => it.blocks],
  ['dfs_datanode_failed_volumes', 'Volumes taken out for errors.', (it) => it.failedVolumes],
  [
    'dfs_datanode_queued_events',
    'Reports that the namenode has not answered yet.',
    (it) => it.queuedEvents,
  ],
  [
    'dfs_datanode_running_commands',
    'Commands of the namenode being carried out.',
    (it) => it.commands.running,
  ],
  [
    'process_resident_memory_bytes',
    'Resident memory of the process.',
    () => process.memoryUsage.rss(),
  ],
]

type Volume = DatanodeHealth['volumes'][number]
const VOLUME_GAUGES: readonly (readonly [
  name: string,
  help: string,
  of: (it: Volume) => number,
])[] = [
  ['dfs_datanode_volume_capacity_bytes', 'Capacity of a volume.', (it) => it.capacityBytes],
  ['dfs_datanode_volume_used_bytes', 'Used by replicas on a volume.', (it) => it.usedBytes],
  [
    'dfs_datanode_volume_remaining_bytes',
    'Room for replicas on a volume.',
    (it) => it.remainingBytes,
  ],
]

export class DatanodeMetrics {
  readonly #registry = new Registry()

  constructor(health: () => DatanodeHealth) {
    const registers = [this.#registry]
    for (const [name, help, of] of TRANSFER_COUNTERS) {
      const collect = function (this: Counter): void {
        this.reset()
        this.inc(of(health().transfers))
      }
      new Counter({ name, help, registers, collect })
    }
    for (const [name, help, of] of GAUGES) {
      const collect = function (this: Gauge): void {
        this.set(of(health()))
      }
      new Gauge({ name, help, registers, collect })
    }
    for (const [name, help, of] of VOLUME_GAUGES) {
      const collect = function (this: Gauge<'storage'>): void {
        for (const volume of health().volumes) this.set({ storage: volume.storageId }, of(volume))
      }
      new Gauge({ name, help, labelNames: ['storage'], registers, collect })
    }
    new Gauge({
      name: 'dfs_datanode_scrub_behind_seconds',
      help: 'By how much replicas of a volume will be verified later than datanode.scrub-period.',
      labelNames: ['storage'],
      registers,
      collect() {
        for (const { storageId: storage, behindMs } of health().scrub) {
          this.set({ storage }, behindMs / 1000)
        }
      },
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The exposition text. */
  async text(): Promise<string> {
    return await this.#registry.metrics()
  }
}
