/** Balance between storages: it converges, it never goes back and forth, and it leaves alone what is even enough. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BalanceStep,
  isWorthMoving,
  planBalance,
  type StorageUse,
  unevenness,
} from '../../../../namenode/policy/plan-balance.js'
import { datanodeUuid, storageId } from '../../../../shared/ids.js'

const storage = (
  node: string,
  usedBytes: number,
  change: Partial<StorageUse> = {},
): StorageUse => ({
  datanodeUuid: datanodeUuid(node),
  storageId: storageId(`DS-${node}`),
  type: 'DISK',
  isSlow: false,
  capacityBytes: 1000,
  usedBytes,
  comingBytes: 0,
  leavingBytes: 0,
  ...change,
})
const names = (steps: readonly BalanceStep[]) =>
  steps.map(({ from, to }) => `${from.storages[0]?.storageId} > ${to.storages[0]?.storageId}`)

describe('the balance', () => {
  it('goes from the fullest to the emptiest first, and says how uneven it is', () => {
    const all = [storage('a', 900), storage('b', 500), storage('c', 100)]
    expect(names(planBalance(all, 0.1))[0]).toBe('DS-a > DS-c')
    expect(unevenness(all)).toBeCloseTo(0.4)
  })
  it('leaves alone what is within the threshold, other types, and nodes that are alone', () => {
    expect(planBalance([storage('a', 550), storage('b', 450)], 0.1)).toEqual([])
    const mixed = [storage('a', 900), storage('b', 0, { type: 'ARCHIVE' })]
    expect(planBalance(mixed, 0.1)).toEqual([])
    expect(planBalance([storage('a', 900)], 0.1)).toEqual([])
    expect(planBalance([storage('a', 900), storage('b', 0)], 1)).toEqual([])
  })
  it('takes to slow disks nothing, from them as from others', () => {
    const all = [storage('a', 900), storage('b', 500, { isSlow: true }), storage('c', 100)]
    expect(names(planBalance(all, 0.1))).toContain('DS-a > DS-c')
    const emptySlow = [storage('a', 900), storage('b', 500), storage('c', 100, { isSlow: true })]
    expect(planBalance(emptySlow, 0.1)).toEqual([])
    const fullSlow = [storage('a', 900, { isSlow: true }), storage('b', 500), storage('c', 100)]
    expect(names(planBalance(fullSlow, 0.1))).toEqual(['DS-a > DS-c'])
  })
  it('is kept between the volumes of one node', () => {
    const second = storage('a', 0, { storageId: storageId('DS-a2') })
    expect(names(planBalance([storage('a', 800), second], 0.1))).toEqual(['DS-a > DS-a2'])
  })
  it('moves no block that would make the taker fuller than the giver', () => {
    const [step] = planBalance([storage('a', 600), storage('b', 200)], 0.1)
    if (step === undefined) throw new Error('nothing planned')
    expect([200, 201, 0].map((it) => isWorthMoving(step, it))).toEqual([true, false, false])
  })
})

describe('a move of which the reports may show anything', () => {
  // Four blocks of 100 go from `a`, which had all eight, to `b`.
  const planned = (a: number, b: number) =>
    planBalance(
      [storage('a', a, { leavingBytes: 400 }), storage('b', b, { comingBytes: 400 })],
      0,
    ).filter((it) => isWorthMoving(it, 100))
  it.each([
    [800, 0],
    [800, 400],
    [400, 400],
    [500, 300],
    [400, 0],
  ])('is neither made again nor taken back: %i and %i are reported', (a, b) => {
    expect(planned(a, b)).toEqual([])
  })
})

/** Moves one block at a time as the plan says, for as long as some block is worth it. */
function balanced(start: readonly StorageUse[], blocks: readonly number[], threshold: number) {
  let all = [...start]
  const at = blocks.map((_, index) => all[index % all.length]?.storageId)
  for (const [index, bytes] of blocks.entries()) all = changed(all, at[index], bytes)
  const before = unevenness(all)
  for (let moves = 0; ; moves += 1) {
    if (moves > 1000) throw new Error('it goes on for ever')
    const found = planBalance(all, threshold).flatMap((step) =>
      blocks.flatMap((bytes, index) => {
        const isThere = step.from.storages.some((it) => it.storageId === at[index])
        return isThere && isWorthMoving(step, bytes) ? [{ step, bytes, index }] : []
      }),
    )[0]
    if (found === undefined) return { all, before }
    const target = found.step.to.storages[0]?.storageId
    all = changed(changed(all, at[found.index], -found.bytes), target, found.bytes)
    at[found.index] = target
  }
}
const changed = (all: readonly StorageUse[], id: string | undefined, bytes: number) =>
  all.map((it) => (it.storageId === id ? { ...it, usedBytes: it.usedBytes + bytes } : it))

describe('in any cluster', () => {
  it('comes to rest, no more uneven than before', () => {
    const anyStorage = fc.record({
      node: fc.constantFrom('a', 'b', 'c', 'd'),
      capacityBytes: fc.constantFrom(500, 1000, 4000),
      type: fc.constantFrom('DISK' as const, 'SSD' as const),
    })
    fc.assert(
      fc.property(
        fc.array(anyStorage, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 30 }),
        fc.constantFrom(0.01, 0.1, 0.3),
        (drawn, blocks, threshold) => {
          const start = drawn.map(({ node, ...it }, index) =>
            storage(node, 0, { ...it, storageId: storageId(`s${index}`) }),
          )
          const { all, before } = balanced(start, blocks, threshold)
          const total = (of: readonly StorageUse[]) => of.reduce((sum, it) => sum + it.usedBytes, 0)
          expect(total(all)).toBe(blocks.reduce((sum, it) => sum + it, 0))
          expect(unevenness(all)).toBeLessThanOrEqual(before + 1e-9)
        },
      ),
      { numRuns: 200 },
    )
  })
})
