/** Quotas by type of storage: files count as their policies want them, wherever policies are set and trees are moved. */
import { describe, expect, it } from 'vitest'
import { namespacePaths } from '../../../../namenode/service/namespace/namespace-folder.js'
import { openWritingConnection } from '../../../../namenode/storage/database.js'
import type { QuotaStorageType } from '../../../../shared/quota-types.js'
import {
  createArguments,
  type Fixture,
  openFileWithBlock,
  ROOT,
  refusal,
  writeFile,
} from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture

namespaceForEach(
  async (it) => {
    fixture = it
    await make('/q/d')
  },
  { keepDeletedMs: 60_000 },
)

const make = (path: string) =>
  fixture.namespace.mkdirs(ROOT, { path, permission: 0o755, createParent: true })
const write = (path: string, extra: object = {}) =>
  writeFile(fixture.namespace, path, [100], ROOT, extra)
const set = (path: string, policy: string | undefined) =>
  fixture.namespace.setStoragePolicy(ROOT, { path, policy })
const limit = (path: string, storageType: QuotaStorageType, spaceBytes: number) =>
  fixture.namespace.setQuota(ROOT, { path, names: 'keep', spaceBytes, storageType })
const used = (path: string) => fixture.namespace.contentSummary(ROOT, path).typeSpaceBytes

describe('space by type of storage', () => {
  it.each([
    [undefined, { DISK: 300 }],
    ['HOT', { DISK: 300 }],
    ['ONE_SSD', { SSD: 100, DISK: 200 }],
    ['ALL_SSD', { SSD: 300 }],
    ['WARM', { DISK: 100, ARCHIVE: 200 }],
    ['COLD', { ARCHIVE: 300 }],
    ['LAZY_PERSIST', { DISK: 200 }],
    ['PROVIDED', { PROVIDED: 100, DISK: 200 }],
    ['ALL_NVDIMM', { NVDIMM: 300 }],
  ])('is what the policy %s wants', async (policy, expected) => {
    await set('/q', policy)
    await write('/q/d/f')
    for (const path of ['/', '/q', '/q/d', '/q/d/f']) {
      // Below the directory all counts, in the file above it, too.
      expect(used(path), path).toEqual(expected)
    }
  })

  it('is counted anew when a policy above, between or of the file itself changes', async () => {
    await write('/q/d/f')
    await write('/q/g')
    await set('/q/g', 'ALL_SSD')
    await set('/', 'COLD')
    expect([used('/'), used('/q/d')]).toEqual([{ SSD: 300, ARCHIVE: 300 }, { ARCHIVE: 300 }])
    await set('/q/d', 'WARM')
    expect(used('/')).toEqual({ SSD: 300, DISK: 100, ARCHIVE: 200 })
    await set('/q/d/f', 'ONE_SSD')
    expect(used('/')).toEqual({ SSD: 400, DISK: 200 })
    await set('/q/d/f', undefined)
    await set('/q/d', undefined)
    await set('/q/g', undefined)
    await fixture.reopen()
    expect(used('/q')).toEqual({ ARCHIVE: 600 })
  })

  it('follows replication, append, truncate, concat, rename, delete and undo', async () => {
    const { namespace } = fixture
    await set('/q', 'ONE_SSD')
    await write('/q/d/f')
    await namespace.setReplication(ROOT, { path: '/q/d/f', replication: 1 })
    expect(used('/q')).toEqual({ SSD: 100 })
    await namespace.setReplication(ROOT, { path: '/q/d/f', replication: 4 })
    expect(used('/q')).toEqual({ SSD: 100, DISK: 300 })
    await namespace.append(ROOT, { path: '/q/d/f', holder: 'H1', newBlock: true })
    const { reference, named } = await openFileWithBlock(namespace, '/q/open')
    expect(used('/q')).toEqual({ SSD: 1100, DISK: 2300 })
    await namespace.completeFile(ROOT, { ...reference, last: named(10) })
    expect(used('/q')).toEqual({ SSD: 110, DISK: 320 })
    await make('/cold')
    await set('/cold', 'COLD')
    await namespace.rename(ROOT, { from: '/q/d', to: '/cold/d' })
    expect([used('/q'), used('/cold')]).toEqual([{ SSD: 10, DISK: 20 }, { ARCHIVE: 400 }])
    await namespace.truncate(ROOT, { path: '/q/open', newLengthBytes: 0, holder: 'H1' })
    expect(used('/q')).toEqual({})
    await namespace.delete(ROOT, { path: '/cold/d', recursive: true })
    expect(used('/')).toEqual({})
    await namespace.undelete(ROOT, { path: '/cold/d', to: '/q/again', overwrite: false })
    expect(used('/')).toEqual({ SSD: 100, DISK: 300 })
  })

  it('of joined files is that of the target', async () => {
    await set('/q/d', 'ALL_SSD')
    await write('/q/d/f')
    await write('/q/d/g')
    await set('/q/d/g', 'COLD')
    expect(used('/q')).toEqual({ SSD: 300, ARCHIVE: 300 })
    await fixture.namespace.concat(ROOT, { target: '/q/d/f', sources: ['/q/d/g'] })
    expect(used('/q')).toEqual({ SSD: 600 })
  })
})

describe('a quota by type of storage', () => {
  const exceeded = (type: string, quota: string, count: string) =>
    `TYPE_QUOTA_EXCEEDED: Quota by storage type : ${type} on path : /q is exceeded. ` +
    `quota = ${quota} but space consumed = ${count}`

  it('asks only for what the policy puts there', async () => {
    await limit('/q', 'SSD', 1500)
    await write('/q/hot')
    await set('/q/d', 'ONE_SSD')
    await write('/q/d/f')
    const { id } = await fixture.namespace.create(ROOT, createArguments('/q/d/g'))
    const reference = { path: '/q/d/g', fileId: id, holder: 'H1', previous: undefined }
    await fixture.namespace.allocateBlock(ROOT, reference)
    const other = await fixture.namespace.create(ROOT, createArguments('/q/d/h', { holder: 'H2' }))
    const second = { path: '/q/d/h', fileId: other.id, holder: 'H2', previous: undefined }
    expect(await refusal(fixture.namespace.allocateBlock(ROOT, second))).toBe(
      exceeded('SSD', '1.46 KB', '2.05 KB'),
    )
    // More replicas are more disk, and no more SSD.
    await fixture.namespace.setReplication(ROOT, { path: '/q/d/f', replication: 9 })
    await limit('/q', 'DISK', 3199)
    expect(
      await refusal(fixture.namespace.setReplication(ROOT, { path: '/q/d/f', replication: 10 })),
    ).toBe(exceeded('DISK', '3.12 KB', '3.13 KB'))
  })

  it('is asked by a rename, for the policy of the new place, inside the same directory, too', async () => {
    await set('/q/d', 'ALL_SSD')
    await limit('/q', 'SSD', 200)
    await write('/q/f')
    await write('/g')
    const rename = (from: string, to: string) => fixture.namespace.rename(ROOT, { from, to })
    expect(await refusal(rename('/g', '/q/d/g'))).toBe(exceeded('SSD', '200 B', '300 B'))
    expect(await refusal(rename('/q/f', '/q/d/f'))).toBe(exceeded('SSD', '200 B', '300 B'))
    expect(await rename('/g', '/q/g')).toBe(true)
  })

  it('does not hinder a policy, which an administrator sets; only what comes then', async () => {
    await write('/q/d/f')
    await limit('/q', 'SSD', 200)
    await set('/q', 'ALL_SSD')
    expect(used('/q')).toEqual({ SSD: 300 })
    await fixture.namespace.setReplication(ROOT, { path: '/q/d/f', replication: 2 })
    expect(
      await refusal(fixture.namespace.setReplication(ROOT, { path: '/q/d/f', replication: 3 })),
    ).toBe(exceeded('SSD', '200 B', '300 B'))
  })
})

it('a store from before these totals were kept is given them', async () => {
  const { namespace } = fixture
  await set('/q', 'COLD')
  await write('/q/d/f')
  await write('/q/d/g')
  await set('/q/d', 'WARM')
  await set('/q/d/g', 'ALL_SSD')
  await openFileWithBlock(namespace, '/q/d/open')
  await openFileWithBlock(namespace, '/elsewhere/open', 'H2')
  const before = ['/', '/q', '/q/d'].map(used)
  await namespace.close()
  const database = openWritingConnection(namespacePaths(fixture.folder).database)
  database.exec(`DROP TABLE policy_total; ALTER TABLE inode DROP COLUMN tree_reserved;
    ALTER TABLE inode_version DROP COLUMN tree_reserved; DROP TABLE past_stay; DROP TABLE past_total; DROP TABLE kept_file;
    DROP INDEX inode_version_by_id; PRAGMA user_version = 10`)
  database.close()
  await fixture.reopen().catch(() => undefined)
  expect(['/', '/q', '/q/d'].map(used)).toEqual(before)
  expect(before[0]).toEqual({ SSD: 300, DISK: 4100, ARCHIVE: 2200 })
})
