import { describe, expect, it } from 'vitest'
import { as, createArguments, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
namespaceForEach((it) => {
  fixture = it
})

describe('the main path of the namespace', () => {
  it('makes directories, files and blocks, lists them, and keeps them over a restart', async () => {
    const { namespace } = fixture
    expect(
      await namespace.mkdirs(ROOT, { path: '/a/b', permission: 0o755, createParent: true }),
    ).toBe(true)
    await writeFile(namespace, '/a/b/f', [1000, 500])
    const check = () => {
      const status = fixture.namespace.status(ROOT, '/a/b/f')
      expect(status).toMatchObject({
        kind: 'file',
        name: 'f',
        lengthBytes: 1500,
        isUnderConstruction: false,
      })
      const page = fixture.namespace.list(ROOT, '/a/b', '', 10)
      expect(page?.entries.map((it) => it.name)).toEqual(['f'])
      const { blocks, lastBlock } = fixture.namespace.fileBlocks(ROOT, '/a/b/f', 0, 2 ** 53)
      expect(blocks.map((it) => [it.offsetBytes, it.lengthBytes, it.state])).toEqual([
        [0, 1000, 'committed'],
        [1000, 500, 'committed'],
      ])
      expect(lastBlock?.index).toBe(1)
      expect(fixture.namespace.contentSummary(ROOT, '/')).toMatchObject({
        lengthBytes: 1500,
        fileCount: 1,
        directoryCount: 3,
        spaceConsumedBytes: 4500,
      })
      expect(fixture.namespace.totals()).toEqual({
        files: 1,
        directories: 3,
        blocks: 2,
        lengthBytes: 1500,
      })
    }
    check()
    const { epoch, clusterId } = namespace.identity
    await fixture.reopen()
    check()
    expect(fixture.namespace.identity).toMatchObject({ epoch: epoch + 1, clusterId })
    expect(clusterId).toMatch(/^CID-[0-9a-f-]{36}$/)
  })

  it('deletes a tree in one step, frees its blocks in slices, and never reuses an id', async () => {
    const { namespace } = fixture
    for (const name of ['x', 'y', 'z']) await writeFile(namespace, `/t/d/${name}`, [1000, 1000])
    const before = await writeFile(namespace, '/kept', [10])
    const deleted: number[] = []
    namespace.onCommitted((change) => deleted.push(...change.deletedBlocks.map((it) => it.blockId)))
    expect(await namespace.delete(ROOT, { path: '/t', recursive: true })).toBe(true)
    expect(namespace.status(ROOT, '/t')).toBeUndefined()
    expect(namespace.contentSummary(ROOT, '/')).toMatchObject({ fileCount: 1, lengthBytes: 10 })
    let slices = 0
    while (await namespace.purgeDeletedTrees(2)) slices += 1
    expect(slices).toBeGreaterThan(3)
    expect(deleted.length).toBe(6)
    expect(namespace.deletedBlocksAfter(0, 100).map((it) => it.blockId)).toEqual(deleted.toSorted())
    expect(namespace.totals()).toEqual({ files: 1, directories: 1, blocks: 1, lengthBytes: 10 })
    await namespace.forgetDeletedBlocks(
      namespace.deletedBlocksAfter(0, 100).map((it) => it.blockId),
    )
    expect(namespace.deletedBlocksAfter(0, 100)).toEqual([])
    await fixture.reopen()
    const after = await writeFile(fixture.namespace, '/after', [10])
    expect(after.id).toBeGreaterThan(before.id)
    const block = fixture.namespace.blocksOfFile(after.id)[0]
    expect(block?.id).toBeGreaterThan(Math.max(...deleted))
  })

  it('answers a repeated addBlock with the same empty block', async () => {
    const { namespace } = fixture
    const { id } = await namespace.create(ROOT, createArguments('/f'))
    const ask = { path: '/f', fileId: id, holder: 'H1', previous: undefined }
    const first = await namespace.allocateBlock(ROOT, ask)
    const again = await namespace.allocateBlock(ROOT, ask)
    expect(again).toEqual({ ...first, isRepeat: true })
    expect(first.block.id).toBe(1073741825)
    expect(first.block.generationStamp).toBe(1001)
    const wrong = {
      ...first.block,
      id: first.block.id,
      generationStamp: again.block.generationStamp,
      lengthBytes: 5,
    }
    const second = await namespace.allocateBlock(ROOT, { ...ask, previous: wrong })
    expect(second.offsetBytes).toBe(5)
    const repeat = await namespace.allocateBlock(ROOT, { ...ask, previous: wrong })
    expect(repeat).toEqual({ ...second, isRepeat: true })
    expect(await refusal(namespace.allocateBlock(ROOT, ask))).toBe(
      `IO: Cannot allocate block in /f: passed 'previous' block null does not match actual last block in file blk_${second.block.id}_${second.block.generationStamp}`,
    )
  })

  it('gives new inodes the caller as owner and the group of the parent', async () => {
    const { namespace } = fixture
    await namespace.mkdirs(ROOT, { path: '/home', permission: 0o777, createParent: true })
    await namespace.mkdirs(as('ann'), {
      path: '/home/ann/deep',
      permission: 0o400,
      createParent: true,
    })
    expect(namespace.status(ROOT, '/home/ann')).toMatchObject({
      owner: 'ann',
      group: 'supergroup',
      permission: 0o700,
    })
    expect(namespace.status(ROOT, '/home/ann/deep')).toMatchObject({ permission: 0o400 })
  })
})
