/**
 * Random changes, snapshots, deletions that come back and slices of the work behind them: what is kept of what only snapshots
 * show must be what counting it anew gives, at any moment at which no deleted snapshot is being freed.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredNamespace } from '../../../../namenode/service/namespace/namespace-facade.js'
import { namespacePaths } from '../../../../namenode/service/namespace/namespace-folder.js'
import { openReadingConnection } from '../../../../namenode/storage/database.js'
import { DfsError } from '../../../../shared/errors.js'
import { type Fixture, openFixture, ROOT, truncateFile, writeFile } from './namespace-fixture.js'
import { checkStore } from './store-checks.js'

const name = fc.constantFrom('a', 'b')
const below = (top: string, maxLength: number) =>
  fc.array(name, { minLength: 1, maxLength }).map((it) => `${top}/${it.join('/')}`)
const FILES = ['/d/a/a', '/d/a/b/a', '/d/b/a/b', '/d/b/b', '/e/a/b', '/o/b/a']
const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...FILES) },
  { weight: 5, arbitrary: below('/d', 3) },
  { weight: 2, arbitrary: below('/e', 2) },
  { weight: 1, arbitrary: below('/o', 2) },
)
const root = fc.constantFrom('/d', '/e')
const snapshot = fc.constantFrom('s1', 's2', 's3')
const kind = <K extends string>(it: K) => fc.constant(it)
const step = fc.oneof(
  fc.record({ kind: kind('write'), path, length: fc.integer({ min: 0, max: 1000 }) }),
  fc.record({ kind: kind('setrep'), path, replication: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: kind('truncate'), path, length: fc.constantFrom(0, 300) }),
  fc.record({ kind: kind('delete'), path }),
  fc.record({ kind: kind('undelete') }),
  fc.record({ kind: kind('rename'), path, to: path }),
  fc.record({ kind: kind('policy'), path, policy: fc.constantFrom('COLD', 'ALL_SSD', 'HOT') }),
  fc.record({ kind: kind('snapshot'), root, name: snapshot }),
  fc.record({ kind: kind('forget'), root, name: snapshot }),
  fc.record({ kind: kind('purge'), limit: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: kind('giveUp') }),
  fc.record({ kind: kind('restart') }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

describe.each([0, 60_000])('with deletions kept for %d ms', (keepDeletedMs) => {
  it('what only snapshots show counts as when it is counted anew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const fixture = await openFixture({ keepDeletedMs })
        try {
          await prepare(fixture.namespace)
          for (const it of steps) await act(fixture, it)
          while (await fixture.namespace.freeSnapshots(3));
          checkStore(fixture.folder)
          await checkSummaries(fixture)
          await letGo(fixture)
        } finally {
          await fixture.dispose()
        }
      }),
      { numRuns: Number(process.env['DFS_SNAPSHOT_RUNS'] ?? 30) },
    )
  }, 120_000)
})

async function prepare(namespace: StoredNamespace): Promise<void> {
  for (const it of ['/d', '/e', '/o']) {
    await namespace.mkdirs(ROOT, { path: it, permission: 0o755, createParent: true })
  }
  for (const it of FILES) {
    await writeFile(namespace, it, [700, 10])
  }
  for (const it of ['/d', '/e']) await namespace.allowSnapshot(ROOT, { path: it })
  // So that everything is told of what counts for them.
  for (const it of ['/d', '/e', '/o']) {
    await namespace.setQuota(ROOT, { path: it, names: 10_000, spaceBytes: 'keep' })
  }
  await namespace.createSnapshot(ROOT, { path: '/d', name: 's1' })
}

async function act(fixture: Fixture, it: Step): Promise<void> {
  try {
    await change(fixture, it)
  } catch (error) {
    if (!(error instanceof DfsError)) throw error
  }
}

async function change(fixture: Fixture, it: Step): Promise<void> {
  const { namespace, clock } = fixture
  clock.nowMs += 10
  switch (it.kind) {
    case 'write':
      await writeFile(namespace, it.path, [it.length], ROOT, { overwrite: true })
      return
    case 'setrep':
      await namespace.setReplication(ROOT, it)
      return
    case 'truncate':
      await truncateFile(namespace, it.path, it.length)
      return
    case 'delete':
      await namespace.delete(ROOT, { path: it.path, recursive: true })
      return
    case 'undelete':
      await namespace.undelete(ROOT, { overwrite: true })
      return
    case 'rename':
      await namespace.renameStrictly(ROOT, { from: it.path, to: it.to, overwrite: true })
      return
    case 'policy':
      await namespace.setStoragePolicy(ROOT, { path: it.path, policy: it.policy })
      return
    case 'snapshot':
      await namespace.createSnapshot(ROOT, { path: it.root, name: it.name })
      return
    case 'forget':
      await namespace.deleteSnapshot(ROOT, { path: it.root, name: it.name })
      return
    case 'purge':
      await namespace.purgeDeletedTrees(it.limit)
      await namespace.freeSnapshots(it.limit)
      return
    case 'giveUp':
      await namespace.giveUpDeletions({ limit: 1, spaceBytes: 1 })
      return
    case 'restart':
      await fixture.reopen()
  }
}

/** What snapshots keep of files that are there is in the summaries above them, wherever the files have moved to. */
async function checkSummaries({ namespace, folder }: Fixture): Promise<void> {
  const database = openReadingConnection(namespacePaths(folder).database)
  try {
    const keptBelow = database.prepare<[number], number>(
      `WITH RECURSIVE below (id) AS (
         SELECT ? UNION ALL SELECT inode.id FROM below CROSS JOIN inode ON inode.parent = below.id)
       SELECT total(space) FROM below JOIN inode USING (id) JOIN past_total ON inode = id WHERE kind = 1`,
    )
    for (const it of ['/', '/d', '/e', '/o', '/d/a', '/e/a', '/o/b']) {
      const status = namespace.status(ROOT, it)
      if (status === undefined) continue
      const { keptOfFilesBytes } = await namespace.snapshotContent(ROOT, it)
      expect([it, keptOfFilesBytes]).toEqual([it, keptBelow.pluck().get(status.id)])
    }
  } finally {
    database.close()
  }
}

function usageAt(namespace: StoredNamespace, path: string) {
  const { fileAndDirectoryCount, spaceConsumedBytes } = namespace.quotaUsage(ROOT, path)
  return { names: fileAndDirectoryCount, spaceBytes: spaceConsumedBytes }
}

/** Deleted trees are taken apart, then the snapshots go one after the other: in the end nothing is left. */
async function letGo({ namespace, folder, clock }: Fixture): Promise<void> {
  clock.nowMs += 3_600_000
  const used = () =>
    ['/', '/d', '/e', '/o'].map((it) => {
      const { names, spaceBytes } = usageAt(namespace, it)
      return [it, names, spaceBytes]
    })
  const before = used()
  await namespace.giveUpDeletions({ limit: 1000, spaceBytes: 0 })
  while (await namespace.purgeDeletedTrees(3));
  // Small trees are counted when they are deleted: taking them apart changes nothing.
  expect(used(), 'what counts').toEqual(before)
  checkStore(folder)
  for (const directory of ['/d', '/e']) {
    for (const it of ['s2', 's1', 's3']) {
      if (namespace.status(ROOT, `${directory}/.snapshot/${it}`) === undefined) continue
      await namespace.deleteSnapshot(ROOT, { path: directory, name: it })
      while (await namespace.freeSnapshots(3));
      checkStore(folder)
    }
  }
  const database = openReadingConnection(namespacePaths(folder).database)
  try {
    for (const table of ['past_stay', 'past_total', 'kept_file', 'inode_version']) {
      expect(database.prepare(`SELECT * FROM ${table}`).all(), table).toEqual([])
    }
  } finally {
    database.close()
  }
}
