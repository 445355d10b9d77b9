/** The real world: what every composition root hands down. */
import { systemClock } from './clock.js'
import { systemDisk } from './disk.js'
import type { Log } from './log.js'
import { systemNetwork } from './network.js'
import { systemRandom } from './random.js'
import type { Seams } from './seams.js'

export const systemSeams = (log: Log): Seams => ({
  clock: systemClock,
  random: systemRandom,
  network: systemNetwork,
  disk: systemDisk,
  log,
})
