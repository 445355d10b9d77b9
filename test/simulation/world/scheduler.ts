/**
 * The one queue of everything that will happen in a simulated world: timers, arriving bytes, finished disk calls, faults.
 * Exactly one thing happens at a time, in the order of virtual time; promises that it woke run until none can go on.
 */
import { createHash } from 'node:crypto'

interface Event {
  readonly dueMs: number
  readonly order: number
  readonly label: string
  readonly fire: () => void
  isCancelled: boolean
}

/** What is remembered for the trace of a failure. */
const MAX_NOTES = 400
/** Names that another process gives otherwise, in messages: the temporary folder and the bundle. */
const OF_THIS_PROCESS = /dfs-simulation[-/][\w-]+|\bpid \d+/g
/** Time that is waited for goes by: a sum of floating-point numbers may swallow less than this, and wait for ever. */
const RESOLUTION_MS = 0.001
/** Monotonic time at the beginning; any number will do that is not zero. */
const FIRST_MS = 1_000_000
export const FIRST_WALL_MS = 1_700_000_000_000

export class Scheduler {
  readonly #heap: Event[] = []
  readonly #hash = createHash('sha256')
  readonly #notes: string[] = []
  #nowMs = FIRST_MS
  #order = 0
  #fired = 0

  get nowMs(): number {
    return this.#nowMs
  }

  /** Virtual milliseconds since the world began. */
  get elapsedMs(): number {
    return this.#nowMs - FIRST_MS
  }

  get firedEvents(): number {
    return this.#fired
  }

  /** Runs `fire` after `ms`; events of one moment run in the order in which they were asked for. */
  after(ms: number, label: string, fire: () => void): () => void {
    const event: Event = {
      dueMs: this.#nowMs + (ms > 0 ? Math.max(ms, RESOLUTION_MS) : 0),
      order: this.#order++,
      label,
      fire,
      isCancelled: false,
    }
    this.#push(event)
    return () => {
      event.isCancelled = true
    }
  }

  /** A line of the trace: part of the hash, and shown when a run fails. */
  note(text: string): void {
    const line = `${(this.elapsedMs / 1000).toFixed(3)} s  ${text.replaceAll(OF_THIS_PROCESS, '…')}`
    this.#hash.update(line)
    this.#notes.push(line)
    if (this.#notes.length > MAX_NOTES) this.#notes.shift()
  }

  /** The last notes, oldest first. */
  recentNotes(count: number): readonly string[] {
    return this.#notes.slice(-count)
  }

  /** Equal for two runs in which the same things happened at the same times. Ends the recording. */
  traceHash(): string {
    return this.#hash.digest('hex')
  }

  /**
   * Lets promises that can go on do so. Nothing in the world waits for real threads, files or sockets, so they all end;
   * code that gives way with setImmediate goes on behind the next event, which is a delay like any other.
   */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }

  /**
   * Lets events happen until `isOver`, which is asked after each.
   * @returns false when the world stood still, or `limitMs` of virtual time went by
   */
  async run(isOver: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#nowMs + limitMs
    await this.settle()
    while (!isOver()) {
      const event = this.#pop()
      if (event === undefined) return false
      if (event.dueMs > endMs) {
        this.#push(event)
        this.#nowMs = endMs
        return false
      }
      this.#nowMs = Math.max(this.#nowMs, event.dueMs)
      this.#fired += 1
      this.#hash.update(`${event.dueMs} ${event.label}\n`)
      event.fire()
      await this.settle()
    }
    return true
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(event, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = event
  }

  #pop(): Event | undefined {
    for (;;) {
      const first = this.#popAny()
      if (first === undefined || !first.isCancelled) return first
    }
  }

  #popAny(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      const left = heap[child]
      if (left === undefined) break
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, left)) child += 1
      const below = heap[child]
      if (below === undefined || !isBefore(below, last)) break
      heap[at] = below
      at = child
    }
    heap[at] = last
    return first
  }
}

const isBefore = (left: Event, right: Event): boolean =>
  left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order)
