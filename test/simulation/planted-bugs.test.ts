/** The simulation is tested by bugs that are put into the code: each is found, by its seed or one of the next. */
import { describe, expect, it } from 'vitest'
import { PLANTED_BUGS } from './planted-bugs.mjs'
import { runSimulation } from './run-simulation.js'

/** Other code has other seeds that find a bug: the search goes on for so many. */
const SEEDS = '80'

describe('a simulation finds', () => {
  it.concurrent.each(PLANTED_BUGS)('$name: $about', async ({ name, seed }) => {
    const options = ['--seed', `${seed}`, '--seeds', SEEDS, '--work', '25', '--first']
    const [sums] = await runSimulation('--planted', name, ...options)
    expect(sums?.failures).toHaveLength(1)
    // Found for its own sake: the same seed is content with the code as it is.
    const found = sums?.failures[0]?.seed ?? 0
    const [sound] = await runSimulation('--seed', `${found}`, '--work', '25')
    expect(sound?.failures).toEqual([])
  })
})
