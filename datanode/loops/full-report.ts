/**
 * Full reports: for each storage the digests of its buckets, then the contents of those that the namenode has
 * otherwise. After each registration, when commanded, and once in each interval.
 */
import { BackgroundLoop, type TickOutcome } from '../../shared/background-loop.js'
import {
  type BucketDigest,
  bucketOf,
  formatDigest,
  replicaHash,
} from '../../shared/control/block-digest.js'
import {
  CONTROL_PATHS,
  REPORT_BUCKET_BITS,
  ReportBucketsReply,
  type ReportBucketsRequest,
  ReportDigestReply,
} from '../../shared/control/messages.js'
import { toDfsError } from '../../shared/errors.js'
import type { Seams } from '../../shared/seams.js'
import type { BlockStore } from '../blocks/block-store.js'
import type { Volume } from '../blocks/volume.js'
import type { NamenodeSession } from './namenode-session.js'

const BUCKET_SIZE = 2 ** REPORT_BUCKET_BITS
const MAX_BUCKETS = 64
/** Blocks in one message, so that it stays below a few megabytes. */
const MAX_BLOCKS = 20_000
/** Replicas looked at before other work gets its turn. */
const SLICE = 5_000
const REPORT_TIMEOUT_MS = 60_000
const UNREGISTERED_POLL_MS = 60_000

type ListedBucket = ReportBucketsRequest['buckets'][number]

export interface FullReportLoopOptions {
  readonly session: NamenodeSession
  readonly store: BlockStore
  readonly seams: Seams
  /** A report of all storages has been taken by the namenode. */
  readonly onReported: () => void
}

export class FullReportLoop {
  readonly #options: FullReportLoopOptions
  readonly #loop: BackgroundLoop
  #isDue = true
  #lastMs = 0

  constructor(options: FullReportLoopOptions) {
    this.#options = options
    const { clock, log } = options.seams
    this.#loop = new BackgroundLoop({
      name: 'full-report',
      clock,
      retryAfterMs: 250,
      onError: (error, context) => log.warn({ err: error, ...context }, 'full report not sent'),
      tick: () => this.#tick(),
    })
    options.session.onRegistered(() => this.request())
  }

  start(): this {
    this.#loop.start()
    return this
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** Has a report sent as soon as possible. */
  request(): void {
    this.#isDue = true
    this.#loop.wake()
  }

  async #tick(): Promise<TickOutcome> {
    const { session, store, seams, onReported } = this.#options
    const { agreement } = session
    if (agreement === undefined) return { kind: 'idle', forMs: UNREGISTERED_POLL_MS }
    const nowMs = seams.clock.monotonicMs()
    const waitMs = this.#lastMs + agreement.fullReportIntervalMs - nowMs
    if (!this.#isDue && waitMs > 0) return { kind: 'idle', forMs: waitMs }
    this.#isDue = false
    try {
      for (const volume of store.volumes) {
        if (!volume.hasFailed) await this.#report(volume)
      }
    } catch (error) {
      this.#isDue = true
      // The next registration asks for a report of its own.
      if (toDfsError(error).code === 'UNREGISTERED_DATANODE') {
        return { kind: 'idle', forMs: UNREGISTERED_POLL_MS }
      }
      throw error
    }
    this.#lastMs = nowMs
    onReported()
    return { kind: 'again' }
  }

  async #report(volume: Volume): Promise<void> {
    const { session, seams } = this.#options
    const { storageId } = volume
    const report = { reportId: seams.random.uuid(), storageId }
    const digests = await this.#digests(volume)
    const { differing } = await session.send(
      'report',
      CONTROL_PATHS.reportDigest,
      { ...report, buckets: digests },
      ReportDigestReply,
      REPORT_TIMEOUT_MS,
    )
    if (differing.length === 0) return
    const send = (buckets: readonly ListedBucket[], isLast: boolean) =>
      session.send(
        'report',
        CONTROL_PATHS.reportBuckets,
        { ...report, isLast, buckets },
        ReportBucketsReply,
        REPORT_TIMEOUT_MS,
      )
    let batch: ListedBucket[] = []
    let blocks = 0
    for (const bucket of differing) {
      const listed = this.#list(volume, bucket)
      if (batch.length >= MAX_BUCKETS || blocks + listed.blocks.length > MAX_BLOCKS) {
        await send(batch, false)
        batch = []
        blocks = 0
      }
      batch.push(listed)
      blocks += listed.blocks.length
    }
    await send(batch, true)
  }

  /** In slices: half a million hashes at once would hold up heartbeats. */
  async #digests(volume: Volume): Promise<BucketDigest[]> {
    const buckets = new Map<number, { count: number; digest: bigint }>()
    let seen = 0
    for (const replica of this.#options.store.index.values()) {
      seen += 1
      if (seen % SLICE === 0) await new Promise((resolve) => setImmediate(resolve))
      if (replica.volume !== volume) continue
      const { id, generationStamp, lengthBytes, kind: state } = replica
      const hash = replicaHash({ id, generationStamp, lengthBytes, state })
      const { count, digest } = buckets.get(bucketOf(id)) ?? { count: 0, digest: 0n }
      buckets.set(bucketOf(id), { count: count + 1, digest: digest ^ hash })
    }
    return [...buckets]
      .sort(([a], [b]) => a - b)
      .map(([bucket, { count, digest }]) => ({ bucket, count, digest: formatDigest(digest) }))
  }

  /** A bucket as it is now, which may be later than its digest: events tell the namenode of the difference. */
  #list(volume: Volume, bucket: number): ListedBucket {
    const { store } = this.#options
    const blocks: ListedBucket['blocks'] = []
    const first = bucket * BUCKET_SIZE
    for (let id = first; id < first + BUCKET_SIZE; id += 1) {
      const replica = store.get(id)
      if (replica === undefined || replica.volume !== volume) continue
      const { generationStamp, lengthBytes, kind: state } = replica
      blocks.push({ id, generationStamp, lengthBytes, state })
    }
    return { bucket, blocks }
  }
}
