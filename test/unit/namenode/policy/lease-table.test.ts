import { expect, it } from 'vitest'
import { LeaseTable } from '../../../../namenode/policy/lease-table.js'
import { inodeId } from '../../../../shared/ids.js'

const limits = { softLimitMs: 60, hardLimitMs: 1200, recoveryRetryMs: 30 }

it('counts the silence of a holder from its last renewal, or from the start', () => {
  const table = new LeaseTable(limits, 1000)
  table.renew('a', 1050)
  expect([table.isSoftExpired('a', 1110), table.isSoftExpired('a', 1111)]).toEqual([false, true])
  expect([table.isSoftExpired('unknown', 1060), table.isSoftExpired('unknown', 1061)]).toEqual([
    false,
    true,
  ])
  expect(table.lastRenewedMs('a')).toBe(1050)
})

it('offers a recovery at once, then again when it has taken too long', () => {
  const table = new LeaseTable(limits, 0)
  const file = inodeId(20000)
  expect(table.isRecoveryDue(file, 5)).toBe(true)
  table.recoveryBegun(file, 5)
  expect([table.isRecoveryDue(file, 35), table.isRecoveryDue(file, 36)]).toEqual([false, true])
  table.recoveryEnded(file)
  expect(table.isRecoveryDue(file, 36)).toBe(true)
})

it('does not grow with names that are never heard of again', () => {
  const table = new LeaseTable(limits, 0)
  table.renew('kept', 5000)
  for (let number = 0; number < 9_999; number += 1) table.renew(`old${number}`, 10)
  table.renew('new', 5000)
  // Forgotten is as old as the start: expired all the same.
  expect(table.lastRenewedMs('old1')).toBe(0)
  expect(table.lastRenewedMs('kept')).toBe(5000)
})
