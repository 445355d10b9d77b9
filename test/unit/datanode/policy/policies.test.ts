import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteThrottle } from '../../../../datanode/policy/byte-throttle.js'
import { chooseVolume } from '../../../../datanode/policy/choose-volume.js'
import { FRESH_CURSOR, nextInPass, scrubDelayMs } from '../../../../datanode/policy/scrub-plan.js'

const rooms = (...bytes: number[]) =>
  bytes.map((remainingBytes, index) => ({ storageId: `DS-${index}`, remainingBytes }))

describe('the choice of a volume', () => {
  it('follows the namenode when its volume has room', () => {
    expect(chooseVolume(rooms(10, 100), 10, 'DS-0', 0.99)).toBe(0)
    expect(chooseVolume(rooms(9, 100), 10, 'DS-0', 0)).toBe(1)
  })

  it('is weighted by room', () => {
    const picks = Array.from({ length: 100 }, (_, index) =>
      chooseVolume(rooms(10, 30), 1, undefined, index / 100),
    )
    expect(picks.filter((it) => it === 0)).toHaveLength(25)
  })

  it('never takes a volume without room, and says when there is none', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100), { maxLength: 6 }),
        fc.nat(100),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (bytes, size, draw) => {
          const chosen = chooseVolume(rooms(...bytes), size, undefined, draw)
          const fits = bytes.some((it) => it >= size && it > 0)
          if (chosen === undefined) expect(fits).toBe(false)
          else expect(bytes[chosen]).toBeGreaterThanOrEqual(size)
        },
      ),
    )
  })
})

describe('a budget of bytes', () => {
  it('holds its rate over any pattern of spending', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000_000), { minLength: 1, maxLength: 50 }), (amounts) => {
        const throttle = new ByteThrottle(1_000_000)
        let nowMs = 0
        for (const bytes of amounts) nowMs += throttle.spend(bytes, nowMs)
        const total = amounts.reduce((sum, it) => sum + it, 0)
        expect(nowMs).toBeGreaterThanOrEqual(total / 1000 - 251)
        expect(nowMs).toBeLessThanOrEqual(total / 1000 + 1)
      }),
    )
  })

  it('of 0 is no limit', () => {
    expect(new ByteThrottle(0).spend(1e12, 0)).toBe(0)
  })
})

describe('the plan of the scrubber', () => {
  it('spreads a pass over four fifths of the period', () => {
    const half = { ...FRESH_CURSOR, passStartedWallMs: 1000, doneBytes: 50 }
    expect(scrubDelayMs(half, 100, 10_000, 1000)).toBe(4000)
    expect(scrubDelayMs(half, 100, 10_000, 5001)).toBe(0)
    expect(scrubDelayMs({ ...half, doneBytes: 100 }, 100, 10_000, 1000)).toBe(8000)
  })

  it('does not stop when the clock is put back', () => {
    expect(
      scrubDelayMs({ ...FRESH_CURSOR, passStartedWallMs: 1e12, doneBytes: 99 }, 100, 1000, 0),
    ).toBe(0)
  })

  it('visits every replica once in a pass, in order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 10_000 })),
        fc.integer({ min: 1, max: 7 }),
        (ids, limit) => {
          const visited: number[] = []
          for (;;) {
            const next = nextInPass(ids, visited.at(-1) ?? 0, limit)
            if (next.length === 0) break
            visited.push(...next)
          }
          expect(visited).toEqual(ids.toSorted((a, b) => a - b))
        },
      ),
    )
  })
})
