/**
 * Moves committed pages from the WAL into the database, between batches, on the writer's thread. Passive: it never
 * waits for a reader. A reader that stays too long lets the WAL grow; that is told, and at the cap changes are refused.
 */

import { crashPoint } from '../../shared/crash-point.js'
import type { Database } from './database.js'

/** About 16 MB of WAL, 20 to 40 ms of work. */
const CHECKPOINT_PAGES = 4000
/** 256 MB: somebody reads for too long. */
const ALARM_PAGES = 65_536
/** 1 GB: from here on refusing is better than filling the disk. */
const REFUSE_PAGES = 262_144

interface WalState {
  readonly log: number
  readonly checkpointed: number
}

export class Checkpointer {
  readonly #look
  readonly #move
  readonly #onAlarm: (walPages: number) => void
  #isAlarmed = false

  constructor(database: Database, onAlarm: (walPages: number) => void) {
    this.#look = database.prepare<[], WalState>('PRAGMA wal_checkpoint(NOOP)')
    this.#move = database.prepare<[], WalState>('PRAGMA wal_checkpoint(PASSIVE)')
    this.#onAlarm = onAlarm
  }

  /** To be called between batches. Answers whether changes may go on: `full` when the WAL has reached its cap. */
  afterBatch(): 'open' | 'full' {
    if (pagesWaiting(this.#look.get()) < CHECKPOINT_PAGES) return 'open'
    crashPoint('checkpoint.due')
    const left = pagesWaiting(this.#move.get())
    crashPoint('checkpoint.done')
    if (left > ALARM_PAGES && !this.#isAlarmed) this.#onAlarm(left)
    this.#isAlarmed = left > ALARM_PAGES
    return left > REFUSE_PAGES ? 'full' : 'open'
  }
}

const pagesWaiting = (state: WalState | undefined) =>
  state === undefined ? 0 : state.log - state.checkpointed
