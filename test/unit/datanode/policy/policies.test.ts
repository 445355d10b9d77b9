import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteThrottle } from '../../../../datanode/policy/byte-throttle.js'
import { chooseVolume } from '../../../../datanode/policy/choose-volume.js'

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
