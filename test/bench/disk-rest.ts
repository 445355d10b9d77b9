/** When the disks of this machine have nothing left to do. */
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { runSuccessfully } from '../support/foreign-clients.js'

/** Apache's namenode looks for what is to be deleted every 3 s, and tells it with a heartbeat, every 3 s too. */
const DELETION_MS = 8000
const LOOK_MS = 2000
/** A disk that is busy for less than this of each look rests: logs and heartbeats go on. */
const RESTING_MS = 100
/** A disk that others use never rests. */
const MAX_WAIT_MS = 60_000
/** In /proc/diskstats, after the numbers and the name: milliseconds in which requests were under way, discards included. */
const BUSY_FIELD = 12

/**
 * Waits until files that were deleted are gone, everything is written, and the disks stand still. A cluster that does not
 * sync leaves gigabytes to the system, which writes them during the other's turn; and a file system that is mounted
 * with `discard` tells the disk of every deleted gigabyte, which stops all writes for seconds. Whoever syncs would pay for both.
 */
export async function diskAtRest(): Promise<void> {
  await setTimeout(DELETION_MS)
  await runSuccessfully('sync', [])
  const deadline = performance.now() + MAX_WAIT_MS
  let before = busyMs()
  while (performance.now() < deadline) {
    await setTimeout(LOOK_MS)
    const now = busyMs()
    if (now - before < RESTING_MS) return
    before = now
  }
  process.stderr.write('the disk did not come to rest\n')
}

/** Of all disks together, since the machine started. */
function busyMs(): number {
  let sum = 0
  for (const line of readFileSync('/proc/diskstats', 'utf8').trim().split('\n')) {
    sum += Number(line.trim().split(/\s+/)[BUSY_FIELD] ?? 0)
  }
  return sum
}
