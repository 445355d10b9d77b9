/**
 * Time that moves only when a test says so. `advance` fires due timers in order, one after the other, and lets the
 * promises that each one woke run before the next: what a test sees is what an unhurried process would do.
 */
import type { Clock } from '../../shared/clock.js'

interface Timer {
  readonly dueMs: number
  readonly order: number
  readonly fire: () => void
}

/** Turns of the event loop granted to woken promises after each timer. */
const SETTLE_TURNS = 3

export class FakeClock implements Clock {
  #nowMs: number
  #wallOffsetMs: number
  #order = 0
  readonly #timers = new Set<Timer>()

  constructor(options: { wallMs?: number; monotonicMs?: number } = {}) {
    this.#nowMs = options.monotonicMs ?? 1_000_000
    this.#wallOffsetMs = (options.wallMs ?? 1_700_000_000_000) - this.#nowMs
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  /** Moves the wall clock alone, as an operator or NTP does. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  after(ms: number, action: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, ms), order: this.#order++, fire: action }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = () => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** How many timers wait: 0 after everything was closed. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** The process stands still, as under SIGSTOP: time passes, and no timer fires before it goes on. */
  standStill(ms: number): void {
    this.#nowMs += ms
  }

  /** Lets `ms` pass, firing what becomes due on the way. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await this.settle()
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.fire()
      await this.settle()
    }
    this.#nowMs = endMs
  }

  /** Lets promises that can go on do so, without time passing. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < SETTLE_TURNS; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue
      if (
        first === undefined ||
        timer.dueMs < first.dueMs ||
        (timer.dueMs === first.dueMs && timer.order < first.order)
      ) {
        first = timer
      }
    }
    return first
  }
}
