/**
 * The only repeating timer of the project. A tick does one bounded unit of work and says when to come back; a tick
 * that fails is reported and tried again, and never ends the loop. `stop` aborts the running tick and waits for it.
 */
import { assert } from './assert.js'
import type { Clock } from './clock.js'

/** `again`: more work is waiting. `idle`: nothing to do for so long, unless `wake` is called. */
export type TickOutcome =
  | { readonly kind: 'again' }
  | { readonly kind: 'idle'; readonly forMs: number }

export interface BackgroundLoopOptions {
  readonly name: string
  readonly clock: Clock
  /** One bounded unit of work. The signal aborts when the loop is stopped. */
  readonly tick: (signal: AbortSignal) => Promise<TickOutcome> | TickOutcome
  /** Told of every failed tick, with the number of failures in a row. */
  readonly onError: (
    error: unknown,
    context: { readonly loop: string; readonly failures: number },
  ) => void
  /** Pause after a failed tick, doubled up to 16 times for failures in a row. */
  readonly retryAfterMs: number
}

/** Failures in a row after which a loop counts as failing: one may be a passing trouble of the disk or of a neighbour. */
const FAILING_AFTER = 3

/** Names of loops that keep failing: what they are there for is not being done (I14). */
export function failingLoops(
  loops: Iterable<Pick<BackgroundLoop, 'name' | 'failuresInARow'>>,
): string[] {
  return [...loops].filter((it) => it.failuresInARow >= FAILING_AFTER).map((it) => it.name)
}

/** Nobody looks at it. Without a reason of its own each abort makes an error with its stack. */
const WOKEN = 'woken'

export class BackgroundLoop {
  readonly name: string
  readonly #options: BackgroundLoopOptions
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #pause: AbortController | undefined
  #wakeRequested = false
  #failuresInARow = 0

  constructor(options: BackgroundLoopOptions) {
    assert(options.retryAfterMs > 0, 'a failing loop must pause')
    this.name = options.name
    this.#options = options
  }

  get failuresInARow(): number {
    return this.#failuresInARow
  }

  start(): this {
    assert(this.#running === undefined, `loop ${this.name} is started once`)
    this.#running = this.#run()
    return this
  }

  /** Ends the current pause; a wake during a tick makes the next pause end at once. */
  wake(): void {
    // Thousands come at a time.
    if (this.#wakeRequested) return
    this.#wakeRequested = true
    this.#pause?.abort(WOKEN)
  }

  /** Aborts the running tick and resolves when the loop has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#pause?.abort(WOKEN)
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, tick, onError, retryAfterMs } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      this.#wakeRequested = false
      let pauseMs = 0
      try {
        const outcome = await tick(signal)
        this.#failuresInARow = 0
        if (outcome.kind === 'idle') pauseMs = outcome.forMs
      } catch (error) {
        if (signal.aborted) return
        this.#failuresInARow += 1
        const failures = this.#failuresInARow
        onError(error, { loop: this.name, failures })
        pauseMs = retryAfterMs * 2 ** Math.min(failures - 1, 4)
      }
      if (this.#wakeRequested) pauseMs = 0
      await this.#sleep(clock, pauseMs)
    }
  }

  async #sleep(clock: Clock, ms: number): Promise<void> {
    const pause = new AbortController()
    this.#pause = pause
    if (this.#stopping.signal.aborted) return
    try {
      await clock.sleep(ms, pause.signal)
    } catch (error) {
      if (!pause.signal.aborted) throw error
    } finally {
      this.#pause = undefined
    }
  }
}
