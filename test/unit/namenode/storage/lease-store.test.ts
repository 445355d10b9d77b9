/** What is asked of leases all the time finds what it wants without looking at the rows of files under recovery. */
import { expect, it, onTestFinished } from 'vitest'
import { type Database, openMemoryDatabase } from '../../../../namenode/storage/database.js'
import { LeaseStore } from '../../../../namenode/storage/lease-store.js'
import { generationStamp, inodeId } from '../../../../shared/ids.js'

/** A store, and the statements that it has prepared. */
function openStore() {
  const database = openMemoryDatabase()
  onTestFinished(() => {
    database.close()
  })
  const statements: string[] = []
  const prepare = database.prepare.bind(database)
  database.prepare = ((text: string) => {
    statements.push(text)
    return prepare(text)
  }) as Database['prepare']
  return { database, leases: new LeaseStore(database), statements }
}

const lease = (id: number, holder: string, recovery?: number) => ({
  inodeId: inodeId(id),
  holder,
  clientMachine: '',
  recovery: recovery === undefined ? undefined : generationStamp(recovery),
  truncateBytes: undefined,
})

it('files of a holder are those that are not under recovery, in order', () => {
  const { leases } = openStore()
  for (let id = 20_000; id < 20_100; id += 1) {
    leases.put(lease(id, 'A', id % 10 === 0 ? undefined : id))
    leases.put(lease(id + 1000, 'B'))
  }
  const inHand = Array.from({ length: 10 }, (_, index) => inodeId(20_000 + 10 * index))
  expect(leases.filesOf('A', 100)).toEqual(inHand)
  expect(leases.filesOf('A', 3)).toEqual(inHand.slice(0, 3))
  leases.put(lease(20_000, 'A', 5))
  leases.put(lease(20_011, 'A'))
  leases.remove(inodeId(20_010))
  expect(leases.filesOf('A', 2)).toEqual([20_011, 20_020])
  expect([leases.countOf('A'), leases.hasAny('A'), leases.hasAny('C')]).toEqual([99, true, false])
  expect([leases.holderAfter(''), leases.holderAfter('A'), leases.holderAfter('B')]).toEqual([
    'A',
    'B',
    undefined,
  ])
})

it.each([
  ['the files of a holder', /^SELECT inode .* holder = \?/, '(holder=? AND recovery=?)'],
  ['the next holder', /^SELECT holder /, '(holder>?)'],
  ['whether there is one', /^SELECT EXISTS /, '(holder=?)'],
])('%s: one walk through the index, without a row or a sort', (_what, pattern, range) => {
  const { database, statements } = openStore()
  const [statement, ...others] = statements.filter((it) => pattern.test(it))
  expect(others).toEqual([])
  const parameters = Array.from(statement?.matchAll(/\?/g) ?? [], () => 1)
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${statement}`).all(...parameters)
  const steps = plan.map((it) => (it as { readonly detail: string }).detail)
  expect(steps.filter((it) => /lease/.test(it))).toEqual([
    `SEARCH lease USING COVERING INDEX lease_by_holder ${range}`,
  ])
  expect(steps.join()).not.toMatch(/B-TREE/)
})
