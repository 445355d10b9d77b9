/**
 * Bytes that came from a socket and were not consumed yet. It grows with what arrives, never with what a peer
 * announces. What `take` returned is never overwritten: decoded messages keep views of it.
 */
import { assert } from '../assert.js'

const NOTHING = Buffer.alloc(0)

export class ReceiveBuffer {
  #bytes: Buffer = NOTHING
  #start = 0
  #end = 0

  /** How many bytes wait. */
  get lengthBytes(): number {
    return this.#end - this.#start
  }

  /** Adds a copy of a chunk, whose memory the socket uses again. */
  append(chunk: Uint8Array): void {
    const waiting = this.lengthBytes
    if (waiting === 0) {
      this.#bytes = Buffer.from(chunk)
      this.#start = 0
      this.#end = chunk.length
      return
    }
    // A copied chunk ends where its bytes end, so only a buffer that was grown here is ever written to.
    if (this.#end + chunk.length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * waiting, waiting + chunk.length, 1024))
      this.#bytes.copy(grown, 0, this.#start, this.#end)
      this.#bytes = grown
      this.#start = 0
      this.#end = waiting
    }
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** The big-endian word at the front; four bytes must wait. */
  peekInt32(): number {
    assert(this.lengthBytes >= 4, 'four bytes wait')
    return this.#bytes.readInt32BE(this.#start)
  }

  /** A view of the first `count` waiting bytes, without consuming them. */
  peek(count: number): Buffer {
    assert(count <= this.lengthBytes, 'as many bytes wait')
    return this.#bytes.subarray(this.#start, this.#start + count)
  }

  /** Consumes `count` bytes, which must wait, and returns a view of them. */
  take(count: number): Buffer {
    const view = this.peek(count)
    this.#start += count
    if (this.#start === this.#end) this.clear()
    return view
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#bytes = NOTHING
    this.#start = 0
    this.#end = 0
  }
}
