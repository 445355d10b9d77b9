import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { chunkChecksums } from '../../../../shared/checksum/crc32c.js'
import { combineBlockChecksums } from '../../../../shared/client/file-checksum.js'

const block = (content: Buffer, crcType = 2) => ({
  bytesPerCrc: 512,
  crcPerBlock: Math.ceil(content.length / 512),
  crcType,
  md5: createHash('md5').update(chunkChecksums(content, 512)).digest(),
})

describe('combineBlockChecksums()', () => {
  it('gives Hadoop’s checksum of an empty file', () => {
    const { algorithm, md5, bytes } = combineBlockChecksums([])
    expect(algorithm).toBe('MD5-of-0MD5-of-0CRC32')
    expect(md5.toString('hex')).toBe('70bc8f4b72a86921468bf8e8441dce51')
    expect(bytes.toString('hex')).toBe(`${'0'.repeat(24)}70bc8f4b72a86921468bf8e8441dce51`)
  })

  it('gives the checksum that the Go client’s tests expect of "bar" and a line end', () => {
    const { algorithm, md5 } = combineBlockChecksums([block(Buffer.from('bar\n'))])
    expect(algorithm).toBe('MD5-of-0MD5-of-512CRC32C')
    expect(md5.toString('hex')).toBe('27c076e4987344253650d3335a5d08ce')
  })

  it('names the chunks of a block when there are several, and pads to a power of two', () => {
    const blocks = Array.from({ length: 3 }, (_, index) => block(Buffer.alloc(2048, index)))
    const { algorithm, bytes, md5 } = combineBlockChecksums(blocks)
    expect(algorithm).toBe('MD5-of-4MD5-of-512CRC32C')
    expect(bytes.subarray(0, 12).toString('hex')).toBe('000002000000000000000004')
    const padded = Buffer.concat([...blocks.map((it) => it.md5), Buffer.alloc(16)])
    expect(md5).toEqual(createHash('md5').update(padded).digest())
  })

  it('refuses blocks with different chunk sizes and names mixed sums', () => {
    const first = block(Buffer.from('a'))
    expect(() => combineBlockChecksums([first, { ...first, bytesPerCrc: 1024 }])).toThrow(
      'Byte-per-checksum not matched',
    )
    expect(combineBlockChecksums([first, { ...first, crcType: 1 }]).algorithm).toContain('MIXED')
  })
})
