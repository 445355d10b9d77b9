/**
 * How long the calls of a disk have taken lately, by kind: what tells a slow disk when it is compared with others. Sums of two
 * halves of a window, so that noting a call costs an addition and old ones are forgotten without a list.
 */
import type { CallLatencies as Reported } from '../../shared/control/messages.js'

const HALF_WINDOW_MS = 60_000
/** Beyond this a clock has jumped or a process stood still: says nothing about the disk, which has a limit of its own. */
const MOST_MS = 600_000

export type CallKind = keyof Reported

interface Sum {
  calls: number
  totalMs: number
}

type Sums = Map<CallKind, Sum>

export class CallLatencies {
  #current: Sums = new Map()
  #before: Sums = new Map()
  #beganMs = Number.NEGATIVE_INFINITY

  /** A call that took `ms` has ended. */
  note(kind: CallKind, ms: number, nowMs: number): void {
    this.#turn(nowMs)
    const sum = this.#current.get(kind) ?? { calls: 0, totalMs: 0 }
    sum.calls += 1
    sum.totalMs += Math.min(Math.max(0, ms), MOST_MS)
    this.#current.set(kind, sum)
  }

  /** Calls of the last one to two minutes and their mean; kinds without calls are absent. */
  recent(nowMs: number): Reported {
    this.#turn(nowMs)
    const figures: { [Kind in CallKind]?: NonNullable<Reported[Kind]> } = {}
    for (const kind of ['read', 'write', 'sync'] as const) {
      const sums = [this.#current.get(kind), this.#before.get(kind)]
      const calls = sums.reduce((total, it) => total + (it?.calls ?? 0), 0)
      const totalMs = sums.reduce((total, it) => total + (it?.totalMs ?? 0), 0)
      // Microseconds are enough, and short in a message.
      if (calls > 0) figures[kind] = { calls, meanMs: Math.round((1000 * totalMs) / calls) / 1000 }
    }
    return figures
  }

  #turn(nowMs: number): void {
    const passedMs = nowMs - this.#beganMs
    if (passedMs < HALF_WINDOW_MS) return
    this.#before = passedMs < 2 * HALF_WINDOW_MS ? this.#current : new Map()
    this.#current = new Map()
    this.#beganMs = nowMs
  }
}
