/**
 * Numbers for Prometheus. Gauges are read from the services when they are scraped, so that nothing is counted twice;
 * only calls and commits are observed as they happen. Names follow Prometheus' conventions: base units, `_total`.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Clock } from '../../shared/clock.js'
import type { CallStatistics } from '../../shared/hadoop/ipc-server.js'
import { type RollingCounts, TOP_WINDOWS_MS } from '../policy/rolling-counts.js'
import type { NamenodeServices } from '../service/services.js'
import type { WriterStatistics } from '../writer/commit-queue.js'
import { CallTimes } from './call-times.js'

const EVENT_LOOP_RESOLUTION_MS = 10
const NANOSECONDS = 1e9
const TOP_COMMANDS = 10
const TOP_USERS = 10

interface OperationCounts {
  readonly audit: { readonly counts: Pick<RollingCounts, 'top'> }
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export class NamenodeMetrics {
  readonly #registry = new Registry()
  readonly #calls = new CallTimes()
  readonly #eventLoop: IntervalHistogram

  constructor() {
    this.#eventLoop = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS })
    this.#eventLoop.enable()
    this.#gauge('process_resident_memory_bytes', 'Resident memory of the process.', () =>
      process.memoryUsage.rss(),
    )
    this.#gauge(
      'nodejs_eventloop_lag_seconds',
      'Longest delay of the event loop since the last scrape.',
      () => {
        const longest = this.#eventLoop.max / NANOSECONDS
        this.#eventLoop.reset()
        return Math.max(0, longest - EVENT_LOOP_RESOLUTION_MS / 1000)
      },
    )
  }

  observeCall(statistics: CallStatistics): void {
    this.#calls.note(statistics)
  }

  /** Adds what the services know. Once. */
  watch({ blockManager, namespace, safeMode, movement, status }: NamenodeServices): void {
    const statistic = (
      name: string,
      help: string,
      of: (now: ReturnType<typeof blockManager.statistics>) => number,
    ) => this.#gauge(name, help, () => of(blockManager.statistics()))
    statistic('dfs_capacity_bytes', 'Capacity of all datanodes.', (it) => it.capacityBytes)
    statistic('dfs_used_bytes', 'Used by blocks on all datanodes.', (it) => it.usedBytes)
    statistic('dfs_remaining_bytes', 'Free on all datanodes.', (it) => it.remainingBytes)
    statistic(
      'dfs_under_replicated_blocks',
      'Blocks with fewer good replicas than their target.',
      (it) => it.underReplicatedBlocks,
    )
    statistic(
      'dfs_single_replica_blocks',
      'Blocks with one good replica left of several.',
      (it) => it.singleReplicaBlocks,
    )
    statistic(
      'dfs_missing_blocks',
      'Blocks without any good replica on a living node.',
      (it) => it.missingBlocks,
    )
    statistic(
      'dfs_corrupt_blocks',
      'Blocks with a replica that was found bad.',
      (it) => it.corruptBlocks,
    )
    statistic(
      'dfs_pending_copies',
      'Copies that were ordered and not yet reported.',
      (it) => it.pendingCopies,
    )
    statistic(
      'dfs_pending_deletions',
      'Replicas that are to be deleted.',
      (it) => it.pendingDeletions,
    )
    this.#gauges('dfs_datanodes', 'Datanodes by state.', 'state', () => {
      const now = blockManager.statistics()
      return { live: now.liveDatanodes, stale: now.staleDatanodes, dead: now.deadDatanodes }
    })
    this.#gauge(
      'dfs_slow_storages',
      'Storages that are slow compared with the others of their type.',
      () => status.slowStorages().length,
    )
    this.#gauge('dfs_files', 'Files of the namespace.', () => namespace.totals().files)
    this.#gauge('dfs_directories', 'Directories.', () => namespace.totals().directories)
    this.#gauge('dfs_blocks', 'Blocks of all files.', () => namespace.totals().blocks)
    this.#gauge('dfs_files_bytes', 'Length of all files.', () => namespace.totals().lengthBytes)
    this.#gauge(
      'dfs_kept_for_undo_bytes',
      'Space, with all replicas, of what was deleted and can be brought back.',
      () => namespace.deletionTotals().spaceBytes,
    )
    this.#gauge('dfs_last_transaction_id', 'Last committed transaction.', () =>
      namespace.lastTransactionId(),
    )
    this.#gauge('dfs_pending_moves', 'Moves of healthy blocks under way.', () => {
      return movement().pendingMoves
    })
    this.#gauge(
      'dfs_moved_bytes',
      'Moved for storage policies and for balance since the start.',
      () => movement().movedBytes,
    )
    this.#gauge(
      'dfs_storage_unevenness',
      'Largest distance of the use of a node from the average of its type of storage, 0 to 1.',
      () => movement().unevenness,
    )
    this.#gauge('dfs_safe_mode', '1 while changes are refused.', () => (safeMode.isOn ? 1 : 0))
  }

  /** Adds the group commit: changes by batches is the mean size of a batch. Once. */
  watchWriter(read: () => WriterStatistics): void {
    const counter = (name: string, help: string, of: (now: WriterStatistics) => number) =>
      new Counter({
        name,
        help,
        registers: [this.#registry],
        collect() {
          this.reset()
          this.inc(of(read()))
        },
      })
    counter('dfs_commit_batches_total', 'Durable transactions.', (it) => it.batches)
    counter('dfs_commit_changes_total', 'Changes in durable transactions.', (it) => it.changes)
    this.#gauge(
      'dfs_commit_waiting_changes',
      'Changes that wait for the writer.',
      () => read().waiting,
    )
    this.#gauge(
      'dfs_commit_last_batch_changes',
      'Changes in the last durable transaction.',
      () => read().lastBatchChanges,
    )
    this.#gauge(
      'dfs_commit_last_batch_seconds',
      'Duration of the last durable transaction.',
      () => read().lastBatchMs / 1000,
    )
    this.#gauge(
      'dfs_commit_longest_batch_seconds',
      'Duration of the longest durable transaction since the start.',
      () => read().maxBatchMs / 1000,
    )
  }

  /** Adds the load of the RPC server. Once. */
  watchConnections(
    load: () => { readonly connections: number; readonly outstandingCalls: number },
  ): void {
    this.#gauge('dfs_rpc_connections', 'Open RPC connections.', () => load().connections)
    this.#gauge('dfs_rpc_outstanding_calls', 'Calls that run now.', () => load().outstandingCalls)
  }

  /** Adds the busiest calls and users, as HDFS's nntop has them; few, since each is a series of its own. Once. */
  watchOperations({ audit, clock }: OperationCounts): void {
    const top = () => audit.counts.top(clock.monotonicMs(), TOP_WINDOWS_MS[0], TOP_USERS)
    new Gauge({
      name: 'dfs_operations_last_minute',
      help: 'Operations of the busiest users by command, in the last minute; * for all commands together.',
      labelNames: ['command', 'user'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { command, users } of top().slice(0, TOP_COMMANDS)) {
          for (const { user, count } of users) this.set({ command, user }, count)
        }
      },
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The exposition text. */
  async text(): Promise<string> {
    return `${await this.#registry.metrics()}\n${this.#calls.text()}`
  }

  close(): void {
    this.#eventLoop.disable()
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read())
      },
    })
  }

  #gauges(name: string, help: string, label: string, read: () => Record<string, number>): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        for (const [key, value] of Object.entries(read())) this.set({ [label]: key }, value)
      },
    })
  }
}
