import { expect, it } from 'vitest'
import { InodeMemory } from '../../../../namenode/storage/inode-memory.js'
import type { Inode } from '../../../../namenode/storage/inode-row.js'
import { inodeId } from '../../../../shared/ids.js'

const PARENT = inodeId(16385)

const directory = (id: number, name: string): Inode => ({
  id: inodeId(id),
  parent: PARENT,
  name,
  kind: 'directory',
  permission: 0o755,
  owner: 'ann',
  group: 'staff',
  modificationTimeMs: 1,
  accessTimeMs: 0,
  isOpen: false,
  replication: 0,
  blockSizeBytes: 0,
  lengthBytes: 0,
  children: 0,
  tree: { files: 0, directories: 0, lengthBytes: 0, spaceBytes: 0, reservedBytes: 0 },
  reservedBytes: 0,
  acl: undefined,
  since: 0,
  arrived: 0,
  isSnapshottable: false,
  policy: 0,
})

it('a directory that moved is found at its new place alone, and one that is forgotten at none', () => {
  const memory = new InodeMemory()
  memory.add(directory(20_000, 'a'))
  memory.change(inodeId(20_000), (before) => ({ ...before, name: 'b' }))
  expect(memory.directory(PARENT, 'a')).toBeUndefined()
  expect(memory.directory(PARENT, 'b')?.id).toBe(20_000)
  // Another one takes the old name: the first one's next step says nothing about it.
  memory.add(directory(20_001, 'a'))
  memory.forget(inodeId(20_000))
  expect(memory.directory(PARENT, 'b')).toBeUndefined()
  expect(memory.directory(PARENT, 'a')?.id).toBe(20_001)
})

it('what an undone change has touched is forgotten, what was kept before is not', () => {
  const memory = new InodeMemory()
  memory.add(directory(20_000, 'a'))
  memory.keep()
  memory.add(directory(20_001, 'b'))
  memory.undo()
  expect(memory.directory(PARENT, 'a')?.id).toBe(20_000)
  expect(memory.directory(PARENT, 'b')).toBeUndefined()
})

it('remembers no more than it may, directories that came and went included', () => {
  const memory = new InodeMemory()
  for (let id = 20_000; id < 45_000; id += 1) {
    memory.add(directory(id, `d${id}`))
    if (id % 2 === 0) memory.forget(inodeId(id))
  }
  const { inodes, directories } = memory.sizes
  expect(inodes).toBeLessThanOrEqual(10_000)
  expect(directories).toBe(inodes)
})
