/** Whole clusters under seeded faults: what they find is a bug of ours. `DFS_SIMULATION_SEEDS=<n>` makes it longer. */
import { describe, expect, it } from 'vitest'
import { runSimulation } from './run-simulation.js'

const SEEDS = process.env['DFS_SIMULATION_SEEDS'] ?? '20'
const WORK_SECONDS = '25'

describe('a simulated cluster', () => {
  it('does exactly the same whenever the same seed is run', async () => {
    const options = ['--seed', '11', '--seeds', '2', '--work', WORK_SECONDS]
    // The seeds run side by side and end in any order.
    const run = async () => {
      const sums = await runSimulation(...options)
      return sums.map(({ hashes, events }) => `${hashes.join()}: ${events}`).sort()
    }
    const first = await run()
    expect(first).toHaveLength(2)
    expect(await run()).toEqual(first)
  })

  it('keeps every promise while things go wrong, and recovers when they stop', async () => {
    const sums = await runSimulation('--seed', '1', '--seeds', SEEDS, '--work', WORK_SECONDS)
    expect(sums.flatMap((it) => it.failures)).toEqual([])
    const total = (of: 'seeds' | 'faults' | 'ok') => sums.reduce((sum, it) => sum + it[of], 0)
    expect(total('seeds')).toBe(Number(SEEDS))
    // A simulation in which nothing happens proves nothing.
    expect(total('faults')).toBeGreaterThan(Number(SEEDS))
    expect(total('ok')).toBeGreaterThan(10 * Number(SEEDS))
  })
})
