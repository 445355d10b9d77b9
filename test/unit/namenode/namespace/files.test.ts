/** Opening, writing, closing and taking over files (protocol reference 2.4, 2.6). */
import { describe, expect, it } from 'vitest'
import { blockId, generationStamp } from '../../../../shared/ids.js'
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
  (it) => {
    fixture = it
  },
  { minBlockSizeBytes: 100 },
)

const create = (path: string, extra: object = {}, call = ROOT) =>
  fixture.namespace.create(call, createArguments(path, extra))

const openFile = (path?: string, holder?: string) =>
  openFileWithBlock(fixture.namespace, path, holder)

describe('create', () => {
  it.each<[string, string, object, string]>([
    ['over a directory', '/d', {}, 'ALREADY_EXISTS: /d already exists as a directory'],
    ['the root', '/', {}, 'ALREADY_EXISTS: / already exists as a directory'],
    [
      'without its parent',
      '/no/f',
      { createParent: false },
      "NOT_FOUND: Parent directory doesn't exist: /no",
    ],
    [
      'only to overwrite what is not there',
      '/new',
      { create: false, overwrite: true },
      "NOT_FOUND: Can't overwrite non-existent /new",
    ],
    [
      'with tiny blocks',
      '/new',
      { blockSizeBytes: 99 },
      'IO: Specified block size is less than configured minimum value (dfs.namenode.fs-limits.min-block-size): 99 < 100',
    ],
    [
      'with too many replicas',
      '/new',
      { replication: 600 },
      'IO: Requested replication factor of 600 exceeds maximum of 512 for /new, clientName=10.0.0.1',
    ],
    [
      'with none',
      '/new',
      { replication: 0 },
      'IO: Requested replication factor of 0 is less than the required minimum of 1 for /new, clientName=10.0.0.1',
    ],
    [
      'over a closed file',
      '/closed',
      {},
      'ALREADY_EXISTS: /closed for client 10.0.0.1 already exists',
    ],
    [
      'over an open file of another',
      '/open',
      { holder: 'H2' },
      'ALREADY_BEING_CREATED: Failed to CREATE_FILE /open for H2 on 10.0.0.1 because this file lease is currently owned by H1 on 10.0.0.1',
    ],
    [
      'over its own open file',
      '/open',
      {},
      'ALREADY_BEING_CREATED: Failed to CREATE_FILE /open for H1 on 10.0.0.1 because H1 is already the current lease holder.',
    ],
    [
      'with a name of 256 bytes',
      `/d/${'n'.repeat(256)}`,
      {},
      `NAME_TOO_LONG: The maximum path component name limit of ${'n'.repeat(256)} in directory /d is exceeded: limit=255 length=256`,
    ],
  ])('is refused %s', async (_name, path, extra, expected) => {
    await fixture.namespace.mkdirs(ROOT, { path: '/d', permission: 0o755, createParent: true })
    await writeFile(fixture.namespace, '/closed', [10])
    await create('/open')
    expect(await refusal(create(path, extra))).toBe(expected)
  })

  it('replaces a file with a new inode, also while another writes it', async () => {
    const { id, reference, named } = await openFile()
    const replaced = await create('/f', { overwrite: true, holder: 'H2' })
    expect(replaced.id).not.toBe(id)
    expect(
      await refusal(fixture.namespace.completeFile(ROOT, { ...reference, last: named(5) })),
    ).toBe(
      `NOT_FOUND: File does not exist: /f (inode ${id}) Holder H1 does not have any open files.`,
    )
    expect(fixture.namespace.deletedBlocksAfter(0, 9)).toHaveLength(1)
  })
})

describe('an open file', () => {
  it('is written by its holder alone, found by id after a rename', async () => {
    const { reference, named } = await openFile()
    const { namespace } = fixture
    await create('/other', { holder: 'H2' })
    const byPath = { path: '/f', fileId: undefined, holder: 'H2' }
    expect(await refusal(namespace.allocateBlock(ROOT, { ...byPath, previous: undefined }))).toBe(
      'LEASE_EXPIRED: Client (=H2) is not the lease owner (=H1: /f (inode 0) [Lease.  Holder: H2, pending creates: 1]',
    )
    await namespace.rename(ROOT, { from: '/f', to: '/moved' })
    const closed = await namespace.completeFile(ROOT, { ...reference, last: named(7) })
    expect(closed).toMatchObject({ name: 'moved', lengthBytes: 7, isUnderConstruction: false })
    expect(
      await refusal(namespace.allocateBlock(ROOT, { ...reference, previous: named(7) })),
    ).toContain('LEASE_EXPIRED: File is not open for writing: /f')
    expect(
      await refusal(
        namespace.fsync(ROOT, {
          path: '/',
          fileId: undefined,
          holder: 'H1',
          lastBlockLengthBytes: 1,
        }),
      ),
    ).toContain('LEASE_EXPIRED: INode is not a regular file: /')
  })

  it('is closed again with the same last block, by whoever asks without one', async () => {
    const { reference, named } = await openFile()
    const { namespace } = fixture
    const closed = await namespace.completeFile(ROOT, { ...reference, last: named(7) })
    expect(await namespace.completeFile(ROOT, { ...reference, last: named(7) })).toEqual(closed)
    expect(
      await namespace.completeFile(ROOT, { ...reference, holder: 'X', last: undefined }),
    ).toEqual(closed)
    const other = { ...named(7), generationStamp: generationStamp(9) }
    expect(await refusal(namespace.completeFile(ROOT, { ...reference, last: other }))).toContain(
      'LEASE_EXPIRED',
    )
  })

  it('is closed in one step, also again, while it has no block', async () => {
    const { namespace } = fixture
    const { id: fileId } = await namespace.create(ROOT, createArguments('/empty'))
    const reference = { path: '/empty', fileId, holder: 'H1' }
    expect(
      await refusal(namespace.completeEmptyFile(ROOT, { ...reference, holder: 'X' })),
    ).toContain('LEASE_EXPIRED: Client (=X) is not the lease owner (=H1')
    expect(await namespace.completeEmptyFile(ROOT, reference)).toBe(true)
    expect(namespace.status(ROOT, '/empty')).toMatchObject({ isUnderConstruction: false })
    expect(await namespace.completeEmptyFile(ROOT, reference)).toBe(true)
    await namespace.delete(ROOT, { path: '/empty', recursive: false, isFinal: true })
    expect(await refusal(namespace.completeEmptyFile(ROOT, reference))).toContain('NOT_FOUND')
  })

  it('is not closed as an empty one when it has a block, written or not', async () => {
    const { reference, named } = await openFile()
    const { namespace } = fixture
    expect(await namespace.completeEmptyFile(ROOT, reference)).toBe(false)
    expect(namespace.fileStatusById(reference.fileId)?.isUnderConstruction).toBe(true)
    await namespace.completeFile(ROOT, { ...reference, last: named(7) })
    expect(await namespace.completeEmptyFile(ROOT, reference)).toBe(false)
  })

  it('is not closed with another block, another version, or an impossible length', async () => {
    const { reference, named, block } = await openFile()
    const close = (last: ReturnType<typeof named> | undefined) =>
      refusal(fixture.namespace.completeFile(ROOT, { ...reference, last }))
    expect(await close({ ...named(5), id: blockId(5) })).toBe(
      `IO: Trying to commit inconsistent block: id = 5, expected id = ${block.id}`,
    )
    expect(await close({ ...named(5), generationStamp: generationStamp(5) })).toContain(
      `IO: Commit block with mismatching GS. NN has blk_${block.id}_1001, client submits BP-`,
    )
    expect(await close(named(1001))).toContain('IO: Impossible length 1001')
    expect(await close(named(-1))).toContain('IO: Impossible length -1')
    expect(await close(named(1.5))).toContain('IO: Impossible length 1.5')
    expect(await close(undefined)).toContain('is still being written')
  })

  it('shows readers what was synced, never less', async () => {
    const { reference } = await openFile()
    const { namespace } = fixture
    const sync = (lastBlockLengthBytes: number) =>
      namespace.fsync(ROOT, { ...reference, lastBlockLengthBytes })
    await sync(300)
    await sync(200)
    await sync(-1)
    const { status, lastBlock } = namespace.fileBlocks(ROOT, '/f', 0, 9)
    expect([status.lengthBytes, lastBlock?.lengthBytes, lastBlock?.state]).toEqual([
      300,
      300,
      'under-construction',
    ])
    expect(await refusal(sync(1001))).toContain('Impossible length')
  })

  it('loses its last block when the writer abandons it, once', async () => {
    const { reference, named, block } = await openFile()
    const { namespace } = fixture
    await namespace.abandonBlock(ROOT, { ...reference, block: named(0) })
    await namespace.abandonBlock(ROOT, { ...reference, block: named(0) })
    expect(namespace.deletedBlocksAfter(0, 9).map((it) => it.blockId)).toEqual([block.id])
    const next = await namespace.allocateBlock(ROOT, { ...reference, previous: undefined })
    expect(next.block.id).toBeGreaterThan(block.id)
  })

  it('gets a new stamp for its block in two steps', async () => {
    const { reference, named, block } = await openFile()
    const { namespace } = fixture
    const stamp = await namespace.reserveGenerationStamp(ROOT, { block: named(0), holder: 'H1' })
    expect(stamp).toBeGreaterThan(block.generationStamp)
    expect(namespace.block(block.id)?.generationStamp).toBe(block.generationStamp)
    const update = (generation: number, lengthBytes: number, holder = 'H1') =>
      namespace.updatePipeline(ROOT, {
        oldBlock: named(0),
        newBlock: { id: block.id, generationStamp: generationStamp(generation), lengthBytes },
        holder,
      })
    expect(await refusal(update(block.generationStamp, 5))).toContain(
      `does not have a larger generation stamp than the last block blk_${block.id}_${block.generationStamp}`,
    )
    expect(await refusal(update(stamp + 100, 5))).toContain('never reserved')
    expect(await refusal(update(stamp, 5, 'H2'))).toContain('LEASE_EXPIRED: Lease mismatch')
    await update(stamp, 50)
    expect(namespace.block(block.id)).toMatchObject({ generationStamp: stamp, lengthBytes: 50 })
    await namespace.completeFile(ROOT, {
      ...reference,
      last: { id: block.id, generationStamp: stamp, lengthBytes: 60 },
    })
    expect(
      await refusal(namespace.reserveGenerationStamp(ROOT, { block: named(0), holder: 'H1' })),
    ).toMatch(/^IO: Unexpected BlockUCState: BP-.* is COMMITTED but not UNDER_CONSTRUCTION$/)
    const unknown = { ...named(0), id: blockId(1) }
    expect(
      await refusal(namespace.reserveGenerationStamp(ROOT, { block: unknown, holder: 'H1' })),
    ).toContain('does not exist.')
  })
})

describe('append', () => {
  const append = (path: string, holder = 'H2', newBlock = false, call = ROOT) =>
    fixture.namespace.append(call, { path, holder, newBlock })

  it('reopens a partial last block, not a full one, not with NEW_BLOCK', async () => {
    const { namespace } = fixture
    await writeFile(namespace, '/partial', [1000, 300])
    await writeFile(namespace, '/full', [1000])
    await writeFile(namespace, '/new', [300])
    const partial = await append('/partial')
    expect(partial.lastBlock).toMatchObject({
      index: 1,
      lengthBytes: 300,
      state: 'under-construction',
    })
    expect(partial.status).toMatchObject({ isUnderConstruction: true, lengthBytes: 1300 })
    expect((await append('/full')).lastBlock).toBeUndefined()
    const fresh = await append('/new', 'H2', true)
    expect(fresh.lastBlock).toMatchObject({ state: 'committed', lengthBytes: 300 })
    // At a full block the next one comes without naming it; with NEW_BLOCK it is named.
    const next = await namespace.allocateBlock(ROOT, {
      path: '/full',
      fileId: undefined,
      holder: 'H2',
      previous: undefined,
    })
    expect(next.offsetBytes).toBe(1000)
    const { lastBlock } = fresh
    const after = await namespace.allocateBlock(ROOT, {
      path: '/new',
      fileId: undefined,
      holder: 'H2',
      previous: lastBlock,
    })
    expect([after.offsetBytes, after.block.index]).toEqual([300, 1])
  })

  it.each([
    ['/none', 'NOT_FOUND: Failed to append to non-existent file /none for client 10.0.0.1'],
    ['/d', 'ALREADY_EXISTS: Cannot append to directory /d; already exists as a directory.'],
    [
      '/f',
      'ALREADY_BEING_CREATED: Failed to APPEND_FILE /f for H2 on 10.0.0.1 because this file lease is currently owned by H1 on 10.0.0.1',
    ],
  ])('to %s is refused', async (path, expected) => {
    await fixture.namespace.mkdirs(ROOT, { path: '/d', permission: 0o755, createParent: true })
    await create('/f')
    expect(await refusal(append(path))).toBe(expected)
  })
})

describe('where the bytes are', () => {
  it.each([
    [0, 1, [0], '/f'],
    [0, 1000, [0], '/f'],
    [0, 1001, [0, 1], '/f'],
    [999, 2, [0, 1], '/f'],
    [1000, 0, [1], '/f'],
    [2499, 1, [2], '/f'],
    [2500, 1, [], '/f'],
    [0, Number.MAX_SAFE_INTEGER, [0, 1, 2], '/f'],
    [0, 1, [], '/empty'],
  ])('from %i for %i: blocks %j of %s', async (offset, length, expected, path) => {
    await writeFile(fixture.namespace, '/f', [1000, 1000, 500])
    await writeFile(fixture.namespace, '/empty', [])
    const found = fixture.namespace.fileBlocks(ROOT, path, offset, length)
    expect(found.blocks.map((it) => it.index)).toEqual(expected)
    expect(found.lastBlock?.index).toBe(path === '/f' ? 2 : undefined)
  })

  it('is refused for what is no file', async () => {
    const ask = (path: string, offset = 0, length = 1) =>
      refusal(() => fixture.namespace.fileBlocks(ROOT, path, offset, length))
    expect(await ask('/none')).toBe('NOT_FOUND: File does not exist: /none')
    expect(await ask('/')).toBe('NOT_FOUND: Path is not a file: /')
    expect(await ask('/none', -1)).toBe(
      'JAVA_ILLEGAL_ARGUMENT: Negative offset is not supported. File: /none',
    )
    expect(await ask('/none', 0, -1)).toContain('Negative length is not supported')
  })

  it('moves the access time once in an hour, behind the back of the reader', async () => {
    const { namespace, clock } = fixture
    const { accessTimeMs } = await writeFile(namespace, '/f', [5])
    clock.nowMs += 3_600_000
    namespace.fileBlocks(ROOT, '/f', 0, 1)
    await namespace.renewLease(ROOT, { holder: 'x' })
    expect(namespace.status(ROOT, '/f')?.accessTimeMs).toBe(accessTimeMs)
    clock.nowMs += 1
    namespace.fileBlocks(ROOT, '/f', 0, 1)
    await expect.poll(() => namespace.status(ROOT, '/f')?.accessTimeMs).toBe(clock.nowMs)
  })
})
