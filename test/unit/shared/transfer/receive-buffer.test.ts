/** Memory that connections use one after another: nobody may find another one's bytes in it. */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../shared/random.js'
import { ReceiveBuffer, type ReceivedView } from '../../../../shared/transfer/receive-buffer.js'
import { content } from '../../../support/content.js'

const KIB = 1024

/** One connection: bytes of its own arrive, are taken in pieces and looked at later. */
class Connection {
  readonly #buffer = new ReceiveBuffer()
  readonly #seed: number
  readonly #held: { readonly view: ReceivedView; readonly from: number }[] = []
  #lent: Uint8Array | undefined
  #arrived = 0
  #taken = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** As the network does it: into what was lent after the read before, else from memory of its own. */
  receive(lengthBytes: number): void {
    const bytes = content(this.#seed, this.#arrived + lengthBytes).subarray(this.#arrived)
    const chunk = this.#lent?.subarray(0, lengthBytes) ?? Buffer.alloc(lengthBytes)
    chunk.set(bytes.subarray(0, chunk.length))
    this.#arrived += chunk.length
    this.#buffer.append(chunk)
    this.#lent = this.#buffer.lend()
  }

  expect(lengthBytes: number): void {
    this.#buffer.expect(lengthBytes)
  }

  take(lengthBytes: number): void {
    const count = Math.min(lengthBytes, this.#buffer.lengthBytes)
    this.#held.push({ view: this.#buffer.take(count), from: this.#taken })
    this.#taken += count
  }

  giveBackOldest(): void {
    this.#held.shift()?.view.release()
  }

  end(): void {
    this.#buffer.release()
  }

  check(): void {
    const all = content(this.#seed, this.#arrived)
    for (const { view, from } of this.#held) {
      expect(view.bytes.equals(all.subarray(from, from + view.bytes.length))).toBe(true)
    }
    const { buffer, start, lengthBytes } = this.#buffer
    const waiting = buffer.subarray(start, start + lengthBytes)
    if (lengthBytes > 0) expect(waiting.equals(all.subarray(this.#taken))).toBe(true)
  }
}

describe('memory for incoming bytes', () => {
  it.each([1, 2, 3, 4, 5, 6])('belongs to one connection at a time (seed %i)', (seed) => {
    const random = seededRandom(seed)
    let connections = Array.from({ length: 3 }, (_, index) => new Connection(index + 1))
    for (let step = 0; step < 400; step += 1) {
      const index = random.below(connections.length)
      const connection = connections[index]
      const chance = random.next()
      if (chance < 0.5) connection?.receive(1 + random.below(100 * KIB))
      else if (chance < 0.6) connection?.expect(random.below(130 * KIB))
      else if (chance < 0.8) connection?.take(random.below(90 * KIB))
      else if (chance < 0.97) connection?.giveBackOldest()
      else {
        connection?.end()
        connection?.check()
        connections = connections.with(index, new Connection(100 + step))
      }
      for (const each of connections) each.check()
    }
  })

  it('is used again when its connection has ended and no view is out', () => {
    const memoryOf = (
      end: (buffer: ReceiveBuffer, view: ReceivedView) => void,
    ): ArrayBufferLike => {
      const buffer = new ReceiveBuffer()
      buffer.append(content(1, 100))
      const view = buffer.take(50)
      end(buffer, view)
      return view.bytes.buffer
    }
    const isUsedNext = (memory: ArrayBufferLike) => new ReceiveBuffer().buffer.buffer === memory
    const viewFirst = memoryOf((buffer, view) => {
      view.release()
      buffer.release()
    })
    expect(isUsedNext(viewFirst)).toBe(true)
    const viewLast = memoryOf((buffer, view) => {
      buffer.release()
      view.release()
    })
    expect(isUsedNext(viewLast)).toBe(true)
    expect(isUsedNext(memoryOf((buffer) => buffer.release()))).toBe(false)
  })

  it('serves nobody else while a read may still come into it, and others afterwards', () => {
    const memoryOfNext = () => {
      const other = new ReceiveBuffer()
      other.expect(128 * KIB)
      return other.buffer.buffer
    }
    const buffer = new ReceiveBuffer()
    buffer.expect(128 * KIB)
    const place = buffer.lend()
    buffer.append(content(1, 10))
    buffer.expect(300 * KIB)
    expect(memoryOfNext()).not.toBe(place?.buffer)
    buffer.lend()
    expect(memoryOfNext()).toBe(place?.buffer)
  })

  it('is read into without a copy as soon as a stream needs room', () => {
    const buffer = new ReceiveBuffer()
    expect(buffer.lend()).toBeUndefined()
    buffer.expect(128 * KIB)
    const place = buffer.lend()
    place?.set(content(1, 70 * KIB))
    buffer.append(place?.subarray(0, 70 * KIB) ?? Buffer.alloc(0))
    expect(buffer.take(70 * KIB).bytes.byteOffset).toBe(place?.byteOffset)
  })
})
