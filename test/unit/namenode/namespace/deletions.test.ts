/** What was deleted or overwritten comes back as it was, or is given up; nothing else changes what a deletion means. */
import { describe, expect, it } from 'vitest'
import type { DeletedEntry } from '../../../../namenode/service/namespace/deletions.js'
import {
  as,
  createArguments,
  type Fixture,
  openFileWithBlock,
  ROOT,
  refusal,
  truncateFile,
  writeFile,
} from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'
import { checkStore } from './store-checks.js'

const HOUR_MS = 3_600_000
const ALICE = as('alice')
const BOB = as('bob')

let fixture: Fixture
namespaceForEach(
  async (it) => {
    fixture = it
    const { namespace } = fixture
    await namespace.mkdirs(ROOT, { path: '/home', permission: 0o777, createParent: true })
  },
  { keepDeletedMs: HOUR_MS },
)

const undelete = (change: object = {}, call = ALICE) =>
  fixture.namespace.undelete(call, { overwrite: false, ...change })
const remove = (path: string, call = ALICE) =>
  fixture.namespace.delete(call, { path, recursive: true })
const listed = (path = '/', call = ALICE): readonly DeletedEntry[] =>
  fixture.namespace.deletions(call, { path, limit: 100 }).entries
const paths = (path = '/', call = ALICE) => listed(path, call).map((it) => it.path)

describe('an open file that is kept', () => {
  it('is closed by the namenode like any other, and counted as it is then', async () => {
    const { namespace, clock } = fixture
    await namespace.mkdirs(ALICE, { path: '/home/t/below', permission: 0o755, createParent: true })
    const { id, named, reference } = await openFileWithBlock(namespace, '/home/t/below/f')
    await namespace.fsync(ROOT, { ...reference, lastBlockLengthBytes: 40 })
    await remove('/home/t')
    clock.nowMs += 1_200_001
    const expired = () => namespace.expiredLeases(clock.nowMs - 1_200_000, 9)
    expect(expired()).toEqual([{ holder: 'H1', files: [id] }])
    const begun = await namespace.beginLeaseRecovery(id)
    if (begun.kind !== 'recovering') throw new Error('expected a recovery')
    const agreed = { ...named(70), generationStamp: begun.newGenerationStamp }
    await namespace.finishLeaseRecovery(id, agreed)
    await namespace.finishLeaseRecovery(id, agreed)
    expect(expired()).toEqual([])
    expect(listed('/', ROOT)).toMatchObject([{ lengthBytes: 70, spaceBytes: 210 }])
    checkStore(fixture.folder)
    await undelete({ path: '/home/t' }, ROOT)
    const status = namespace.status(ROOT, '/home/t/below/f')
    expect(status).toMatchObject({ id, lengthBytes: 70, isUnderConstruction: false })
    checkStore(fixture.folder)
  })
})

it('what is kept outlives the snapshot that shows blocks which it has no more', async () => {
  const { namespace } = fixture
  await writeFile(namespace, '/home/f', [500])
  await namespace.allowSnapshot(ROOT, { path: '/home' })
  await namespace.createSnapshot(ROOT, { path: '/home', name: 's1' })
  await truncateFile(namespace, '/home/f', 0)
  await remove('/home/f', ROOT)
  await namespace.deleteSnapshot(ROOT, { path: '/home', name: 's1' })
  while (await namespace.freeSnapshots(10));
  await undelete({ path: '/home/f' }, ROOT)
  expect(namespace.status(ROOT, '/home/f')).toMatchObject({ lengthBytes: 0 })
  checkStore(fixture.folder)
})

describe('undoing a deletion', () => {
  it('brings a file back with its blocks, attributes and times', async () => {
    const { namespace, clock } = fixture
    await writeFile(namespace, '/home/f', [1000, 10], ALICE)
    await namespace.setPermission(ALICE, { path: '/home/f', permission: 0o600 })
    const before = namespace.status(ALICE, '/home/f')
    const blocks = before && namespace.blocksOfFile(before.id)
    clock.nowMs += 1000
    await remove('/home/f')
    expect(namespace.status(ALICE, '/home/f')).toBeUndefined()
    expect(namespace.deletedBlocksAfter(0, 10)).toEqual([])
    expect(listed()).toEqual([
      expect.objectContaining({
        path: '/home/f',
        kind: 'file',
        lengthBytes: 1010,
        spaceBytes: 3030,
        deletedBy: 'alice',
        operation: 'delete',
        deletedMs: clock.nowMs,
        untilMs: clock.nowMs + HOUR_MS,
      }),
    ])
    expect(await undelete({ path: '/home/f' })).toEqual({ from: '/home/f', path: '/home/f' })
    expect(namespace.status(ALICE, '/home/f')).toEqual(before)
    expect(before && namespace.blocksOfFile(before.id)).toEqual(blocks)
    expect(listed()).toEqual([])
    expect(await refusal(undelete({ path: '/home/f' }))).toContain('NOT_FOUND')
  })

  it('brings a tree back whole, to its place or to another', async () => {
    const { namespace } = fixture
    for (const name of ['a', 'b/c', 'b/d/e'])
      await writeFile(namespace, `/home/t/${name}`, [7], ALICE)
    const before = namespace.contentSummary(ALICE, '/home/t')
    const totals = namespace.totals()
    await remove('/home/t')
    expect(namespace.totals()).toMatchObject({ files: 0, lengthBytes: 0 })
    expect(await refusal(undelete({ path: '/home/t/b/c' }))).toBe(
      'NOT_FOUND: Nothing that was deleted at /home/t/b/c is kept; /home/t was deleted as a whole: ' +
        'bring that back',
    )
    await undelete({ path: '/home/t', to: '/home/u' })
    expect(namespace.contentSummary(ALICE, '/home/u')).toEqual(before)
    expect(namespace.totals()).toEqual(totals)
    expect(namespace.status(ALICE, '/home/u/b/d/e')?.lengthBytes).toBe(7)
  })

  it('brings back what was overwritten by create and by rename', async () => {
    const { namespace } = fixture
    await writeFile(namespace, '/home/f', [1], ALICE)
    await writeFile(namespace, '/home/f', [2], ALICE, { overwrite: true })
    await writeFile(namespace, '/home/g', [3], ALICE)
    await namespace.renameStrictly(ALICE, { from: '/home/g', to: '/home/f', overwrite: true })
    expect(listed().map((it) => [it.operation, it.lengthBytes])).toEqual([
      ['create', 1],
      ['rename', 2],
    ])
    expect(await refusal(undelete({ path: '/home/f' }))).toContain('ALREADY_EXISTS: /home/f exists')
    await undelete({ path: '/home/f', to: '/home/second' })
    expect(namespace.status(ALICE, '/home/second')?.lengthBytes).toBe(2)
    await undelete({ path: '/home/f', overwrite: true })
    expect(namespace.status(ALICE, '/home/f')?.lengthBytes).toBe(1)
    expect(listed().map((it) => [it.operation, it.lengthBytes])).toEqual([['undelete', 3]])
  })

  it('tells several of one path apart by number, and takes the last without a path', async () => {
    const { namespace } = fixture
    for (const length of [1, 2, 3]) {
      await writeFile(namespace, '/home/f', [length], ALICE)
      await remove('/home/f')
    }
    const [first] = listed()
    await undelete({ id: first?.id, to: '/home/first' })
    await undelete()
    expect(namespace.status(ALICE, '/home/first')?.lengthBytes).toBe(1)
    expect(namespace.status(ALICE, '/home/f')?.lengthBytes).toBe(3)
    expect(await refusal(undelete({ id: 999_999 }))).toContain('NOT_FOUND')
    expect(await refusal(undelete({}, BOB))).toContain('NOT_FOUND')
  })

  it('is for the owner, for who deleted it, and for superusers; and asks to write in the place', async () => {
    const { namespace } = fixture
    await writeFile(namespace, '/home/f', [1], ALICE)
    await remove('/home/f', BOB)
    expect([paths('/', ALICE), paths('/', BOB), paths('/', ROOT), paths('/', as('eve'))]).toEqual([
      ['/home/f'],
      ['/home/f'],
      ['/home/f'],
      [],
    ])
    expect(await refusal(undelete({ path: '/home/f' }, as('eve')))).toContain('NOT_FOUND')
    await namespace.setPermission(ROOT, { path: '/home', permission: 0o755 })
    expect(await refusal(undelete({ path: '/home/f' }))).toContain('PERMISSION_DENIED')
    await undelete({ path: '/home/f' }, ROOT)
    expect(namespace.status(ALICE, '/home/f')?.owner).toBe('alice')
  })

  it('asks quotas, and refuses a place whose directory is gone', async () => {
    const { namespace } = fixture
    await namespace.mkdirs(ALICE, { path: '/home/d', permission: 0o755, createParent: true })
    const quota = { names: 2, spaceBytes: 'keep', type: undefined } as const
    await namespace.setQuota(ROOT, { path: '/home/d', ...quota })
    await writeFile(namespace, '/home/d/f', [1], ALICE)
    await remove('/home/d/f')
    await writeFile(namespace, '/home/d/g', [1], ALICE)
    expect(await refusal(undelete({ path: '/home/d/f' }))).toContain('NS_QUOTA_EXCEEDED')
    await remove('/home/d')
    expect(await refusal(undelete({ path: '/home/d/f' }))).toBe(
      "NOT_FOUND: Parent directory doesn't exist: /home/d (it was deleted, too: bring it back first)",
    )
    await undelete({ path: '/home/d' })
    expect(namespace.contentSummary(ALICE, '/home/d').quota.names).toBe(2)
  })

  it('answers a repeated request as the first time', async () => {
    const { namespace } = fixture
    await writeFile(namespace, '/home/f', [1], ALICE)
    await remove('/home/f')
    const call = as('alice', { requestId: { clientId: 'ab'.repeat(16), callId: 5 } })
    const first = await undelete({ path: '/home/f' }, call)
    expect(await undelete({ path: '/home/f' }, call)).toEqual(first)
    await fixture.reopen()
    expect(await undelete({ path: '/home/f' }, call)).toEqual(first)
  })

  it('brings an open file back for its writer', async () => {
    const { namespace } = fixture
    const { reference, named } = await openFileWithBlock(namespace, '/home/f')
    await namespace.create(ROOT, createArguments('/home/empty'))
    await remove('/home/f', ROOT)
    await remove('/home/empty', ROOT)
    expect(paths('/', ROOT), 'a file without a block goes at once').toEqual(['/home/f'])
    expect(namespace.openFilesAfter(0, 10)).toEqual([])
    await undelete({ path: '/home/f' }, ROOT)
    await namespace.completeFile(ROOT, { ...reference, last: named(5) })
    expect(namespace.status(ROOT, '/home/f')?.lengthBytes).toBe(5)
  })
})

describe('giving up', () => {
  const giveUp = (request: object = {}) =>
    fixture.namespace.giveUpDeletions({ limit: 100, spaceBytes: 0, ...request })

  it('lets go of what is due, and of the oldest when space is needed', async () => {
    const { namespace, clock } = fixture
    for (const name of ['a', 'b', 'c']) {
      await writeFile(namespace, `/home/${name}`, [100], ALICE)
      await remove(`/home/${name}`)
      clock.nowMs += 1000
    }
    expect(await giveUp()).toEqual({ deletions: 0, spaceBytes: 0 })
    clock.nowMs += HOUR_MS - 2500
    expect(await giveUp()).toEqual({ deletions: 1, spaceBytes: 300 })
    expect(await giveUp({ spaceBytes: 1 })).toEqual({ deletions: 1, spaceBytes: 300 })
    expect(paths()).toEqual(['/home/c'])
    expect(namespace.deletionTotals()).toMatchObject({ deletions: 1, spaceBytes: 300 })
    expect(namespace.deletedBlocksAfter(0, 10)).toEqual([])
    while (await namespace.purgeDeletedTrees(1)) expect(paths()).toEqual(['/home/c'])
    expect(namespace.deletedBlocksAfter(0, 10)).toHaveLength(2)
  })

  it('keeps nothing of a final deletion, or when it is switched off', async () => {
    const { namespace } = fixture
    await writeFile(namespace, '/home/f', [1], ALICE)
    await namespace.delete(ALICE, { path: '/home/f', recursive: false, isFinal: true })
    expect(namespace.deletedBlocksAfter(0, 10)).toHaveLength(1)
    expect(paths()).toEqual([])
  })

  it('lists pages in order of path and below a path only', async () => {
    const { namespace } = fixture
    for (const path of ['/home/b', '/home/b', '/home/bb', '/home/a', '/home/b/x']) {
      await writeFile(namespace, path, [1], ALICE)
      await remove(path)
    }
    await namespace.delete(ALICE, { path: '/home/b', recursive: true })
    const all = ['/home/a', '/home/b', '/home/b', '/home/b', '/home/b/x', '/home/bb']
    expect(paths()).toEqual(all)
    expect(paths('/home/b')).toEqual(all.slice(1, 5))
    const seen: string[] = []
    let after: { path: string; id: number } | undefined
    do {
      const page = namespace.deletions(ALICE, { path: '/', after, limit: 1 })
      seen.push(...page.entries.map((it) => it.path))
      after = page.next && { path: page.next.path, id: page.next.id }
    } while (after !== undefined)
    expect(seen).toEqual(all)
  })
})

describe('deletions and snapshots', () => {
  it('keep both, and the blocks go when neither shows them', async () => {
    const { namespace } = fixture
    await writeFile(namespace, '/home/s/f', [10], ALICE)
    await namespace.allowSnapshot(ROOT, { path: '/home/s' })
    await namespace.createSnapshot(ROOT, { path: '/home/s', name: 'one' })
    await remove('/home/s/f')
    expect(namespace.status(ALICE, '/home/s/.snapshot/one/f')?.lengthBytes).toBe(10)
    await undelete({ path: '/home/s/f' })
    await namespace.deleteSnapshot(ROOT, { path: '/home/s', name: 'one' })
    while (await namespace.freeSnapshots(1)) expect(namespace.deletedBlocksAfter(0, 1)).toEqual([])
    expect(namespace.status(ALICE, '/home/s/f')?.lengthBytes).toBe(10)
    await namespace.createSnapshot(ROOT, { path: '/home/s', name: 'two' })
    await remove('/home/s/f')
    await namespace.deleteSnapshot(ROOT, { path: '/home/s', name: 'two' })
    while (await namespace.freeSnapshots(1)) expect(paths()).toEqual(['/home/s/f'])
    expect(namespace.deletedBlocksAfter(0, 1)).toEqual([])
    await undelete({ path: '/home/s/f' })
    expect(namespace.status(ALICE, '/home/s/f')?.lengthBytes).toBe(10)
  })
})
