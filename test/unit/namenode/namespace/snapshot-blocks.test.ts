/** Blocks that snapshots show: when they go, and who closes a file that only snapshots show. */
import { describe, expect, it } from 'vitest'
import type { StoredNamespace } from '../../../../namenode/service/namespace/namespace-facade.js'
import {
  appendBytes,
  type Fixture,
  ROOT,
  refusal,
  truncateFile,
  writeFile,
} from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'
import { checkStore } from './store-checks.js'

let fixture: Fixture
let namespace: StoredNamespace

namespaceForEach(async (it) => {
  fixture = it
  namespace = fixture.namespace
  await namespace.mkdirs(ROOT, { path: '/d', permission: 0o755, createParent: true })
  await namespace.allowSnapshot(ROOT, { path: '/d' })
})

const take = (name = 's1') => namespace.createSnapshot(ROOT, { path: '/d', name })
const forget = async (name = 's1') => {
  await namespace.deleteSnapshot(ROOT, { path: '/d', name })
  while (await namespace.freeSnapshots(10));
}

describe('a snapshot', () => {
  it('has the namenode close a file that was deleted while it was appended to', async () => {
    await writeFile(namespace, '/d/f', [500])
    await take()
    const { status, lastBlock } = await namespace.append(ROOT, {
      path: '/d/f',
      holder: 'H1',
      newBlock: false,
    })
    await namespace.delete(ROOT, { path: '/d/f', recursive: false })
    expect(namespace.openFilesAfter(0, 9)).toEqual([])
    const expired = () => namespace.expiredLeases(fixture.clock.nowMs - 1_200_000, 9)
    expect(expired()).toEqual([{ holder: 'HDFS_NameNode', files: [status.id] }])
    checkStore(fixture.folder)
    await fixture.reopen()
    namespace = fixture.namespace
    expect(expired()).toEqual([{ holder: 'HDFS_NameNode', files: [status.id] }])
    const begun = await namespace.beginLeaseRecovery(status.id)
    if (begun.kind !== 'recovering' || !lastBlock) throw new Error('expected a recovery')
    expect(begun.block).toMatchObject({ id: lastBlock.id, lengthBytes: 500 })
    const agreed = { id: lastBlock.id, generationStamp: begun.newGenerationStamp, lengthBytes: 560 }
    await namespace.finishLeaseRecovery(status.id, agreed)
    expect(await refusal(namespace.finishLeaseRecovery(status.id, agreed))).toContain('NOT_FOUND')
    expect(namespace.block(lastBlock.id)).toMatchObject({ ...agreed, state: 'committed' })
    expect(expired()).toEqual([])
    const seen = namespace.fileBlocks(ROOT, '/d/.snapshot/s1/f', 0, 1000)
    expect(seen.status.lengthBytes).toBe(500)
    expect(seen.blocks).toMatchObject([{ ...agreed, lengthBytes: 500 }])
    checkStore(fixture.folder)
    await forget()
    expect(namespace.deletedBlocksAfter(0, 10).map((it) => it.blockId)).toEqual([lastBlock.id])
    checkStore(fixture.folder)
  })

  it('takes the lease of a deleted file along when nothing shows it any more', async () => {
    await writeFile(namespace, '/d/f', [500])
    await take()
    const { status } = await namespace.append(ROOT, { path: '/d/f', holder: 'H1', newBlock: false })
    await namespace.delete(ROOT, { path: '/d/f', recursive: false })
    const begun = await namespace.beginLeaseRecovery(status.id)
    if (begun.kind !== 'recovering') throw new Error('expected a recovery')
    await forget()
    expect(namespace.expiredLeases(fixture.clock.nowMs, 9)).toEqual([])
    const agreed = { ...begun.block, generationStamp: begun.newGenerationStamp }
    expect(await refusal(namespace.finishLeaseRecovery(status.id, agreed))).toContain('NOT_FOUND')
    expect(await namespace.beginLeaseRecovery(status.id)).toEqual({ kind: 'closed' })
    checkStore(fixture.folder)
  })

  it('goes without the file whose blocks it alone still shows', async () => {
    const { id } = await writeFile(namespace, '/d/f', [500])
    await take()
    await truncateFile(namespace, '/d/f', 0)
    await forget()
    expect(namespace.deletedBlocksAfter(0, 10)).toHaveLength(1)
    expect(namespace.status(ROOT, '/d/f')).toMatchObject({ id, lengthBytes: 0 })
    checkStore(fixture.folder)
  })

  it('goes without the blocks that it showed shorter than they became', async () => {
    await writeFile(namespace, '/d/f', [500])
    await take('s1')
    await appendBytes(namespace, '/d/f', 60)
    await take('s2')
    await appendBytes(namespace, '/d/f', 7)
    const blocksOf = (path: string) => namespace.fileBlocks(ROOT, path, 0, 1000).blocks
    await namespace.delete(ROOT, { path: '/d/f', recursive: false })
    await forget('s1')
    expect(namespace.deletedBlocksAfter(0, 10)).toEqual([])
    expect(blocksOf('/d/.snapshot/s2/f')).toMatchObject([{ lengthBytes: 560 }])
    await writeFile(namespace, '/d/g', [500])
    await take('s3')
    await appendBytes(namespace, '/d/g', 60)
    await forget('s3')
    expect(namespace.deletedBlocksAfter(0, 10)).toEqual([])
    expect(blocksOf('/d/g')).toMatchObject([{ lengthBytes: 560 }])
    checkStore(fixture.folder)
  })

  it('that goes with the block that was being written leaves a closed file to older ones', async () => {
    const { id } = await writeFile(namespace, '/d/f', [1000])
    await take('s1')
    await namespace.append(ROOT, { path: '/d/f', holder: 'H1', newBlock: true })
    const reference = { path: '/d/f', fileId: id, holder: 'H1' }
    await namespace.allocateBlock(ROOT, { ...reference, previous: undefined })
    await namespace.fsync(ROOT, { ...reference, lastBlockLengthBytes: 40 })
    await take('s2')
    await namespace.delete(ROOT, { path: '/d/f', recursive: false })
    const expired = () => namespace.expiredLeases(fixture.clock.nowMs, 9)
    expect(expired()).toHaveLength(1)
    await forget('s2')
    expect(expired()).toEqual([])
    const before = namespace.lastTransactionId()
    expect(await namespace.beginLeaseRecovery(id)).toEqual({ kind: 'closed' })
    expect(namespace.lastTransactionId()).toBe(before)
    checkStore(fixture.folder)
  })
})
