import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NamenodeClient } from '../../../../shared/client/namenode-client.js'
import { DfsError } from '../../../../shared/errors.js'
import type { Decoded } from '../../../../shared/hadoop/message.js'
import type { ExtendedBlockProto } from '../../../../shared/hadoop/schema/hdfs.js'
import { type Block, blockId, generationStamp } from '../../../../shared/ids.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'
import { datanodeView } from '../../../support/scripted-block-manager.js'

type Extended = Decoded<typeof ExtendedBlockProto>

let namenode: NamenodeRpc
let root: NamenodeClient

beforeEach(async () => {
  namenode = await openNamenodeRpc()
  root = namenode.client()
})
afterEach(() => namenode.close())

const create = (src: string, change: Partial<Parameters<NamenodeClient['create']>[0]> = {}) =>
  root.create({
    src,
    masked: { perm: 0o644 },
    clientName: 'w',
    createFlag: 1,
    createParent: true,
    replication: 3,
    blockSize: 1024,
    ...change,
  })
const addBlock = async (src: string, previous?: Extended, clientName = 'w') =>
  (await root.addBlock({ src, clientName, ...(previous === undefined ? {} : { previous }) })).block
const written = (b: Extended, numBytes: number): Extended => ({ ...b, numBytes })
const complete = (src: string, last?: Extended, clientName = 'w') =>
  root.complete({ src, clientName, ...(last === undefined ? {} : { last }) })
const blockOf = (b: Extended): Block => ({
  id: blockId(b.blockId),
  generationStamp: generationStamp(b.generationStamp),
  lengthBytes: b.numBytes ?? 0,
})
/** Creates and closes a file with one block of `length` bytes on the first three nodes. */
async function put(src: string, length: number): Promise<Extended> {
  const { blockManager } = namenode
  await create(src)
  const { b } = await addBlock(src)
  await complete(src, written(b, length))
  blockManager.place(
    blockId(b.blockId),
    blockManager.nodes.slice(0, 3).map((it) => blockManager.replicaOn(it)),
  )
  return written(b, length)
}

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof DfsError) return `${error.javaClass.split('.').at(-1)}: ${error.message}`
    throw error
  }
  return 'success'
}

describe('addBlock', () => {
  it('answers an empty block with targets, storages and an empty token, and expects its replicas', async () => {
    await create('/f')
    const block = await addBlock('/f')
    expect(block).toMatchObject({ offset: 0, corrupt: false, b: { numBytes: 0 } })
    expect(block.locs.map((it) => it.id.ipAddr)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
    expect(block.storageIDs).toEqual(['DS-1', 'DS-2', 'DS-3'])
    expect(block.storageTypes).toEqual([1, 1, 1])
    expect(block.blockToken).toMatchObject({ kind: '', service: '' })
    const [expected] = namenode.blockManager.expected
    expect(expected?.block.id).toBe(block.b.blockId)
    expect(expected?.targets.map((it) => it.datanodeUuid)).toEqual(['node-1', 'node-2', 'node-3'])
  })

  it('places the next block behind the one that it commits', async () => {
    await create('/f')
    const first = await addBlock('/f')
    const second = await addBlock('/f', written(first.b, 1000))
    expect(second.offset).toBe(1000)
    expect(second.b.blockId).not.toBe(first.b.blockId)
  })

  it('answers a repeated request with the same block', async () => {
    await create('/f')
    const first = await addBlock('/f')
    expect((await addBlock('/f')).b).toEqual(first.b)
    const second = await addBlock('/f', written(first.b, 1024))
    expect((await addBlock('/f', written(first.b, 1024))).b).toEqual(second.b)
  })

  it('leaves out excluded nodes by UUID and by address', async () => {
    await create('/f')
    const id = (uuid: string, ipAddr: string) => ({
      id: { ipAddr, hostName: '', datanodeUuid: uuid, xferPort: 9866, infoPort: 0, ipcPort: 0 },
    })
    const { block } = await root.addBlock({
      src: '/f',
      clientName: 'w',
      excludeNodes: [id('node-1', 'x'), id('', '10.0.0.3')],
    })
    expect(block.locs.map((it) => it.id.datanodeUuid).sort()).toEqual(['node-2', 'node-4'])
  })

  it('asks for favoured nodes, and leaves the own machine out only when there are others', async () => {
    const { blockManager } = namenode
    await create('/f')
    await root.addBlock({ src: '/f', clientName: 'w', favoredNodes: ['10.0.0.4:9866', 'nobody:1'] })
    expect(blockManager.targetRequests.at(-1)?.favoured).toEqual(['node-4'])
    const avoid = async (nodes: number) => {
      blockManager.nodes = [1, 2, 3, 4].map((number) =>
        datanodeView(number, number > nodes ? { addresses: ['127.0.0.1'] } : {}),
      )
      const { block } = await root.addBlock({ src: '/f', clientName: 'w', flags: [1] })
      return block.locs.map((it) => it.id.datanodeUuid)
    }
    expect(await avoid(3)).toEqual(['node-1', 'node-2', 'node-3'])
    expect(await avoid(2)).toHaveLength(3)
    expect(await avoid(0)).toHaveLength(3)
  })

  it('without room allocates nothing and says so in the words that clients know', async () => {
    const { blockManager, services } = namenode
    await create('/f')
    blockManager.nodes = [
      datanodeView(1, { liveness: 'stale' }),
      datanodeView(2, { liveness: 'dead' }),
    ]
    expect(await failure(addBlock('/f'))).toBe(
      'IOException: File /f could only be written to 0 of the 1 minReplication nodes. ' +
        'There are 1 datanode(s) running and 0 node(s) are excluded in this operation.',
    )
    expect(services.namespace.totals().blocks).toBe(0)
  })

  it('waits for the block before the last, and only for that', async () => {
    const { blockManager, services } = namenode
    blockManager.storesAtOnce = false
    await create('/f')
    const first = await addBlock('/f')
    const second = await addBlock('/f', written(first.b, 1024))
    const third = addBlock('/f', written(second.b, 1024))
    const awaited = blockOf(written(first.b, 1024))
    await expect.poll(() => blockManager.isAwaited(awaited)).toBe(true)
    expect(services.namespace.totals().blocks).toBe(2)
    blockManager.store(awaited, 1)
    expect((await third).offset).toBe(2048)
  })

  it('says NotReplicatedYet when that takes too long', async () => {
    await namenode.close()
    namenode = await openNamenodeRpc({ change: { completeWaitMs: 0 } })
    root = namenode.client()
    namenode.blockManager.storesAtOnce = false
    await create('/f')
    const first = await addBlock('/f')
    const second = await addBlock('/f', written(first.b, 1024))
    expect(await failure(addBlock('/f', written(second.b, 1024)))).toBe(
      'NotReplicatedYetException: Not replicated yet: /f',
    )
  })

  it('is refused to others, for files that are gone and for blocks of another pool', async () => {
    await create('/f')
    expect(await failure(addBlock('/f', undefined, 'x'))).toBe(
      'LeaseExpiredException: Client (=x) is not the lease owner (=w: /f (inode 0) Holder x does not have any open files.',
    )
    expect(await failure(addBlock('/none'))).toContain(
      'FileNotFoundException: File does not exist: /none (inode 0) [Lease.  Holder: w, pending creates: 1]',
    )
    const { b } = await addBlock('/f')
    expect(await failure(addBlock('/f', { ...b, poolId: 'BP-other' }))).toBe(
      `IOException: Unexpected BlockPoolId BP-other - expected ${b.poolId}`,
    )
  })

  it('is refused in the safe mode of a start, while a close is not', async () => {
    const { blockManager } = namenode
    await create('/f')
    const { b } = await addBlock('/f')
    blockManager.readiness = { kind: 'safe-mode', reason: 'starting' }
    expect(await failure(addBlock('/f', written(b, 5)))).toContain('SafeModeException')
    expect(await complete('/f', written(b, 5))).toEqual({ result: true })
  })

  it('finds the file by its id after a rename', async () => {
    const { fs } = await create('/a')
    await root.rename({ src: '/a', dst: '/b' })
    const { block } = await root.addBlock({ src: '/a', clientName: 'w', fileId: fs!.fileId! })
    expect(block.b.blockId).toBeGreaterThan(0)
  })
})

describe('complete', () => {
  it('is true as soon as the replicas are reported, not after a poll', async () => {
    const { blockManager } = namenode
    blockManager.storesAtOnce = false
    await create('/f')
    const { b } = await addBlock('/f')
    const answer = complete('/f', written(b, 7))
    const awaited = blockOf(written(b, 7))
    await expect.poll(() => blockManager.isAwaited(awaited)).toBe(true)
    expect(await root.isFileClosed({ src: '/f' })).toEqual({ result: false })
    blockManager.store(awaited, 1)
    expect(await answer).toEqual({ result: true })
    expect((await root.getFileInfo({ src: '/f' })).fs?.length).toBe(7)
  })

  it('is false, and the file stays open, when no replica is reported in time', async () => {
    await namenode.close()
    namenode = await openNamenodeRpc({ change: { completeWaitMs: 0 } })
    root = namenode.client()
    namenode.blockManager.storesAtOnce = false
    await create('/f')
    const { b } = await addBlock('/f')
    expect(await complete('/f', written(b, 7))).toEqual({ result: false })
    expect(await root.isFileClosed({ src: '/f' })).toEqual({ result: false })
    namenode.blockManager.store(blockOf(written(b, 7)), 1)
    expect(await complete('/f', written(b, 7))).toEqual({ result: true })
  })

  it('does not wait for replicas of a shorter length', async () => {
    await namenode.close()
    namenode = await openNamenodeRpc({ change: { completeWaitMs: 0 } })
    root = namenode.client()
    namenode.blockManager.storesAtOnce = false
    await create('/f')
    const { b } = await addBlock('/f')
    namenode.blockManager.store(blockOf(written(b, 6)), 3)
    expect(await complete('/f', written(b, 7))).toEqual({ result: false })
  })

  it('again is true, for any client when it names no block', async () => {
    const last = await put('/f', 9)
    expect(await complete('/f', last)).toEqual({ result: true })
    expect(await complete('/f', undefined, 'somebody')).toEqual({ result: true })
  })

  it('takes the stamp from before updateBlockForPipeline, as the Go client gives it', async () => {
    await create('/f')
    const { b } = await addBlock('/f')
    const { block } = await root.updateBlockForPipeline({ block: written(b, 9), clientName: 'w' })
    expect(block.offset).toBe(-1)
    expect(block.locs).toEqual([])
    expect(block.b.generationStamp).toBeGreaterThan(b.generationStamp)
    expect(await complete('/f', written(b, 9))).toEqual({ result: true })
  })
})

describe('a pipeline that is rebuilt', () => {
  it('gets a new stamp, new nodes and only then another expectation', async () => {
    const { blockManager } = namenode
    await create('/f')
    const { b, locs } = await addBlock('/f')
    const { block: extended } = await root.getAdditionalDatanode({
      src: '/f',
      blk: b,
      existings: locs.slice(0, 2),
      existingStorageUuids: ['DS-1', 'DS-2'],
      excludes: locs.slice(2),
      numAdditionalNodes: 1,
      clientName: 'w',
    })
    expect(extended.locs.map((it) => it.id.datanodeUuid)).toEqual(['node-1', 'node-2', 'node-4'])
    expect(extended.storageIDs).toEqual(['DS-1', 'DS-2', 'DS-4'])
    expect(blockManager.lost).toEqual(['node-3'])
    const { block: stamped } = await root.updateBlockForPipeline({ block: b, clientName: 'w' })
    expect(blockManager.expected).toHaveLength(1)
    await root.updatePipeline({
      clientName: 'w',
      oldBlock: b,
      newBlock: stamped.b,
      newNodes: extended.locs.map((it) => it.id),
      storageIDs: extended.storageIDs,
    })
    expect(blockManager.expected.at(-1)?.block.generationStamp).toBe(stamped.b.generationStamp)
    expect(blockManager.expected.at(-1)?.targets).toHaveLength(3)
    expect(await failure(complete('/f', written(b, 9)))).toContain('IOException')
    expect(await complete('/f', written(stamped.b, 9))).toEqual({ result: true })
  })

  it('is told when there is no further node', async () => {
    namenode.blockManager.nodes = namenode.blockManager.nodes.slice(0, 3)
    await create('/f')
    const { b, locs } = await addBlock('/f')
    const answer = await failure(
      root.getAdditionalDatanode({
        src: '/f',
        blk: b,
        existings: locs,
        numAdditionalNodes: 1,
        clientName: 'w',
      }),
    )
    expect(answer).toContain('IOException: File /f could only be written to 0 of the 1')
  })
})

describe('getBlockLocations', () => {
  it('of an empty file is set, without blocks', async () => {
    await create('/e')
    await complete('/e')
    const { locations } = await root.getBlockLocations({ src: '/e', offset: 0, length: 2 ** 63 })
    expect(locations).toMatchObject({
      fileLength: 0,
      blocks: [],
      underConstruction: false,
      isLastBlockComplete: false,
    })
    expect(locations?.lastBlock).toBeUndefined()
  })

  it('of a closed file has all blocks in the range and the last one as complete', async () => {
    await create('/f')
    const first = await addBlock('/f')
    const second = await addBlock('/f', written(first.b, 1024))
    await complete('/f', written(second.b, 10))
    const { locations } = await root.getBlockLocations({ src: '/f', offset: 1024, length: 1 })
    expect(locations).toMatchObject({
      fileLength: 1034,
      underConstruction: false,
      isLastBlockComplete: true,
      lastBlock: { offset: 1024, b: { numBytes: 10 } },
    })
    expect(locations?.blocks.map((it) => it.offset)).toEqual([1024])
    const whole = await root.getBlockLocations({ src: '/f', offset: 0, length: 2 ** 63 })
    expect(whole.locations?.blocks.map((it) => it.b.numBytes)).toEqual([1024, 10])
  })

  it('of an open file leaves the last block out of the length and names its pipeline', async () => {
    await create('/f')
    const first = await addBlock('/f')
    await addBlock('/f', written(first.b, 1024))
    await root.fsync({ src: '/f', client: 'w', lastBlockLength: 77 })
    const { locations } = await root.getBlockLocations({ src: '/f', offset: 0, length: 4096 })
    expect(locations).toMatchObject({
      fileLength: 1024,
      underConstruction: true,
      isLastBlockComplete: false,
      lastBlock: { b: { numBytes: 77 } },
    })
    expect(locations?.blocks).toHaveLength(2)
    expect(locations?.lastBlock?.locs).toHaveLength(3)
  })

  it('offers bad replicas only when there is no good one, and dead nodes never', async () => {
    const { blockManager } = namenode
    const { blockId: id } = await put('/f', 9)
    const [one, two, three] = blockManager.nodes
    blockManager.place(blockId(id), [
      blockManager.replicaOn(one!, 'corrupt'),
      blockManager.replicaOn(two!, 'unconfirmed'),
      blockManager.replicaOn({ ...three!, liveness: 'dead' }),
    ])
    const read = () => root.getBlockLocations({ src: '/f', offset: 0, length: 9 })
    const [good] = (await read()).locations!.blocks
    expect(good?.locs.map((it) => it.id.datanodeUuid)).toEqual(['node-2'])
    blockManager.place(blockId(id), [blockManager.replicaOn(one!, 'corrupt')])
    const [bad] = (await read()).locations!.blocks
    expect(bad).toMatchObject({ corrupt: true, storageIDs: ['DS-1'] })
  })

  it('notes the time of the first read of an hour, also for readers who may not write', async () => {
    await put('/f', 9)
    await root.setTimes({ src: '/f', mtime: -1, atime: 1000 })
    await namenode.client('carol').getBlockLocations({ src: '/f', offset: 0, length: 9 })
    const atime = async () => (await root.getFileInfo({ src: '/f' })).fs!.access_time
    await expect.poll(atime).toBeGreaterThan(1_600_000_000_000)
    const first = await atime()
    await root.getBlockLocations({ src: '/f', offset: 0, length: 9 })
    expect(await atime()).toBe(first)
  })
})

describe('append', () => {
  it('gives the last block with its places and its current stamp', async () => {
    const last = await put('/f', 9)
    const { block, stat } = await root.append({ src: '/f', clientName: 'a', flag: 4 })
    expect(block).toMatchObject({ b: last, offset: 0 })
    expect(block?.locs).toHaveLength(3)
    expect(stat).toMatchObject({ blocksize: 1024, block_replication: 3 })
    expect(await root.isFileClosed({ src: '/f' })).toEqual({ result: false })
  })

  it('gives no block when the last one is full, and the next one follows', async () => {
    await put('/f', 1024)
    const { block, stat } = await root.append({ src: '/f', clientName: 'a' })
    expect(block).toBeUndefined()
    expect(stat).toBeDefined()
    expect((await addBlock('/f', undefined, 'a')).offset).toBe(1024)
  })

  it('to a new block names the last one without places', async () => {
    const last = await put('/f', 9)
    const { block } = await root.append({ src: '/f', clientName: 'a', flag: 4 | 0x20 })
    expect(block).toMatchObject({ b: last, offset: -1, locs: [] })
    expect((await addBlock('/f', block!.b, 'a')).offset).toBe(9)
  })

  it('waits for a replica of the last block instead of locking the file', async () => {
    const last = await put('/f', 9)
    namenode.blockManager.place(blockId(last.blockId), [])
    expect(await failure(root.append({ src: '/f', clientName: 'a' }))).toContain(
      'RetriableException',
    )
    expect(await root.isFileClosed({ src: '/f' })).toEqual({ result: true })
    const denied = namenode.client('carol').append({ src: '/f', clientName: 'a' })
    expect(await failure(denied)).toContain('AccessControlException')
  })
})

describe('leases', () => {
  it('are recovered at once when nothing is open, else by block management', async () => {
    await put('/closed', 3)
    expect(await root.recoverLease({ src: '/closed', clientName: 'x' })).toEqual({ result: true })
    await create('/open')
    expect(await root.recoverLease({ src: '/open', clientName: 'x' })).toEqual({ result: false })
    namenode.leases.outcome = 'closed'
    expect(await root.recoverLease({ src: '/open', clientName: 'x' })).toEqual({ result: true })
  })

  it('are renewed for names that hold nothing', async () => {
    expect(await root.renewLease({ clientName: 'nobody' })).toEqual({})
  })

  it('are listed for the superuser, below a folder', async () => {
    await create('/a/one')
    await create('/b/two')
    const { entries, hasMore } = await root.listOpenFiles({ id: 0, types: [1], path: '/b' })
    expect(entries).toMatchObject([{ path: '/b/two', clientName: 'w', clientMachine: '127.0.0.1' }])
    expect(hasMore).toBe(false)
    expect(await failure(namenode.client('carol').listOpenFiles({ id: 0 }))).toContain(
      'AccessControl',
    )
  })
})

describe('bad blocks', () => {
  it('are suspected at the nodes that the reader names', async () => {
    const b = await put('/f', 9)
    const { locations } = await root.getBlockLocations({ src: '/f', offset: 0, length: 9 })
    await root.reportBadBlocks({
      blocks: [{ ...locations!.blocks[0]!, locs: locations!.blocks[0]!.locs.slice(0, 1) }],
    })
    expect(namenode.blockManager.suspected).toEqual([{ blockId: b.blockId, datanode: 'node-1' }])
  })

  it('of files are listed by path until a page is empty', async () => {
    const b = await put('/d/f', 9)
    await put('/e/f', 9)
    namenode.missing.push(blockId(b.blockId), blockId(b.blockId + 1))
    const { corrupt } = await root.listCorruptFileBlocks({ path: '/d' })
    expect(corrupt.files).toEqual(['/d/f'])
    const next = await root.listCorruptFileBlocks({ path: '/d', cookie: corrupt.cookie })
    expect(next.corrupt.files).toEqual([])
  })
})

describe('a repeated create', () => {
  it('that nobody repeated is refused to its own holder', async () => {
    await create('/f')
    expect(await failure(create('/f'))).toBe(
      'AlreadyBeingCreatedException: Failed to CREATE_FILE /f for w on 127.0.0.1 because w is already the current lease holder.',
    )
  })

  it('with a policy of erasure coding is refused', async () => {
    expect(await failure(create('/f', { ecPolicyName: 'RS-6-3-1024k' }))).toContain(
      "HadoopIllegalArgumentException: Policy 'RS-6-3-1024k' does not match any enabled",
    )
  })

  it.each([
    [
      'a block size below the limit',
      { blockSize: 5 },
      'Specified block size is less than configured minimum value (dfs.namenode.fs-limits.min-block-size): 5 < 10',
    ],
    [
      'too many replicas',
      { replication: 600 },
      'Requested replication factor of 600 exceeds maximum of 512 for /f, clientName=127.0.0.1',
    ],
    [
      'no replica',
      { replication: 0 },
      'Requested replication factor of 0 is less than the required minimum of 1 for /f, clientName=127.0.0.1',
    ],
  ])('with %s is refused', async (_, change, text) => {
    await namenode.close()
    namenode = await openNamenodeRpc({ change: { minBlockSizeBytes: 10 } })
    root = namenode.client()
    expect(await failure(create('/f', change))).toBe(`IOException: ${text}`)
  })
})
