/** Reads of a connection that belong together: all of them see one state, whatever is committed meanwhile. */
import type { Database } from '../../storage/database.js'

export class OneMoment {
  readonly #begin
  readonly #end
  readonly #version
  readonly #onState: (version: number) => void
  #isNow = false
  /** Whoever called `together` ends it, not the read that began it. */
  #isKept = false

  /**
   * @param database a connection on which nothing is written
   * @param onState told at each beginning which state is seen; the number changes with every commit of others
   */
  constructor(database: Database, onState: (version: number) => void) {
    this.#begin = database.prepare('BEGIN')
    this.#end = database.prepare('COMMIT')
    this.#version = database.prepare<[], number>('PRAGMA data_version').pluck()
    this.#onState = onState
  }

  /** May be nested: the outermost decides what is seen. `read` must not await. */
  run<T>(read: () => T): T {
    if (this.#isNow) return read()
    this.#start()
    try {
      return read()
    } finally {
      if (!this.#isKept) this.#finish()
    }
  }

  /** What `work` reads, in however many runs, is seen at the moment of its first one. `work` must not await. */
  together(work: () => void): void {
    if (this.#isKept || this.#isNow) {
      work()
      return
    }
    this.#isKept = true
    try {
      work()
    } finally {
      this.#isKept = false
      if (this.#isNow) this.#finish()
    }
  }

  #start(): void {
    this.#begin.run()
    this.#isNow = true
    try {
      this.#onState(this.#version.get() ?? 0)
    } catch (error) {
      // Nobody may go on reading what was not told.
      this.#finish()
      throw error
    }
  }

  #finish(): void {
    this.#isNow = false
    this.#end.run()
  }
}
