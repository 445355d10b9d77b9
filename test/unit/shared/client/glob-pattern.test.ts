import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  componentPattern,
  expandSpanningBraces,
  hasGlob,
  parseComponents,
} from '../../../../shared/client/glob-pattern.js'

const matches = (pattern: string, name: string) => componentPattern(pattern).test(name)

describe('componentPattern()', () => {
  it.each([
    ['*', 'anything', true],
    ['*', '', true],
    ['*.csv', 'a.csv', true],
    ['*.csv', 'acsv', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'a😀c', true],
    ['[ab]x', 'bx', true],
    ['[ab]x', 'cx', false],
    ['[a-c]', 'b', true],
    ['[^a-c]', 'b', false],
    ['[!a-c]', 'd', true],
    ['[]]', ']', true],
    ['[a-]', '-', true],
    ['[-a]', '-', true],
    ['{a,bc}d', 'bcd', true],
    ['{a,bc}d', 'bd', false],
    ['{a,{b,c}}', 'c', true],
    ['{a*,?b}', 'axyz', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['a\\[b', 'a[b', true],
    ['a.b', 'axb', false],
    ['a+(b)|c$^', 'a+(b)|c$^', true],
    ['a,b', 'a,b', true],
    ['a}', 'a}', true],
    ['x*', 'X1', false],
    ['*', 'line\nbreak', true],
  ])('%j on %j is %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected)
  })

  it.each(['[a', '{a,b', 'a\\', '[z-a]', '['])('refuses %j', (pattern) => {
    expect(() => componentPattern(pattern)).toThrow(
      expect.objectContaining({ code: 'ILLEGAL_ARGUMENT' }),
    )
  })

  it('an escaped name matches itself and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (name, other) => {
        const escaped = [...name].map((character) => `\\${character}`).join('')
        expect(matches(escaped, name)).toBe(true)
        expect(matches(escaped, other)).toBe(other === name)
      }),
    )
  })

  it('a name without special characters matches itself', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((name) => !hasGlob(name) && !/[},]/.test(name)),
        (name) => {
          expect(matches(name, name)).toBe(true)
        },
      ),
    )
  })
})

describe('expandSpanningBraces()', () => {
  it.each([
    ['/a', ['/a']],
    ['/{a,b}', ['/{a,b}']],
    ['/{a/b,c}/d', ['/a/b/d', '/c/d']],
    ['/{a/{x,y},b}', ['/b', '/a/{x,y}']],
    ['/\\{a/b,c\\}', ['/\\{a/b,c\\}']],
    ['/{a/1,b}{c/2,d}', ['/a/1c/2', '/a/1d', '/bc/2', '/bd']],
  ])('%s', (pattern, expected) => {
    expect(expandSpanningBraces(pattern).toSorted()).toEqual(expected.toSorted())
  })

  it('refuses what would explode', () => {
    expect(() => expandSpanningBraces('/{a/b,c,d,e}'.repeat(8))).toThrow('1000 alternatives')
  })
})

describe('parseComponents()', () => {
  it('tells names from patterns and unescapes names', () => {
    const components = parseComponents('/a\\*b/c*/d')
    expect(components.map((it) => (it.kind === 'name' ? it.name : '?'))).toEqual(['a*b', '?', 'd'])
  })
})
