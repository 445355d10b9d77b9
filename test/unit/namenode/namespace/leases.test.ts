/** Who may write, for how long, and how a file is taken from the silent (protocol reference 2.6). */
import { describe, expect, it } from 'vitest'
import { generationStamp, type InodeId } from '../../../../shared/ids.js'
import {
  as,
  createArguments,
  type Fixture,
  openFileWithBlock,
  ROOT,
  refusal,
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

it('a file that a thousand want to append to has one writer', async () => {
  const { namespace } = fixture
  const { id } = await create('/wanted')
  await namespace.completeFile(ROOT, { path: '/wanted', fileId: id, holder: 'H1', last: undefined })
  const attempts = Array.from({ length: 1000 }, (_, index) =>
    namespace.append(as('hdfs'), { path: '/wanted', holder: `A${index}`, newBlock: false }),
  )
  const results = await Promise.allSettled(attempts)
  const refused = results.flatMap((it) => (it.status === 'rejected' ? [it.reason.code] : []))
  expect(refused).toEqual(Array.from({ length: 999 }, () => 'ALREADY_BEING_CREATED'))
})

describe('a lease', () => {
  it('is taken over after the soft limit, by way of a recovery that fences the old writer', async () => {
    const { id, reference, named, block } = await openFile()
    const { namespace, clock } = fixture
    const append = () =>
      namespace.append(as('hdfs', { clientAddress: '10.0.0.2' }), {
        path: '/f',
        holder: 'H2',
        newBlock: false,
      })
    clock.nowMs += 50_000
    await namespace.renewLease(ROOT, { holder: 'H1' })
    clock.nowMs += 60_000
    expect(await refusal(append())).toContain('ALREADY_BEING_CREATED')
    expect(namespace.expiredLeases(clock.nowMs - 1_200_000, 9)).toEqual([])
    clock.nowMs += 1
    expect(await refusal(append())).toBe(
      'RECOVERY_IN_PROGRESS: Failed to APPEND_FILE /f for H2 on 10.0.0.2 because lease recovery is in progress. Try again later.',
    )
    expect(await refusal(append())).toContain(
      'because another recovery is in progress by H2 on 10.0.0.2',
    )
    expect(await refusal(namespace.completeFile(ROOT, { ...reference, last: named(5) }))).toContain(
      'LEASE_EXPIRED: Client (=H1) is not the lease owner (=H2: /f',
    )
    // The lease monitor finds it, begins for itself, and only its stamp counts.
    expect(namespace.expiredLeases(clock.nowMs - 1_200_000, 9)).toEqual([
      { holder: 'H2', files: [id] },
    ])
    const begun = await namespace.beginLeaseRecovery(id)
    if (begun.kind !== 'recovering') throw new Error('expected a recovery')
    expect(namespace.expiredLeases(clock.nowMs - 1_200_000, 9)).toEqual([])
    expect(begun.block.generationStamp).toBe(block.generationStamp)
    const agreed = { id: block.id, generationStamp: begun.newGenerationStamp, lengthBytes: 40 }
    const older = { ...agreed, generationStamp: generationStamp(begun.newGenerationStamp - 1) }
    expect(await refusal(namespace.finishLeaseRecovery(id, older))).toContain('STALE_GENERATION')
    await namespace.finishLeaseRecovery(id, agreed)
    await namespace.finishLeaseRecovery(id, agreed)
    expect(namespace.status(ROOT, '/f')).toMatchObject({
      lengthBytes: 40,
      isUnderConstruction: false,
    })
    expect(await namespace.beginLeaseRecovery(id)).toEqual({ kind: 'closed' })
    expect((await append()).lastBlock).toMatchObject({
      lengthBytes: 40,
      generationStamp: begun.newGenerationStamp,
    })
  })

  it('expires after the hard limit, is fresh after a restart, and its file is closed at once when nothing is in the air', async () => {
    const { id } = await create('/empty')
    const { clock } = fixture
    clock.nowMs += 1_200_001
    await fixture.reopen()
    const { namespace } = fixture
    expect(namespace.expiredLeases(clock.nowMs - 1_200_000, 9)).toEqual([])
    clock.nowMs += 1_200_001
    expect(namespace.expiredLeases(clock.nowMs - 1_200_000, 9)).toEqual([
      { holder: 'H1', files: [id] },
    ])
    expect(await namespace.beginLeaseRecovery(id)).toEqual({ kind: 'closed' })
    expect(namespace.expiredLeases(clock.nowMs, 9)).toEqual([])
    expect(namespace.isFileClosed(ROOT, '/empty')).toBe(true)
  })

  it('under recovery is found behind others that were tried lately', async () => {
    const ids: InodeId[] = []
    for (const name of ['a', 'b', 'c']) ids.push((await openFile(`/${name}`, name)).id)
    for (const id of ids) await fixture.namespace.beginLeaseRecovery(id)
    await fixture.reopen()
    const { namespace, clock } = fixture
    const found = () =>
      namespace.expiredLeases(clock.nowMs - 1_200_000, 2).flatMap(({ files }) => files)
    expect(found()).toEqual(ids.slice(0, 2))
    for (const id of found()) await namespace.beginLeaseRecovery(id)
    expect(found()).toEqual(ids.slice(2))
  })

  it('drops an empty last block, and goes with a deleted tree', async () => {
    const { id, named, block } = await openFile()
    const { namespace, clock } = fixture
    const begun = await namespace.beginLeaseRecovery(id)
    if (begun.kind !== 'recovering') throw new Error('expected a recovery')
    await namespace.finishLeaseRecovery(id, {
      ...named(0),
      generationStamp: begun.newGenerationStamp,
    })
    expect(namespace.blocksOfFile(id)).toEqual([])
    expect(namespace.deletedBlocksAfter(0, 9)).toEqual([
      { blockId: block.id, generationStamp: block.generationStamp },
    ])
    const open = await openFile('/t/open')
    const again = await namespace.beginLeaseRecovery(open.id)
    if (again.kind !== 'recovering') throw new Error('expected a recovery')
    await namespace.delete(ROOT, { path: '/t', recursive: true })
    expect(await namespace.beginLeaseRecovery(open.id)).toEqual({ kind: 'closed' })
    const agreed = { ...open.named(5), generationStamp: again.newGenerationStamp }
    expect(await refusal(namespace.finishLeaseRecovery(open.id, agreed))).toContain('NOT_FOUND')
    clock.nowMs += 2_000_000
    expect(namespace.openFilesAfter(0, 9)).toEqual([])
    expect(namespace.expiredLeases(clock.nowMs, 9)).toEqual([])
  })
})
