/** Shortening files (protocol reference 2.5): at block boundaries at once, inside a block by way of a recovery. */
import { describe, expect, it } from 'vitest'
import { as, createArguments, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
namespaceForEach(
  (it) => {
    fixture = it
  },
  { minBlockSizeBytes: 100 },
)

const truncate = (newLengthBytes: number, holder = 'H1', call = ROOT) =>
  fixture.namespace.truncate(call, { path: '/f', newLengthBytes, holder })
const status = () => fixture.namespace.status(ROOT, '/f')

describe('truncate', () => {
  it('drops whole blocks at once', async () => {
    const { id } = await writeFile(fixture.namespace, '/f', [1000, 700, 300])
    const [, , third] = fixture.namespace.blocksOfFile(id)
    expect(await truncate(1700)).toEqual({ fileId: id, isDone: true })
    expect(status()).toMatchObject({ lengthBytes: 1700, isUnderConstruction: false })
    expect(fixture.namespace.deletedBlocksAfter(0, 9).map((it) => it.blockId)).toEqual([third?.id])
    expect(await truncate(1700)).toMatchObject({ isDone: true })
    fixture.clock.nowMs += 5
    expect(await truncate(0)).toMatchObject({ isDone: true })
    expect(fixture.namespace.blocksOfFile(id)).toEqual([])
    expect(status()).toMatchObject({
      lengthBytes: 0,
      modificationTimeMs: fixture.clock.nowMs,
    })
    expect(fixture.namespace.contentSummary(ROOT, '/').spaceConsumedBytes).toBe(0)
  })

  it('keeps a file open until its last block has been cut, and only by the length that was asked for', async () => {
    const { id } = await writeFile(fixture.namespace, '/f', [1000, 700, 300])
    const { namespace } = fixture
    expect(await truncate(1500)).toEqual({ fileId: id, isDone: false })
    // The block shows its old length while it is being cut.
    expect(status()).toMatchObject({ lengthBytes: 1700, isUnderConstruction: true })
    expect(namespace.isFileClosed(ROOT, '/f')).toBe(false)
    await fixture.reopen()
    const begun = await fixture.namespace.beginLeaseRecovery(id)
    if (begun.kind !== 'recovering') throw new Error('expected a recovery')
    expect(begun).toMatchObject({ truncateBytes: 500, block: { lengthBytes: 700 } })
    const cut = {
      id: begun.block.id,
      generationStamp: begun.newGenerationStamp,
      lengthBytes: 500,
    }
    expect(
      await refusal(fixture.namespace.finishLeaseRecovery(id, { ...cut, lengthBytes: 501 })),
    ).toContain('Impossible length 501')
    await fixture.namespace.finishLeaseRecovery(id, cut)
    expect(status()).toMatchObject({ lengthBytes: 1500, isUnderConstruction: false })
    expect(await truncate(1500)).toMatchObject({ isDone: true })
    const reopened = await fixture.namespace.append(ROOT, {
      path: '/f',
      holder: 'H2',
      newBlock: false,
    })
    expect(reopened.lastBlock).toMatchObject(cut)
  })

  it('locks the file for everybody meanwhile, in the words of HDFS', async () => {
    const { id } = await writeFile(fixture.namespace, '/f', [700])
    await truncate(500)
    expect(await truncate(500, 'H2')).toEqual({ fileId: id, isDone: false })
    expect(await refusal(truncate(400))).toBe(
      'ALREADY_BEING_CREATED: Failed to TRUNCATE_FILE /f for H1 on 10.0.0.1 because H1 is already the current lease holder.',
    )
    const append = (holder: string) =>
      fixture.namespace.append(ROOT, { path: '/f', holder, newBlock: false })
    expect(await refusal(append('H1'))).toBe(
      'ALREADY_BEING_CREATED: Failed to APPEND_FILE /f for H1 on 10.0.0.1 because H1 is already the current lease holder.',
    )
    expect(await refusal(append('H2'))).toBe(
      'RECOVERY_IN_PROGRESS: Failed to APPEND_FILE /f for H2 on 10.0.0.1 because another recovery is in progress by H1 on 10.0.0.1',
    )
    const reference = { path: '/f', fileId: id, holder: 'H1' }
    const [block] = fixture.namespace.blocksOfFile(id)
    for (const work of [
      fixture.namespace.completeFile(ROOT, { ...reference, last: block }),
      fixture.namespace.allocateBlock(ROOT, { ...reference, previous: block }),
      fixture.namespace.fsync(ROOT, { ...reference, lastBlockLengthBytes: 900 }),
    ]) {
      expect(await refusal(work)).toContain('LEASE_EXPIRED: File is not open for writing: /f')
    }
    if (block === undefined) throw new Error('no block')
    expect(
      await refusal(fixture.namespace.reserveGenerationStamp(ROOT, { block, holder: 'H1' })),
    ).toContain('is UNDER_RECOVERY but not UNDER_CONSTRUCTION')
  })

  it('may be deleted, renamed or replaced while it is being cut', async () => {
    const { namespace } = fixture
    const { id } = await writeFile(namespace, '/f', [700])
    await truncate(500)
    await namespace.rename(ROOT, { from: '/f', to: '/g' })
    const begun = await namespace.beginLeaseRecovery(id)
    if (begun.kind !== 'recovering') throw new Error('expected a recovery')
    await namespace.create(ROOT, createArguments('/g', { overwrite: true, holder: 'H3' }))
    const cut = { id: begun.block.id, generationStamp: begun.newGenerationStamp, lengthBytes: 500 }
    expect(await refusal(namespace.finishLeaseRecovery(id, cut))).toContain('NOT_FOUND')
    expect(await namespace.beginLeaseRecovery(id)).toEqual({ kind: 'closed' })
  })

  describe('inside a block that a snapshot shows', () => {
    async function begun(path = '/d/f') {
      const { namespace } = fixture
      const { id } = await writeFile(namespace, path, [1000, 700])
      await namespace.allowSnapshot(ROOT, { path: '/d' })
      await namespace.createSnapshot(ROOT, { path: '/d', name: 's' })
      await namespace.truncate(ROOT, { path, newLengthBytes: 1500, holder: 'H1' })
      await fixture.reopen()
      const recovery = await fixture.namespace.beginLeaseRecovery(id)
      if (recovery.kind !== 'recovering' || recovery.copyTo === undefined) {
        throw new Error('expected a copy')
      }
      const { block: old, copyTo, newGenerationStamp: generationStamp } = recovery
      return { id, old, copy: { id: copyTo, generationStamp, lengthBytes: 500 } }
    }

    it('puts its beginning into a new block, and the snapshot keeps the old one', async () => {
      const { id, old, copy } = await begun()
      const { namespace } = fixture
      expect(namespace.status(ROOT, '/d/f')).toMatchObject({ lengthBytes: 1700 })
      const cutInPlace = { ...copy, id: old.id }
      expect(await refusal(namespace.finishLeaseRecovery(id, cutInPlace))).toContain('STALE')
      await namespace.finishLeaseRecovery(id, copy)
      await namespace.finishLeaseRecovery(id, copy)
      expect(namespace.blocksOfFile(id)).toMatchObject([{ lengthBytes: 1000 }, copy])
      expect(namespace.isFileClosed(ROOT, '/d/f')).toBe(true)
      const shown = namespace.fileBlocks(ROOT, '/d/.snapshot/s/f', 0, 9999).blocks
      expect(shown.map((it) => [it.id, it.lengthBytes])).toContainEqual([old.id, 700])
      expect(namespace.deletedBlocksAfter(0, 9)).toEqual([])
      // A snapshot may be made while the next cut is under way: it is a copy again, until there can be none.
      expect(
        await namespace.truncate(ROOT, { path: '/d/f', newLengthBytes: 1200, holder: 'H1' }),
      ).toMatchObject({ isDone: false })
      const next = await namespace.beginLeaseRecovery(id)
      expect(next).toMatchObject({ copyTo: expect.any(Number) })
      await namespace.createSnapshot(ROOT, { path: '/d', name: 'meanwhile' })
      if (next.kind !== 'recovering' || next.copyTo === undefined) throw new Error('no copy')
      const { newGenerationStamp: generationStamp } = next
      await namespace.finishLeaseRecovery(id, {
        id: next.copyTo,
        generationStamp,
        lengthBytes: 200,
      })
      const seen = namespace.fileBlocks(ROOT, '/d/.snapshot/meanwhile/f', 0, 9999).blocks
      expect(seen.map((it) => [it.id, it.lengthBytes])).toContainEqual([copy.id, 500])
    })

    it('leaves nothing of the copy when the file is deleted meanwhile', async () => {
      const { id, copy } = await begun()
      const { namespace } = fixture
      await namespace.delete(ROOT, { path: '/d/f', recursive: false })
      expect(namespace.deletedBlocksAfter(0, 9).map((it) => it.blockId)).toEqual([copy.id])
      expect(await refusal(namespace.finishLeaseRecovery(id, copy))).toContain('NOT_FOUND')
      expect(namespace.fileBlocks(ROOT, '/d/.snapshot/s/f', 0, 9999).blocks).toHaveLength(2)
    })
  })

  it('keeps its directory from being shown by a snapshot while a block is cut where it is', async () => {
    const { namespace } = fixture
    const { id } = await writeFile(namespace, '/f', [700])
    await truncate(500)
    const path = '/d'
    await namespace.mkdirs(ROOT, { path, permission: 0o755, createParent: true })
    await namespace.mkdirs(ROOT, { path: '/d/sub', permission: 0o755, createParent: true })
    await namespace.allowSnapshot(ROOT, { path })
    await namespace.createSnapshot(ROOT, { path, name: 'before' })
    await namespace.rename(ROOT, { from: '/f', to: '/d/sub/f' })
    const take = () => namespace.createSnapshot(ROOT, { path, name: 's' })
    expect(await refusal(take())).toBe(
      'RETRIABLE: Failed to add snapshot of /d: /d/sub/f is being truncated. Try again later.',
    )
    const begun = await namespace.beginLeaseRecovery(id)
    if (begun.kind !== 'recovering') throw new Error('expected a recovery')
    const cut = { id: begun.block.id, generationStamp: begun.newGenerationStamp, lengthBytes: 500 }
    await namespace.finishLeaseRecovery(id, cut)
    expect(await take()).toBe('/d/.snapshot/s')
    expect(namespace.fileBlocks(ROOT, '/d/.snapshot/s/sub/f', 0, 999).blocks).toMatchObject([cut])
  })

  it('is refused with the texts of HDFS', async () => {
    const { namespace } = fixture
    await namespace.mkdirs(ROOT, { path: '/d', permission: 0o755, createParent: true })
    await writeFile(namespace, '/f', [1])
    expect(await refusal(truncate(999_999))).toBe(
      'ILLEGAL_ARGUMENT: Cannot truncate to a larger file size. Current size: 1, truncate size: 999999.',
    )
    expect(await refusal(truncate(-1))).toBe(
      'ILLEGAL_ARGUMENT: Cannot truncate to a negative file size: -1.',
    )
    const at = (path: string, call = ROOT) =>
      namespace.truncate(call, { path, newLengthBytes: 0, holder: 'H1' })
    expect(await refusal(at('/d'))).toBe('NOT_FOUND: Path is not a file: /d')
    expect(await refusal(at('/none'))).toBe('NOT_FOUND: File does not exist: /none')
    expect(await refusal(at('/f', as('eve')))).toContain('PERMISSION_DENIED')
    await namespace.create(ROOT, createArguments('/open', { holder: 'H2' }))
    expect(await refusal(at('/open'))).toBe(
      'ALREADY_BEING_CREATED: Failed to TRUNCATE_FILE /open for H1 on 10.0.0.1 because this file lease is currently owned by H2 on 10.0.0.1',
    )
  })

  it('answers a repeated request as the first time', async () => {
    const call = as('hdfs', {
      requestId: { clientId: '00112233445566778899aabbccddeeff', callId: 3 },
    })
    await writeFile(fixture.namespace, '/f', [1000, 700])
    const first = await truncate(1000, 'H1', call)
    await fixture.reopen()
    await fixture.namespace.append(ROOT, { path: '/f', holder: 'H9', newBlock: false })
    expect(await truncate(1000, 'H1', call)).toEqual(first)
  })
})
