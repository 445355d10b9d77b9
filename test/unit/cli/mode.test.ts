import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMode } from '../../../cli/mode.js'
import { permissionText } from '../../../cli/rendering/file-status.js'

const octal = (value: number) => value.toString(8)
const changed = (mode: string, permission: number, isDirectory = false) =>
  octal(parseMode(mode)({ permission, isDirectory }))

describe('parseMode()', () => {
  it.each([
    ['755', 0o644, '755'],
    ['0755', 0o1644, '755'],
    ['1777', 0o755, '1777'],
    ['644', 0o1755, '1644'],
    ['u=rwx,g=rx,o=', 0o666, '750'],
    ['+x', 0o644, '755'],
    ['-w', 0o666, '444'],
    ['a=r', 0o777, '444'],
    ['g+w', 0o644, '664'],
    ['ug-x', 0o755, '645'],
    ['+t', 0o755, '1755'],
    ['-t', 0o1755, '755'],
    ['u+x-w', 0o644, '544'],
    ['u=', 0o755, '55'],
    ['go=,u+w', 0o555, '700'],
  ])('%s on %o gives %s', (mode, permission, expected) => {
    expect(changed(mode, permission)).toBe(expected)
  })

  it('X gives execution to directories, and to files that somebody may execute', () => {
    expect(changed('a+X', 0o644)).toBe('644')
    expect(changed('a+X', 0o744)).toBe('755')
    expect(changed('a+X', 0o644, true)).toBe('755')
  })

  it.each(['', '8', '75', '77777', '2755', 'u', 'x', 'u+y', 'z+r', 'u=rwx,', '+s'])(
    'refuses %j',
    (mode) => {
      expect(() => parseMode(mode)).toThrow(`mode '${mode}' does not match the expected pattern.`)
    },
  )

  it('sets exactly what symbols for each class say, whatever was there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0o777 }),
        fc.integer({ min: 0, max: 0o777 }),
        (wanted, before) => {
          const letters = permissionText(wanted).replaceAll('-', ' ')
          const part = (start: number) => letters.slice(start, start + 3).replaceAll(' ', '')
          const mode = `u=${part(0)},g=${part(3)},o=${part(6)}`
          expect(changed(mode, before)).toBe(octal(wanted))
        },
      ),
    )
  })

  it('plus then minus of the same letters clears them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('u', 'g', 'o', 'a', 'ug'),
        fc.constantFrom('r', 'w', 'x', 'rw', 'rwx'),
        fc.integer({ min: 0, max: 0o1777 }),
        (who, letters, before) => {
          const cleared = parseMode(`${who}-${letters}`)({ permission: before, isDirectory: false })
          expect(changed(`${who}+${letters}-${letters}`, before)).toBe(octal(cleared))
        },
      ),
    )
  })
})
