import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReceiveBuffer } from '../../../../shared/hadoop/receive-buffer.js'

describe('a receive buffer', () => {
  it('gives back what came, however it was cut into chunks and taken', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 })
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(60), { maxLength: 60 }), (pieces, takes) => {
        const buffer = new ReceiveBuffer()
        const taken: Buffer[] = []
        const next = [...takes]
        for (const piece of pieces) {
          buffer.append(Buffer.from(piece))
          const count = next.shift() ?? 0
          if (count <= buffer.lengthBytes) taken.push(buffer.take(count))
        }
        taken.push(buffer.take(buffer.lengthBytes))
        // Compared at the very end: what was taken early must not have been overwritten since.
        expect(Buffer.concat(taken)).toEqual(Buffer.concat(pieces.map((it) => Buffer.from(it))))
        expect(buffer.lengthBytes).toBe(0)
      }),
    )
  })

  it('keeps what came when the socket uses its memory again', () => {
    const memory = Buffer.from('abcdef')
    const buffer = new ReceiveBuffer()
    buffer.append(memory)
    const taken = buffer.take(3)
    memory.write('uvwxyz')
    expect(taken.toString()).toBe('abc')
    buffer.append(memory)
    memory.fill('-')
    expect(buffer.take(9).toString()).toBe('defuvwxyz')
  })

  it('never writes into a chunk that is not its own', () => {
    const chunk = Buffer.from('abcdefgh')
    const buffer = new ReceiveBuffer()
    buffer.append(chunk.subarray(0, 4))
    buffer.append(Buffer.from('XY'))
    expect(chunk.toString()).toBe('abcdefgh')
    expect(buffer.take(6).toString()).toBe('abcdXY')
  })

  it('peeks without consuming', () => {
    const buffer = new ReceiveBuffer()
    buffer.append(Buffer.from([0, 0, 1, 2, 9]))
    expect(buffer.peekInt32()).toBe(258)
    expect(buffer.peek(5)).toEqual(Buffer.from([0, 0, 1, 2, 9]))
    expect(buffer.lengthBytes).toBe(5)
  })
})
