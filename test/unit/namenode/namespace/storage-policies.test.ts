/** Storage policies of files and directories: set, inherited, kept in snapshots, and who may change what. */
import { describe, expect, it } from 'vitest'
import { as, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

const HOT = 7
const COLD = 2
const ALL_SSD = 12
const LAZY_PERSIST = 15

let fixture: Fixture

namespaceForEach(async (it) => {
  fixture = it
  await make('/a/b')
  await writeFile(fixture.namespace, '/a/b/f', [10])
})

const make = (path: string) =>
  fixture.namespace.mkdirs(ROOT, { path, permission: 0o755, createParent: true })
const set = (path: string, policy: string | undefined, call = ROOT) =>
  fixture.namespace.setStoragePolicy(call, { path, policy })
const of = (path: string) => fixture.namespace.storagePolicy(ROOT, path)

describe('a storage policy', () => {
  it('is that of the nearest ancestor, survives a restart, and goes when it is unset', async () => {
    expect(of('/a/b/f')).toBe(0)
    await set('/', 'COLD')
    await set('/a/b', 'all_ssd')
    await fixture.reopen()
    expect([of('/'), of('/a'), of('/a/b'), of('/a/b/f')]).toEqual([COLD, COLD, ALL_SSD, ALL_SSD])
    await set('/a/b/f', 'HOT')
    await set('/a/b', undefined)
    expect([of('/a/b'), of('/a/b/f')]).toEqual([COLD, HOT])
  })

  it('is shown by status, listing, create and by what the writer of a file is told', async () => {
    const { namespace } = fixture
    await set('/a', 'COLD')
    await set('/a/b', 'ALL_SSD')
    expect(namespace.status(ROOT, '/a/b/f')?.storagePolicy).toBe(ALL_SSD)
    const shown = namespace.list(ROOT, '/a', '', 10)?.entries.map((it) => it.storagePolicy)
    expect(shown).toEqual([ALL_SSD])
    const { id, storagePolicy } = await writeFile(namespace, '/a/c/g', [])
    expect(storagePolicy).toBe(COLD)
    expect(namespace.fileStatusById(id)?.storagePolicy).toBe(COLD)
  })

  it('follows a rename to the policy of the new place', async () => {
    await make('/cold')
    await set('/cold', 'COLD')
    await fixture.namespace.rename(ROOT, { from: '/a/b/f', to: '/cold/f' })
    expect(of('/cold/f')).toBe(COLD)
  })

  it('stays in a snapshot as it was', async () => {
    const { namespace } = fixture
    await set('/a/b', 'COLD')
    await namespace.allowSnapshot(ROOT, { path: '/a' })
    await namespace.createSnapshot(ROOT, { path: '/a', name: 's' })
    await set('/a/b', 'ALL_SSD')
    expect([of('/a/.snapshot/s/b/f'), of('/a/b/f')]).toEqual([COLD, ALL_SSD])
    const old = namespace.list(ROOT, '/a/.snapshot/s', '', 10)?.entries
    expect(old?.map((it) => it.storagePolicy)).toEqual([COLD])
  })

  it('is LAZY_PERSIST for files that were made so, or below a directory that has it', async () => {
    await set('/a', 'LAZY_PERSIST')
    await writeFile(fixture.namespace, '/a/memory', [])
    await set('/a', undefined)
    expect(of('/a/memory')).toBe(LAZY_PERSIST)
    expect(await refusal(set('/a/memory', 'HOT'))).toBe(
      'ILLEGAL_ARGUMENT: Existing policy LAZY_PERSIST cannot be changed after file creation.',
    )
    expect(await refusal(set('/a/b/f', 'LAZY_PERSIST'))).toBe(
      'ILLEGAL_ARGUMENT: Policy BlockStoragePolicy{LAZY_PERSIST:15, storageTypes=[RAM_DISK, DISK], ' +
        'creationFallbacks=[DISK], replicationFallbacks=[DISK]} cannot be set after file creation.',
    )
    await writeFile(fixture.namespace, '/ssd', [], ROOT, { policy: 'ONE_SSD' })
    expect(of('/ssd')).toBe(10)
  })

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'of an unknown name',
      () => set('/a', 'WHITE'),
      'ILLEGAL_ARGUMENT: Cannot find a block policy with the name WHITE',
    ],
    ['on nothing', () => set('/none', 'HOT'), 'NOT_FOUND: File/Directory does not exist: /none'],
    [
      'by who may not write',
      () => set('/a', 'HOT', as('eve')),
      'PERMISSION_DENIED: Permission denied: user=eve, access=WRITE, inode="/a":hdfs:supergroup:drwxr-xr-x',
    ],
    [
      'in a snapshot',
      async () => {
        await fixture.namespace.allowSnapshot(ROOT, { path: '/a' })
        await fixture.namespace.createSnapshot(ROOT, { path: '/a', name: 's' })
        await set('/a/.snapshot/s', 'HOT')
      },
      'SNAPSHOT_READ_ONLY: Modification on a read-only snapshot is disallowed',
    ],
  ])('%s is refused', async (_, work, message) => {
    expect(await refusal(work())).toBe(message)
  })
})

describe('a request to satisfy policies', () => {
  it('waits over a restart, once, until it is ended', async () => {
    const { namespace } = fixture
    const id = namespace.status(ROOT, '/a')?.id
    await namespace.satisfyStoragePolicy(ROOT, { path: '/a' })
    await namespace.satisfyStoragePolicy(ROOT, { path: '/a' })
    await writeFile(namespace, '/empty', [])
    await namespace.satisfyStoragePolicy(ROOT, { path: '/empty' })
    await fixture.reopen()
    expect(fixture.namespace.policyRequestsAfter(0, 10)).toEqual([id])
    if (id !== undefined) await fixture.namespace.endPolicyRequest(id)
    expect(fixture.namespace.policyRequestsAfter(0, 10)).toEqual([])
  })
})
