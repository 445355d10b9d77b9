import { expect, it } from 'vitest'
import { leaseTick } from '../../../../namenode/loops/lease-monitor.js'
import { type InodeId, inodeId } from '../../../../shared/ids.js'
import { FakeClock } from '../../../support/fake-clock.js'

const STUCK = Array.from({ length: 200 }, (_, index) => inodeId(index + 1))
const NEW = inodeId(1000)
const UNCLOSABLE = inodeId(1001)

it('files that cannot be closed leave others their turn, and what fails is told when all were tried', async () => {
  const tried: InodeId[] = []
  const tick = leaseTick({
    clock: new FakeClock(),
    hardLimitMs: 1,
    namespace: { expiredLeases: () => [{ holder: 'gone', files: [UNCLOSABLE, NEW] }] },
    recovery: {
      dueAgain: (limit) => STUCK.slice(0, limit),
      isRunning: () => false,
      startLeaseRecovery: async (file) => {
        tried.push(file)
        if (file === UNCLOSABLE) throw new Error('unclosable')
        return 'recovering'
      },
    },
  })
  await expect(tick()).rejects.toThrow('abandoned files stay open')
  expect(tried).toContain(NEW)
  expect(tried.filter((it) => STUCK.includes(it)).length).toBeGreaterThan(0)
  expect(tried.length).toBeLessThanOrEqual(100)
})
