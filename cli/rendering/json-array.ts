/** A JSON array written element by element, so that a listing of millions needs no memory. */
import { type CliIo, write } from '../io.js'

export class JsonArrayWriter {
  readonly #io: CliIo
  #count = 0

  constructor(io: CliIo) {
    this.#io = io
  }

  async add(value: unknown): Promise<void> {
    await write(this.#io.stdout, `${this.#count === 0 ? '[' : ','}\n${JSON.stringify(value)}`)
    this.#count += 1
  }

  /** Ends the array; an empty one is `[]`. */
  async end(): Promise<void> {
    await write(this.#io.stdout, this.#count === 0 ? '[]\n' : '\n]\n')
  }
}
