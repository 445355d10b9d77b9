import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../../../shared/checksum/crc32c.js'
import { PacketHeaderProto } from '../../../../shared/hadoop/schema/data-transfer.js'
import {
  checkPacketGeometry,
  encodeHeartbeatPacket,
  encodePacket,
  encodePacketHead,
  parsePacketHeader,
  parsePacketLayout,
} from '../../../../shared/transfer/packets.js'

const BAR_PACKET =
  '0000000c0019' +
  '09' +
  '00'.repeat(8) +
  '11' +
  '00'.repeat(8) +
  '18002504000000' +
  'fb1d06c8' +
  '6261720a'
const LAST_PACKET = `0000000400190904${'00'.repeat(7)}1101${'00'.repeat(7)}18012500000000`

describe('packets', () => {
  test('have the bytes of the protocol reference', () => {
    const data = Buffer.from('bar\n')
    const sums = Buffer.alloc(4)
    sums.writeUInt32BE(crc32c(data))
    const header = { offsetInBlock: 0, seqno: 0, isLast: false, dataBytes: 4, syncBlock: false }
    expect(encodePacket(header, sums, data).toString('hex')).toBe(BAR_PACKET)
    const last = { offsetInBlock: 4, seqno: 1, isLast: true, dataBytes: 0, syncBlock: false }
    expect(encodePacketHead(last, 0).toString('hex')).toBe(LAST_PACKET)
  })

  test('keep a connection alive with sequence number -1', () => {
    const bytes = encodeHeartbeatPacket()
    expect(parsePacketLayout(bytes, 0)).toEqual({ headerBytes: 25, totalBytes: 31 })
    expect(parsePacketHeader(bytes, 6, 25)).toMatchObject({ seqno: -1, dataBytes: 0 })
  })

  const headers = fc.record({
    offsetInBlock: fc.maxSafeNat(),
    seqno: fc.maxSafeInteger(),
    isLast: fc.boolean(),
    dataBytes: fc.nat(16 * 1024 * 1024 - 4),
    syncBlock: fc.boolean(),
  })

  test('have headers that read back as written, by hand and by the generic codec', () => {
    fc.assert(
      fc.property(headers, (header) => {
        const bytes = encodePacketHead(header, 0)
        const { headerBytes, totalBytes } = parsePacketLayout(bytes, 0)
        expect(totalBytes).toBe(bytes.length + header.dataBytes)
        expect(parsePacketHeader(bytes, 6, headerBytes)).toEqual(header)
        const generic = PacketHeaderProto.decode(bytes.subarray(6))
        expect(generic.offsetInBlock).toBe(header.offsetInBlock)
        expect(generic.seqno).toBe(header.seqno)
        expect(generic.lastPacketInBlock).toBe(header.isLast)
        expect(generic.dataLen).toBe(header.dataBytes)
      }),
    )
  })

  test('are understood with an unusual header', () => {
    const fields = { offsetInBlock: 5, seqno: 7, lastPacketInBlock: true, dataLen: 3 }
    const usual = PacketHeaderProto.encode({ ...fields, syncBlock: true })
    const extended = Buffer.concat([usual, Buffer.from([0x38, 1])])
    const expected = { offsetInBlock: 5, seqno: 7, isLast: true, dataBytes: 3, syncBlock: true }
    expect(parsePacketHeader(extended, 0, extended.length)).toEqual(expected)
    const reordered = Buffer.concat([usual.subarray(9), usual.subarray(0, 9)])
    expect(parsePacketHeader(reordered, 0, reordered.length)).toEqual(expected)
  })

  test.each([
    ['payload', '00000003' + '0019'],
    ['payload', 'ffffffff' + '0019'],
    ['payload', '01000001' + '0019'],
    ['header', '00000004' + '0000'],
    ['header', '00000004' + 'ffff'],
    ['header', '00000004' + '7fff'],
  ])('with an impossible %s length are refused: %s', (what, hex) => {
    expect(() => parsePacketLayout(Buffer.from(hex, 'hex'), 0)).toThrow(`incorrect ${what} length`)
  })

  test('need as many sums as their data has chunks, from the offset on', () => {
    const header = { seqno: 0, isLast: false, syncBlock: false }
    const check = (offsetInBlock: number, dataBytes: number, sumsBytes: number, bpc = 512) =>
      checkPacketGeometry({ ...header, offsetInBlock, dataBytes }, sumsBytes, bpc)
    check(0, 512, 4)
    check(0, 513, 8)
    check(513, 511, 4)
    check(513, 512, 8)
    check(0, 0, 0)
    check(0, 100, 0, 0)
    expect(() => check(0, 513, 4)).toThrow('4 bytes of checksums, not 8')
    expect(() => check(513, 511, 8)).toThrow('not 4')
    expect(() => check(0, -1, 0)).toThrow('-1 bytes')
    expect(() => check(-1, 1, 4)).toThrow('offset -1')
  })
})
