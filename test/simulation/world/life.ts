/**
 * One life of a simulated process: what it waits for never comes once it is dead, and it hears and says nothing more.
 * A ghost is dead to the world but still has time of its own, so that what it holds open on the machine can be closed.
 */
import type { Clock } from '../../../shared/clock.js'
import { FIRST_WALL_MS, type Scheduler } from './scheduler.js'

export class Life {
  readonly name: string
  readonly scheduler: Scheduler
  readonly clock: Clock
  #isAlive = true
  #isGhost = false
  /** Frozen as by SIGSTOP: what becomes due waits here. */
  #held: (() => void)[] | undefined
  readonly #ends: (() => void)[] = []

  constructor(name: string, scheduler: Scheduler) {
    this.name = name
    this.scheduler = scheduler
    this.clock = this.#makeClock()
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get isGhost(): boolean {
    return this.#isGhost
  }

  get isFrozen(): boolean {
    return this.#held !== undefined
  }

  /** Something of this process that the world does later: not when it is dead, later when it is frozen. */
  later(ms: number, label: string, action: () => void): () => void {
    let isCancelled = false
    const run = () => {
      if (isCancelled || !(this.#isAlive || this.#isGhost)) return
      if (this.#held !== undefined) this.#held.push(run)
      else action()
    }
    const cancel = this.scheduler.after(ms, `${this.name} ${label}`, run)
    return () => {
      isCancelled = true
      cancel()
    }
  }

  /** Told once, at the end of this life. */
  onEnd(action: () => void): void {
    this.#ends.push(action)
  }

  end(after: 'nothing' | 'ghost' = 'nothing'): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#isGhost = after === 'ghost'
    // What waited for a ghost that was frozen must come, or it cannot close what it has open.
    if (this.#isGhost) this.thaw()
    this.#held = undefined
    for (const action of this.#ends.splice(0)) action()
  }

  freeze(): void {
    this.#held ??= []
  }

  thaw(): void {
    const held = this.#held
    this.#held = undefined
    for (const run of held ?? []) this.later(0, 'thaw', run)
  }

  #makeClock(): Clock {
    const { scheduler } = this
    const after: Clock['after'] = (ms, action) => this.later(ms, 'timer', action)
    return {
      wallMs: () => Math.floor(scheduler.elapsedMs) + FIRST_WALL_MS,
      monotonicMs: () => scheduler.nowMs,
      after,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) {
            reject(signal.reason)
            return
          }
          const onAbort = () => {
            cancel()
            reject(signal?.reason)
          }
          const cancel = after(ms, () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          })
          signal?.addEventListener('abort', onAbort, { once: true })
        }),
    }
  }
}
