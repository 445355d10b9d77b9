import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { combineCrc32c } from '../../../../shared/checksum/composite-crc.js'
import {
  CRC32C_512,
  checksumCount,
  chunkChecksum,
  chunkChecksums,
  crc32c,
  sumAt,
  verifyChunks,
  writeChunkChecksums,
} from '../../../../shared/checksum/crc32c.js'
import { xxh64 } from '../../../../shared/checksum/xxh64.js'

describe('crc32c', () => {
  test('gives the values of the protocol reference', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.from('bar\n'))).toBe(0xfb1d06c8)
    expect(chunkChecksum(1, 512).sum(Buffer.from('123456789'))).toBe(0xcbf43926)
  })

  test('continues an earlier sum', () => {
    expect(crc32c(Buffer.from('456789'), crc32c(Buffer.from('123')))).toBe(0xe3069283)
  })
})

describe('chunk checksums', () => {
  test('are the big-endian sums of each 512 bytes', () => {
    const data = Buffer.alloc(1300, 7)
    const sums = chunkChecksums(data)
    expect(sums.length).toBe(12)
    expect(sums.readUInt32BE(0)).toBe(crc32c(data.subarray(0, 512)))
    expect(sums.readUInt32BE(8)).toBe(crc32c(data.subarray(1024)))
    expect(sumAt(sums, 0)).toBe(sums.readUInt32BE(0))
  })

  test('of no bytes are none', () => {
    expect(chunkChecksums(Buffer.alloc(0))).toHaveLength(0)
    expect(verifyChunks(CRC32C_512, Buffer.alloc(0), Buffer.alloc(0))).toBe(-1)
  })

  test('refuse types and sizes that nobody uses', () => {
    expect(() => chunkChecksum(3, 512)).toThrow('checksum type 3')
    expect(() => chunkChecksum(2, 0)).toThrow('checksums of 0 bytes')
    expect(() => chunkChecksum(2, 1 << 21)).toThrow('not supported')
  })

  const layouts = fc.record({
    data: fc.uint8Array({ minLength: 1, maxLength: 4000 }),
    offsetInChunk: fc.nat(511),
    type: fc.constantFrom(1, 2),
    bytesPerChecksum: fc.constantFrom(512, 1024, 4096),
  })

  test('verify what they were made from, from any place in a chunk', () => {
    fc.assert(
      fc.property(layouts, ({ data, offsetInChunk, type, bytesPerChecksum }) => {
        const checksum = chunkChecksum(type, bytesPerChecksum)
        const count = checksumCount(data.length, bytesPerChecksum, offsetInChunk)
        const sums = Buffer.alloc(4 * count)
        expect(writeChunkChecksums(checksum, data, offsetInChunk, sums, 0)).toBe(sums.length)
        expect(verifyChunks(checksum, data, sums, offsetInChunk)).toBe(-1)
      }),
    )
  })

  test('tell in which chunk a byte was changed', () => {
    fc.assert(
      fc.property(layouts, fc.nat(), fc.integer({ min: 1, max: 255 }), (layout, at, flip) => {
        const { data, offsetInChunk, type, bytesPerChecksum } = layout
        const checksum = chunkChecksum(type, bytesPerChecksum)
        const count = checksumCount(data.length, bytesPerChecksum, offsetInChunk)
        const sums = Buffer.alloc(4 * count)
        writeChunkChecksums(checksum, data, offsetInChunk, sums, 0)
        const index = at % data.length
        data[index] = (data[index] ?? 0) ^ flip
        const chunkStart =
          Math.floor((index + offsetInChunk) / bytesPerChecksum) * bytesPerChecksum - offsetInChunk
        expect(verifyChunks(checksum, data, sums, offsetInChunk)).toBe(Math.max(0, chunkStart))
      }),
    )
  })

  test('are those of what is in the memory now, with views that were kept', () => {
    const memory = new Uint8Array(4096)
    const views: Uint8Array[] = []
    const filling = fc.record({ length: fc.integer({ min: 1, max: 4096 }), byte: fc.nat(255) })
    fc.assert(
      fc.property(filling, ({ length, byte }) => {
        const data = memory.subarray(0, length).fill(byte)
        const sums = Buffer.alloc(4 * checksumCount(length))
        writeChunkChecksums(CRC32C_512, data, 0, sums, 0, views)
        expect(sums).toEqual(chunkChecksums(Buffer.alloc(length, byte)))
      }),
    )
    expect(views.length).toBeGreaterThan(4)
  })

  test('tell that a sum was changed', () => {
    const data = Buffer.alloc(2000, 1)
    for (let index = 0; index < 4; index += 1) {
      const sums = chunkChecksums(data)
      sums[4 * index + 3] = (sums[4 * index + 3] ?? 0) ^ 1
      expect(verifyChunks(CRC32C_512, data, sums)).toBe(512 * index)
    }
  })
})

describe('combineCrc32c', () => {
  test('gives the sum of both parts', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.uint8Array({ maxLength: 2000 }),
        (a, b) => {
          const whole = crc32c(Buffer.concat([a, b]))
          expect(combineCrc32c(crc32c(a), crc32c(b), b.length)).toBe(whole)
        },
      ),
    )
  })

  test('works for lengths above 2^32', () => {
    const twice = combineCrc32c(combineCrc32c(1, 0, 2 ** 33), 0, 5)
    expect(combineCrc32c(1, 0, 2 ** 33 + 5)).toBe(twice)
  })
})

test('xxHash64 has seed 0', () => {
  expect(xxh64(new Uint8Array(0))).toBe(0xef46db3751d8e999n)
  expect(xxh64(Buffer.from('abc'))).toBe(0x44bc2cf5ad770999n)
  expect(xxh64(Buffer.alloc(65536))).toBe(xxh64(new Uint8Array(65536)))
})
