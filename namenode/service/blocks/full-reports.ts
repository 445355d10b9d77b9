/**
 * Full reports of one storage: first the digests of all its buckets, then the contents of those that differ. Absence
 * counts only when every differing bucket of one and the same report has arrived (reliability E9), and then it only
 * makes a replica vanish from the map, which leads to copies, never to deletions. What was heard of in the meantime
 * outweighs the report, which may have been compiled before.
 */

import type { Clock } from '../../../shared/clock.js'
import {
  bucketOf,
  type DigestedReplica,
  formatDigest,
  replicaHash,
} from '../../../shared/control/block-digest.js'
import {
  REPORT_BUCKET_BITS,
  type ReportBucketsRequest,
  type ReportDigestRequest,
} from '../../../shared/control/messages.js'
import { DfsError } from '../../../shared/errors.js'
import { type BlockId, blockId, generationStamp } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import type { ReplicaRow } from '../../storage/replica-store.js'
import type { Namespace } from '../namespace/namespace.js'
import type { SeenNumbers } from '../namespace/namespace-model.js'
import type { ClusterStorage } from '../nodes/cluster-node.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { ReplicaMap } from './replica-map.js'

const BUCKET_SIZE = 2 ** REPORT_BUCKET_BITS
/** Rows read before other work gets its turn: about 5 ms. */
const SLICE_ROWS = 2000
/** Rows written before other work gets its turn: a write costs ten reads. */
const SLICE_WRITES = 200

interface OpenReport {
  readonly reportId: string
  readonly sessionId: string
  readonly number: number
  readonly differing: ReadonlySet<number>
  /** Differing buckets whose contents arrived, or that the node said are empty. */
  readonly settled: Set<number>
  /** The highest numbers that were listed. */
  highest: SeenNumbers
  rowsSincePause: number
}

export interface FullReportsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly map: ReplicaMap
  readonly registry: ClusterRegistry
  readonly namespace: Pick<Namespace, 'skipNumbers'>
  /** Replicas of these blocks appeared, changed or vanished. */
  readonly onChanged: (blocks: readonly BlockId[]) => void
  readonly onConfirmed: (storage: ClusterStorage) => void
}

export class FullReports {
  readonly #options: FullReportsOptions
  readonly #open = new Map<ClusterStorage, OpenReport>()

  constructor(options: FullReportsOptions) {
    this.#options = options
  }

  /** Opens a report, ending an earlier unfinished one. @returns the buckets whose contents are wanted */
  async digest(storage: ClusterStorage, request: ReportDigestRequest): Promise<number[]> {
    const number = this.#options.registry.nextNumber()
    this.#open.delete(storage)
    storage.reportNumber = number
    const reported = new Map(request.buckets.map((it) => [it.bucket, it]))
    if (reported.size < request.buckets.length) {
      throw new DfsError('ILLEGAL_ARGUMENT', 'a bucket is listed twice')
    }
    const differing = await this.#compare(storage, reported)
    this.#requireCurrent(storage, request.sessionId, number)
    if (differing.size === 0) {
      this.#confirm(storage)
      return []
    }
    this.#open.set(storage, {
      reportId: request.reportId,
      sessionId: request.sessionId,
      number,
      differing,
      settled: new Set([...differing].filter((it) => !reported.has(it))),
      highest: { blockId: 0, generationStamp: 0 },
      rowsSincePause: 0,
    })
    return [...differing]
  }

  /** @throws DfsError CONFLICT the report is not under way or incomplete at its end: the node starts another one */
  async buckets(storage: ClusterStorage, request: ReportBucketsRequest): Promise<void> {
    const report = this.#open.get(storage)
    if (report?.reportId !== request.reportId || report.sessionId !== request.sessionId) {
      throw new DfsError(
        'CONFLICT',
        `full report ${request.reportId} is not under way; start again`,
      )
    }
    for (const { bucket, blocks } of request.buckets) {
      if (!report.differing.has(bucket)) continue
      const stranger = blocks.find((it) => bucketOf(it.id) !== bucket)
      if (stranger !== undefined) {
        throw new DfsError('ILLEGAL_ARGUMENT', `block ${stranger.id} is not of bucket ${bucket}`)
      }
      for (let start = 0; start < blocks.length; start += SLICE_WRITES) {
        if (start > 0) await this.#pauseWithin(storage, report)
        const slice = blocks.slice(start, start + SLICE_WRITES)
        this.#applySlice(storage, slice, report.number)
        report.highest = higher(report.highest, slice)
      }
      report.settled.add(bucket)
      await this.#pauseWhenDue(storage, report, blocks.length)
    }
    if (request.isLast) await this.#finish(storage, report)
  }

  /** A report of this storage has begun and not ended. */
  isUnderWay(storage: ClusterStorage): boolean {
    return this.#open.has(storage)
  }

  /** The session is over. */
  abandon(storage: ClusterStorage): void {
    this.#open.delete(storage)
  }

  #applySlice(
    storage: ClusterStorage,
    blocks: readonly DigestedReplica[],
    reportNumber: number,
  ): void {
    const { map, onChanged } = this.#options
    const changed = map.store.transaction(() =>
      blocks.filter((it) => this.#apply(storage, it, reportNumber)),
    )
    onChanged(changed.map((it) => blockId(it.id)))
  }

  #apply(storage: ClusterStorage, listed: DigestedReplica, reportNumber: number): boolean {
    const id = blockId(listed.id)
    if (storage.recentEvents.has(id)) return false
    const block = {
      id,
      generationStamp: generationStamp(listed.generationStamp),
      lengthBytes: listed.lengthBytes,
    }
    return this.#options.map.listed(storage, block, listed.state, reportNumber) === 'changed'
  }

  async #finish(storage: ClusterStorage, report: OpenReport): Promise<void> {
    if (report.settled.size < report.differing.size) {
      this.#open.delete(storage)
      throw new DfsError(
        'CONFLICT',
        `full report ${report.reportId} ended after ${report.settled.size} of ${report.differing.size} buckets`,
      )
    }
    for (const bucket of report.differing) {
      const rows = this.#removeAbsent(storage, bucket, report.number)
      await this.#pauseWhenDue(storage, report, rows)
    }
    this.#open.delete(storage)
    // Before this storage can be what ends safe mode, and with it the giving out of numbers (I5).
    if (report.highest.blockId > 0) await this.#options.namespace.skipNumbers(report.highest)
    this.#requireCurrent(storage, report.sessionId, report.number)
    this.#confirm(storage)
  }

  /** @returns how many rows were looked at */
  #removeAbsent(storage: ClusterStorage, bucket: number, reportNumber: number): number {
    const { store } = this.#options.map
    const rows = this.#rowsOfBucket(storage, bucket)
    const vanished = store.transaction(() => {
      const gone = rows.filter(
        (it) => it.session < reportNumber && !storage.recentEvents.has(it.blockId),
      )
      for (const row of gone) {
        this.#options.map.deleted(storage, row.blockId, row.generationStamp, 'not in a full report')
      }
      return gone.map((it) => it.blockId)
    })
    if (vanished.length > 0) {
      this.#options.log.warn(
        { datanode: storage.node.uuid, storage: storage.storageId, blocks: vanished.length },
        'replicas are missing from a full report',
      )
    }
    this.#options.onChanged(vanished)
    return rows.length
  }

  #rowsOfBucket(storage: ClusterStorage, bucket: number): ReplicaRow[] {
    const first = bucket * BUCKET_SIZE
    const { store } = this.#options.map
    return store.ofStorage(storage.number, first - 1, first + BUCKET_SIZE - 1, BUCKET_SIZE)
  }

  #confirm(storage: ClusterStorage): void {
    storage.isConfirmed = true
    storage.node.lastFullReportWallMs = this.#options.clock.wallMs()
    this.#options.onConfirmed(storage)
  }

  /** Buckets that are not the same on both sides. Reads our side in slices. */
  async #compare(
    storage: ClusterStorage,
    reported: ReadonlyMap<number, { readonly count: number; readonly digest: string }>,
  ): Promise<Set<number>> {
    const differing = new Set(reported.keys())
    const settle = (bucket: number, count: number, digest: bigint) => {
      const theirs = reported.get(bucket)
      if (theirs?.count === count && theirs.digest === formatDigest(digest))
        differing.delete(bucket)
      else differing.add(bucket)
    }
    let bucket = -1
    let count = 0
    let digest = 0n
    let after = -1
    for (;;) {
      const { store } = this.#options.map
      const rows = store.ofStorage(storage.number, after, Number.MAX_SAFE_INTEGER, SLICE_ROWS)
      for (const row of rows) {
        if (bucketOf(row.blockId) !== bucket) {
          if (bucket >= 0) settle(bucket, count, digest)
          bucket = bucketOf(row.blockId)
          count = 0
          digest = 0n
        }
        count += 1
        digest ^= hashOf(row)
        after = row.blockId
      }
      if (rows.length < SLICE_ROWS) break
      await this.#pause()
    }
    if (bucket >= 0) settle(bucket, count, digest)
    return differing
  }

  /** By rows, not by buckets: a pause costs a timer, and most buckets are nearly empty. */
  async #pauseWhenDue(storage: ClusterStorage, report: OpenReport, rows: number): Promise<void> {
    report.rowsSincePause += 1 + rows
    if (report.rowsSincePause >= SLICE_WRITES) await this.#pauseWithin(storage, report)
  }

  /** @throws DfsError CONFLICT when another report or session has begun meanwhile */
  async #pauseWithin(storage: ClusterStorage, report: OpenReport): Promise<void> {
    report.rowsSincePause = 0
    await this.#pause()
    if (this.#open.get(storage) === report) return
    throw new DfsError('CONFLICT', `full report ${report.reportId} was replaced; start again`)
  }

  #pause(): Promise<void> {
    return this.#options.clock.sleep(0)
  }

  /** After a pause: a new session or report has replaced this one. */
  #requireCurrent(storage: ClusterStorage, sessionId: string, reportNumber: number): void {
    if (storage.node.session?.id !== sessionId) {
      throw new DfsError('UNREGISTERED_DATANODE', 'the session ended during the report')
    }
    if (storage.reportNumber !== reportNumber) {
      throw new DfsError('CONFLICT', 'another full report of this storage has begun')
    }
  }
}

/** A node lists what it found bad as finalized: the digest is about files, not about what they are worth. */
function hashOf(row: ReplicaRow): bigint {
  return replicaHash({
    id: row.blockId,
    generationStamp: row.generationStamp,
    lengthBytes: row.lengthBytes,
    state: row.state === 'being-written' ? 'being-written' : 'finalized',
  })
}

function higher(before: SeenNumbers, listed: readonly DigestedReplica[]): SeenNumbers {
  let highest = before
  for (const { id, generationStamp: stamp } of listed) {
    if (id <= highest.blockId && stamp <= highest.generationStamp) continue
    highest = {
      blockId: Math.max(highest.blockId, id),
      generationStamp: Math.max(highest.generationStamp, stamp),
    }
  }
  return highest
}
