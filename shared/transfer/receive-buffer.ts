/**
 * Memory for incoming bytes: they are laid one behind another into a large buffer, so that packets can be looked at in
 * place. A full buffer is put aside and the incomplete rest moves to another one. A buffer whose views were all
 * released is used again; one whose views were kept is left to the garbage collector. So a view stays valid for as
 * long as nobody releases it, and releasing only saves memory (cold memory costs ten times warm: design.md 7).
 */
import { assert } from '../assert.js'

interface Slab {
  readonly bytes: Buffer
  /** Views handed out and not yet released. */
  viewsOut: number
  isRetired: boolean
}

/** A piece of received bytes. Valid until `release` is called; calling it is allowed once, and optional. */
export interface ReceivedView {
  readonly bytes: Buffer
  release(): void
}

const FIRST_SLAB_BYTES = 16 * 1024
const USUAL_SLAB_BYTES = 1024 * 1024
const SPARE_SLABS = 3

export class ReceiveBuffer {
  #slab: Slab
  #start = 0
  #end = 0
  readonly #spares: Slab[] = []

  constructor() {
    this.#slab = newSlab(FIRST_SLAB_BYTES)
  }

  /** Received and not yet taken. */
  get lengthBytes(): number {
    return this.#end - this.#start
  }

  /** The underlying buffer; the received bytes are at `[start, start + lengthBytes)` until the next `append` or `take`. */
  get buffer(): Buffer {
    return this.#slab.bytes
  }

  get start(): number {
    return this.#start
  }

  append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#slab.bytes.length) this.#makeRoom(chunk.length)
    this.#slab.bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** Makes sure that a message of `lengthBytes` will lie in one piece once it has arrived. */
  expect(lengthBytes: number): void {
    const missing = lengthBytes - this.lengthBytes
    if (missing > 0 && this.#end + missing > this.#slab.bytes.length) this.#makeRoom(missing)
  }

  /** Takes the first `lengthBytes` out, as a view. */
  take(lengthBytes: number): ReceivedView {
    assert(lengthBytes <= this.lengthBytes, 'only received bytes are taken')
    const slab = this.#slab
    const bytes = slab.bytes.subarray(this.#start, this.#start + lengthBytes)
    this.#start += lengthBytes
    slab.viewsOut += 1
    let isOut = true
    return {
      bytes,
      release: () => {
        if (!isOut) return
        isOut = false
        slab.viewsOut -= 1
        if (slab.isRetired && slab.viewsOut === 0) this.#recycle(slab)
      },
    }
  }

  /** Takes the first `lengthBytes` out, as bytes of their own. */
  takeCopy(lengthBytes: number): Buffer {
    assert(lengthBytes <= this.lengthBytes, 'only received bytes are taken')
    const copy = Buffer.from(this.#slab.bytes.subarray(this.#start, this.#start + lengthBytes))
    this.#start += lengthBytes
    return copy
  }

  #makeRoom(needed: number): void {
    const old = this.#slab
    const rest = this.lengthBytes
    if (old.viewsOut === 0 && rest + needed <= old.bytes.length) {
      old.bytes.copyWithin(0, this.#start, this.#end)
    } else {
      const wanted = Math.min(old.bytes.length * 4, USUAL_SLAB_BYTES)
      const next = this.#nextSlab(Math.max(wanted, rest + needed))
      old.bytes.copy(next.bytes, 0, this.#start, this.#end)
      this.#slab = next
      old.isRetired = true
      if (old.viewsOut === 0) this.#recycle(old)
    }
    this.#start = 0
    this.#end = rest
  }

  #nextSlab(leastBytes: number): Slab {
    const index = this.#spares.findIndex(({ bytes }) => bytes.length >= leastBytes)
    const [spare] = index < 0 ? [] : this.#spares.splice(index, 1)
    if (spare === undefined) return newSlab(leastBytes)
    spare.isRetired = false
    return spare
  }

  #recycle(slab: Slab): void {
    if (slab.bytes.length === USUAL_SLAB_BYTES && this.#spares.length < SPARE_SLABS) {
      this.#spares.push(slab)
    }
  }
}

function newSlab(lengthBytes: number): Slab {
  return { bytes: Buffer.allocUnsafeSlow(lengthBytes), viewsOut: 0, isRetired: false }
}
