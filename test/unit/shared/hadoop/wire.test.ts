import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtoReader, ProtoWriter, sizeOfVarint32 } from '../../../../shared/hadoop/wire.js'

function written(write: (writer: ProtoWriter) => void): string {
  const writer = new ProtoWriter()
  write(writer)
  return writer.finish().toString('hex')
}

function reader(hex: string): ProtoReader {
  const bytes = Buffer.from(hex, 'hex')
  return new ProtoReader(bytes, 0, bytes.length)
}

describe('varints', () => {
  it.each([
    { value: 0, hex: '00' },
    { value: 127, hex: '7f' },
    { value: 128, hex: '8001' },
    { value: 300, hex: 'ac02' },
    { value: 2 ** 32 - 1, hex: 'ffffffff0f' },
    { value: 2 ** 32, hex: '8080808010' },
    { value: 1073741825, hex: '8180808004' },
    { value: 2 ** 53 - 1, hex: 'ffffffffffffff0f' },
    { value: -1, hex: 'ffffffffffffffffff01' },
    { value: -33, hex: 'dfffffffffffffffff01' },
  ])('carry $value as $hex', ({ value, hex }) => {
    expect(written((it) => it.varint(value))).toBe(hex)
    expect(reader(hex).varint64()).toBe(value)
  })

  it('saturate at 2^63 - 1, which clients use for "no limit"', () => {
    expect(written((it) => it.varint(2 ** 63))).toBe('ffffffffffffffff7f')
    expect(reader('ffffffffffffffff7f').varint64()).toBe(2 ** 63)
  })

  it('of more than ten bytes are refused', () => {
    const hex = 'ffffffffffffffffffff01'
    expect(() => reader(hex).varint64()).toThrow(/ten bytes/)
    expect(() => reader(hex).varint32()).toThrow(/ten bytes/)
  })

  it('read the low 32 bits when 32 are wanted', () => {
    expect(reader('ffffffffffffffffff01').varint32()).toBe(0xffffffff)
  })

  it('never carry what is not a number', () => {
    expect(() => written((it) => it.varint(Number.NaN))).toThrow(/not a number/)
  })
})

describe('zigzag', () => {
  it.each([
    { value: 0, hex: '00' },
    { value: -1, hex: '01' },
    { value: -3, hex: '05' },
    { value: -4, hex: '07' },
    { value: -33, hex: '41' },
    { value: 1, hex: '02' },
  ])('carries $value as $hex', ({ value, hex }) => {
    expect(written((it) => it.zigzag(value))).toBe(hex)
    expect(reader(hex).zigzag()).toBe(value)
  })
})

describe('fixed words', () => {
  it.each([0, 1, -1, 512, -(2 ** 31), 2 ** 31 - 1])('carry %d in 32 bits', (value) => {
    expect(reader(written((it) => it.fixed32(value))).fixed32()).toBe(value)
  })

  it.each([0, 1, -1, 2 ** 40, -(2 ** 40), 2 ** 53 - 1])('carry %d in 64 bits', (value) => {
    expect(reader(written((it) => it.fixed64(value))).fixed64()).toBe(value)
  })
})

describe('every safe integer', () => {
  it('survives each encoding', () => {
    const integers = fc.maxSafeInteger()
    fc.assert(
      fc.property(integers, (value) => {
        expect(reader(written((it) => it.varint(value))).varint64()).toBe(value)
        const half = Math.floor(value / 2)
        expect(reader(written((it) => it.zigzag(half))).zigzag()).toBe(half)
        expect(reader(written((it) => it.fixed64(value))).fixed64()).toBe(value)
      }),
    )
  })
})

describe('strings', () => {
  it.each(['', 'a', 'ü/日本/😀', '\ufffd'])('come back: %j', (text) => {
    expect(reader(written((it) => it.string(text))).string()).toBe(text)
  })

  it.each(['01ff', '02c080', '03eda080'])('that are not UTF-8 are refused: %s', (hex) => {
    expect(() => reader(hex).string()).toThrow(/UTF-8/)
  })
})

describe('texts that are written', () => {
  it.each([
    '',
    'a',
    '\u007f',
    '\u0080',
    'ascii with ä at its end: ü',
    'x'.repeat(62),
    'x'.repeat(63),
    'x'.repeat(64),
    'x'.repeat(127),
    'x'.repeat(128),
    `${'x'.repeat(62)}é`,
    '𝄞 four bytes',
    'x'.repeat(400),
  ])('have their bytes and the length of these: %j', (text) => {
    const writer = new ProtoWriter()
    writer.varint(300)
    writer.string(text)
    writer.varint(7)
    const bytes = writer.finish()
    const content = Buffer.from(text)
    const read = new ProtoReader(bytes, 0, bytes.length)
    expect(read.varint32()).toBe(300)
    expect(Buffer.from(read.bytes())).toEqual(content)
    expect(read.varint32()).toBe(7)
    expect(read.atEnd).toBe(true)
  })

  it('grow the buffer where they reach its end', () => {
    const writer = new ProtoWriter()
    const texts = Array.from(
      { length: 100 },
      (_, index) => 'é'.repeat(index % 3) + 'y'.repeat(index),
    )
    for (const text of texts) writer.string(text)
    const bytes = writer.finish()
    const read = new ProtoReader(bytes, 0, bytes.length)
    expect(texts.map(() => read.string())).toEqual(texts)
  })
})

describe('delimited values', () => {
  it.each([0, 1, 127, 128, 300, 16_383, 16_384, 3_000_000])(
    'of %d bytes have the right length',
    (size) => {
      const content = Buffer.alloc(size, 0x61)
      const writer = new ProtoWriter()
      const begun = writer.beginNested()
      for (let at = 0; at < size; at += 50_000) {
        const piece = content.subarray(at, at + 50_000)
        writer.gap(piece.length)
      }
      writer.endNested(begun)
      const bytes = writer.finish()
      expect(bytes.length).toBe(size + sizeOfVarint32(size))
      const outer = new ProtoReader(bytes, 0, bytes.length)
      outer.nested()
      expect(outer.atEnd).toBe(true)
    },
  )

  it('may nest and keep what was written before', () => {
    const writer = new ProtoWriter()
    writer.varint(1)
    const outside = writer.beginNested()
    const inside = writer.beginNested()
    writer.bytes(Buffer.alloc(200, 7))
    writer.endNested(inside)
    writer.endNested(outside)
    const outer = new ProtoReader(writer.finish(), 0, writer.finish().length)
    expect(outer.varint32()).toBe(1)
    expect(outer.nested().nested().bytes()).toEqual(Buffer.alloc(200, 7))
  })

  it('that announce more than there is are refused', () => {
    expect(() => reader('05aabb').bytes()).toThrow(/ended unexpectedly/)
    expect(() => reader('ffffffff0faabb').bytes()).toThrow(/ended unexpectedly/)
    expect(() => reader('05aabb').nested()).toThrow(/ended unexpectedly/)
    expect(() => reader('').varint32()).toThrow(/ended unexpectedly/)
  })
})
