/** What only snapshots show counts for quotas; `test/interop` has the same beside Apache's own answers. */
import { describe, expect, it } from 'vitest'
import { fullQuotaUsage } from '../../../../namenode/service/namespace/full-summary.js'
import { namespacePaths } from '../../../../namenode/service/namespace/namespace-folder.js'
import { openWritingConnection } from '../../../../namenode/storage/database.js'
import { pastDifferences } from '../../../../namenode/storage/past-check.js'
import { createArguments, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'
import { checkStore } from './store-checks.js'

/** Limits that nothing here reaches, so that what is counted is told. */
const AMPLE = { names: 10_000, spaceBytes: 100_000_000 }

function lifeOf(keepDeletedMs: number) {
  const life: { fixture: Fixture } = Object.create(null)
  namespaceForEach(
    async (it) => {
      life.fixture = it
      const { namespace } = it
      await mkdirs('/q/s/sub/deep', '/q/out')
      await writeFile(namespace, '/q/s/one', [1])
      await writeFile(namespace, '/q/s/sub/two', [20])
      await writeFile(namespace, '/q/s/sub/deep/three', [300])
      for (const path of ['/q', '/q/s', '/q/s/sub', '/q/out']) await limit(path, AMPLE)
      await namespace.allowSnapshot(ROOT, { path: '/q/s' })
    },
    { keepDeletedMs },
  )
  const namespace = () => life.fixture.namespace
  async function mkdirs(...paths: readonly string[]) {
    for (const path of paths) {
      await namespace().mkdirs(ROOT, { path, permission: 0o755, createParent: true })
    }
  }
  const limit = (path: string, quota: { names: number | 'keep'; spaceBytes: number | 'keep' }) =>
    namespace().setQuota(ROOT, { path, ...quota })
  return {
    life,
    namespace,
    mkdirs,
    limit,
    take: (name: string) => namespace().createSnapshot(ROOT, { path: '/q/s', name }),
    rename: (from: string, to: string) => namespace().rename(ROOT, { from, to }),
    remove: (path: string) => namespace().delete(ROOT, { path, recursive: true }),
    /** Names and space that count below a path. */
    used: async (path: string) => {
      const usage = await fullQuotaUsage(namespace(), ROOT, path)
      return [usage.fileAndDirectoryCount, usage.spaceConsumedBytes]
    },
    forget: async (name: string) => {
      await namespace().deleteSnapshot(ROOT, { path: '/q/s', name })
      while (await namespace().freeSnapshots(100));
    },
    purge: async () => {
      while (await namespace().purgeDeletedTrees(2));
    },
  }
}

// What is kept for undo stays as a whole until its time is over; what is not is taken apart.
describe.each([0, 60_000])('with deletions kept for %d ms', (keepDeletedMs) => {
  const { life, namespace, mkdirs, limit, take, rename, remove, used, forget, purge } =
    lifeOf(keepDeletedMs)

  it('what a snapshot shows counts on when it is deleted, until the snapshot is', async () => {
    await take('s1')
    expect(await used('/q')).toEqual([8, 963])
    await remove('/q/s/one')
    await remove('/q/s/sub/deep/three')
    expect(await used('/q')).toEqual([8, 963])
    expect(await used('/q/s/sub')).toEqual([4, 960])
    await purge()
    expect(await used('/q')).toEqual([8, 963])
    await forget('s1')
    expect(await used('/q')).toEqual([6, 60])
    expect(await used('/q/s/sub')).toEqual([3, 60])
  })

  it('what only a deleted snapshot showed is free at once', async () => {
    await writeFile(namespace(), '/q/s/cut', [1000, 500])
    await take('s1')
    await take('s2')
    await remove('/q/s/one')
    await namespace().truncate(ROOT, { path: '/q/s/cut', newLengthBytes: 1000, holder: 'H1' })
    await rename('/q/s/sub/deep', '/q/out/deep')
    await remove('/q/s/sub')
    expect(await used('/q')).toEqual([11, 963 + 4500 + 900])
    const drop = (name: string) => namespace().deleteSnapshot(ROOT, { path: '/q/s', name })
    await drop('s1')
    expect(await used('/q')).toEqual([11, 963 + 4500 + 900])
    await drop('s2')
    expect(await used('/q')).toEqual([6, 3000 + 900])
    expect(await used('/q/s')).toEqual([2, 3000])
    while (await namespace().freeSnapshots(100));
    expect(await used('/q')).toEqual([6, 3000 + 900])
  })

  it('of a large snapshot a part is free at once, and the rest in slices', async () => {
    const paths = Array.from({ length: 600 }, (_, index) => `/q/s/sub/f${index}`)
    await Promise.all(paths.map((path) => writeFile(namespace(), path, [1])))
    await take('s1')
    await Promise.all(paths.map(remove))
    await purge()
    expect(await used('/q')).toEqual([608, 963 + 1800])
    await namespace().deleteSnapshot(ROOT, { path: '/q/s', name: 's1' })
    const [names = 0] = await used('/q')
    expect(names).toBeGreaterThan(300)
    expect(names).toBeLessThan(500)
    while (await namespace().freeSnapshots(100));
    expect(await used('/q')).toEqual([8, 963])
  })

  it('what came after the last snapshot is free at once when it is deleted', async () => {
    await take('s1')
    await writeFile(namespace(), '/q/s/young', [1000])
    await mkdirs('/q/s/sub/new/er')
    await writeFile(namespace(), '/q/s/sub/new/f', [1000])
    await remove('/q/s/young')
    await remove('/q/s/sub/new')
    expect(await used('/q')).toEqual([8, 963])
  })

  it('of a deleted tree just what snapshots show counts, at once and after it was taken apart', async () => {
    await take('s1')
    await remove('/q/s/sub/two')
    await take('s2')
    await writeFile(namespace(), '/q/s/sub/late', [800])
    await writeFile(namespace(), '/q/s/sub/deep/three', [500], ROOT, { overwrite: true })
    expect(await used('/q/s')).toEqual([8, 3 * (321 + 800 + 500)])
    await remove('/q/s/sub')
    expect(await used('/q/s')).toEqual([6, 963])
    await purge()
    expect(await used('/q/s')).toEqual([6, 963])
    checkStore(life.fixture.folder)
    await forget('s2')
    expect(await used('/q/s')).toEqual([6, 963])
    await forget('s1')
    expect(await used('/q/s')).toEqual([2, 3])
  })

  it('what was gone in a directory before that was deleted is free with the snapshot that showed it', async () => {
    await take('s1')
    await remove('/q/s/sub/two')
    await take('s2')
    await remove('/q/s/sub')
    await purge()
    expect(await used('/q')).toEqual([8, 963])
    await forget('s1')
    expect(await used('/q')).toEqual([7, 903])
  })

  it('a tree too large to be counted at once is taken for what the last snapshot shows of it', async () => {
    const paths = Array.from({ length: 1100 }, (_, index) => `/q/s/sub/deep/f${index}`)
    await Promise.all(paths.map((path) => writeFile(namespace(), path, [1])))
    await take('s1')
    await Promise.all(paths.slice(0, 20).map(remove))
    await writeFile(namespace(), '/q/s/sub/deep/late', [900])
    await remove('/q/s/sub')
    const exact = [1106, 963 + 3300]
    const [names = 0, spaceBytes = 0] = await used('/q/s')
    expect(names).toBeGreaterThanOrEqual(1106)
    expect(names).toBeLessThanOrEqual(1107)
    expect(spaceBytes).toBeGreaterThanOrEqual(963 + 3300)
    expect(spaceBytes).toBeLessThanOrEqual(963 + 3300 + 2700)
    if (keepDeletedMs > 0) {
      life.fixture.clock.nowMs += keepDeletedMs + 1
      await namespace().giveUpDeletions({ limit: 100, spaceBytes: 0 })
    }
    while (await namespace().purgeDeletedTrees(500));
    expect(await used('/q/s')).toEqual(exact)
  })

  it('what was moved counts at its old place as the last snapshot shows it, and at the new one with its past', async () => {
    await take('s1')
    await remove('/q/s/sub/two')
    await rename('/q/s/sub', '/q/out/sub')
    // /q/s: itself, one, and sub with all that the snapshot shows of it. /q/out: itself, sub, deep, three, and two as a past.
    expect(await used('/q/s')).toEqual([6, 963])
    expect(await used('/q/out')).toEqual([5, 960])
    await remove('/q/out/sub')
    expect(await used('/q/out')).toEqual([1, 0])
    expect(await used('/q')).toEqual([8, 963])
    await purge()
    expect(await used('/q')).toEqual([8, 963])
    await forget('s1')
    expect(await used('/q')).toEqual([4, 3])
  })

  it('a file counts with all blocks that snapshots show of it, and with the highest replication', async () => {
    await writeFile(namespace(), '/q/s/cut', [1000, 500])
    await take('s1')
    await namespace().truncate(ROOT, { path: '/q/s/cut', newLengthBytes: 1000, holder: 'H1' })
    expect(await used('/q/s')).toEqual([7, 963 + 4500])
    await namespace().setReplication(ROOT, { path: '/q/s/cut', replication: 1 })
    expect(await used('/q/s')).toEqual([7, 963 + 4500])
    await namespace().setReplication(ROOT, { path: '/q/s/cut', replication: 4 })
    expect(await used('/q/s')).toEqual([7, 963 + 6000])
    await remove('/q/s/cut')
    expect(await used('/q/s')).toEqual([7, 963 + 4500])
    await purge()
    expect(await used('/q/s')).toEqual([7, 963 + 4500])
  })

  it('is refused with what it counts', async () => {
    await take('s1')
    await remove('/q/s/one')
    await remove('/q/s/sub')
    await limit('/q/s', { names: 6, spaceBytes: 1000 })
    expect(
      await refusal(
        namespace().mkdirs(ROOT, { path: '/q/s/x', permission: 0o755, createParent: true }),
      ),
    ).toBe(
      'NS_QUOTA_EXCEEDED: The NameSpace quota (directories and files) of directory /q/s is exceeded: quota=6 file count=7',
    )
    await limit('/q/s', { names: 7, spaceBytes: 1000 })
    expect(await refusal(writeFile(namespace(), '/q/s/x', [100]))).toBe(
      'DS_QUOTA_EXCEEDED: The DiskSpace quota of /q/s is exceeded: quota = 1000 B = 1000 B but diskspace consumed = 3963 B = 3.87 KB',
    )
  })

  it('overwriting needs a name more where a snapshot shows what is replaced', async () => {
    await take('s1')
    await limit('/q/s', { names: 6, spaceBytes: 'keep' })
    const again = createArguments('/q/s/one', { overwrite: true })
    expect(await refusal(namespace().create(ROOT, again))).toContain('quota=6 file count=7')
    await forget('s1')
    await namespace().create(ROOT, again)
    expect(await used('/q/s')).toEqual([6, 960])
  })

  it('replicas that a snapshot keeps count already when replication is raised again', async () => {
    await take('s1')
    await limit('/q/s', { names: 'keep', spaceBytes: 963 })
    const set = (replication: number) =>
      namespace().setReplication(ROOT, { path: '/q/s/sub/two', replication })
    expect(await set(1)).toBe(true)
    expect(await set(3)).toBe(true)
    expect(await refusal(set(4))).toContain('DS_QUOTA_EXCEEDED')
  })

  it('counts by type of storage where files have a policy', async () => {
    await namespace().setStoragePolicy(ROOT, { path: '/q/s/sub', policy: 'ALL_SSD' })
    await take('s1')
    const types = () => namespace().contentSummary(ROOT, '/q').typeSpaceBytes
    expect(types()).toEqual({ SSD: 960, DISK: 3 })
    await remove('/q/s/one')
    await remove('/q/s/sub/deep/three')
    expect(types()).toEqual({ SSD: 960, DISK: 3 })
    await remove('/q/s/sub')
    await purge()
    expect(types()).toEqual({ SSD: 960, DISK: 3 })
    await forget('s1')
    expect(types()).toEqual({})
  })

  it('is the same after a restart, and in a store from before it was kept', async () => {
    await writeFile(namespace(), '/q/s/cut', [1000, 500])
    await take('s1')
    await remove('/q/s/sub/two')
    await namespace().truncate(ROOT, { path: '/q/s/cut', newLengthBytes: 1000, holder: 'H1' })
    await rename('/q/s/sub/deep', '/q/out/deep')
    await remove('/q/s/sub')
    await namespace().setStoragePolicy(ROOT, { path: '/q/s', policy: 'COLD' })
    life.fixture.clock.nowMs += keepDeletedMs + 1
    await namespace().giveUpDeletions({ limit: 100, spaceBytes: 0 })
    await purge()
    const all = async () => [await used('/q'), await used('/q/s'), await used('/q/out')]
    const before = await all()
    await namespace().close()
    const path = namespacePaths(life.fixture.folder).database
    const old = openWritingConnection(path)
    const rows = (table: string) => old.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all()
    const tables = ['past_stay', 'past_total', 'kept_file']
    const kept = tables.map(rows)
    old.exec(`DROP TABLE past_stay; DROP TABLE past_total; DROP TABLE kept_file; DROP INDEX inode_version_by_id;
      PRAGMA user_version = 11`)
    old.close()
    const migrated = openWritingConnection(path)
    const found = tables.map((table) =>
      migrated.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all(),
    )
    expect(pastDifferences(migrated)).toEqual([])
    migrated.close()
    await life.fixture.reopen().catch(() => undefined)
    expect(await all()).toEqual(before)
    expect(found).toEqual(kept)
  })
})

describe('what is brought back', () => {
  const { life, namespace, take, remove, used } = lifeOf(60_000)

  it('counts where it is, and on at its old place as something that was moved', async () => {
    await take('s1')
    await remove('/q/s/sub/two')
    await remove('/q/s/sub')
    await namespace().undelete(ROOT, { path: '/q/s/sub', to: '/q/out/sub', overwrite: false })
    expect(await used('/q/s')).toEqual([6, 963])
    expect(await used('/q/out')).toEqual([5, 960])
    checkStore(life.fixture.folder)
    await namespace().deleteSnapshot(ROOT, { path: '/q/s', name: 's1' })
    while (await namespace().freeSnapshots(1));
    expect(await used('/q/s')).toEqual([2, 3])
    expect(await used('/q/out')).toEqual([4, 900])
  })

  it('has counted nowhere, where no snapshot shows it', async () => {
    await remove('/q/s/sub')
    expect(await used('/q')).toEqual([4, 3])
    await namespace().undelete(ROOT, { path: '/q/s/sub', overwrite: false })
    expect(await used('/q')).toEqual([8, 963])
  })
})
