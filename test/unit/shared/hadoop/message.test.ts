import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DfsError } from '../../../../shared/errors.js'
import { message, optional, packed, repeated, required } from '../../../../shared/hadoop/message.js'
import { CLIENT_PROTOCOL } from '../../../../shared/hadoop/schema/client-protocol.js'
import {
  BlockOpResponseProto,
  PacketHeaderProto,
  PipelineAckProto,
} from '../../../../shared/hadoop/schema/data-transfer.js'
import { LocatedBlockProto } from '../../../../shared/hadoop/schema/hdfs.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const Inner = message('Inner', { id: required(1, 'u64'), note: optional(2, 'string') })
const Everything = message('Everything', {
  u32: required(1, 'u32'),
  u64: optional(2, 'u64'),
  i32: optional(3, 'i32'),
  i64: optional(4, 'i64'),
  s32: optional(5, 's32'),
  s64: optional(6, 's64'),
  bool: optional(7, 'bool'),
  kind: optional(8, 'enum'),
  string: optional(9, 'string'),
  bytes: optional(10, 'bytes'),
  sfixed32: optional(11, 'sfixed32'),
  sfixed64: optional(12, 'sfixed64'),
  inner: optional(13, Inner),
  inners: repeated(14, Inner),
  words: repeated(15, 'string'),
  numbers: repeated(16, 'u64'),
  flags: packed(17, 'u32'),
})

const inner = fc.record(
  { id: fc.maxSafeInteger(), note: fc.string({ unit: 'grapheme' }) },
  { requiredKeys: ['id'] },
)
const everything = fc.record(
  {
    u32: fc.nat(2 ** 32 - 1),
    u64: fc.maxSafeInteger(),
    i32: fc.integer(),
    i64: fc.maxSafeInteger(),
    s32: fc.integer(),
    s64: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
    bool: fc.boolean(),
    kind: fc.nat(100),
    string: fc.string({ unit: 'grapheme' }),
    bytes: fc.uint8Array(),
    sfixed32: fc.integer(),
    sfixed64: fc.maxSafeInteger(),
    inner,
    inners: fc.array(inner),
    words: fc.array(fc.string()),
    numbers: fc.array(fc.maxSafeInteger()),
    flags: fc.array(fc.nat()),
  },
  { requiredKeys: ['u32', 'inners', 'words', 'numbers', 'flags'] },
)

describe('messages', () => {
  it('come back as they were sent', () => {
    fc.assert(
      fc.property(everything, (value) => {
        const decoded = Everything.decode(Everything.encode(value))
        const { bytes, ...rest } = decoded
        const { bytes: sentBytes, ...sent } = value
        expect(rest).toEqual(sent)
        expect(bytes === undefined ? undefined : hex(bytes)).toBe(
          sentBytes === undefined ? undefined : hex(sentBytes),
        )
      }),
    )
  })

  it('cut off anywhere are refused or are shorter messages, and nothing else happens', () => {
    fc.assert(
      fc.property(everything, fc.nat(), (value, at) => {
        const bytes = Everything.encode(value)
        decodeOrRefuse(Everything, bytes.subarray(0, at % bytes.length))
      }),
    )
  })

  it('made of random bytes are refused or understood, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeOrRefuse(Everything, bytes)
        decodeOrRefuse(LocatedBlockProto, bytes)
        decodeOrRefuse(CLIENT_PROTOCOL.addBlock.request, bytes)
      }),
    )
  })

  it('write required fields that are zero, false or empty', () => {
    const bytes = CLIENT_PROTOCOL.delete.response.encode({ result: false })
    expect(hex(bytes)).toBe('0800')
    expect(
      hex(
        CLIENT_PROTOCOL.getListing.request.encode({
          src: '',
          startAfter: Buffer.alloc(0),
          needLocation: false,
        }),
      ),
    ).toBe('0a0012001800')
  })

  it('leave out optional fields that are absent and write those that are zero', () => {
    expect(hex(BlockOpResponseProto.encodeDelimited({ status: 0 }))).toBe('020800')
    expect(hex(BlockOpResponseProto.encodeDelimited({ status: 0, firstBadLink: '' }))).toBe(
      '0408001200',
    )
  })

  it('without a required field are refused in the words of Hadoop', () => {
    expect(() => CLIENT_PROTOCOL.getFileInfo.request.decode(Buffer.alloc(0))).toThrow(
      'Message missing required fields: src',
    )
  })

  it('skip fields that they do not know, of every wire type', () => {
    const bytes = Buffer.from(
      '0801' + 'd03e07' + 'd93e0102030405060708' + 'd23e03616263' + 'dd3e01020304',
      'hex',
    )
    expect(Inner.decode(bytes)).toEqual({ id: 1 })
  })

  it.each([
    { name: 'field number 0', bytes: '08010001' },
    { name: 'a group', bytes: '0801d33e' },
    { name: 'a wrong wire type', bytes: '0d01000000' },
  ])('with $name are refused', ({ bytes }) => {
    expect(() => Inner.decode(Buffer.from(bytes, 'hex'))).toThrow(DfsError)
  })

  it('accept repeated numbers packed and unpacked, whatever the schema says', () => {
    expect(PipelineAckProto.decode(Buffer.from('08001000100022020001', 'hex'))).toEqual({
      seqno: 0,
      reply: [0, 0],
      flag: [0, 1],
    })
    expect(PipelineAckProto.decode(Buffer.from('0800120200002000' + '2001', 'hex'))).toEqual({
      seqno: 0,
      reply: [0, 0],
      flag: [0, 1],
    })
  })

  it('take the last value of a field that comes twice', () => {
    expect(Inner.decode(Buffer.from('08010802', 'hex')).id).toBe(2)
  })

  it('refuse lists that would take many times their size in memory', () => {
    const bomb = Buffer.alloc(2 * 1_048_577)
    for (let at = 0; at < bomb.length; at += 2) bomb[at] = 0x12
    const Names = message('Names', { names: repeated(2, 'string') })
    expect(() => Names.decode(bomb)).toThrow(/more than 1048576 items/)
    expect(Names.decode(bomb.subarray(2)).names.length).toBe(1_048_576)
  })

  it('name the field when we forget a required one ourselves', () => {
    // What a caller in JavaScript could do.
    const forgotten = { note: 'x' } as unknown as { id: number }
    expect(() => Inner.encode(forgotten)).toThrow('Inner.id is required')
  })
})

describe('the byte vectors of the protocol reference', () => {
  it('hold for -1 in unsigned and zigzag fields', () => {
    const times = CLIENT_PROTOCOL.setTimes.request
    const bytes = times.encode({ src: '/x', mtime: -1, atime: -1 })
    expect(hex(bytes)).toBe(`0a022f7810${'ff'.repeat(9)}0118${'ff'.repeat(9)}01`)
    expect(times.decode(bytes)).toEqual({ src: '/x', mtime: -1, atime: -1 })
    const fsync = CLIENT_PROTOCOL.fsync.request.encode({ src: '', client: '', lastBlockLength: -1 })
    expect(hex(fsync)).toBe('0a0012001801')
  })

  it('hold for the read and write replies', () => {
    const read = BlockOpResponseProto.encodeDelimited({
      status: 0,
      readOpChecksumInfo: { checksum: { type: 2, bytesPerChecksum: 512 }, chunkOffset: 0 },
    })
    expect(hex(read)).toBe('0d080022090a05080210800410' + '00')
    expect(hex(BlockOpResponseProto.encodeDelimited({ status: 0, firstBadLink: '' }))).toBe(
      '0408001200',
    )
  })

  it('hold for packet headers', () => {
    const header = { offsetInBlock: 0, seqno: 0, lastPacketInBlock: false, dataLen: 4 }
    expect(hex(PacketHeaderProto.encode(header))).toBe(
      `09${'00'.repeat(8)}11${'00'.repeat(8)}18002504000000`,
    )
    const last = { offsetInBlock: 4, seqno: 1, lastPacketInBlock: true, dataLen: 0 }
    expect(hex(PacketHeaderProto.encode(last))).toBe(
      `0904${'00'.repeat(7)}1101${'00'.repeat(7)}18012500000000`,
    )
    expect(PacketHeaderProto.encode({ ...last, syncBlock: true }).length).toBe(27)
  })

  it('hold for pipeline acks', () => {
    const ack = (value: Parameters<typeof PipelineAckProto.encodeDelimited>[0]) =>
      hex(PipelineAckProto.encodeDelimited(value))
    expect(ack({ seqno: 0, reply: [0], flag: [0] })).toBe('0708001000220100')
    expect(ack({ seqno: 0, reply: [0], downstreamAckTimeNanos: 0, flag: [0] })).toBe(
      '09080010001800220100',
    )
    expect(ack({ seqno: -2, reply: [0, 1], downstreamAckTimeNanos: 0, flag: [0, 1] })).toBe(
      '0c080310001001180022020001',
    )
  })
})

function decodeOrRefuse(type: { decode(bytes: Uint8Array): unknown }, bytes: Uint8Array): void {
  try {
    type.decode(bytes)
  } catch (error) {
    expect(error).toMatchObject({ code: 'MALFORMED_MESSAGE' })
  }
}
