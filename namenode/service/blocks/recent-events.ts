/**
 * What was heard of lately, with the time of it: a full report that was compiled before an event must not undo it.
 * Bounded; when more happened than fits, everything counts as heard of for as long as that may be true.
 */
import type { Clock } from '../../../shared/clock.js'

export class RecentEvents<Key> {
  readonly #clock: Clock
  readonly #keepMs: number
  readonly #capacity: number
  readonly #times = new Map<Key, number>()
  #lostUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: { clock: Clock; keepMs: number; capacity: number }) {
    this.#clock = options.clock
    this.#keepMs = options.keepMs
    this.#capacity = options.capacity
  }

  note(key: Key): void {
    const nowMs = this.#clock.monotonicMs()
    this.#times.delete(key)
    this.#times.set(key, nowMs)
    for (const [oldest, timeMs] of this.#times) {
      const isOld = timeMs + this.#keepMs < nowMs
      if (!isOld && this.#times.size <= this.#capacity) break
      if (!isOld) this.#lostUntilMs = timeMs + this.#keepMs
      this.#times.delete(oldest)
    }
  }

  /** What was heard of it does not count any more. */
  forget(key: Key): void {
    this.#times.delete(key)
  }

  /** As if nothing had been heard. */
  clear(): void {
    this.#times.clear()
    this.#lostUntilMs = Number.NEGATIVE_INFINITY
  }

  /** true when something about `key` was heard within the time that is kept, or may have been. */
  has(key: Key): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs <= this.#lostUntilMs) return true
    const timeMs = this.#times.get(key)
    return timeMs !== undefined && timeMs + this.#keepMs >= nowMs
  }

  get size(): number {
    return this.#times.size
  }
}
