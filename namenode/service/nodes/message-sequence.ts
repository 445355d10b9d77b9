/**
 * Tells repeated and late messages of a session from new ones, each kind by itself, since a node may send a heartbeat
 * and events at the same time. Repeats are harmless and answered; a late one would put back what has changed since.
 */

const REMEMBERED = 256

export type Freshness = 'new' | 'repeated' | 'late'

export class MessageSequence {
  readonly #seen = new Set<number>()
  #last = -1

  /** Judges a sequence number and remembers it. */
  accept(sequence: number): Freshness {
    if (this.#seen.has(sequence)) return 'repeated'
    if (sequence <= this.#last) return 'late'
    this.#last = sequence
    this.#seen.add(sequence)
    if (this.#seen.size > REMEMBERED) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest)
        break
      }
    }
    return 'new'
  }
}
