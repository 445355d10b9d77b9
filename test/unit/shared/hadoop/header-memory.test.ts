/** What a connection remembers of its headers changes nothing of what is decoded. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HeaderMemory } from '../../../../shared/hadoop/header-memory.js'
import { RequestHeaderProto, RpcRequestHeaderProto } from '../../../../shared/hadoop/schema/ipc.js'
import { ProtoReader } from '../../../../shared/hadoop/wire.js'

const delimited = (bytes: Uint8Array) => Buffer.from([bytes.length, ...bytes])
const CLIENT = Buffer.from('0123456789abcdef')
const usual = { rpcKind: 2, rpcOp: 0, callId: 0, clientId: CLIENT, retryCount: 0 }

/** Headers as clients write them, and as nobody does but may. */
const header = fc
  .record({
    callId: fc.constantFrom(0, 1, 63, 64, 8191, 8192, -3, 2 ** 31 - 1, -(2 ** 31)),
    clientId: fc.constantFrom(CLIENT, Buffer.alloc(16, 7), Buffer.alloc(0)),
    retryCount: fc.constantFrom(undefined, -1, 0, 5),
    rpcOp: fc.constantFrom(undefined, 0, 0, 0, 1),
    callerContext: fc.constantFrom(undefined, undefined, { context: 'job' }),
    added: fc.constantFrom([], [], [0x18, 0x0a], [0x40, 1], [0x28, 4], [0x22, 1, 9]),
    lostBytes: fc.constantFrom(0, 0, 0, 1),
  })
  .map(({ added, lostBytes, ...fields }) => {
    const bytes = Buffer.from([...RpcRequestHeaderProto.encode({ ...usual, ...fields }), ...added])
    return delimited(bytes.subarray(0, bytes.length - lostBytes))
  })

const method = fc
  .record({
    methodName: fc.constantFrom('getFileInfo', 'getFileInfos', 'create', '', 'x'.repeat(60)),
    declaringClassProtocolName: fc.constantFrom('a.b.ClientProtocol', 'a.b.OtherProtocol'),
    clientProtocolVersion: fc.constantFrom(1, 2),
  })
  .map((fields) => delimited(RequestHeaderProto.encode(fields)))

/** What came out, and where the reader stands. */
function outcome(bytes: Buffer, read: (reader: ProtoReader) => object): unknown {
  const reader = new ProtoReader(bytes, 0, bytes.length)
  try {
    const value = Object.entries(read(reader)).filter(([, it]) => it !== undefined)
    return { value: Object.fromEntries(value), position: reader.position }
  } catch (error) {
    return String(error)
  }
}

const plain = (it: unknown) => JSON.parse(JSON.stringify(it))

it('reads headers as they are, whatever was read before', () => {
  fc.assert(
    fc.property(fc.array(header, { maxLength: 12 }), (headers) => {
      const memory = new HeaderMemory()
      for (const bytes of headers) {
        const remembered = outcome(bytes, (reader) => memory.readHeader(reader))
        const decoded = outcome(bytes, (reader) => RpcRequestHeaderProto.decodeDelimited(reader))
        expect(plain(remembered)).toEqual(plain(decoded))
      }
    }),
    { numRuns: 3000 },
  )
})

it('reads the headers of methods as they are, more of them than it remembers', () => {
  fc.assert(
    fc.property(fc.array(method, { maxLength: 40 }), (methods) => {
      const memory = new HeaderMemory()
      for (const bytes of methods) {
        expect(outcome(bytes, (reader) => memory.readMethod(reader))).toEqual(
          outcome(bytes, (reader) => RequestHeaderProto.decodeDelimited(reader)),
        )
      }
    }),
    { numRuns: 500 },
  )
})

it('gives the calls of a client the same id object, of their own memory', () => {
  const memory = new HeaderMemory()
  const read = (callId: number) => {
    const bytes = RpcRequestHeaderProto.encodeDelimited({ ...usual, callId })
    const { clientId } = memory.readHeader(new ProtoReader(bytes, 0, bytes.length))
    bytes.fill(0)
    return clientId
  }
  read(0)
  const id = read(1)
  expect(read(300)).toBe(id)
  expect(id).toEqual(CLIENT)
})
