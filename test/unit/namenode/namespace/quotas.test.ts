/** Quotas in the namespace: what counts, where they are asked, and that nothing slips past them together. */
import { describe, expect, it } from 'vitest'
import type { QuotaRequest } from '../../../../namenode/policy/quotas.js'
import {
  as,
  createArguments,
  type Fixture,
  openFileWithBlock,
  ROOT,
  refusal,
  writeFile,
} from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture

namespaceForEach(async (it) => {
  fixture = it
  await make('/q')
})

const make = (path: string) =>
  fixture.namespace.mkdirs(ROOT, { path, permission: 0o755, createParent: true })
const limit = (path: string, change: Partial<QuotaRequest>, call = ROOT) =>
  fixture.namespace.setQuota(call, { names: 'keep', spaceBytes: 'keep', ...change, path })
const used = (path: string) => {
  const { fileCount, directoryCount, spaceConsumedBytes } = fixture.namespace.contentSummary(
    ROOT,
    path,
  )
  return [fileCount + directoryCount, spaceConsumedBytes]
}
const quotaOf = (path: string) => fixture.namespace.contentSummary(ROOT, path).quota
const tooMany = (directory: string, quota: number, count: number) =>
  `NS_QUOTA_EXCEEDED: The NameSpace quota (directories and files) of directory ${directory} is exceeded: quota=${quota} file count=${count}`

describe('setting a quota', () => {
  it('is kept over a restart, cleared by parts, and gone with its directory', async () => {
    await limit('/q', { names: 3 })
    await limit('/q', { spaceBytes: 5000 })
    await limit('/q', { spaceBytes: 70, storageType: 'SSD' })
    await fixture.reopen()
    expect(quotaOf('/q')).toEqual({ names: 3, spaceBytes: 5000, typeSpaceBytes: { SSD: 70 } })
    await limit('/q', { names: 'clear' })
    expect(quotaOf('/q').names).toBeUndefined()
    await fixture.namespace.delete(ROOT, { path: '/q', recursive: true })
    await make('/q')
    expect(quotaOf('/q').spaceBytes).toBeUndefined()
  })

  it('may be below what is used already; only more is refused', async () => {
    await make('/q/a/b')
    await limit('/q', { names: 1 })
    expect(await refusal(make('/q/c'))).toBe(tooMany('/q', 1, 4))
    await fixture.namespace.delete(ROOT, { path: '/q/a', recursive: true })
    expect(await refusal(make('/q/c'))).toBe(tooMany('/q', 1, 2))
  })

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'by a user',
      () => limit('/q', { names: 3 }, as('eve')),
      'PERMISSION_DENIED: Access denied for user eve. Superuser privilege is required for operation setQuota',
    ],
    [
      'of space by a user',
      () => limit('/q', { spaceBytes: 3 }, as('eve')),
      'PERMISSION_DENIED: Access denied for user eve. Superuser privilege is required for operation setSpaceQuota',
    ],
    [
      'on nothing',
      () => limit('/none', { names: 3 }),
      'NOT_FOUND: Directory does not exist: /none',
    ],
    [
      'on a file',
      async () => {
        await writeFile(fixture.namespace, '/f', [])
        await limit('/f', { names: 3 })
      },
      "NOT_A_DIRECTORY: `/f': Is not a directory",
    ],
    [
      'below zero',
      () => limit('/q', { names: -5, spaceBytes: -5 }),
      'JAVA_ILLEGAL_ARGUMENT: Illegal value for nsQuota or ssQuota : -5 and -5',
    ],
  ])('%s is refused', async (_, work, message) => {
    expect(await refusal(work())).toBe(message)
  })
})

describe('a quota of names', () => {
  it('is asked by mkdirs, create and rename; what fails leaves nothing behind', async () => {
    await limit('/q', { names: 3 })
    expect(await refusal(make('/q/a/b/c'))).toBe(tooMany('/q', 3, 4))
    expect(used('/q')).toEqual([1, 0])
    await make('/q/a')
    await writeFile(fixture.namespace, '/q/f', [])
    expect(await refusal(fixture.namespace.create(ROOT, createArguments('/q/a/g')))).toBe(
      tooMany('/q', 3, 4),
    )
    // Overwriting takes no further name.
    await fixture.namespace.create(ROOT, createArguments('/q/f', { overwrite: true }))
    await make('/x/y')
    expect(await refusal(fixture.namespace.rename(ROOT, { from: '/x', to: '/q/x' }))).toBe(
      tooMany('/q', 3, 5),
    )
    const inside = { from: '/q/a', to: '/q/b' }
    expect(await fixture.namespace.rename(ROOT, inside)).toBe(true)
    await writeFile(fixture.namespace, '/g', [])
    await fixture.namespace.renameStrictly(ROOT, { from: '/g', to: '/q/f', overwrite: true })
    expect(used('/q')).toEqual([3, 0])
  })

  it('of a directory far above is asked too, the nearest first', async () => {
    await make('/q/a/b')
    await limit('/q', { names: 4 })
    await limit('/', { names: 6 })
    await limit('/q/a', { names: 3 })
    await make('/q/a/b/c1')
    expect(await refusal(make('/q/a/b/c2'))).toBe(tooMany('/q/a', 3, 4))
    expect(await refusal(make('/q/d'))).toBe(tooMany('/q', 4, 5))
    await make('/e')
    expect(await refusal(make('/f'))).toBe(tooMany('/', 6, 7))
  })

  it('cannot be passed by many at the same moment', async () => {
    await limit('/q', { names: 5 })
    const made = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => make(`/q/d${n}`)))
    expect(made.filter((it) => it.status === 'fulfilled')).toHaveLength(4)
    expect(used('/q')).toEqual([5, 0])
  })
})

describe('a quota of space', () => {
  const exceeded = /^DS_QUOTA_EXCEEDED: The DiskSpace quota of \/q is exceeded: quota = /

  it('counts a block being written as a whole one, and what it became afterwards', async () => {
    await limit('/q', { spaceBytes: 3000 })
    const { namespace } = fixture
    const { reference, named } = await openFileWithBlock(namespace, '/q/f')
    expect(used('/q')).toEqual([2, 3000])
    expect(used('/q/f')).toEqual([1, 3000])
    const second = namespace.create(ROOT, createArguments('/q/g', { holder: 'H2' }))
    const other = { path: '/q/g', fileId: (await second).id, holder: 'H2' }
    expect(await refusal(namespace.allocateBlock(ROOT, { ...other, previous: undefined }))).toBe(
      'DS_QUOTA_EXCEEDED: The DiskSpace quota of /q is exceeded: quota = 3000 B = 2.93 KB but diskspace consumed = 6000 B = 5.86 KB',
    )
    await namespace.fsync(ROOT, { ...reference, lastBlockLengthBytes: 400 })
    expect(used('/q')).toEqual([3, 3000])
    await namespace.completeFile(ROOT, { ...reference, last: named(500) })
    expect(used('/q')).toEqual([3, 1500])
    expect(await refusal(namespace.allocateBlock(ROOT, { ...other, previous: undefined }))).toMatch(
      exceeded,
    )
    await limit('/q', { spaceBytes: 4500 })
    await namespace.allocateBlock(ROOT, { ...other, previous: undefined })
    expect(used('/q')).toEqual([3, 4500])
  })

  it('gives back what an abandoned block and a deleted file had claimed', async () => {
    await limit('/q', { spaceBytes: 3000 })
    const { namespace } = fixture
    const { reference, named } = await openFileWithBlock(namespace, '/q/f')
    await namespace.abandonBlock(ROOT, { ...reference, block: named(0) })
    expect(used('/q')).toEqual([2, 0])
    await namespace.allocateBlock(ROOT, { ...reference, previous: undefined })
    await namespace.delete(ROOT, { path: '/q/f', recursive: false })
    expect(used('/q')).toEqual([1, 0])
  })

  it('is asked by append, setReplication, rename, concat and truncate', async () => {
    const { namespace } = fixture
    await writeFile(namespace, '/q/f', [400])
    await writeFile(namespace, '/g', [100])
    await limit('/q', { spaceBytes: 1300 })
    const append = { path: '/q/f', holder: 'H1', newBlock: false }
    expect(await refusal(namespace.append(ROOT, append))).toMatch(exceeded)
    expect(await refusal(namespace.setReplication(ROOT, { path: '/q/f', replication: 4 }))).toMatch(
      exceeded,
    )
    expect(await refusal(namespace.rename(ROOT, { from: '/g', to: '/q/g' }))).toMatch(exceeded)
    const truncate = { path: '/q/f', newLengthBytes: 10, holder: 'H1' }
    expect(await refusal(namespace.truncate(ROOT, truncate))).toMatch(exceeded)
    await namespace.setReplication(ROOT, { path: '/q/f', replication: 2 })
    await limit('/q', { spaceBytes: 10_000 })
    await writeFile(namespace, '/q/h', [400], ROOT, { replication: 1 })
    await limit('/q', { spaceBytes: 1300 })
    const concat = { target: '/q/f', sources: ['/q/h'] }
    expect(await refusal(namespace.concat(ROOT, concat))).toMatch(exceeded)
    await limit('/q', { spaceBytes: 2400 })
    await namespace.append(ROOT, append)
    expect(used('/q')).toEqual([3, 2400])
  })

  it('by type of storage is asked as well', async () => {
    await limit('/q', { spaceBytes: 2999, storageType: 'DISK' })
    const { id } = await fixture.namespace.create(ROOT, createArguments('/q/f'))
    const reference = { path: '/q/f', fileId: id, holder: 'H1', previous: undefined }
    expect(await refusal(fixture.namespace.allocateBlock(ROOT, reference))).toContain(
      'TYPE_QUOTA_EXCEEDED: Quota by storage type : DISK on path : /q is exceeded.',
    )
  })
})
