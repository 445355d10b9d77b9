import { expect, it } from 'vitest'
import type { Call } from '../../../../namenode/service/access/call.js'
import type { BlockManager } from '../../../../namenode/service/blocks/block-manager.js'
import { LocatedBlocks } from '../../../../namenode/service/files/located-blocks.js'
import type { Namespace } from '../../../../namenode/service/namespace/namespace.js'

/** A file of blocks of 10 bytes each. @param asked the blocks that overlap what is asked for */
function fileOf(asked: readonly number[], last: number) {
  const looked: number[] = []
  const placed = (id: number) => ({ id, lengthBytes: 10, state: 'committed', offsetBytes: id * 10 })
  const namespace = {
    fileBlocks: () => ({ status: {}, blocks: asked.map(placed), lastBlock: placed(last) }),
  } as unknown as Namespace
  const blockManager = {
    locate: ({ id }: { id: number }) => {
      looked.push(id)
      return { replicas: [], isCorrupt: false }
    },
  } as unknown as BlockManager
  const blocks = new LocatedBlocks({ namespace, blockManager, namenodeAddresses: new Set() })
  const file = blocks.file({ clientAddress: '127.0.0.1' } as Call, '/f', 0, 100)
  return { looked, file }
}

it('a last block that was asked for is looked for once', () => {
  const { looked, file } = fileOf([1, 2, 3], 3)
  expect(looked).toEqual([1, 2, 3])
  expect(file.lastBlock).toBe(file.blocks[2])
  expect(file.lengthBytes).toBe(40)
})

it('a last block behind what was asked for is looked for as well', () => {
  const { looked, file } = fileOf([1, 2], 3)
  expect(looked).toEqual([1, 2, 3])
  expect(file.blocks.map((it) => it.block.id)).toEqual([1, 2])
  expect(file.lastBlock).toMatchObject({ block: { id: 3 }, offsetBytes: 30 })
})

it('a range without blocks still tells of the last one', () => {
  const { looked, file } = fileOf([], 3)
  expect(looked).toEqual([3])
  expect(file.lastBlock?.block.id).toBe(3)
})
