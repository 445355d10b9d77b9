import { describe, expect, it } from 'vitest'
import {
  decodeXAttrValue,
  encodeXAttrValue,
  parseXAttrName,
  prefixedName,
} from '../../../shared/xattr.js'

describe('the name of an extended attribute', () => {
  it.each(['user.colour', 'trusted.a.b', 'raw.x', 'system.y', 'security.hdfs.z'])(
    'is %s',
    (text) => {
      expect(prefixedName(parseXAttrName(text))).toBe(text)
    },
  )

  it('takes its namespace in any case', () => {
    expect(parseXAttrName('USER.Colour')).toEqual({ namespace: 'user', name: 'Colour' })
  })

  it.each(['colour', 'nobody.colour', '.colour', ''])(
    'is refused without a namespace: %j',
    (text) => {
      expect(() => parseXAttrName(text)).toThrow(
        "An XAttr name must be prefixed with user/trusted/security/system/raw, followed by a '.'",
      )
    },
  )

  it('is refused when it is empty', () => {
    expect(() => parseXAttrName('user.')).toThrow('XAttr name cannot be empty.')
  })
})

describe('the value of an extended attribute', () => {
  it.each([
    ['text', '"ü"'],
    ['hex', '0xc3bc'],
    ['base64', '0sw7w='],
  ] as const)('as %s is %s, and back', (encoding, text) => {
    expect(encodeXAttrValue(Buffer.from('ü'), encoding)).toBe(text)
    expect(Buffer.from(decodeXAttrValue(text)).toString()).toBe('ü')
  })

  it.each(['plain', 'x', '', '"half'])(
    'is the text itself without a sign of another form: %s',
    (text) => {
      expect(Buffer.from(decodeXAttrValue(text)).toString()).toBe(text)
    },
  )

  it.each(['0x1', '0xzz'])('is refused when it is half a number: %s', (text) => {
    expect(() => decodeXAttrValue(text)).toThrow(expect.objectContaining({ code: 'IO' }))
  })

  it('is written from a view into a larger buffer', () => {
    const large = Buffer.from('abcdef')
    expect(encodeXAttrValue(new Uint8Array(large.buffer, large.byteOffset + 2, 2), 'text')).toBe(
      '"cd"',
    )
  })
})
