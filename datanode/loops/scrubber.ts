/**
 * Verifies what lies on the disks, oldest first, within a budget of bytes, giving way to clients. And, cheaper and more
 * often, that the files are there at all and as long as they should be. What is found is reported; nothing is deleted.
 */
import { BackgroundLoop, type TickOutcome } from '../../shared/background-loop.js'
import type { FinalizedReplica, Replica } from '../blocks/replica.js'
import type { Volume } from '../blocks/volume.js'
import { ByteThrottle } from '../policy/byte-throttle.js'
import {
  firstPass,
  nextInPass,
  nextPass,
  passed,
  planScrub,
  type ScrubCursor,
  type ScrubPlan,
  scrubPauseMs,
} from '../policy/scrub-plan.js'
import { examineReplica } from '../transfer/damage.js'
import type { TransferContext } from '../transfer/transfer-context.js'
import { readScrubCursor, writeScrubCursor } from './scrub-cursor-file.js'

/** Ids in line; more are looked up when these are done, so that half a million need not be sorted for each replica. */
const BATCH = 1_000
const SAVE_INTERVAL_MS = 10_000
/** Verifications that were due so long ago are made up for without a pause. */
const MAX_CATCH_UP_MS = 60_000
/** While clients are served, a verified piece is followed by a pause. */
const YIELD_MS = 5
/** The pace is planned anew after this share of the period: what came and went meanwhile counts then. */
const PLANNING_SHARE = 0.01

export interface ScrubberOptions {
  readonly context: TransferContext
  readonly volume: Volume
  readonly periodMs: number
  readonly bytesPerSecond: number
}

export class Scrubber {
  readonly #options: ScrubberOptions
  readonly #throttle: ByteThrottle
  readonly #loop: BackgroundLoop
  #cursor: ScrubCursor | undefined
  #line: number[] = []
  /** When the last verification was to begin. */
  #lastDueMs = 0
  #plan: ScrubPlan | undefined
  #plannedMs = 0
  #isBehind = false
  #savedMs = 0
  #verifiedReplicas = 0

  constructor(options: ScrubberOptions) {
    this.#options = options
    this.#throttle = new ByteThrottle(options.bytesPerSecond)
    const { clock, log } = options.context.seams
    this.#loop = new BackgroundLoop({
      name: `scrub ${options.volume.folder}`,
      clock,
      retryAfterMs: 1_000,
      onError: (error, context) => log.warn({ err: error, ...context }, 'scrubbing failed'),
      tick: (signal) => this.#tick(signal),
    })
  }

  get name(): string {
    return this.#loop.name
  }

  get failuresInARow(): number {
    return this.#loop.failuresInARow
  }

  get bytesPerSecond(): number {
    return this.#throttle.bytesPerSecond
  }

  set bytesPerSecond(bytesPerSecond: number) {
    this.#throttle.bytesPerSecond = bytesPerSecond
  }

  start(): this {
    this.#loop.start()
    return this
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
    if (this.#cursor !== undefined && !this.#options.volume.hasFailed)
      await this.#save(this.#cursor)
  }

  get progress() {
    const { volume } = this.#options
    const { doneBytes = 0, passStartedWallMs = 0 } = this.#cursor ?? {}
    const verifiedReplicas = this.#verifiedReplicas
    const behindMs = volume.hasFailed ? 0 : (this.#plan?.behindMs ?? 0)
    return { storageId: volume.storageId, doneBytes, passStartedWallMs, verifiedReplicas, behindMs }
  }

  async #tick(signal: AbortSignal): Promise<TickOutcome> {
    const { volume, periodMs, context } = this.#options
    if (volume.hasFailed) return { kind: 'idle', forMs: periodMs * PLANNING_SHARE }
    const { clock } = context.seams
    const nowWallMs = clock.wallMs()
    const before = this.#cursor ?? (await this.#load(nowWallMs))
    const plan = this.#planNow(before, nowWallMs)
    const { cursor } = plan
    this.#cursor = cursor
    const startedMs = clock.monotonicMs()
    const dueMs = this.#lastDueMs + scrubPauseMs(cursor, plan)
    if (dueMs > startedMs)
      return { kind: 'idle', forMs: Math.min(dueMs - startedMs, periodMs * PLANNING_SHARE) }
    const replica = this.#next(cursor.afterId)
    if (replica === undefined) {
      this.#plan = undefined
      if (cursor.afterId === 0) {
        return { kind: 'idle', forMs: periodMs * PLANNING_SHARE }
      }
      this.#cursor = nextPass(cursor, nowWallMs)
      await this.#save(this.#cursor)
      return { kind: 'again' }
    }
    await examineReplica(context, replica, (bytes) => this.#pace(bytes, signal))
    this.#verifiedReplicas += 1
    // A little that was missed is made up for.
    const patienceMs = Math.min(periodMs * PLANNING_SHARE, MAX_CATCH_UP_MS)
    this.#lastDueMs = Math.max(dueMs, startedMs - patienceMs)
    const dueWallMs = nowWallMs - (startedMs - this.#lastDueMs)
    const times = { startedWallMs: nowWallMs, dueWallMs }
    this.#cursor = passed(cursor, replica, times, periodMs)
    if (clock.monotonicMs() - this.#savedMs > SAVE_INTERVAL_MS) await this.#save(this.#cursor)
    return { kind: 'again' }
  }

  /** With the pace of the last plan while that is not old; what it says of the cursor is in there already. */
  #planNow(cursor: ScrubCursor, nowWallMs: number): ScrubPlan {
    const { volume, periodMs, context } = this.#options
    const nowMs = context.seams.clock.monotonicMs()
    if (this.#plan !== undefined && nowMs - this.#plannedMs < periodMs * PLANNING_SHARE) {
      return { ...this.#plan, cursor }
    }
    const limits = { periodMs, bytesPerSecond: this.bytesPerSecond }
    const plan = planScrub(
      cursor,
      replicasOf(context.store.index.values(), volume),
      limits,
      nowWallMs,
    )
    this.#plan = plan
    this.#plannedMs = nowMs
    // What has come in between since they were put in line has its turn as well.
    this.#line = []
    this.#tellWhetherBehind(plan.behindMs)
    return plan
  }

  /** Says it once, and once that it is over. */
  #tellWhetherBehind(behindMs: number): void {
    const { volume, periodMs, context } = this.#options
    const { log } = context.seams
    const facts = { folder: volume.folder, behindSeconds: Math.ceil(behindMs / 1000) }
    if (!this.#isBehind && behindMs > periodMs * PLANNING_SHARE) {
      this.#isBehind = true
      const text =
        'replicas are verified later than datanode.scrub-period: datanode.scrub-rate is too low for this volume'
      log.warn({ ...facts, bytesPerSecond: this.bytesPerSecond }, text)
    } else if (this.#isBehind && behindMs === 0) {
      this.#isBehind = false
      log.info(facts, 'replicas are verified within datanode.scrub-period again')
    }
  }

  #next(afterId: number): FinalizedReplica | undefined {
    const { store } = this.#options.context
    for (;;) {
      const id = this.#line.shift() ?? this.#refill(afterId)
      if (id === undefined) return undefined
      const replica = store.get(id)
      if (replica?.kind === 'finalized' && replica.volume === this.#options.volume) return replica
    }
  }

  /** The ids that come next, in order; the first of them is returned, the others wait in line. */
  #refill(afterId: number): number | undefined {
    const { volume, context } = this.#options
    const ids = Array.from(replicasOf(context.store.index.values(), volume), ({ id }) => id)
    this.#line = nextInPass(ids, afterId, BATCH)
    return this.#line.shift()
  }

  async #pace(bytes: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.context.seams
    const isBusy = this.#options.context.statistics.activeTransfers > 0
    const pauseMs = this.#throttle.spend(bytes, clock.monotonicMs())
    await clock.sleep(Math.max(pauseMs, isBusy ? YIELD_MS : 0), signal)
  }

  async #load(nowWallMs: number): Promise<ScrubCursor> {
    const cursor = (await readScrubCursor(this.#options.volume)) ?? firstPass(nowWallMs)
    const sinceLastMs = Math.max(0, nowWallMs - cursor.lastWallMs)
    this.#lastDueMs = this.#options.context.seams.clock.monotonicMs() - sinceLastMs
    return cursor
  }

  async #save(cursor: ScrubCursor): Promise<void> {
    const { volume, context } = this.#options
    this.#savedMs = context.seams.clock.monotonicMs()
    await writeScrubCursor(volume, cursor)
  }
}

function* replicasOf(replicas: Iterable<Replica>, volume: Volume): Generator<FinalizedReplica> {
  for (const replica of replicas) {
    if (replica.kind === 'finalized' && replica.volume === volume) yield replica
  }
}
