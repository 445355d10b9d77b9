import { describe, expect, it } from 'vitest'
import { parseByteRange } from '../../../../shared/http/byte-range.js'

describe('parseByteRange()', () => {
  it.each([
    ['bytes=0-', { offsetBytes: 0, lengthBytes: 100 }],
    ['bytes=0-0', { offsetBytes: 0, lengthBytes: 1 }],
    ['bytes=99-', { offsetBytes: 99, lengthBytes: 1 }],
    ['bytes=10-19', { offsetBytes: 10, lengthBytes: 10 }],
    ['bytes=90-1000', { offsetBytes: 90, lengthBytes: 10 }],
    ['bytes=-1', { offsetBytes: 99, lengthBytes: 1 }],
    ['bytes=-500', { offsetBytes: 0, lengthBytes: 100 }],
  ])('takes %s of 100 bytes', (header, expected) => {
    expect(parseByteRange(header, 100)).toEqual(expected)
  })

  it.each([
    undefined,
    '',
    'bytes=-',
    'bytes=20-10',
    'bytes=0-0,5-6',
    'lines=0-1',
    'bytes=a-b',
    'bytes=1e3-',
    `bytes=${'0-0,'.repeat(1000)}`,
  ])('ignores %s and serves all of it', (header) => {
    expect(parseByteRange(header, 100)).toBeUndefined()
  })

  it.each([
    ['bytes=100-', 100],
    ['bytes=-0', 100],
    ['bytes=0-', 0],
    ['bytes=-5', 0],
  ])('refuses %s of %i bytes', (header, lengthBytes) => {
    expect(() => parseByteRange(header, lengthBytes)).toThrow(
      expect.objectContaining({ code: 'RANGE_NOT_SATISFIABLE' }),
    )
  })
})
