import { afterEach, expect, it } from 'vitest'
import { LeaseTable } from '../../../../namenode/policy/lease-table.js'
import { ExpiredLeases } from '../../../../namenode/service/namespace/expired-leases.js'
import { openMemoryDatabase } from '../../../../namenode/storage/database.js'
import { openStores } from '../../../../namenode/storage/stores.js'
import { generationStamp, type InodeId, inodeId, ROOT_INODE_ID } from '../../../../shared/ids.js'

const limits = { softLimitMs: 60_000, hardLimitMs: 1_200_000, recoveryRetryMs: 30_000 }
const times = { nowMs: 100, sinceMs: 0 }

let close: () => void
afterEach(() => close())

/** That many files under recovery, and what is looked at of them. */
function underRecovery(count: number) {
  const database = openMemoryDatabase()
  close = () => database.close()
  const stores = openStores(database)
  const ids = Array.from({ length: count }, (_, index) => inodeId(20_000 + index))
  for (const id of ids) {
    const recovery = generationStamp(id)
    stores.leases.put({
      inodeId: id,
      holder: 'gone',
      clientMachine: '',
      recovery,
      truncateBytes: undefined,
    })
  }
  const table = new LeaseTable(limits, 0)
  const looks: InodeId[] = []
  const counting = {
    isRecoveryDue: (id: InodeId, nowMs: number) => {
      looks.push(id)
      return table.isRecoveryDue(id, nowMs)
    },
    lastRenewedMs: (holder: string) => table.lastRenewedMs(holder),
  }
  const expired = new ExpiredLeases({ stores, tree: { topOf: () => ROOT_INODE_ID } }, counting)
  const find = (limit: number) => {
    looks.length = 0
    const found = expired.find(times, limit).flatMap((it) => it.files)
    return { found, looks: [...looks] }
  }
  return { ids, table, find }
}

it('of many files under recovery each call looks at a part, and a round at each of them once', () => {
  const { ids, table, find } = underRecovery(3000)
  for (const limit of [10_000, 700]) {
    const round: InodeId[] = []
    while (round.length < ids.length) {
      const { found, looks } = find(limit)
      expect(looks.length).toBeLessThanOrEqual(1000)
      expect(found.length).toBeGreaterThan(0)
      round.push(...found)
    }
    expect(round).toEqual(ids)
    // The end of one round is seen by the first call of the next.
    if (limit === 10_000) expect(find(limit)).toEqual({ found: [], looks: [] })
  }
  for (const id of ids) table.recoveryBegun(id, times.nowMs)
  const calls = Array.from({ length: 4 }, () => find(50))
  expect(calls.every(({ found, looks }) => found.length === 0 && looks.length <= 1000)).toBe(true)
  expect(calls.flatMap(({ looks }) => looks).toSorted((a, b) => a - b)).toEqual(ids)
})

it('few files under recovery are looked at from the first one on, in each call', () => {
  const { ids, table, find } = underRecovery(5)
  expect(find(2).found).toEqual(ids.slice(0, 2))
  expect(find(2).found).toEqual(ids.slice(0, 2))
  for (const id of ids.slice(0, 2)) table.recoveryBegun(id, times.nowMs)
  expect(find(2).found).toEqual(ids.slice(2, 4))
  expect(find(9).found).toEqual(ids.slice(2))
})
