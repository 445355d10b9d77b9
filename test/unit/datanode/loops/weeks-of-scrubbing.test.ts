/** Promise 27: every replica is verified within its period and within the rate, whatever comes, goes or restarts. */
import { expect, it } from 'vitest'
import { present } from '../../../../shared/assert.js'
import { ScrubWorld } from '../../../support/scrub-world.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PERIOD_MS = 7 * DAY_MS
const FIRST_ID = 1_073_741_825

/** What changes a node from hour to hour. Ids are given out upwards; copies of old blocks come with any. */
class Tenants {
  readonly world: ScrubWorld
  #nextId = FIRST_ID + 6000

  constructor(world: ScrubWorld) {
    this.world = world
  }

  lengthBytes(): number {
    return 1 + this.world.random.below(2999)
  }

  async addNew(count: number, volume: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      this.#nextId += 1
      await this.world.add(this.#nextId, volume, this.lengthBytes())
    }
  }

  async addOld(count: number, volume: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      const id = FIRST_ID + this.world.random.below(6000)
      if (this.world.store.get(id) === undefined)
        await this.world.add(id, volume, this.lengthBytes())
    }
  }

  /** Good ones of a volume, in order of ids. */
  good(volume: number): number[] {
    const good = [...this.world.known].filter(
      ([, it]) => it.volume === volume && it.flippedMs === undefined,
    )
    return good.map(([id]) => id).sort((a, b) => a - b)
  }

  async remove(ids: readonly number[]): Promise<void> {
    for (const id of ids) await this.world.remove(id)
  }

  async anHour(hour: number): Promise<void> {
    const { world } = this
    const volume = world.random.below(3)
    await this.remove(world.bad.splice(0))
    await this.addNew(world.random.below(6), volume)
    if (hour % 5 === 0) await this.addOld(world.random.below(10), volume)
    const ids = this.good(volume)
    if (ids.length > 20) await this.remove(ids.filter(() => world.random.below(200) === 0))
    if (hour % 6 === 0) {
      const left = this.good(volume)
      world.flip(present(left[world.random.below(left.length)], 'one is left'))
    }
    world.statistics.activeTransfers = world.random.below(2) * 3
  }
}

/** What a volume may have to give in that time: the budget with its burst, and a piece at each end or looked at twice. */
const allowance = (bytesPerSecond: number, windowMs: number, pieceBytes: number): number =>
  (bytesPerSecond * (windowMs + 250)) / 1000 + 3 * pieceBytes

it('weeks with restarts, with much that comes and goes, and with busy days', {
  timeout: 60_000,
}, async () => {
  const world = new ScrubWorld({ volumes: 3, periodMs: PERIOD_MS, bytesPerSecond: 1024, seed: 7 })
  const tenants = new Tenants(world)
  await world.boot()
  for (const [volume, count] of [1200, 600, 30].entries()) await tenants.addOld(count, volume)
  for (let hour = 1; hour <= 17 * 24; hour += 1) {
    await world.clock.advance(HOUR_MS)
    await tenants.anHour(hour)
    // The newest half of a volume goes: the others come later in a pass.
    if (hour === 6 * 24) await tenants.remove(tenants.good(0).slice(-600))
    // What a pass has just verified goes.
    if (hour === 9 * 24) await tenants.remove(tenants.good(1).slice(0, 300))
    // Copies of old blocks, many times what was there: they come before the others.
    if (hour === 12 * 24) await tenants.addOld(600, 2)
    if (world.random.below(24) > 0) continue
    await world.shutDown(world.random.below(2) === 0 ? 'killed' : 'in order')
    await world.clock.advance(10_000 + world.random.below(2 * HOUR_MS))
    await world.boot()
  }
  world.judge()
  await world.shutDown('in order')
  expect(world.longestGapMs / DAY_MS).toBeLessThan(7)
  expect(world.longestBlindnessMs / DAY_MS).toBeLessThan(7)
  // The period is made use of, and bits were turned: what is found at once shows little.
  expect(world.longestBlindnessMs / DAY_MS).toBeGreaterThan(4)
  expect(world.mostBytesIn(10_000)).toBeLessThanOrEqual(allowance(1024, 10_000, 3000))
  expect(world.said.filter((it) => /scrub-period/.test(it))).toEqual([])
})

it('more than the rate allows for is told of once, read within the rate, and told to be over', async () => {
  const rate = 20_000
  const world = new ScrubWorld({ volumes: 1, periodMs: 600_000, bytesPerSecond: rate, seed: 8 })
  await world.boot()
  // Twice what can be read in a period.
  for (let id = FIRST_ID; id < FIRST_ID + 1200; id += 1) await world.add(id, 0, 20_000)
  await world.clock.advance(1_800_000)
  const said = () => world.said.filter((it) => /scrub-period/.test(it))
  expect(said()).toEqual([expect.stringMatching(/later than datanode.scrub-period/)])
  expect(world.behindMs).toBeGreaterThan(600_000)
  expect(world.longestGapMs).toBeGreaterThan(1_100_000)
  expect(world.longestGapMs).toBeLessThan(1_300_000)
  for (let id = FIRST_ID; id < FIRST_ID + 1000; id += 1) await world.remove(id)
  await world.clock.advance(1_200_000)
  expect(said().slice(1)).toEqual([expect.stringMatching(/within datanode.scrub-period again/)])
  expect(world.behindMs).toBe(0)
  await world.shutDown('in order')
  expect(world.mostBytesIn(10_000)).toBeLessThanOrEqual(allowance(rate, 10_000, 20_000))
})
