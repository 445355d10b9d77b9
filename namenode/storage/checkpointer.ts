/**
 * Moves committed pages from the WAL into the database, between batches, on the writer's thread. Passive: it never
 * waits for a reader. A reader that stays too long lets the WAL grow; that is told, and at the cap changes are refused.
 */

import { crashPoint } from '../../shared/crash-point.js'
import type { Database } from './database.js'

/**
 * Looking costs as much as a fifth of a small commit, so it is done once in so many changes or batches. What they can add
 * in between is a fraction of what is moved: a change writes a dozen pages, the slices of large ones come one in a batch.
 */
const CHANGES_BETWEEN_LOOKS = 100
const BATCHES_BETWEEN_LOOKS = 16
/** How long the WAL may grow, in pages of 4 KiB. */
export interface WalLimits {
  readonly checkpoint: number
  readonly alarm: number
  readonly refuse: number
}

const WAL_LIMITS: WalLimits = {
  /** About 16 MB, 20 to 40 ms of work. */
  checkpoint: 4000,
  /** 256 MB: somebody reads for too long. */
  alarm: 65_536,
  /** 1 GB: from here on refusing is better than filling the disk. */
  refuse: 262_144,
}

interface WalState {
  readonly log: number
  readonly checkpointed: number
}

export class Checkpointer {
  readonly #pages
  readonly #move
  readonly #onAlarm: (walPages: number) => void
  readonly #limits: WalLimits
  #isAlarmed = false
  #isFull = false
  #changesSinceLook = 0
  #batchesSinceLook = 0

  /** @param onAlarm called once for each time that the WAL grows beyond what a working reader leaves */
  constructor(
    database: Database,
    onAlarm: (walPages: number) => void,
    limits: WalLimits = WAL_LIMITS,
  ) {
    this.#limits = limits
    this.#pages = database.prepare<[], WalState>('PRAGMA wal_checkpoint(NOOP)')
    this.#move = database.prepare<[], WalState>('PRAGMA wal_checkpoint(PASSIVE)')
    this.#onAlarm = onAlarm
  }

  /**
   * To be called between batches. Answers whether changes may go on: `full` when the WAL has reached its cap.
   * @param changes how many the batch carried
   */
  afterBatch(changes: number): 'open' | 'full' {
    this.#changesSinceLook += changes
    this.#batchesSinceLook += 1
    if (this.#isFull || this.#isLookDue) this.#look()
    return this.#isFull ? 'full' : 'open'
  }

  get #isLookDue(): boolean {
    return (
      this.#changesSinceLook >= CHANGES_BETWEEN_LOOKS ||
      this.#batchesSinceLook >= BATCHES_BETWEEN_LOOKS
    )
  }

  #look(): void {
    this.#changesSinceLook = 0
    this.#batchesSinceLook = 0
    if (pagesWaiting(this.#pages.get()) < this.#limits.checkpoint) {
      this.#isFull = false
      return
    }
    crashPoint('checkpoint.due')
    const left = pagesWaiting(this.#move.get())
    crashPoint('checkpoint.done')
    if (left > this.#limits.alarm && !this.#isAlarmed) this.#onAlarm(left)
    this.#isAlarmed = left > this.#limits.alarm
    this.#isFull = left > this.#limits.refuse
  }
}

const pagesWaiting = (state: WalState | undefined) =>
  state === undefined ? 0 : state.log - state.checkpointed
