import { describe, expect, it } from 'vitest'
import { forEachBounded } from '../../../../shared/client/bounded-pool.js'

describe('forEachBounded()', () => {
  it('runs every item, never more than the limit at once', async () => {
    let running = 0
    let most = 0
    const done: number[] = []
    await forEachBounded(
      Array.from({ length: 20 }, (_, index) => index),
      3,
      async (item) => {
        running += 1
        most = Math.max(most, running)
        for (let turn = 0; turn <= item % 4; turn += 1) await new Promise(setImmediate)
        running -= 1
        done.push(item)
      },
    )
    expect(most).toBe(3)
    expect(done.toSorted((a, b) => a - b)).toHaveLength(20)
  })

  it('stops taking items after a failure, waits for what runs, and throws the failure', async () => {
    const taken: number[] = []
    let isSlowDone = false
    function* items() {
      for (let index = 0; index < 100; index += 1) {
        taken.push(index)
        yield index
      }
    }
    const work = forEachBounded(items(), 2, async (item) => {
      if (item === 0) {
        for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
        isSlowDone = true
      } else throw new Error(`item ${item}`)
    })
    await expect(work).rejects.toThrow('item 1')
    expect(isSlowDone).toBe(true)
    expect(taken.length).toBeLessThan(5)
  })

  it('passes on a failure of the items themselves after waiting for what runs', async () => {
    let isDone = false
    async function* items() {
      yield 1
      throw new Error('listing failed')
    }
    const work = forEachBounded(items(), 2, async () => {
      await new Promise(setImmediate)
      isDone = true
    })
    await expect(work).rejects.toThrow('listing failed')
    expect(isDone).toBe(true)
  })
})
