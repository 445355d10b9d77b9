import { readdirSync, readlinkSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KeptFiles } from '../../../../datanode/blocks/kept-files.js'
import type { FinalizedReplica } from '../../../../datanode/blocks/replica.js'
import { ReplicaFile } from '../../../../datanode/blocks/replica-file.js'
import { resumeReplica } from '../../../../datanode/blocks/replica-recovery.js'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { startNode, type TestNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { FakeClock } from '../../../support/fake-clock.js'
import { flipBit } from '../../../support/flip-bit.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741855
const BLOCK_BYTES = 300_000

async function nodeWith(blocks: number, options: Parameters<typeof startNode>[0] = {}) {
  const node = await startNode(options)
  for (let index = 0; index < blocks; index += 1) {
    await writeBlock(node.port, ID + index, pattern(0, BLOCK_BYTES))
  }
  return node
}

/** What a read over the network brings; undefined when it is refused. */
async function read(node: TestNode, id: number, offset: number, length: number, stamp = 1001) {
  const peer = await TransferPeer.connect(node.port)
  peer.readOperation(id, offset, length, { stamp })
  const answer = await peer.response()
  if (answer.status !== Status.SUCCESS) return undefined
  const packets = await peer.packets()
  peer.sendReadStatus()
  return Buffer.concat(packets.map(({ data }) => data))
}

/** Descriptors of this process below a folder. */
function descriptorsBelow(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const target = readlinkSync(join('/proc/self/fd', name))
      return target.startsWith(folder) && target.includes('blk_') ? [target] : []
    } catch {
      // Closed meanwhile.
      return []
    }
  })
}

const noneOpen = (node: TestNode) =>
  waitUntil(() => descriptorsBelow(node.folder).length === 0, { what: 'no descriptor is left' })

describe('a replica that is read again', () => {
  it('is read from the files that the first reader opened, and from the disk each time', async () => {
    const disk = new FailingDisk()
    const node = await nodeWith(1, { disk })
    const expected = pattern(65_536, 65_536)
    expect((await read(node, ID, 65_536, 65_536))?.equals(expected)).toBe(true)
    disk.faults.push({ call: 'open', pathPart: 'blk_', effect: 'EACCES' })
    expect((await read(node, ID, 65_536, 65_536))?.equals(expected)).toBe(true)
    expect(descriptorsBelow(node.folder)).toHaveLength(2)
    disk.faults.push({ call: 'read', pathPart: 'blk_', effect: 'EACCES' })
    expect(await read(node, ID, 65_536, 65_536)).toBeUndefined()
  })

  it.each([
    ['a turned bit', (path: string) => flipBit(path, 70_000)],
    ['its end cut off', (path: string) => truncateSync(path, 100_000)],
  ])('is refused and reported when its data got %s meanwhile', async (_, harm) => {
    const node = await nodeWith(1)
    expect(await read(node, ID, 65_536, 65_536)).toBeDefined()
    harm(node.store.pathsOf(node.store.get(ID)!).data)
    expect(await read(node, ID, 65_536, 65_536)).toBeUndefined()
    expect(node.events.kinds()).toContain('corrupt')
    expect(node.store.keptFiles.size).toBe(0)
    await noneOpen(node)
  })

  it('whose meta file got a turned bit meanwhile is served with the right sums: they were remembered', async () => {
    const node = await nodeWith(1)
    await read(node, ID, 0, 1000)
    flipBit(node.store.pathsOf(node.store.get(ID)!).meta, 1024 + 20)
    expect((await read(node, ID, 0, 512))?.equals(pattern(0, 512))).toBe(true)
    node.store.keptFiles.forget(ID)
    expect(await read(node, ID, 0, 512)).toBeUndefined()
    expect(node.events.kinds()).toContain('corrupt')
  })

  it('is gone once it is deleted, and its room is free', async () => {
    const node = await nodeWith(1)
    await read(node, ID, 0, 1000)
    await node.store.delete(ID, 1001, node.store.get(ID)!.volume.storageId)
    expect(await read(node, ID, 0, 1000)).toBeUndefined()
    await noneOpen(node)
  })

  it('has the bytes of its new version once it was deleted and written anew', async () => {
    const node = await nodeWith(1)
    await read(node, ID, 0, 1000)
    await node.store.delete(ID, 1001, node.store.get(ID)!.volume.storageId)
    await writeBlock(node.port, ID, pattern(7, BLOCK_BYTES))
    expect((await read(node, ID, 0, 512))?.equals(pattern(7, 512))).toBe(true)
  })

  it('lets go of its files when it is reopened for a writer', async () => {
    const node = await nodeWith(1)
    await read(node, ID, 0, 1000)
    const resumed = await resumeReplica(node.store, {
      ...{ id: ID, blockName: 'test', stage: 'append', generationStamp: 1001 },
      ...{ newGenerationStamp: 1002, minBytes: BLOCK_BYTES, maxBytes: BLOCK_BYTES },
      sizeBytes: BLOCK_BYTES,
    })
    expect(node.store.keptFiles.size).toBe(0)
    await node.store.release(resumed)
    await noneOpen(node)
  })

  it('lets go of its files when its volume fails', async () => {
    const node = await nodeWith(1)
    await read(node, ID, 0, 1000)
    const { volume } = node.store.get(ID)!
    volume.disk.fail(new Error('gone'))
    expect(await read(node, ID, 0, 1000)).toBeUndefined()
    await node.store.dropVolume(volume)
    await noneOpen(node)
    expect(node.events.kinds()).not.toContain('corrupt')
  })

  it('is read by who was at it when its files are let go of', async () => {
    const node = await nodeWith(1)
    const reader = await node.store.openReader(ID, 'test', 'kept')
    rmSync(node.store.pathsOf(node.store.get(ID)!).data)
    node.store.keptFiles.forget(ID)
    const piece = await reader.read(0, 512, Buffer.alloc(65_536))
    expect(piece.data.equals(pattern(0, 512))).toBe(true)
    await reader.close()
    await noneOpen(node)
  })
})

describe('files that are kept open', () => {
  const limits = { maxReplicas: 2, maxMetaBytes: 1_000_000, maxAgeMs: 1000 }

  async function keptFiles(change: Partial<typeof limits> = {}) {
    const node = await nodeWith(4)
    const clock = new FakeClock()
    const isCurrent = (it: FinalizedReplica) => node.store.get(it.id) === it
    const failures: unknown[] = []
    const kept = new KeptFiles({
      ...{ clock, isCurrent, onCloseFailed: (error) => failures.push(error) },
      limits: { ...limits, ...change },
    })
    const replicaOf = (index: number) => node.store.get(ID + index) as FinalizedReplica
    let opened = 0
    const open = (index: number) => () => {
      opened += 1
      const replica = replicaOf(index)
      return ReplicaFile.open(replica.volume.disk, replica.id, node.store.pathsOf(replica), 'read')
    }
    const take = (index: number) => kept.take(replicaOf(index), open(index))
    return { node, clock, kept, take, replicaOf, open, opened: () => opened, failures }
  }

  it('are no more than the limit: the oldest go', async () => {
    const { node, kept, take, opened } = await keptFiles()
    for (const index of [0, 1, 2, 3]) await (await take(index)).close()
    expect(kept.size).toBe(2)
    await (await take(3)).close()
    expect(opened()).toBe(4)
    await waitUntil(() => descriptorsBelow(node.folder).length === 4, { what: 'two are closed' })
    await kept.close()
    expect(descriptorsBelow(node.folder)).toEqual([])
  })

  it('are opened once for readers that come together', async () => {
    const { take, opened, kept } = await keptFiles()
    const files = await Promise.all([take(0), take(0), take(0)])
    expect(opened()).toBe(1)
    for (const file of files) await file.close()
    await kept.close()
  })

  it('are not those of another version, even when nobody said that there is one', async () => {
    const { kept, take, replicaOf, open, opened } = await keptFiles()
    await (await take(0)).close()
    await (await kept.take({ ...replicaOf(0) }, open(0))).close()
    expect(opened()).toBe(2)
    await kept.close()
  })

  it('are closed when they are old, however much they are read', async () => {
    const { node, clock, kept, take, opened } = await keptFiles()
    for (let round = 0; round < 4; round += 1) {
      await (await take(0)).close()
      await clock.advance(400)
    }
    expect(opened()).toBe(2)
    await clock.advance(1000)
    expect(kept.size).toBe(0)
    await noneOpen(node)
  })

  it('remember no more of the meta files than the limit', async () => {
    const { kept, take } = await keptFiles({ maxMetaBytes: 3000 })
    const one = await take(0)
    await one.readRecords(0, 1, Buffer.alloc(65_536))
    expect(kept.metaBytes).toBe(5 * 536)
    const other = await take(1)
    await other.readRecords(0, 1, Buffer.alloc(65_536))
    expect(kept.metaBytes).toBe(5 * 536)
    expect(kept.size).toBe(1)
    await one.close()
    await other.close()
    await kept.close()
    expect(kept.metaBytes).toBe(0)
  })

  it('make room when there are no descriptors left', async () => {
    const { kept, take, replicaOf, open } = await keptFiles()
    await (await take(0)).close()
    let isFull = true
    const files = await kept.take(replicaOf(1), () => {
      if (!isFull) return open(1)()
      isFull = false
      return Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }))
    })
    expect(kept.size).toBe(0)
    await files.close()
    await kept.close()
  })

  it('are not kept when the replica was replaced while they were being opened', async () => {
    const { node, kept, replicaOf, open } = await keptFiles()
    const replica = replicaOf(0)
    const files = await kept.take(replica, async () => {
      const file = await open(0)()
      node.store.index.delete(ID)
      return file
    })
    expect(kept.size).toBe(0)
    await files.close()
    await noneOpen(node)
  })

  it('that cannot be opened leave nothing behind', async () => {
    const { kept, take, replicaOf } = await keptFiles()
    const broken = () => Promise.reject(new Error('broken'))
    await expect(kept.take(replicaOf(0), broken)).rejects.toThrow('broken')
    expect(kept.size).toBe(0)
    await (await take(0)).close()
    await kept.close()
  })
})
