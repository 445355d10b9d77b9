/** Operations, packets and acknowledgements of real clients and datanodes, read and written again. */
import { describe, expect, test } from 'vitest'
import { CRC32C_512, verifyChunks } from '../../../../shared/checksum/crc32c.js'
import {
  BlockOpResponseProto,
  OpReadBlockProto,
  OpWriteBlockProto,
} from '../../../../shared/hadoop/schema/data-transfer.js'
import {
  decodeClientReadStatus,
  decodePipelineAck,
  encodeBlockOpResponse,
  encodeClientReadStatus,
  encodeReadBlock,
  encodeWriteBlock,
} from '../../../../shared/transfer/operations.js'
import {
  checkPacketGeometry,
  encodePacketHead,
  PACKET_PREFIX_BYTES,
  parsePacketHeader,
  parsePacketLayout,
} from '../../../../shared/transfer/packets.js'
import {
  type CapturedMessage,
  captureFiles,
  GOLDEN_WIRE_FOLDER,
  readCapture,
} from '../../../support/wire-captures.js'

const captured = captureFiles(GOLDEN_WIRE_FOLDER)
  .flatMap((path) => readCapture(path))
  .filter(({ connection, bytes }) => connection.includes('xfer') && bytes !== undefined)
const rawOf = (message: CapturedMessage): Buffer => message.bytes ?? Buffer.alloc(0)
const named = (what: string): CapturedMessage[] =>
  captured.filter((message) => message.what === what)
/** Without the length; all captured messages are shorter than 16 KiB. */
const undelimited = (bytes: Buffer): Buffer => bytes.subarray((bytes[0] ?? 0) < 0x80 ? 1 : 2)

describe('captured block streaming', () => {
  test('holds enough of each kind to show something', () => {
    const enough: [string, number][] = [
      ['packet', 30],
      ['ack', 30],
      ['WRITE_BLOCK', 10],
      ['READ_BLOCK', 5],
      ['reply', 15],
      ['read-status', 1],
    ]
    for (const [what, least] of enough)
      expect(named(what).length, what).toBeGreaterThanOrEqual(least)
  })

  test('has packets that we read and would write the same', () => {
    for (const message of named('packet')) {
      const bytes = rawOf(message)
      const { headerBytes, totalBytes } = parsePacketLayout(bytes, 0)
      const header = parsePacketHeader(bytes, PACKET_PREFIX_BYTES, headerBytes)
      expect(header, message.where).toMatchObject({
        offsetInBlock: message.fields['offsetInBlock'],
        seqno: message.fields['seqno'],
        isLast: message.fields['lastPacketInBlock'],
        dataBytes: message.fields['dataLen'],
      })
      const headBytes = PACKET_PREFIX_BYTES + headerBytes
      const sumsBytes = totalBytes - headBytes - header.dataBytes
      const written = encodePacketHead(header, sumsBytes)
      // A syncBlock of false may be written out; ours is left out.
      if (header.syncBlock || headerBytes === 25) {
        expect(written.equals(bytes.subarray(0, headBytes)), message.where).toBe(true)
      }
      const isNull = sumsBytes === 0 && header.dataBytes > 0
      checkPacketGeometry(header, sumsBytes, isNull ? 0 : 512)
      if (bytes.length !== totalBytes || isNull) continue
      const sums = bytes.subarray(headBytes, headBytes + sumsBytes)
      const data = bytes.subarray(headBytes + sumsBytes)
      expect(verifyChunks(CRC32C_512, data, sums, header.offsetInBlock % 512), message.where).toBe(
        -1,
      )
    }
  })

  test('has acknowledgements that we understand', () => {
    for (const message of named('ack')) {
      const { seqno, replies } = decodePipelineAck(undelimited(rawOf(message)))
      expect(seqno, message.where).toBe(message.fields['seqno'])
      const texts = replies.map((status) =>
        status === 0 ? 'SUCCESS' : status === 1 ? 'ERROR' : status,
      )
      expect(texts, message.where).toEqual(message.fields['reply'])
    }
  })

  test('has operations that we would write the same', () => {
    for (const message of named('WRITE_BLOCK')) {
      const bytes = rawOf(message)
      const decoded = OpWriteBlockProto.decode(undelimited(bytes.subarray(3)))
      const again = OpWriteBlockProto.decode(undelimited(encodeWriteBlock(decoded).subarray(3)))
      expect(again, message.where).toEqual(decoded)
    }
    for (const message of named('READ_BLOCK')) {
      const bytes = rawOf(message)
      const decoded = OpReadBlockProto.decode(undelimited(bytes.subarray(3)))
      expect(encodeReadBlock(decoded).equals(bytes), message.where).toBe(true)
    }
  })

  test('has replies that we understand', () => {
    for (const message of named('reply')) {
      const decoded = BlockOpResponseProto.decode(undelimited(rawOf(message)))
      expect(decoded.status === 0, message.where).toBe(message.fields['status'] === 'SUCCESS')
    }
    for (const message of named('read-status')) {
      const status = decodeClientReadStatus(undelimited(rawOf(message)))
      expect(encodeClientReadStatus(status).equals(rawOf(message))).toBe(true)
    }
  })
})

test('replies have the bytes of the protocol reference, and never fewer than five', () => {
  const checksum = { type: 2, bytesPerChecksum: 512 }
  const read = { status: 0, readOpChecksumInfo: { checksum, chunkOffset: 0 } }
  expect(encodeBlockOpResponse(read).toString('hex')).toBe('0d080022090a0508021080041000')
  expect(encodeBlockOpResponse({ status: 0 }).toString('hex')).toBe('0408001200')
  expect(encodeBlockOpResponse({ status: 1 })).toHaveLength(5)
})

test('acknowledgements after a downstream failure are understood', () => {
  const bytes = Buffer.from('080310001001' + '1800' + '22020001', 'hex')
  expect(decodePipelineAck(bytes)).toEqual({ seqno: -2, replies: [0, 1] })
  const onlyFlag = Buffer.from('0800' + '1000' + '220101', 'hex')
  expect(decodePipelineAck(onlyFlag)).toEqual({ seqno: 0, replies: [1] })
})
