/** A budget of bytes for each second: says how long to wait after spending. Pure: the time comes in. */

/** Unspent budget is kept for this long, so that short pauses do not cost rate. */
const BURST_MS = 250

export class ByteThrottle {
  /** Another budget from now on when it is set; what was spent stays spent. 0 means no limit. */
  bytesPerSecond: number
  /** The moment up to which the budget is spent. */
  #spentUntilMs = Number.NEGATIVE_INFINITY

  /** @param bytesPerSecond 0 means no limit */
  constructor(bytesPerSecond: number) {
    this.bytesPerSecond = bytesPerSecond
  }

  /** Spends `bytes` and returns how many milliseconds to pause before the next. */
  spend(bytes: number, nowMs: number): number {
    if (this.bytesPerSecond === 0) return 0
    const from = Math.max(this.#spentUntilMs, nowMs - BURST_MS)
    this.#spentUntilMs = from + (bytes * 1000) / this.bytesPerSecond
    return Math.max(0, this.#spentUntilMs - nowMs)
  }
}
