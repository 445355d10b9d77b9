import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileUrlOfPath, pathOfFileUrl } from '../../../../shared/http/file-url.js'

describe('pathOfFileUrl()', () => {
  it.each([
    ['/api/v1/files', '/'],
    ['/api/v1/files/', '/'],
    ['/api/v1/files/a/b?list', '/a/b'],
    ['/api/v1/files/a/', '/a'],
    ['/api/v1/files/a%20b/%E2%82%AC', '/a b/€'],
    ['/api/v1/files/a+b', '/a+b'],
    ['/api/v1/files/%252e%252e', '/%2e%2e'],
    ['/api/v1/files/-rf/$(id)', '/-rf/$(id)'],
  ])('reads %s as %s', (url, path) => {
    expect(pathOfFileUrl(url)).toBe(path)
  })

  it.each([
    '/api/v1/files/a/../b',
    '/api/v1/files/%2e%2e/etc/passwd',
    '/api/v1/files/./a',
    '/api/v1/files//a',
    '/api/v1/files/a%2Fb',
    '/api/v1/files/a%00b',
    '/api/v1/files/a%0d%0ab',
    '/api/v1/files/%ff',
    '/api/v1/files/%zz',
  ])('refuses %s', (url) => {
    expect(() => pathOfFileUrl(url)).toThrow(expect.objectContaining({ code: 'INVALID_PATH' }))
  })

  it('reads back every path that fileUrlOfPath() writes', () => {
    const component = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 20 })
      .filter((it) => it !== '.' && it !== '..' && !/[/\p{Cc}]/u.test(it))
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 5 }), (components) => {
        const path = `/${components.join('/')}`
        expect(pathOfFileUrl(fileUrlOfPath(path))).toBe(path)
      }),
    )
  })
})
