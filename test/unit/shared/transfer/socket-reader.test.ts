import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunkChecksums } from '../../../../shared/checksum/crc32c.js'
import { encodePacket } from '../../../../shared/transfer/packets.js'
import { SocketReader } from '../../../../shared/transfer/socket-reader.js'
import { FakeClock } from '../../../support/fake-clock.js'

/** The events and calls of a socket that a reader uses. */
class FakeSocket extends EventEmitter {
  isPaused = false
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
}

function openReader(options: { highWaterBytes?: number } = {}) {
  const socket = new FakeSocket()
  const clock = new FakeClock()
  return {
    socket,
    clock,
    reader: new SocketReader(socket as unknown as Socket, { clock, ...options }),
  }
}

function packetOf(seqno: number, data: Buffer): Buffer {
  const header = { offsetInBlock: 0, seqno, isLast: data.length === 0, syncBlock: seqno % 3 === 0 }
  return encodePacket({ ...header, dataBytes: data.length }, chunkChecksums(data), data)
}

describe('SocketReader', () => {
  test('gives the same packets however the stream is cut', async () => {
    const sizes = fc.array(fc.nat(5000), { minLength: 1, maxLength: 30 })
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 9000 }))
    await fc.assert(
      fc.asyncProperty(sizes, cuts, fc.boolean(), async (dataSizes, pieceSizes, isReleasing) => {
        const { socket, reader } = openReader()
        const data = dataSizes.map((size, index) => Buffer.alloc(size, index + 1))
        const stream = Buffer.concat(data.map((bytes, index) => packetOf(index, bytes)))
        const pieces = pieceSizes[Symbol.iterator]()
        let sent = 0
        const sendMore = () => {
          const size = pieces.next().value ?? 1
          socket.emit('data', Buffer.from(stream.subarray(sent, sent + size)))
          sent += size
        }
        for (const [index, bytes] of data.entries()) {
          const reading = reader.readPacket(1000)
          let isDone = false
          reading.then(() => (isDone = true)).catch(() => undefined)
          for (await Promise.resolve(); !isDone; await new Promise(setImmediate)) sendMore()
          const packet = await reading
          expect(packet).toMatchObject({ seqno: index, dataBytes: bytes.length })
          expect(packet.data.equals(bytes)).toBe(true)
          expect(packet.sums.equals(chunkChecksums(bytes))).toBe(true)
          expect(packet.bytes.equals(packetOf(index, bytes))).toBe(true)
          if (isReleasing) packet.release()
        }
        expect(reader.bufferedBytes).toBe(
          Math.max(0, Math.min(sent, stream.length) - stream.length),
        )
      }),
      { numRuns: 40 },
    )
  })

  test('keeps the bytes of packets that are not released, and only those', () => {
    const { socket, reader } = openReader()
    const kept = []
    for (let index = 1; index <= 400; index += 1) {
      socket.emit('data', packetOf(index, Buffer.alloc(60_000, index % 251)))
      const packet = reader.tryReadPacket()
      if (packet === undefined) throw new Error('the packet has arrived')
      if (index % 50 === 0) kept.push({ index, packet })
      else packet.release()
    }
    for (const { index, packet } of kept) {
      expect(packet.data.equals(Buffer.alloc(60_000, index % 251))).toBe(true)
    }
  })

  test('reads delimited messages and exact lengths across pieces', async () => {
    const { socket, reader } = openReader()
    const message = Buffer.alloc(300, 9)
    const stream = Buffer.concat([
      Buffer.from([0xac, 0x02]),
      message,
      Buffer.from([0]),
      Buffer.from('tail'),
    ])
    const reading = reader.readDelimited(300, 1000)
    for (const byte of stream) socket.emit('data', Buffer.from([byte]))
    expect((await reading).equals(message)).toBe(true)
    expect(reader.tryReadDelimited(10)).toHaveLength(0)
    expect((await reader.readExactly(4, 1000)).toString()).toBe('tail')
    expect(reader.receivedBytes).toBe(stream.length)
  })

  test('refuses messages above the limit before they have arrived', () => {
    const { socket, reader } = openReader()
    socket.emit('data', Buffer.from([0xac, 0x02]))
    expect(() => reader.tryReadDelimited(299)).toThrow('longer than 299')
    const other = openReader()
    other.socket.emit('data', Buffer.alloc(6, 0xff))
    expect(() => other.reader.tryReadDelimited(2 ** 31)).toThrow('longer than')
  })

  test('refuses a packet whose data are longer than it', () => {
    const { socket, reader } = openReader()
    const packet = packetOf(1, Buffer.alloc(600))
    packet.writeInt32LE(700, 6 + 21)
    socket.emit('data', packet)
    expect(() => reader.tryReadPacket()).toThrow('claims 700 bytes')
  })

  test('pauses the socket while much is waiting, and goes on for a packet above the mark', async () => {
    const { socket, reader } = openReader({ highWaterBytes: 1000 })
    const packet = packetOf(1, Buffer.alloc(5000, 3))
    socket.emit('data', packet.subarray(0, 2000))
    expect(socket.isPaused).toBe(true)
    const reading = reader.readPacket(1000)
    expect(socket.isPaused).toBe(false)
    socket.emit('data', packet.subarray(2000))
    socket.emit('data', packet)
    await reading
    expect(socket.isPaused).toBe(true)
    reader.tryReadPacket()
    expect(socket.isPaused).toBe(false)
  })

  test('stays paused while it is held', async () => {
    const { socket, reader } = openReader({ highWaterBytes: 10 })
    reader.pause()
    expect(socket.isPaused).toBe(true)
    const waiting = reader.more(50).catch(() => undefined)
    expect(socket.isPaused).toBe(true)
    reader.resume()
    expect(socket.isPaused).toBe(false)
    socket.emit('close')
    await waiting
  })

  test('gives up after silence', async () => {
    const { clock, reader } = openReader()
    const reading = reader.readExactly(1, 500)
    const outcome = expect(reading).rejects.toMatchObject({ code: 'TIMEOUT' })
    await clock.advance(500)
    await outcome
    expect(clock.pendingTimers).toBe(0)
  })

  test('one timer serves many waits, each with a time limit of its own', async () => {
    const { clock, socket, reader } = openReader()
    for (let wait = 0; wait < 20; wait += 1) {
      const waiting = reader.more(500)
      await clock.advance(100)
      socket.emit('data', Buffer.from([wait]))
      await waiting
      expect(clock.pendingTimers).toBe(1)
    }
    const outcome = expect(reader.more(30)).rejects.toMatchObject({
      message: expect.stringContaining('silent for 30 ms'),
    })
    await clock.advance(29)
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(1)
    await outcome
    const longer = reader.more(700)
    await clock.advance(699)
    socket.emit('data', Buffer.from([1]))
    await longer
    socket.emit('close')
    expect(clock.pendingTimers).toBe(0)
  })

  test.each([
    ['end', undefined, 'closed by the peer'],
    ['close', undefined, 'was closed'],
    ['error', Object.assign(new Error('reset'), { code: 'ECONNRESET' }), 'reset'],
  ])(
    'tells at %s how far the stream came, after handing out what is whole',
    async (event, argument, text) => {
      const { socket, reader } = openReader()
      const packet = packetOf(1, Buffer.alloc(10, 1))
      socket.emit('data', packet)
      socket.emit('data', packet.subarray(0, 20))
      socket.emit(event, argument)
      expect((await reader.readPacket(100)).seqno).toBe(1)
      const failure = { code: 'CONNECTION_LOST', details: { receivedBytes: packet.length + 20 } }
      await expect(reader.readPacket(100)).rejects.toMatchObject(failure)
      expect(reader.failure?.message).toContain(text)
    },
  )
})
