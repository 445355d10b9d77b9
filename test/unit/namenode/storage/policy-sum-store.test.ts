import { expect, it } from 'vitest'
import { openMemoryDatabase } from '../../../../namenode/storage/database.js'
import { openStores } from '../../../../namenode/storage/stores.js'
import { inodeId } from '../../../../shared/ids.js'

const [DIRECTORY, OTHER] = [inodeId(20_000), inodeId(20_001)]

it('sums are kept apart by inode and policy, and have no row for nothing', () => {
  const database = openMemoryDatabase()
  const { pastTotals, policyTotals } = openStores(database)
  expect([pastTotals.isEmpty(), policyTotals.isEmpty()]).toEqual([true, true])
  const share = { names: 2, spaceBytes: 30, firstBytes: 10 }
  const less = { names: -2, spaceBytes: -30, firstBytes: -10 }
  pastTotals.add(
    DIRECTORY,
    new Map([
      [12, share],
      [0, share],
    ]),
  )
  pastTotals.add(DIRECTORY, new Map([[0, { ...less, names: -1 }]]))
  pastTotals.add(OTHER, new Map([[0, share]]))
  expect([...pastTotals.of(DIRECTORY)]).toEqual([
    [0, { names: 1, spaceBytes: 0, firstBytes: 0 }],
    [12, share],
  ])
  pastTotals.add(DIRECTORY, new Map([[12, less]]))
  expect([...pastTotals.of(DIRECTORY).keys()]).toEqual([0])
  pastTotals.remove(DIRECTORY)
  expect([pastTotals.of(DIRECTORY).size, pastTotals.of(OTHER).size]).toEqual([0, 1])
  expect([pastTotals.isEmpty(), policyTotals.isEmpty()]).toEqual([false, true])
  policyTotals.add(OTHER, new Map([[7, { spaceBytes: 5, firstBytes: 5 }]]))
  expect([...policyTotals.of(OTHER)]).toEqual([[7, { spaceBytes: 5, firstBytes: 5 }]])
  database.close()
})
