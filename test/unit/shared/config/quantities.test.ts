import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatDuration,
  formatSize,
  parseDurationMs,
  parseSize,
} from '../../../../shared/config/quantities.js'

describe('sizes', () => {
  it.each([
    ['1048576', 1_048_576],
    ['1MiB', 1_048_576],
    ['1mb', 1_048_576],
    ['128m', 134_217_728],
    ['128 M', 134_217_728],
    ['1.5g', 1_610_612_736],
    ['64k', 65_536],
    ['0', 0],
    ['2TiB', 2 ** 41],
  ])('reads %s as %i bytes', (written, bytes) => {
    expect(parseSize(written)).toBe(bytes)
  })

  it.each(['', 'x', '-1', '1.5', '1e3', '10 apples', 'MiB', '99999999p'])(
    'refuses %j',
    (written) => {
      expect(parseSize(written)).toBeUndefined()
    },
  )

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes)
      }),
    )
  })
})

describe('durations', () => {
  it.each([
    ['15s', 15_000],
    ['10m', 600_000],
    ['10min', 600_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['0', 0],
  ])('reads %s as %i ms', (written, milliseconds) => {
    expect(parseDurationMs(written)).toBe(milliseconds)
  })

  it('refuses a number whose unit nobody gave', () => {
    expect(parseDurationMs('15')).toBeUndefined()
  })

  it('takes the unit that a name implies', () => {
    expect(parseDurationMs('15', 's')).toBe(15_000)
  })

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.nat(), (milliseconds) => {
        expect(parseDurationMs(formatDuration(milliseconds))).toBe(milliseconds)
      }),
    )
  })
})
