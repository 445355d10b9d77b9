import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeHeader,
  decodeRecord,
  encodeHeader,
  encodeRecord,
  encodeSlot,
  HEADER_BYTES,
  hashData,
  isHeaderWhole,
  metaLengthBytes,
  RECORD_BYTES,
  slotOffset,
} from '../../../../datanode/blocks/meta-format.js'
import { chunkChecksums } from '../../../../shared/checksum/crc32c.js'
import { pattern } from '../../../support/transfer-peer.js'

const ID = 1073741855

function record(length: number, index = 0): Buffer {
  const data = pattern(0, length)
  const bytes = Buffer.alloc(RECORD_BYTES, 0xee)
  encodeRecord(bytes, 0, { blockId: ID, index, data, sums: chunkChecksums(data) })
  return bytes
}

describe('a record', () => {
  it('has the bytes that FORMAT.md says', () => {
    const bytes = record(4)
    expect(bytes.length).toBe(536)
    expect(bytes.readBigUInt64LE(0)).toBe(hashData(pattern(0, 4)))
    expect(bytes.readUInt32LE(8)).toBe(4)
    expect(bytes.subarray(16, 20).equals(chunkChecksums(pattern(0, 4)))).toBe(true)
    expect(bytes.subarray(20, 528).every((it) => it === 0)).toBe(true)
    const salt = BigInt.asUintN(64, BigInt(ID) * 0x9e3779b97f4a7c15n)
    expect(bytes.readBigUInt64LE(528)).toBe(hashData(bytes.subarray(0, 528)) ^ salt)
  })

  it('survives the way through the file', () => {
    for (const length of [1, 512, 513, 65_535, 65_536]) {
      expect(decodeRecord(record(length), 0, ID, 0)).toMatchObject({
        coveredBytes: length,
        dataHash: hashData(pattern(0, length)),
      })
    }
  })

  it('is not believed with any bit turned, for another block, or in another place', () => {
    fc.assert(
      fc.property(fc.nat(RECORD_BYTES * 8 - 1), (bit) => {
        const bytes = record(700)
        bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
        expect(decodeRecord(bytes, 0, ID, 0)).toBeUndefined()
      }),
    )
    expect(decodeRecord(record(700), 0, ID + 1, 0)).toBeUndefined()
    expect(decodeRecord(record(700), 0, ID, 1)).toBeUndefined()
    expect(decodeRecord(record(700).subarray(0, 535), 0, ID, 0)).toBeUndefined()
  })
})

describe('a header', () => {
  const point = (sequence: number) => ({ sequence, lengthBytes: 100 * sequence, tailHash: 7n })

  it('gives the newer of two slots, and the other when one is torn', () => {
    const header = encodeHeader(ID, point(4))
    encodeSlot(ID, point(5)).copy(header, slotOffset(5))
    expect(decodeHeader(header, ID)).toEqual(point(5))
    header[slotOffset(5) + 40] = 1
    expect(decodeHeader(header, ID)).toEqual(point(4))
    expect(decodeHeader(header, ID + 1)).toBeUndefined()
  })

  it('is whole only without any turned bit, between the slots too', () => {
    fc.assert(
      fc.property(fc.nat(HEADER_BYTES * 8 - 1), (bit) => {
        const header = encodeHeader(ID, point(4))
        expect(isHeaderWhole(header, ID)).toBe(true)
        header[bit >> 3] = header[bit >> 3]! ^ (1 << (bit & 7))
        expect(isHeaderWhole(header, ID)).toBe(false)
      }),
    )
  })

  it('is followed by one record for each 64 KiB', () => {
    expect([0, 1, 65_536, 65_537].map(metaLengthBytes)).toEqual([1024, 1560, 1560, 2096])
  })
})
