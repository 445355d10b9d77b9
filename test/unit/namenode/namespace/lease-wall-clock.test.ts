/** Leases end by how long a writer was silent, wherever the wall clock has jumped to meanwhile: one story, told again. */
import { expect, it } from 'vitest'
import { leaseTick } from '../../../../namenode/loops/lease-monitor.js'
import type { InodeId } from '../../../../shared/ids.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'
import { as, HandClock, openFileWithBlock, openOn, ROOT } from './namespace-fixture.js'

const HOUR_MS = 3_600_000
const HARD_LIMIT_MS = 1_200_000
const STEP_MS = 5_000
const RESTART_AT = 100
const STEPS = 500

class JumpingClock extends HandClock {
  offsetMs = 0
  override wallMs = () => this.nowMs + this.offsetMs
}

/** Who was refused what, and what the lease monitor did, at which step. */
async function tell(offsetMs: (step: number) => number): Promise<readonly string[]> {
  const clock = new JumpingClock()
  const folder = temporaryFolder()
  const seen: string[] = []
  let namespace = await openOn(folder, clock)
  const recovery = (step: number) => ({
    dueAgain: () => [],
    isRunning: () => false,
    startLeaseRecovery: async (file: InodeId) => {
      const { kind } = await namespace.beginLeaseRecovery(file)
      seen.push(`${step}: recovery of ${file}: ${kind}`)
      return kind
    },
  })
  await openFileWithBlock(namespace, '/wanted', 'H1')
  await openFileWithBlock(namespace, '/left', 'H3')
  try {
    for (let step = 1; step <= STEPS; step += 1) {
      clock.offsetMs = offsetMs(step)
      clock.nowMs += STEP_MS
      if (step <= 10) await namespace.renewLease(ROOT, { holder: 'H1' })
      if (step <= 30) {
        const append = { path: '/wanted', holder: 'H2', newBlock: false }
        const answer = await namespace.append(as('hdfs'), append).then(
          () => 'taken over',
          (error: { readonly code: string }) => error.code,
        )
        seen.push(`${step}: append: ${answer}`)
      }
      if (step === RESTART_AT) {
        await namespace.close()
        namespace = await openOn(folder, clock)
      }
      const parts = { clock, namespace, recovery: recovery(step), hardLimitMs: HARD_LIMIT_MS }
      await leaseTick(parts)()
    }
  } finally {
    await namespace.close()
  }
  return seen
}

it.each([
  ['ahead', (step: number) => Math.floor(step / 7) * HOUR_MS],
  ['behind', (step: number) => -Math.floor(step / 7) * HOUR_MS],
])('jumps %s leave every limit of a lease where it was', async (_, offsetMs) => {
  const undisturbed = await tell(() => 0)
  expect(undisturbed).toContain('1: append: ALREADY_BEING_CREATED')
  expect(undisturbed.join()).toContain('append: RECOVERY_IN_PROGRESS')
  expect(undisturbed.filter((it) => it.includes('recovering')).length).toBeGreaterThan(2)
  expect(await tell(offsetMs)).toEqual(undisturbed)
})
