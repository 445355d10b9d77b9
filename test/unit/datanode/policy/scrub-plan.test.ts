import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  firstPass,
  nextInPass,
  nextPass,
  passed,
  planScrub,
  scrubPauseMs,
} from '../../../../datanode/policy/scrub-plan.js'

const PERIOD_MS = 1_000_000
const limits = { periodMs: PERIOD_MS, bytesPerSecond: 0 }
const START_MS = 1e12

/** Of equal size, with ids from `from` on, counted in `step`. */
const replicas = (count: number, from = 1, step = 1) =>
  Array.from({ length: count }, (_, at) => ({ id: from + at * step, lengthBytes: 5904 }))
const COST_BYTES = 10_000

describe('the plan of the scrubber', () => {
  it('spreads a pass over four fifths of the period', () => {
    const all = replicas(10)
    const plan = planScrub(firstPass(START_MS), all, limits, START_MS)
    expect(plan.bytesPerMs).toBeCloseTo((10 * COST_BYTES) / (0.8 * PERIOD_MS))
    const times = { startedWallMs: START_MS, dueWallMs: START_MS }
    const cursor = passed(plan.cursor, { id: 1, lengthBytes: 5904 }, times, PERIOD_MS)
    expect(scrubPauseMs(cursor, plan)).toBeCloseTo(80_000)
    expect(scrubPauseMs(firstPass(START_MS), plan)).toBe(0)
  })

  it('goes faster where the rest would come too late, and says by how much it does', () => {
    const all = replicas(10)
    const lateMs = START_MS + 0.7 * PERIOD_MS
    const late = planScrub(firstPass(START_MS), all, limits, lateMs)
    expect(late.bytesPerMs).toBeCloseTo((10 * COST_BYTES) / (0.2 * PERIOD_MS))
    expect(late.behindMs).toBe(0)
    // At 400 bytes a second it takes 250 s, and 300 s are left; at 200 it takes 500 s.
    const atRate = (bytesPerSecond: number) =>
      planScrub(firstPass(START_MS), all, { ...limits, bytesPerSecond }, lateMs).behindMs
    expect([atRate(400), atRate(200)]).toEqual([0, 200_000])
    const over = planScrub(firstPass(START_MS), all, limits, START_MS + 1.5 * PERIOD_MS)
    expect(over).toMatchObject({ bytesPerMs: Number.POSITIVE_INFINITY, behindMs: 500_000 })
  })

  it('takes what comes above all others for as young as it is', () => {
    const old = planScrub(firstPass(START_MS), replicas(10), limits, START_MS + 0.5 * PERIOD_MS)
    const many = [...replicas(10), ...replicas(1000, 11)]
    const now = START_MS + 0.6 * PERIOD_MS
    const { bytesPerMs } = planScrub(old.cursor, many, limits, now)
    // Due 0.9 of a period after the last moment at which they were not there.
    expect(bytesPerMs).toBeCloseTo((1010 * COST_BYTES) / (0.8 * PERIOD_MS))
    const unknown = planScrub(firstPass(START_MS), many, limits, now)
    expect(unknown.bytesPerMs).toBeCloseTo((1010 * COST_BYTES) / (0.3 * PERIOD_MS))
  })

  it('has nothing to remember of a volume that was empty', () => {
    const empty = planScrub(firstPass(START_MS), [], limits, START_MS + 9 * PERIOD_MS)
    expect(empty).toMatchObject({ bytesPerMs: 0, behindMs: 0 })
    const plan = planScrub(empty.cursor, replicas(10), limits, START_MS + 9.1 * PERIOD_MS)
    expect(plan.bytesPerMs).toBeCloseTo((10 * COST_BYTES) / (0.8 * PERIOD_MS))
  })

  it('does not stop when the clock is put back', () => {
    const plan = planScrub(firstPass(START_MS), replicas(10), limits, 0)
    expect(plan.bytesPerMs).toBeCloseTo((10 * COST_BYTES) / (0.8 * PERIOD_MS))
  })

  it('remembers of each replica no later a time than that of its verification, in few numbers', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 400 }),
        fc.array(fc.integer({ min: 0, max: PERIOD_MS / 20 }), { minLength: 1, maxLength: 7 }),
        (ids, steps) => {
          let nowMs = START_MS
          let cursor = firstPass(nowMs)
          const verifiedMs = new Map<number, number>()
          for (let pass = 0; pass < 3; pass += 1) {
            for (const [at, id] of ids.toSorted((a, b) => a - b).entries()) {
              nowMs += steps[at % steps.length] ?? 0
              cursor = planScrub(
                cursor,
                ids.map((it) => ({ id: it, lengthBytes: 1 })),
                limits,
                nowMs,
              ).cursor
              const times = { startedWallMs: nowMs, dueWallMs: nowMs }
              cursor = passed(cursor, { id, lengthBytes: 1 }, times, PERIOD_MS)
              verifiedMs.set(id, nowMs)
              expect(cursor.done.length + cursor.before.length).toBeLessThan(600)
              for (const [known, sinceMs] of verifiedMs) {
                const segments = known <= id ? cursor.done : cursor.before
                const segment = segments.findLast((it) => it.afterId < known) ?? segments[0]
                expect(segment?.sinceWallMs).toBeLessThanOrEqual(sinceMs)
              }
            }
            cursor = nextPass(cursor, nowMs)
          }
        },
      ),
      { numRuns: 5 },
    )
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
