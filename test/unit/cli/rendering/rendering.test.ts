import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { modeText, utcSecond } from '../../../../cli/rendering/file-status.js'
import { durationText, Progress, progressLine } from '../../../../cli/rendering/progress.js'
import { hadoopSize, percent, sizeWithUnit } from '../../../../cli/rendering/sizes.js'
import { renderTable } from '../../../../cli/rendering/table.js'
import { FakeClock } from '../../../support/fake-clock.js'

describe('hadoopSize()', () => {
  it.each([
    [0, '0'],
    [1023, '1023'],
    [1024, '1 K'],
    [1536, '1.5 K'],
    [1025, '1.0 K'],
    [1048575, '1.0 M'],
    [1048576, '1 M'],
    [134217728, '128 M'],
    [1024 ** 3 + 1, '1.0 G'],
    [5 * 1024 ** 4, '5 T'],
    [-2048, '-2 K'],
  ])('%d is %s', (bytes, expected) => {
    expect(hadoopSize(bytes)).toBe(expected)
  })
})

describe('sizeWithUnit() and percent()', () => {
  it('follow dfsadmin -report', () => {
    expect(sizeWithUnit(0)).toBe('0 B')
    expect(sizeWithUnit(1536)).toBe('1.50 KB')
    expect(sizeWithUnit(1024 ** 3)).toBe('1 GB')
    expect(percent(1, 3, 2)).toBe('33.33%')
    expect(percent(1, 4)).toBe('25%')
    expect(percent(0, 0, 2)).toBe('0.00%')
  })
})

describe('renderTable()', () => {
  it('aligns columns and leaves no spaces at the end of the last one', () => {
    expect(
      renderTable(
        [
          ['Filesystem', 'Size', 'x'],
          ['hdfs://a', '100', 'longer'],
        ],
        { right: [1] },
      ),
    ).toEqual(['Filesystem  Size  x', 'hdfs://a     100  longer'])
  })

  it('makes nothing of nothing', () => {
    expect(renderTable([])).toEqual([])
  })
})

describe('modeText()', () => {
  it.each([
    ['directory', 0o755, 'drwxr-xr-x'],
    ['file', 0o640, '-rw-r-----'],
    ['directory', 0o1777, 'drwxrwxrwt'],
    ['directory', 0o1776, 'drwxrwxrwT'],
    ['file', 0, '----------'],
  ] as const)('%s with %o is %s', (kind, permission, expected) => {
    expect(modeText({ kind, permission })).toBe(expected)
  })
})

describe('utcSecond()', () => {
  it('shows UTC, and survives times beyond the calendar', () => {
    expect(utcSecond(Date.UTC(2026, 10, 21, 14, 5, 9))).toBe('2026-11-21 14:05:09')
    expect(utcSecond(9e15)).toContain('?')
  })
})

describe('progress', () => {
  it.each([
    [
      { doneBytes: 512 * 1024, totalBytes: 1024 * 1024, doneFiles: 0, elapsedMs: 1000 },
      '50%  512 KB of 1 MB  512 KB/s  1 s left',
    ],
    [{ doneBytes: 2048, totalBytes: undefined, doneFiles: 0, elapsedMs: 1000 }, '2 KB  2 KB/s'],
    [
      { doneBytes: 10, totalBytes: 10, doneFiles: 2, elapsedMs: 0 },
      '100%  10 B of 10 B  0 B/s  2 files done',
    ],
  ])('describes %j', (state, expected) => {
    expect(progressLine(state)).toBe(expected)
  })

  it.each([
    [0, '0 s'],
    [6.2, '7 s'],
    [125, '2 min 05 s'],
    [11220, '3 h 07 min'],
  ])('%d seconds are %s', (seconds, expected) => {
    expect(durationText(seconds)).toBe(expected)
  })

  const draw = (isErrorTerminal: boolean) => {
    const clock = new FakeClock()
    const stderr = new PassThrough()
    // Only what a progress line touches.
    const io = { stderr, isErrorTerminal, seams: { clock } } as unknown as ConstructorParameters<
      typeof Progress
    >[0]
    const progress = new Progress(io, 1000)
    return { clock, progress, output: () => String(stderr.read() ?? '') }
  }

  it('draws nothing at all when stderr is no terminal', async () => {
    const { clock, progress, output } = draw(false)
    await clock.advance(60_000)
    progress.add(500)
    progress.end()
    expect(output()).toBe('')
  })

  it('draws over one line on a terminal and removes it at the end', async () => {
    const { clock, progress, output } = draw(true)
    await clock.advance(60_000)
    progress.add(500)
    progress.add(100)
    expect(output()).toContain('50%')
    progress.end()
    expect(output()).toBe('\r\u001b[K')
  })

  it('shows nothing for copies that end at once', async () => {
    const { clock, progress, output } = draw(true)
    await clock.advance(100)
    progress.add(500)
    progress.end()
    expect(output()).toBe('')
  })
})
