import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatheringWriter } from '../../../../shared/client/gathering-writer.js'

const MEBIBYTE = 1024 * 1024

/** A file in memory that takes at most `most` bytes a call, and fails at the given call. */
function scriptedFile(most = Number.POSITIVE_INFINITY, failingCall = -1) {
  const written: Buffer[] = []
  let calls = 0
  const write = async (bytes: Uint8Array, offset: number, length: number) => {
    calls += 1
    await new Promise((resolve) => setImmediate(resolve))
    if (calls === failingCall) throw new Error('no space left on device')
    const count = Math.min(most, length)
    written.push(Buffer.from(bytes.subarray(offset, offset + count)))
    return { bytesWritten: count, buffer: bytes }
  }
  return { handle: { write } as never, bytes: () => Buffer.concat(written), calls: () => calls }
}

describe('GatheringWriter', () => {
  it('writes all pieces in order, whatever their sizes and however little a write takes', async () => {
    const pieces = fc.array(fc.integer({ min: 0, max: 700_000 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(pieces, fc.constantFrom(100_000, 1 << 30), async (sizes, most) => {
        const file = scriptedFile(most)
        const writer = new GatheringWriter(file.handle)
        const expected: Buffer[] = []
        for (const [index, size] of sizes.entries()) {
          const piece = Buffer.alloc(size, index + 1)
          expected.push(Buffer.from(piece))
          await writer.add(piece)
          // The caller may use its memory again at once.
          piece.fill(0)
        }
        await writer.finish()
        expect(file.bytes().equals(Buffer.concat(expected))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('makes few writes of many pieces', async () => {
    const file = scriptedFile()
    const writer = new GatheringWriter(file.handle)
    for (let count = 0; count < 64; count += 1) await writer.add(Buffer.alloc(65_536))
    await writer.finish()
    expect(file.bytes().length).toBe(4 * MEBIBYTE)
    expect(file.calls()).toBeLessThanOrEqual(5)
  })

  it('tells of a failed write at the next call, or at the end', async () => {
    const early = new GatheringWriter(scriptedFile(undefined, 1).handle)
    await early.add(Buffer.alloc(MEBIBYTE))
    await expect(early.add(Buffer.alloc(MEBIBYTE))).rejects.toThrow('no space')
    const late = new GatheringWriter(scriptedFile(undefined, 1).handle)
    await late.add(Buffer.from('x'))
    await expect(late.finish()).rejects.toThrow('no space')
    await late.settle()
  })
})
