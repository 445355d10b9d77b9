/** Reads of a connection that belong together: all of them see one state, whatever is committed meanwhile. */
import type { Database } from '../../storage/database.js'

export class OneMoment {
  readonly #begin
  readonly #end
  readonly #version
  readonly #onState: (version: number) => void
  #isNow = false

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
    this.#begin.run()
    this.#isNow = true
    try {
      this.#onState(this.#version.get() ?? 0)
      return read()
    } finally {
      this.#isNow = false
      this.#end.run()
    }
  }
}
