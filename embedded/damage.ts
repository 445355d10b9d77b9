/** Ways to harm a replica on disk, for programs that want to see how their cluster takes it. */
import { open, rm, truncate } from 'node:fs/promises'
import { DfsError } from '../shared/errors.js'

/** `data`, `meta`: one bit in the middle of the file is turned over. `truncate`: the second half is lost. */
export type Damage = 'data' | 'meta' | 'truncate' | 'delete'

export interface ReplicaPaths {
  readonly data: string
  readonly meta: string
}

export async function damageReplica(paths: ReplicaPaths, damage: Damage): Promise<void> {
  switch (damage) {
    case 'data':
      return await flipBit(paths.data)
    case 'meta':
      return await flipBit(paths.meta)
    case 'truncate':
      return await truncate(paths.data, Math.floor((await sizeOf(paths.data)) / 2))
    case 'delete':
      await rm(paths.data)
      return await rm(paths.meta)
  }
}

async function sizeOf(path: string): Promise<number> {
  const file = await open(path, 'r')
  try {
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

async function flipBit(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    if (size === 0)
      throw new DfsError('ILLEGAL_ARGUMENT', `${path} is empty: it has no bit to flip`)
    const position = Math.floor(size / 2)
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, position)
    byte.writeUInt8(byte.readUInt8(0) ^ 0x10, 0)
    await file.write(byte, 0, 1, position)
    await file.sync()
  } finally {
    await file.close()
  }
}
