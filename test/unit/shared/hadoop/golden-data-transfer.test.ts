/** Real block streaming traffic must survive our schemas: decoded and encoded again, every message has the same bytes. */
import { describe, expect, it } from 'vitest'
import type { AnyMessage } from '../../../../shared/hadoop/rpc-protocol.js'
import {
  BlockOpResponseProto,
  ClientReadStatusProto,
  DATA_TRANSFER_VERSION,
  OpBlockChecksumProto,
  OperationCode,
  OpReadBlockProto,
  OpTransferBlockProto,
  OpWriteBlockProto,
  PacketHeaderProto,
  PipelineAckProto,
} from '../../../../shared/hadoop/schema/data-transfer.js'
import { ProtoReader } from '../../../../shared/hadoop/wire.js'
import {
  type CapturedMessage,
  captureFiles,
  GOLDEN_WIRE_FOLDER,
  readCapture,
} from '../../../support/wire-captures.js'

const OPERATIONS: Readonly<Record<string, { code: number; type: AnyMessage }>> = {
  WRITE_BLOCK: { code: OperationCode.WRITE_BLOCK, type: OpWriteBlockProto },
  READ_BLOCK: { code: OperationCode.READ_BLOCK, type: OpReadBlockProto },
  BLOCK_CHECKSUM: { code: OperationCode.BLOCK_CHECKSUM, type: OpBlockChecksumProto },
  TRANSFER_BLOCK: { code: OperationCode.TRANSFER_BLOCK, type: OpTransferBlockProto },
}
const DELIMITED: Readonly<Record<string, AnyMessage>> = {
  reply: BlockOpResponseProto,
  'final-reply': BlockOpResponseProto,
  'read-status': ClientReadStatusProto,
  ack: PipelineAckProto,
}
const files = captureFiles(process.env['DFS_WIRE_CAPTURES'] ?? GOLDEN_WIRE_FOLDER).filter(
  (it) => !/edge-/.test(it),
)

describe('captured block streaming messages', () => {
  const seen = new Set<string>()

  it.each(files)('have the same bytes after decoding and encoding: %s', (file) => {
    for (const message of readCapture(file)) {
      if (/^(dn>)?dn\d+xfer#/.test(message.connection)) check(message, seen)
    }
  })

  it('cover operations, replies, packets and acks', () => {
    expect([...seen].toSorted()).toEqual(
      expect.arrayContaining(['READ_BLOCK', 'WRITE_BLOCK', 'ack', 'packet', 'reply']),
    )
  })
})

function check(message: CapturedMessage, seen: Set<string>): void {
  const { bytes, what, where } = message
  if (bytes === undefined) return
  const operation = OPERATIONS[what]
  const delimited = DELIMITED[what]
  if (operation !== undefined) {
    expect(bytes.readUInt16BE(0), where).toBe(DATA_TRANSFER_VERSION)
    expect(bytes.readUInt8(2), where).toBe(operation.code)
    checkDelimited(operation.type, bytes.subarray(3), where)
  } else if (delimited !== undefined) checkDelimited(delimited, bytes, where)
  else if (what === 'packet') checkPacketHeader(bytes, where)
  else return
  seen.add(what)
}

function checkDelimited(type: AnyMessage, bytes: Buffer, where: string): void {
  const reader = new ProtoReader(bytes, 0, bytes.length)
  const again = type.encodeDelimited(type.decodeDelimited(reader))
  // 3.5.0 clients put a field 18 into DatanodeInfoProto, which is skipped.
  const isSame = again.equals(bytes) || bytes.includes(Buffer.from([0x92, 0x01, 0x00]))
  expect(isSame, `${where}: ${again.toString('hex')} is ${bytes.toString('hex')}`).toBe(true)
  expect(reader.atEnd, `${where} is read to its end`).toBe(true)
}

function checkPacketHeader(bytes: Buffer, where: string): void {
  const header = bytes.subarray(6, 6 + bytes.readUInt16BE(4))
  const again = PacketHeaderProto.encode(PacketHeaderProto.decode(header))
  expect(again.toString('hex'), where).toBe(header.toString('hex'))
}
