/** Slow disks are remembered for a while, and never so many that the others would be the next. */
import { describe, expect, it } from 'vitest'
import { type RememberedSlow, rememberSlow } from '../../../../namenode/policy/remember-slow.js'
import type { MeasuredStorage } from '../../../../namenode/policy/slow-storages.js'

const MINUTE_MS = 60_000

/** `a3 b300`: the mean times of syncs of each disk; without a number nobody has used it. */
const disks = (text: string): MeasuredStorage[] =>
  text.split(' ').map((word) => ({
    datanodeUuid: `node of ${word[0]}`,
    storageId: word[0] ?? '',
    type: 'DISK',
    latencies: word.length > 1 ? { sync: { calls: 20, meanMs: Number(word.slice(1)) } } : {},
  }))
const next = (before: readonly RememberedSlow[], text: string, nowMs: number) =>
  rememberSlow(before, disks(text), nowMs)
const avoided = (all: readonly RememberedSlow[]) =>
  all
    .filter((it) => it.isAvoided)
    .map((it) => it.storageId)
    .join('')

const SLOW_B = next([], 'a3 b300 c3', 0)

describe('a disk that stood out', () => {
  it('is avoided from then on', () => {
    expect(SLOW_B).toMatchObject([{ storageId: 'b', meanMs: 300, usualMs: 3, isAvoided: true }])
  })

  it('is avoided until it has not stood out for a minute', () => {
    const usual = 'a3 b4 c3'
    const soon = next(SLOW_B, usual, MINUTE_MS - 1)
    expect(avoided(soon)).toBe('b')
    expect(next(soon, usual, MINUTE_MS)).toEqual([])
    const again = next(soon, 'a3 b300 c3', MINUTE_MS)
    expect(avoided(next(again, usual, 2 * MINUTE_MS - 1))).toBe('b')
    expect(next(again, usual, 2 * MINUTE_MS)).toEqual([])
  })

  it('is tried again after ten minutes when nobody has used it since, or only for other calls', () => {
    for (const unknown of ['a3 b c3', 'a3 c3 d3']) {
      expect(avoided(next(SLOW_B, unknown, 10 * MINUTE_MS - 1))).toBe('b')
      expect(next(SLOW_B, unknown, 10 * MINUTE_MS)).toEqual([])
    }
    const reads = { latencies: { read: { calls: 500, meanMs: 1 } } }
    const read = disks('a3 b c3').map((it) => (it.storageId === 'b' ? { ...it, ...reads } : it))
    expect(avoided(rememberSlow(SLOW_B, read, MINUTE_MS))).toBe('b')
  })
})

describe('of all disks', () => {
  it('none is avoided when two of three are slow', () => {
    expect(next([], 'a3 b300 c300', 0)).toEqual([])
  })

  it('fewer than half are, those that stand out now and the slowest first', () => {
    expect(avoided(next([], 'a3 b300 c400 d3 e3', 0))).toBe('cb')
    // One after the other, each while the one before is remembered.
    const second = next(SLOW_B, 'a300 b c3 d3', 1)
    expect(second.map((it) => it.storageId)).toEqual(['a', 'b'])
    expect(avoided(second)).toBe('a')
    expect(avoided(next(second, 'a300 b c3 d3 e3', 2))).toBe('ab')
  })

  it('those of other types do not count', () => {
    const archive = disks('d3 e3 f3').map((it): MeasuredStorage => ({ ...it, type: 'ARCHIVE' }))
    const before = next(SLOW_B, 'a300 b c3 d3', 1)
    expect(avoided(rememberSlow(before, [...disks('a b c'), ...archive], 2))).toBe('a')
  })

  it('the slowest of three by reads and by syncs are not both avoided', () => {
    const [a, b, c] = disks('a3 b300 c3')
    const reads = (of: MeasuredStorage | undefined, meanMs: number) =>
      of === undefined
        ? []
        : [{ ...of, latencies: { ...of.latencies, read: { calls: 20, meanMs } } }]
    const all = [...reads(a, 400), ...reads(b, 3), ...reads(c, 3)]
    const found = rememberSlow([], all, 0)
    expect(found.map((it) => it.storageId)).toEqual(['a', 'b'])
    expect(avoided(found)).toBe('a')
  })
})
