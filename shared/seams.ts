/** Everything that our code takes from the outside world, handed down from the composition root of a process. */
import type { Clock } from './clock.js'
import type { Disk } from './disk.js'
import type { Log } from './log.js'
import type { Network } from './network.js'
import type { Random } from './random.js'

export interface Seams {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly disk: Disk
  readonly log: Log
}
