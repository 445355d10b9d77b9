/** The primitive values of the protobuf wire format: varints, zigzag, little-endian fixed words, delimited bytes. */
import { assert } from '../assert.js'
import { DfsError } from '../errors.js'

export const WireType = { VARINT: 0, FIXED64: 1, DELIMITED: 2, FIXED32: 5 } as const
export type WireType = (typeof WireType)[keyof typeof WireType]

const TWO_32 = 2 ** 32
const TWO_63 = 2 ** 63
/** Texts with fewer characters have a length of one byte, and are written here, not in C++. */
const SHORT_TEXT = 64
/** Hadoop's own words; the first line of an error is what clients and people compare. */
const TRUNCATED =
  'While parsing a protocol message, the input ended unexpectedly in the middle of a field.  This could mean either ' +
  'that the input has been truncated or that an embedded message misreported its own length.'
const malformed = (what: string) => new DfsError('MALFORMED_MESSAGE', what)

/** A cursor over `bytes[position, end)`. Never reads beyond `end`; views are returned, not copies. */
export class ProtoReader {
  readonly #bytes: Uint8Array
  #position: number
  readonly #end: number

  constructor(bytes: Uint8Array, position: number, end: number) {
    this.#bytes = bytes
    this.#position = position
    this.#end = end
  }

  get position(): number {
    return this.#position
  }

  get atEnd(): boolean {
    return this.#position >= this.#end
  }

  /** The low 32 bits of a varint, unsigned. */
  varint32(): number {
    let result = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      if (shift < 32) result |= (byte & 0x7f) << shift
      if (byte < 0x80) return result >>> 0
    }
    throw malformed('a varint has more than ten bytes')
  }

  /** A 64-bit varint as a signed number (see message.ts about precision). */
  varint64(): number {
    const [low, high] = this.#varintParts()
    return (high | 0) * TWO_32 + low
  }

  zigzag(): number {
    const [low, high] = this.#varintParts()
    const magnitude = (high * TWO_32 + low - (low & 1)) / 2
    return (low & 1) === 1 ? -magnitude - 1 : magnitude
  }

  #varintParts(): readonly [low: number, high: number] {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high |= bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) return [low >>> 0, high >>> 0]
    }
    throw malformed('a varint has more than ten bytes')
  }

  fixed32(): number {
    const at = this.#take(4)
    return this.#view().readInt32LE(at)
  }

  fixed64(): number {
    const at = this.#take(8)
    const view = this.#view()
    return view.readInt32LE(at + 4) * TWO_32 + view.readUInt32LE(at)
  }

  bytes(): Uint8Array {
    const length = this.varint32()
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  string(): string {
    const length = this.varint32()
    const at = this.#take(length)
    const view = this.#view()
    const text = view.toString('utf8', at, at + length)
    // U+FFFD is what the decoder puts for bad bytes: then only a round trip tells a real one from a mangled name.
    if (text.includes('\ufffd') && !view.subarray(at, at + length).equals(Buffer.from(text))) {
      throw malformed('a string is not valid UTF-8')
    }
    return text
  }

  /** A reader of the delimited value at the cursor; the cursor moves behind it. */
  nested(): ProtoReader {
    const length = this.varint32()
    const at = this.#take(length)
    return new ProtoReader(this.#bytes, at, at + length)
  }

  /** Moves behind `expected` when that is what comes next; else stays where it is. */
  passes(expected: Uint8Array): boolean {
    const from = this.#position
    if (expected.length > this.#end - from) return false
    for (let index = 0; index < expected.length; index += 1) {
      if (this.#bytes[from + index] !== expected[index]) return false
    }
    this.#position = from + expected.length
    return true
  }

  /** A copy of what stands from `from` on, up to `to` or the end. */
  copyFrom(from: number, to = this.#end): Buffer {
    return Buffer.from(this.#bytes.subarray(from, to))
  }

  skip(wireType: number): void {
    if (wireType === WireType.VARINT) this.varint32()
    else if (wireType === WireType.FIXED64) this.#take(8)
    else if (wireType === WireType.DELIMITED) this.#take(this.varint32())
    else if (wireType === WireType.FIXED32) this.#take(4)
    else throw malformed(`unknown wire type ${wireType}`)
  }

  expect(actual: number, expected: WireType, field: string): void {
    if (actual !== expected)
      throw malformed(`field ${field} has wire type ${actual}, not ${expected}`)
  }

  #byte(): number {
    if (this.#position >= this.#end) throw malformed(TRUNCATED)
    const byte = this.#bytes[this.#position] as number
    this.#position += 1
    return byte
  }

  #take(count: number): number {
    const at = this.#position
    if (count > this.#end - at) throw malformed(TRUNCATED)
    this.#position = at + count
    return at
  }

  #view(): Buffer {
    const { buffer, byteOffset, byteLength } = this.#bytes
    return this.#bytes instanceof Buffer ? this.#bytes : Buffer.from(buffer, byteOffset, byteLength)
  }
}

/** A growing buffer. Between `beginNested` and `endNested` stands a delimited value, whose length is known only afterwards. */
export class ProtoWriter {
  #buffer = Buffer.allocUnsafe(256)
  #length = 0

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Leaves `count` bytes unwritten at the cursor, for what is known only at the end. */
  gap(count: number): void {
    this.#reserve(count)
    this.#length += count
  }

  /** Negative numbers take ten bytes, as two's complement of 64 bits. */
  varint(value: number): void {
    this.#reserve(10)
    if (value >= 0 && value < TWO_32) {
      this.#varint32(value)
      return
    }
    assert(!Number.isNaN(value), 'a number is not a number')
    if (value >= TWO_63) this.#varintParts(0xffffffff, 0x7fffffff)
    else this.#varintParts(value >>> 0, Math.floor(value / TWO_32) >>> 0)
  }

  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  fixed32(value: number): void {
    this.#reserve(4)
    this.#length = this.#buffer.writeInt32LE(value | 0, this.#length)
  }

  fixed64(value: number): void {
    this.#reserve(8)
    this.#buffer.writeUInt32LE(value >>> 0, this.#length)
    this.#buffer.writeInt32LE(Math.floor(value / TWO_32) | 0, this.#length + 4)
    this.#length += 8
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length)
    this.#reserve(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  string(value: string): void {
    if (value.length < SHORT_TEXT && this.#shortAscii(value)) return
    const length = Buffer.byteLength(value)
    this.varint(length)
    this.#reserve(length)
    this.#length += this.#buffer.write(value, this.#length, 'utf8')
  }

  /** Names and addresses, nearly all: two calls into C++ take longer than their bytes do. False, and nothing written, for others. */
  #shortAscii(value: string): boolean {
    this.#reserve(1 + value.length)
    const start = this.#length + 1
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index)
      if (code >= 0x80) return false
      this.#buffer[start + index] = code
    }
    this.#buffer[this.#length] = value.length
    this.#length = start + value.length
    return true
  }

  /** Begins a delimited value. @returns what `endNested` asks for */
  beginNested(): number {
    this.#reserve(1)
    const lengthAt = this.#length
    this.#length += 1
    return lengthAt
  }

  endNested(lengthAt: number): void {
    const length = this.#length - lengthAt - 1
    if (length < 0x80) {
      this.#buffer[lengthAt] = length
      return
    }
    const extra = sizeOfVarint32(length) - 1
    this.#reserve(extra)
    this.#buffer.copyWithin(lengthAt + 1 + extra, lengthAt + 1, this.#length)
    this.#length = lengthAt
    this.#varint32(length)
    this.#length += length
  }

  #varint32(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[this.#length] = (rest & 0x7f) | 0x80
      this.#length += 1
      rest >>>= 7
    }
    this.#buffer[this.#length] = rest
    this.#length += 1
  }

  #varintParts(low: number, high: number): void {
    let lowRest = low
    let highRest = high
    while (highRest !== 0 || lowRest >= 0x80) {
      this.#buffer[this.#length] = (lowRest & 0x7f) | 0x80
      this.#length += 1
      lowRest = ((lowRest >>> 7) | (highRest << 25)) >>> 0
      highRest >>>= 7
    }
    this.#buffer[this.#length] = lowRest
    this.#length += 1
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + count))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}

/** How many bytes the varint of a non-negative number below 2^32 takes. */
export function sizeOfVarint32(value: number): number {
  let size = 1
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) size += 1
  return size
}
