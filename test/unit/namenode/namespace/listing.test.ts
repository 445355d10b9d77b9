import { describe, expect, it } from 'vitest'
import { inodeId } from '../../../../shared/ids.js'
import { type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
namespaceForEach((it) => {
  fixture = it
})

const mkdirs = (path: string, createParent = true) =>
  fixture.namespace.mkdirs(ROOT, { path, permission: 0o755, createParent })

describe('a listing', () => {
  it('is in the order of bytes, not of UTF-16, and resumes after any name', async () => {
    // U+FF5E sorts after an emoji in UTF-16, before it in UTF-8.
    const names = ['b', 'a', 'B', 'é', '\uff5e', '😀', 'a.b', 'a-b']
    await Promise.all(names.map((name) => mkdirs(`/d/${name}`)))
    const expected = names.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
    const list = (after: string, limit: number) => fixture.namespace.list(ROOT, '/d', after, limit)
    expect(list('', 100)?.entries.map((it) => it.name)).toEqual(expected)
    expect(list('', 3)).toMatchObject({ remainingEntries: names.length - 3 })
    expect(list('', 100)?.remainingEntries).toBe(0)
    expect(list('a', 1)?.entries[0]?.name).toBe('a-b')
    expect(list('a-a-was-deleted', 1)?.entries[0]?.name).toBe('a-b')
    expect(list('😀', 9)?.entries).toEqual([])
  })

  it('of a file is the file without a name, of nothing is nothing', async () => {
    await writeFile(fixture.namespace, '/f', [5])
    expect(fixture.namespace.list(ROOT, '/f', '', 9)).toMatchObject({
      entries: [{ name: '', lengthBytes: 5 }],
      remainingEntries: 0,
    })
    expect(fixture.namespace.list(ROOT, '/none', '', 9)).toBeUndefined()
  })
})

describe('paths', () => {
  it('keep names as they are: case, accents composed or not, spaces and odd signs', async () => {
    const names = ['a', 'A', 'é', 'e\u0301', ' ', '#?%', '\'"', '\n', '日本']
    await Promise.all(names.map((name) => mkdirs(`/${name}`)))
    expect(fixture.namespace.contentSummary(ROOT, '/').directoryCount).toBe(names.length + 1)
    for (const name of names) expect(fixture.namespace.status(ROOT, `/${name}`)?.name).toBe(name)
  })

  it('by inode lead where the inode is now', async () => {
    await writeFile(fixture.namespace, '/d/f', [5])
    const id = fixture.namespace.status(ROOT, '/d')?.id
    await fixture.namespace.rename(ROOT, { from: '/d', to: '/e' })
    expect(fixture.namespace.status(ROOT, `/.reserved/.inodes/${id}/f`)?.lengthBytes).toBe(5)
    expect(await refusal(() => fixture.namespace.status(ROOT, '/.reserved/.inodes/99'))).toBe(
      'NOT_FOUND: File for given inode path does not exist: /.reserved/.inodes/99',
    )
    expect(fixture.namespace.pathOf(inodeId(Number(id)))).toBe('/e')
    await fixture.namespace.delete(ROOT, { path: '/e', recursive: true })
    expect(fixture.namespace.pathOf(inodeId(Number(id)))).toBeUndefined()
    expect(fixture.namespace.fileStatusById(inodeId(Number(id)))).toBeUndefined()
  })

  it('with .. or too long name nothing for readers', () => {
    expect(fixture.namespace.status(ROOT, '/a/../b')).toBeUndefined()
    expect(fixture.namespace.status(ROOT, `/${'x'.repeat(9000)}`)).toBeUndefined()
    expect(fixture.namespace.status(ROOT, '//')?.kind).toBe('directory')
  })
})

describe('mkdirs', () => {
  it('says what is in the way', async () => {
    await writeFile(fixture.namespace, '/f', [])
    expect(await mkdirs('/')).toBe(true)
    expect(await refusal(mkdirs('/f'))).toBe('ALREADY_EXISTS: Path is not a directory: /f')
    expect(await refusal(mkdirs('/a/b', false))).toBe(
      "NOT_FOUND: Parent directory doesn't exist: /a",
    )
    expect(await refusal(mkdirs('/a/../b'))).toContain('INVALID_PATH')
    expect(await refusal(mkdirs('/x'.repeat(1001)))).toContain('IO: mkdirs: Pathname too long.')
    expect(await mkdirs('/x'.repeat(1000))).toBe(true)
    expect(fixture.namespace.contentSummary(ROOT, '/').directoryCount).toBe(1001)
  })
})

describe('delete', () => {
  it('answers false for nothing and for the root, and refuses a full directory', async () => {
    const remove = (path: string, recursive: boolean) =>
      fixture.namespace.delete(ROOT, { path, recursive })
    await mkdirs('/d/e')
    expect(await remove('/none', true)).toBe(false)
    expect(await remove('/', true)).toBe(false)
    expect(await refusal(remove('/', false))).toBe(
      "NOT_EMPTY: `/ is non empty': Directory is not empty",
    )
    expect(await refusal(remove('/d', false))).toBe(
      "NOT_EMPTY: `/d is non empty': Directory is not empty",
    )
    expect(await remove('/d/e', false)).toBe(true)
  })

  it('moves the time of the parent', async () => {
    await mkdirs('/d/e')
    fixture.clock.nowMs += 5
    await fixture.namespace.delete(ROOT, { path: '/d/e', recursive: false })
    expect(fixture.namespace.status(ROOT, '/d')?.modificationTimeMs).toBe(fixture.clock.nowMs)
  })
})

describe('attributes', () => {
  it('are changed, kept when nothing is said, and masked', async () => {
    const { namespace } = fixture
    await writeFile(namespace, '/f', [10])
    await namespace.setPermission(ROOT, { path: '/f', permission: 0x80000000 + 0o1640 })
    await namespace.setOwner(ROOT, { path: '/f', owner: 'ann', group: '' })
    await namespace.setTimes(ROOT, { path: '/f', modificationTimeMs: 5, accessTimeMs: undefined })
    expect(await namespace.setReplication(ROOT, { path: '/f', replication: 1 })).toBe(true)
    expect(namespace.status(ROOT, '/f')).toMatchObject({
      permission: 0o1640,
      owner: 'ann',
      group: 'supergroup',
      modificationTimeMs: 5,
      accessTimeMs: fixture.clock.nowMs,
      replication: 1,
    })
    expect(namespace.contentSummary(ROOT, '/').spaceConsumedBytes).toBe(10)
  })

  it('of nothing are refused, each in its words', async () => {
    const { namespace } = fixture
    const path = '/none'
    expect(await refusal(namespace.setPermission(ROOT, { path, permission: 0 }))).toBe(
      'NOT_FOUND: Directory/File does not exist /none',
    )
    expect(
      await refusal(namespace.setTimes(ROOT, { path, modificationTimeMs: 1, accessTimeMs: 1 })),
    ).toBe('NOT_FOUND: File/Directory /none does not exist.')
    expect(await namespace.setReplication(ROOT, { path, replication: 2 })).toBe(false)
    expect(await namespace.setReplication(ROOT, { path: '/', replication: 2 })).toBe(false)
    expect(await refusal(namespace.setReplication(ROOT, { path, replication: 513 }))).toBe(
      'IO: Requested replication factor of 513 exceeds maximum of 512 for /none',
    )
    expect(await refusal(() => namespace.contentSummary(ROOT, path))).toBe(
      'NOT_FOUND: File does not exist: /none',
    )
    expect(await refusal(() => namespace.checkAccess(ROOT, path, 4))).toBe(
      'NOT_FOUND: Path not found',
    )
  })
})
