import { describe, expect, it } from 'vitest'
import { entityHeaders, entityTag } from '../../../../shared/http/entity-headers.js'

const entity = { id: 17000, path: '/photos/x.jpg', lengthBytes: 5, modificationTimeMs: 0 }

describe('entityHeaders()', () => {
  it('names the type and the file', () => {
    const headers = entityHeaders(entity, false)
    expect(headers['content-type']).toBe('image/jpeg')
    expect(headers['content-disposition']).toBe(`inline; filename="x.jpg"; filename*=UTF-8''x.jpg`)
    expect(headers['last-modified']).toBe('Thu, 01 Jan 1970 00:00:00 GMT')
  })

  it('serves what it does not know as bytes, for download when asked', () => {
    const headers = entityHeaders({ ...entity, path: '/data.unknown' }, true)
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(headers['content-disposition']).toMatch(/^attachment; /)
  })

  it('writes names with quotes, line ends and other scripts safely', () => {
    const headers = entityHeaders({ ...entity, path: '/a"b\r\n€\'.txt' }, false)
    expect(headers['content-disposition']).toBe(
      `inline; filename="a_b___'.txt"; filename*=UTF-8''a%22b%0D%0A%E2%82%AC%27.txt`,
    )
  })

  it('keeps stored pages from running as pages of ours', () => {
    const headers = entityHeaders({ ...entity, path: '/evil.html' }, false)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': 'sandbox',
    })
  })
})

describe('entityTag()', () => {
  it('differs when the file, its length or its time differs', () => {
    const tags = [
      entity,
      { ...entity, id: 1 },
      { ...entity, lengthBytes: 6 },
      { ...entity, modificationTimeMs: 9 },
    ]
    expect(new Set(tags.map(entityTag)).size).toBe(4)
  })
})
