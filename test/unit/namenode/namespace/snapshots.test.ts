/** Snapshots: rules, texts and what they show. Whether they show it always is the matter of snapshot-model.test.ts. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { StoredNamespace } from '../../../../namenode/service/namespace/namespace-facade.js'
import { generationStamp } from '../../../../shared/ids.js'
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
import { checkStore } from './store-checks.js'

let fixture: Fixture
let namespace: StoredNamespace

namespaceForEach(async (it) => {
  fixture = it
  namespace = fixture.namespace
  await mkdirs('/d/sub', '/plain')
})

async function mkdirs(...paths: readonly string[]) {
  for (const path of paths) {
    await namespace.mkdirs(ROOT, { path, permission: 0o755, createParent: true })
  }
}
const allow = (path = '/d', call = ROOT) => namespace.allowSnapshot(call, { path })
const take = (name = 's1', path = '/d', call = ROOT) =>
  namespace.createSnapshot(call, { path, name })
const names = (path: string) => namespace.list(ROOT, path, '', 100)?.entries.map((it) => it.name)
const diff = (from: string, to: string, path = '/d') =>
  namespace.snapshotDiff(ROOT, { path, from, to })

describe('a directory becomes snapshottable', () => {
  it('by a superuser, as often as one likes, and stops to be when it has no snapshots', async () => {
    expect(await refusal(allow('/d', as('bob')))).toBe(
      'PERMISSION_DENIED: Access denied for user bob. Superuser privilege is required for operation allowSnapshot',
    )
    await allow()
    await allow()
    expect(namespace.status(ROOT, '/d')?.isSnapshottable).toBe(true)
    await take()
    expect(await refusal(namespace.disallowSnapshot(ROOT, { path: '/d' }))).toBe(
      'SNAPSHOT: The directory /d has snapshot(s). Please redo the operation after removing all the snapshots.',
    )
    await namespace.deleteSnapshot(ROOT, { path: '/d', name: 's1' })
    await namespace.disallowSnapshot(ROOT, { path: '/d' })
    expect(await refusal(take())).toBe('SNAPSHOT: Directory is not a snapshottable directory: /d')
  })

  it('unless one above or below it is, or it is no directory', async () => {
    await allow()
    expect(await refusal(allow('/d/sub'))).toBe(
      'SNAPSHOT: Nested snapshottable directories not allowed: path=/d/sub, the ancestor /d is already a snapshottable directory.',
    )
    expect(await refusal(allow('/'))).toBe(
      'SNAPSHOT: Nested snapshottable directories not allowed: path=/, the subdirectory /d is already a snapshottable directory.',
    )
    await writeFile(namespace, '/plain/f', [])
    expect(await refusal(allow('/plain/f'))).toBe('NOT_A_DIRECTORY: /plain/f')
    expect(await refusal(allow('/none'))).toBe('NOT_FOUND: Directory does not exist: /none')
  })

  it('and the root counts as one without room', async () => {
    expect(names('/.snapshot')).toEqual([])
    expect(await refusal(take('s', '/'))).toBe(
      'SNAPSHOT: Failed to add snapshot: there are already 0 snapshot(s) and the snapshot quota is 0',
    )
  })
})

describe('a snapshot', () => {
  beforeEach(() => allow())

  it('is named by its maker or by the time', async () => {
    expect(await take('s1')).toBe('/d/.snapshot/s1')
    expect(await take('')).toMatch(/^\/d\/\.snapshot\/s\d{8}-\d{6}\.\d{3}$/)
    expect(await refusal(take('s1'))).toBe(
      'SNAPSHOT: Failed to add snapshot: there is already a snapshot with the same name "s1".',
    )
    for (const name of ['a/b', '.snapshot', '..']) {
      expect(await refusal(take(name))).toBe(
        `INVALID_PATH: Invalid path name Invalid snapshot name: ${name}`,
      )
    }
    expect(await refusal(take('x'.repeat(256)))).toContain('NAME_TOO_LONG')
  })

  it('is renamed and deleted by its name', async () => {
    await take('s1')
    await take('s2')
    const rename = (from: string, to: string) =>
      namespace.renameSnapshot(ROOT, { path: '/d', from, to })
    await rename('s1', 's1')
    expect(await refusal(rename('zz', 's3'))).toBe(
      'SNAPSHOT: The snapshot zz does not exist for directory /d',
    )
    expect(await refusal(rename('s1', 's2'))).toBe(
      'SNAPSHOT: The snapshot s2 already exists for directory /d',
    )
    await rename('s1', 'old')
    expect(names('/d/.snapshot')).toEqual(['old', 's2'])
    expect(await refusal(namespace.deleteSnapshot(ROOT, { path: '/d', name: 'zz' }))).toBe(
      'SNAPSHOT: Cannot delete snapshot zz from path /d: the snapshot does not exist.',
    )
    await namespace.deleteSnapshot(ROOT, { path: '/d', name: 'old' })
    expect(names('/d/.snapshot')).toEqual(['s2'])
  })

  it('is made once when its request comes twice', async () => {
    const call = as('hdfs', { requestId: { clientId: 'ab'.repeat(16), callId: 7 } })
    expect(await take('s1', '/d', call)).toBe('/d/.snapshot/s1')
    await fixture.reopen()
    namespace = fixture.namespace
    expect(await take('s1', '/d', call)).toBe('/d/.snapshot/s1')
    expect(names('/d/.snapshot')).toEqual(['s1'])
  })

  it('belongs to the owner of the directory', async () => {
    const text = 'PERMISSION_DENIED: Permission denied. user=bob is not the owner of inode=/d'
    expect(await refusal(take('s1', '/d', as('bob')))).toBe(text)
    await namespace.setOwner(ROOT, { path: '/d', owner: 'bob', group: undefined })
    await take('s1', '/d', as('bob'))
    expect(namespace.snapshottableDirectories(as('bob'))).toMatchObject([
      { status: { name: 'd' }, parentPath: '/', snapshotCount: 1, snapshotLimit: 65_536 },
    ])
    expect(namespace.snapshottableDirectories(as('eve'))).toEqual([])
    expect(namespace.snapshots(as('bob'), '/d')).toMatchObject([
      { status: { name: 's1' }, number: 0, directoryPath: '/d' },
    ])
  })

  it('cannot be changed', async () => {
    await writeFile(namespace, '/d/f', [5])
    await take()
    const text = 'SNAPSHOT_READ_ONLY: Modification on a read-only snapshot is disallowed'
    const path = '/d/.snapshot/s1/f'
    const changes: (() => Promise<unknown>)[] = [
      () => namespace.delete(ROOT, { path, recursive: true }),
      () => namespace.delete(ROOT, { path: '/d/.snapshot', recursive: true }),
      () => namespace.mkdirs(ROOT, { path: `${path}/x`, permission: 0o755, createParent: true }),
      () => namespace.create(ROOT, createArguments(path, { overwrite: true })),
      () => namespace.rename(ROOT, { from: path, to: '/plain/f' }),
      () => namespace.rename(ROOT, { from: '/d/f', to: path }),
      () => namespace.setPermission(ROOT, { path, permission: 0o777 }),
      () => namespace.setTimes(ROOT, { path, modificationTimeMs: 1, accessTimeMs: 1 }),
      () => namespace.append(ROOT, { path, holder: 'H1', newBlock: false }),
    ]
    for (const change of changes) expect(await refusal(change())).toBe(text)
    expect(
      await refusal(
        namespace.mkdirs(ROOT, { path: '/plain/.snapshot', permission: 0o755, createParent: true }),
      ),
    ).toBe('ILLEGAL_ARGUMENT: ".snapshot" is a reserved name.')
  })

  it('keeps its directory, and whatever is above it, from being deleted or renamed', async () => {
    await take('s1')
    const text =
      'SNAPSHOT: The directory /d cannot be deleted since /d is snapshottable and already has snapshots'
    expect(await refusal(namespace.delete(ROOT, { path: '/d', recursive: true }))).toBe(text)
    expect(await refusal(namespace.rename(ROOT, { from: '/d', to: '/x' }))).toBe(text)
    await mkdirs('/up/low')
    await allow('/up/low')
    await take('s1', '/up/low')
    expect(await refusal(namespace.delete(ROOT, { path: '/up', recursive: true }))).toBe(
      'SNAPSHOT: The directory /up cannot be deleted since /up/low is snapshottable and already has snapshots',
    )
    await namespace.deleteSnapshot(ROOT, { path: '/up/low', name: 's1' })
    expect(await refusal(namespace.rename(ROOT, { from: '/up', to: '/d/up' }))).toContain(
      'SNAPSHOT: Unable to rename because /up has snapshottable descendant directories and /d is a descent',
    )
    await namespace.rename(ROOT, { from: '/up', to: '/plain/up' })
    expect(await namespace.delete(ROOT, { path: '/plain', recursive: true })).toBe(true)
    expect(namespace.snapshottableDirectories(ROOT).map((it) => it.status.name)).toEqual(['d'])
    checkStore(fixture.folder)
  })

  it('shows rights as they were, and asks for them', async () => {
    await writeFile(namespace, '/d/sub/f', [5])
    await take()
    await namespace.setPermission(ROOT, { path: '/d/sub', permission: 0o700 })
    expect(namespace.status(as('bob'), '/d/.snapshot/s1/sub/f')?.lengthBytes).toBe(5)
    await take('s2')
    expect(await refusal(() => namespace.status(as('bob'), '/d/.snapshot/s2/sub/f'))).toContain(
      'PERMISSION_DENIED: Permission denied: user=bob, access=EXECUTE, inode="/d/.snapshot/s2/sub"',
    )
  })

  it('shows a file that is being written with the length known then', async () => {
    const { reference, named } = await openFileWithBlock(namespace, '/d/f')
    await namespace.fsync(ROOT, { ...reference, lastBlockLengthBytes: 7 })
    await take()
    await namespace.completeFile(ROOT, { ...reference, last: named(900) })
    const seen = namespace.fileBlocks(ROOT, '/d/.snapshot/s1/f', 0, 1000)
    expect(seen.status).toMatchObject({ lengthBytes: 7, isUnderConstruction: false })
    expect(seen.blocks).toMatchObject([{ lengthBytes: 7, state: 'committed' }])
    expect(namespace.isFileClosed(ROOT, '/d/.snapshot/s1/f')).toBe(true)
  })

  it('shows the newest stamp of a block that was appended to', async () => {
    await writeFile(namespace, '/d/f', [500])
    await take()
    const { lastBlock, status } = await namespace.append(ROOT, {
      path: '/d/f',
      holder: 'H1',
      newBlock: false,
    })
    if (lastBlock === undefined) throw new Error('no block')
    const call = { block: lastBlock, holder: 'H1' }
    const stamp = await namespace.reserveGenerationStamp(ROOT, call)
    const newBlock = { ...lastBlock, generationStamp: generationStamp(stamp), lengthBytes: 500 }
    await namespace.updatePipeline(ROOT, { oldBlock: lastBlock, newBlock, holder: 'H1' })
    const reference = { path: '/d/f', fileId: status.id, holder: 'H1' }
    await namespace.completeFile(ROOT, { ...reference, last: { ...newBlock, lengthBytes: 800 } })
    expect(namespace.fileBlocks(ROOT, '/d/.snapshot/s1/f', 0, 1000).blocks).toMatchObject([
      { lengthBytes: 500, generationStamp: stamp },
    ])
  })

  it('keeps the blocks of what was deleted until no snapshot shows them', async () => {
    await writeFile(namespace, '/d/f', [500, 500])
    const blocks = namespace.fileBlocks(ROOT, '/d/f', 0, 1000).blocks.map((it) => it.id)
    await take('s1')
    await take('s2')
    await namespace.delete(ROOT, { path: '/d/f', recursive: false })
    expect(namespace.deletedBlocksAfter(0, 10)).toEqual([])
    expect(blocks.map((it) => namespace.block(it)?.replication)).toEqual([3, 3])
    await namespace.deleteSnapshot(ROOT, { path: '/d', name: 's1' })
    while (await namespace.freeSnapshots(10));
    expect(namespace.deletedBlocksAfter(0, 10)).toEqual([])
    await fixture.reopen()
    namespace = fixture.namespace
    await namespace.deleteSnapshot(ROOT, { path: '/d', name: 's2' })
    while (await namespace.freeSnapshots(1));
    expect(namespace.deletedBlocksAfter(0, 10).map((it) => it.blockId)).toEqual(blocks)
    checkStore(fixture.folder)
  })

  it('does not keep a block that was only begun when its file is deleted', async () => {
    const { reference } = await openFileWithBlock(namespace, '/d/f')
    const [begun] = namespace.blocksOfFile(reference.fileId)
    await take()
    await namespace.delete(ROOT, { path: '/d/f', recursive: false })
    expect(namespace.deletedBlocksAfter(0, 10).map((it) => it.blockId)).toEqual([begun?.id])
    const seen = namespace.fileBlocks(ROOT, '/d/.snapshot/s1/f', 0, 1000)
    expect(seen).toMatchObject({ status: { lengthBytes: 0 }, blocks: [] })
    await namespace.deleteSnapshot(ROOT, { path: '/d', name: 's1' })
    while (await namespace.freeSnapshots(10));
    checkStore(fixture.folder)
  })

  it('does not keep what came from elsewhere after it', async () => {
    await writeFile(namespace, '/plain/in/f', [500])
    await take()
    await namespace.rename(ROOT, { from: '/plain/in', to: '/d/in' })
    await namespace.delete(ROOT, { path: '/d/in/f', recursive: false })
    expect(namespace.deletedBlocksAfter(0, 10)).toHaveLength(1)
  })

  it('lets go of what came after an older one with the newer one', async () => {
    await writeFile(namespace, '/plain/in/f', [500])
    await take('s1')
    await namespace.rename(ROOT, { from: '/plain/in', to: '/d/in' })
    await take('s2')
    await namespace.delete(ROOT, { path: '/d/in/f', recursive: false })
    expect(namespace.deletedBlocksAfter(0, 10)).toEqual([])
    await namespace.deleteSnapshot(ROOT, { path: '/d', name: 's2' })
    while (await namespace.freeSnapshots(10));
    expect(namespace.deletedBlocksAfter(0, 10)).toHaveLength(1)
    checkStore(fixture.folder)
  })

  it('keeps what is changed after it has left, or below something deleted', async () => {
    await writeFile(namespace, '/d/sub/x/f', [500])
    await writeFile(namespace, '/d/sub/y/g', [500])
    await take()
    await namespace.rename(ROOT, { from: '/d/sub/x', to: '/plain/x' })
    await namespace.delete(ROOT, { path: '/plain/x/f', recursive: false })
    await namespace.delete(ROOT, { path: '/d/sub', recursive: true })
    while (await namespace.purgeDeletedTrees(1));
    expect(namespace.deletedBlocksAfter(0, 10)).toEqual([])
    const seen = (path: string) => namespace.fileBlocks(ROOT, `/d/.snapshot/s1/${path}`, 0, 1000)
    expect(seen('sub/x/f').blocks).toHaveLength(1)
    expect(seen('sub/y/g').blocks).toHaveLength(1)
    checkStore(fixture.folder)
  })

  it('keeps a block that is to be cut, and a file that is to be joined to another', async () => {
    await writeFile(namespace, '/d/a', [500, 500])
    await writeFile(namespace, '/d/b', [500])
    await take()
    const cut = (newLengthBytes: number) =>
      namespace.truncate(ROOT, { path: '/d/a', newLengthBytes, holder: 'H1' })
    expect(await cut(500)).toMatchObject({ isDone: true })
    expect(namespace.fileBlocks(ROOT, '/d/.snapshot/s1/a', 0, 2000).blocks).toHaveLength(2)
    expect(await refusal(namespace.concat(ROOT, { target: '/d/a', sources: ['/d/b'] }))).toBe(
      'SNAPSHOT: Concat: the source file /d/b is in snapshot',
    )
    checkStore(fixture.folder)
  })
})

describe('the difference of two states', () => {
  beforeEach(() => allow())

  it('is told from the earlier or from the later one', async () => {
    await writeFile(namespace, '/d/sub/kept', [1])
    await writeFile(namespace, '/d/sub/gone', [1])
    await take('s1')
    await namespace.rename(ROOT, { from: '/d/sub/kept', to: '/d/moved' })
    await namespace.delete(ROOT, { path: '/d/sub/gone', recursive: false })
    await writeFile(namespace, '/d/new', [1])
    await take('s2')
    expect(diff('s1', 's2')).toEqual([
      { kind: 'modified', path: '' },
      { kind: 'created', path: 'new' },
      { kind: 'modified', path: 'sub' },
      { kind: 'deleted', path: 'sub/gone' },
      { kind: 'renamed', path: 'sub/kept', target: 'moved' },
    ])
    expect(diff('', 's1')).toEqual([
      { kind: 'modified', path: '' },
      { kind: 'deleted', path: 'new' },
      { kind: 'modified', path: 'sub' },
      { kind: 'created', path: 'sub/gone' },
      { kind: 'renamed', path: 'moved', target: 'sub/kept' },
    ])
    expect(diff('s1', 's2', '/d/sub')).toEqual([
      { kind: 'modified', path: '' },
      { kind: 'deleted', path: 'gone' },
      { kind: 'deleted', path: 'kept' },
    ])
    expect(diff('s1', 's1')).toEqual([])
    expect(await refusal(() => diff('zz', ''))).toBe(
      'SNAPSHOT: Cannot find the snapshot of directory /d with name zz',
    )
    expect(await refusal(() => diff('s1', '', '/plain'))).toBe(
      'SNAPSHOT: Directory is neither snapshottable nor under a snap root!',
    )
  })

  it('calls new what was saved from a directory that is gone: nothing is said of what was in there', async () => {
    await writeFile(namespace, '/d/sub/deep/saved', [1])
    await take()
    await namespace.rename(ROOT, { from: '/d/sub/deep/saved', to: '/d/saved' })
    await namespace.delete(ROOT, { path: '/d/sub', recursive: true })
    expect(diff('s1', '')).toEqual([
      { kind: 'modified', path: '' },
      { kind: 'created', path: 'saved' },
      { kind: 'deleted', path: 'sub' },
    ])
  })

  it('does not know times, and knows everything else that somebody sets', async () => {
    await writeFile(namespace, '/d/f', [1])
    await writeFile(namespace, '/d/sub/g', [1])
    await take()
    await namespace.setTimes(ROOT, { path: '/d/f', modificationTimeMs: 5, accessTimeMs: 5 })
    expect(diff('s1', '')).toEqual([])
    await mkdirs('/d/sub/deep/down')
    await take('s2')
    await namespace.setPermission(ROOT, { path: '/d/sub/deep/down', permission: 0o700 })
    expect(diff('s2', '')).toEqual([{ kind: 'modified', path: 'sub/deep/down' }])
    await namespace.delete(ROOT, { path: '/d/sub/deep', recursive: true })
    await namespace.setReplication(ROOT, { path: '/d/sub/g', replication: 2 })
    await namespace.setPermission(ROOT, { path: '/d/sub', permission: 0o700 })
    expect(diff('s1', '')).toEqual([
      { kind: 'modified', path: 'sub' },
      { kind: 'modified', path: 'sub/g' },
    ])
  })
})
