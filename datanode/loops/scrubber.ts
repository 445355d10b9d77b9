/**
 * Verifies what lies on the disks, oldest first, within a budget of bytes, giving way to clients. And, cheaper and more
 * often, that the files are there at all and as long as they should be. What is found is reported; nothing is deleted.
 */
import { join } from 'node:path'
import { BackgroundLoop, type TickOutcome } from '../../shared/background-loop.js'
import { renameDurably } from '../../shared/disk.js'
import type { FinalizedReplica } from '../blocks/replica.js'
import type { Volume } from '../blocks/volume.js'
import { ByteThrottle } from '../policy/byte-throttle.js'
import { FRESH_CURSOR, nextInPass, type ScrubCursor, scrubDelayMs } from '../policy/scrub-plan.js'
import { examineReplica } from '../transfer/damage.js'
import type { TransferContext } from '../transfer/transfer-context.js'

const CURSOR_FILE = 'scrub.json'
/** Ids in line; more are looked up when these are done, so that half a million need not be sorted for each replica. */
const BATCH = 1_000
const SAVE_INTERVAL_MS = 10_000
const MAX_IDLE_MS = 60_000
/** While clients are served, a verified piece is followed by a pause. */
const YIELD_MS = 5
const MAX_CURSOR_BYTES = 4096

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
    if (this.#cursor !== undefined && !this.#options.volume.hasFailed) await this.#save()
  }

  get progress() {
    const { volume } = this.#options
    const { doneBytes, passStartedWallMs } = this.#cursor ?? FRESH_CURSOR
    const verifiedReplicas = this.#verifiedReplicas
    return { storageId: volume.storageId, doneBytes, passStartedWallMs, verifiedReplicas }
  }

  async #tick(signal: AbortSignal): Promise<TickOutcome> {
    const { volume, periodMs, context } = this.#options
    if (volume.hasFailed) return { kind: 'idle', forMs: MAX_IDLE_MS }
    const nowWallMs = context.seams.clock.wallMs()
    this.#cursor ??= await this.#load(nowWallMs)
    const waitMs = scrubDelayMs(this.#cursor, volume.usedBytes, periodMs, nowWallMs)
    if (waitMs > 0) return { kind: 'idle', forMs: Math.min(waitMs, MAX_IDLE_MS) }
    const replica = this.#next(this.#cursor.afterId)
    if (replica === undefined) {
      const isOver = nowWallMs - this.#cursor.passStartedWallMs >= periodMs * 0.8
      if (!isOver) return { kind: 'idle', forMs: Math.min(periodMs * 0.1, MAX_IDLE_MS) }
      this.#cursor = { ...FRESH_CURSOR, passStartedWallMs: nowWallMs }
      await this.#save()
      return { kind: 'again' }
    }
    await examineReplica(context, replica, (bytes) => this.#pace(bytes, signal))
    this.#verifiedReplicas += 1
    const doneBytes = this.#cursor.doneBytes + replica.lengthBytes
    this.#cursor = { ...this.#cursor, afterId: replica.id, doneBytes }
    if (context.seams.clock.monotonicMs() - this.#savedMs > SAVE_INTERVAL_MS) await this.#save()
    return { kind: 'again' }
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
    const ids: number[] = []
    for (const replica of context.store.index.values()) {
      if (replica.kind === 'finalized' && replica.volume === volume) ids.push(replica.id)
    }
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
    const fresh = { ...FRESH_CURSOR, passStartedWallMs: nowWallMs }
    const { disk, folder } = this.#options.volume
    const path = join(folder, CURSOR_FILE)
    if ((await disk.stat(path)) === undefined) return fresh
    const file = await disk.open(path, 'read')
    try {
      const buffer = Buffer.alloc(MAX_CURSOR_BYTES)
      const bytes = await file.read(buffer, 0, buffer.length, 0)
      return parseCursor(buffer.toString('utf8', 0, bytes)) ?? fresh
    } finally {
      await file.close()
    }
  }

  async #save(): Promise<void> {
    const { volume, context } = this.#options
    this.#savedMs = context.seams.clock.monotonicMs()
    const path = join(volume.folder, CURSOR_FILE)
    await volume.disk.remove(`${path}.new`)
    const file = await volume.disk.open(`${path}.new`, 'create-new')
    try {
      const bytes = Buffer.from(JSON.stringify(this.#cursor))
      await file.write(bytes, 0, bytes.length, 0)
    } finally {
      await file.close()
    }
    await renameDurably(volume.disk, `${path}.new`, path)
  }
}

/** undefined for anything that is not a cursor: a lost position costs one early pass. */
function parseCursor(text: string): ScrubCursor | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { afterId, passStartedWallMs, doneBytes } = value as Record<string, unknown>
    if (
      typeof afterId === 'number' &&
      typeof passStartedWallMs === 'number' &&
      typeof doneBytes === 'number'
    ) {
      return { afterId, passStartedWallMs, doneBytes }
    }
    return undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
