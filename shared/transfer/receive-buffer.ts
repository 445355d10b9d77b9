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

/**
 * Sizes of slabs, and how many unused ones of a size all connections keep together. A connection begins with a small one;
 * a packet of 64 KiB asks for the next, a stream of them for the last.
 */
const SLAB_SIZES = [
  { lengthBytes: 16 * 1024, spares: 256 },
  { lengthBytes: 128 * 1024, spares: 64 },
  { lengthBytes: 1024 * 1024, spares: 16 },
] as const
const [SMALLEST, , LARGEST] = SLAB_SIZES
/** What a slab that is too small makes room for. */
const sizeAfter = (lengthBytes: number): number =>
  SLAB_SIZES.find((it) => it.lengthBytes > lengthBytes)?.lengthBytes ?? LARGEST.lengthBytes
/** The one used last is the warmest, and is taken first. */
const spareSlabs = SLAB_SIZES.map((): Slab[] => [])
/** Reads into less would be many small ones. */
const LEAST_LENT_BYTES = 64 * 1024

export class ReceiveBuffer {
  #slab: Slab
  #start = 0
  #end = 0
  /** A read may still write into it, behind what was received: meanwhile it is not used again. */
  #lent: Slab | undefined

  constructor() {
    this.#slab = takeSlab(SMALLEST.lengthBytes)
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

  /**
   * Where the next bytes would stand, for a read straight into it; what it brought is given to `append` all the same. It is
   * good for one read, which may come late: until the next call this memory serves nothing else. undefined: too little room.
   */
  lend(): Uint8Array | undefined {
    const before = this.#lent
    const { bytes } = this.#slab
    const hasRoom = bytes.length - this.#end >= LEAST_LENT_BYTES
    this.#lent = hasRoom ? this.#slab : undefined
    if (before !== undefined && before !== this.#lent) this.#recycleUnused(before)
    return hasRoom ? bytes.subarray(this.#end) : undefined
  }

  append(chunk: Uint8Array): void {
    const { bytes } = this.#slab
    if (chunk.buffer === bytes.buffer && chunk.byteOffset === bytes.byteOffset + this.#end) {
      this.#end += chunk.length
      return
    }
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
        this.#recycleUnused(slab)
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
      const next = takeSlab(Math.max(sizeAfter(old.bytes.length), rest + needed))
      old.bytes.copy(next.bytes, 0, this.#start, this.#end)
      this.#slab = next
      old.isRetired = true
      this.#recycleUnused(old)
    }
    this.#start = 0
    this.#end = rest
  }

  /** Gives the memory back when its connection is over; views that are out keep theirs. Nothing is received any more. */
  release(): void {
    const slab = this.#slab
    this.#slab = NO_SLAB
    this.#start = 0
    this.#end = 0
    this.#lent = undefined
    slab.isRetired = true
    this.#recycleUnused(slab)
  }

  #recycleUnused(slab: Slab): void {
    if (!slab.isRetired || slab.viewsOut > 0 || slab === this.#lent) return
    slab.isRetired = false
    const size = SLAB_SIZES.findIndex((it) => it.lengthBytes === slab.bytes.length)
    const spares = spareSlabs[size]
    if (spares !== undefined && spares.length < (SLAB_SIZES[size]?.spares ?? 0)) spares.push(slab)
  }
}

const NO_SLAB: Slab = { bytes: Buffer.alloc(0), viewsOut: 0, isRetired: false }

/** One of at least so many bytes; those above the largest size are not used again. */
function takeSlab(leastBytes: number): Slab {
  const size = SLAB_SIZES.findIndex((it) => it.lengthBytes >= leastBytes)
  const spare = spareSlabs[size]?.pop()
  if (spare !== undefined) return spare
  const lengthBytes = SLAB_SIZES[size]?.lengthBytes ?? leastBytes
  return { bytes: Buffer.allocUnsafeSlow(lengthBytes), viewsOut: 0, isRetired: false }
}
