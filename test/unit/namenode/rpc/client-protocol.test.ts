import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NamenodeClient } from '../../../../shared/client/namenode-client.js'
import { systemClock } from '../../../../shared/clock.js'
import { DfsError } from '../../../../shared/errors.js'
import { IpcClient } from '../../../../shared/hadoop/ipc-client.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import {
  GET_USER_MAPPINGS_PROTOCOL,
  GET_USER_MAPPINGS_PROTOCOL_NAME,
  HA_SERVICE_PROTOCOL,
  HA_SERVICE_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/namenode-side-protocols.js'
import { systemNetwork } from '../../../../shared/network.js'
import { systemRandom } from '../../../../shared/random.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'

let namenode: NamenodeRpc
let root: NamenodeClient
let carol: NamenodeClient

beforeEach(async () => {
  namenode = await openNamenodeRpc()
  root = namenode.client()
  carol = namenode.client('carol')
})
afterEach(() => namenode.close())

const perm = (value: number) => ({ perm: value })
const mkdir = (src: string, client = root, mode = 0o755) =>
  client.mkdirs({ src, masked: perm(mode), createParent: true })
const touch = async (src: string, client = root) => {
  const { fs } = await client.create({
    src,
    masked: perm(0o644),
    clientName: 'writer',
    createFlag: 1,
    createParent: true,
    replication: 3,
    blockSize: 1024,
  })
  await client.complete({ src, clientName: 'writer' })
  return fs!
}

/** The Java class and the first line, as a Hadoop client would print them. */
async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof DfsError) return `${error.javaClass}: ${error.message.split('\n')[0]}`
    throw error
  }
  return 'success'
}

const ipc = (protocolName: string) =>
  new IpcClient({
    seams: { clock: systemClock, network: systemNetwork, random: systemRandom },
    address: { host: '127.0.0.1', port: namenode.port },
    user: 'root',
    protocolName,
    timeoutMs: 10_000,
  })

describe('status and listing', () => {
  it('answer a missing path with nothing at all', async () => {
    expect(await root.getFileInfo({ src: '/none' })).toEqual({})
    expect(
      await root.getListing({ src: '/none', startAfter: Buffer.alloc(0), needLocation: false }),
    ).toEqual({})
  })

  it('have an empty path, a flag for the root and every field that clients unwrap', async () => {
    await mkdir('/d')
    const { fs } = await root.getFileInfo({ src: '/' })
    expect(fs).toMatchObject({
      fileType: 1,
      length: 0,
      owner: 'root',
      fileId: 16385,
      childrenNum: 1,
      block_replication: 0,
      blocksize: 0,
      storagePolicy: 0,
      access_time: 0,
      flags: 8,
    })
    expect(fs?.path).toHaveLength(0)
    expect(fs?.locations).toBeUndefined()
    const file = await touch('/d/f')
    expect(file).toMatchObject({
      fileType: 2,
      block_replication: 3,
      blocksize: 1024,
      flags: 0,
      childrenNum: 0,
    })
  })

  it('page through 3,000 entries in byte order without skipping or repeating', async () => {
    await mkdir('/big')
    const names = Array.from({ length: 3000 }, (_, index) => `f${index}`)
    await Promise.all(names.map((it) => mkdir(`/big/${it}`)))
    const seen: string[] = []
    const remaining: number[] = []
    for (let startAfter = ''; ; ) {
      const { dirList } = await root.getListing({
        src: '/big',
        startAfter: Buffer.from(startAfter),
        needLocation: false,
      })
      seen.push(...dirList!.partialListing.map((it) => Buffer.from(it.path).toString()))
      remaining.push(dirList!.remainingEntries)
      if (dirList!.remainingEntries === 0) break
      startAfter = seen.at(-1)!
    }
    expect(remaining).toEqual([2000, 1000, 0])
    expect(seen).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  })

  it('list a file as itself with an empty name', async () => {
    await touch('/f')
    const { dirList } = await root.getListing({
      src: '/f',
      startAfter: Buffer.alloc(0),
      needLocation: true,
    })
    expect(dirList?.remainingEntries).toBe(0)
    expect(dirList?.partialListing[0]?.path).toHaveLength(0)
    expect(dirList?.partialListing[0]?.locations).toMatchObject({
      fileLength: 0,
      underConstruction: false,
    })
  })

  it('list several directories at once, a missing one as an exception in its place', async () => {
    await mkdir('/a/x')
    await mkdir('/b/y')
    const client = ipc(CLIENT_PROTOCOL_NAME)
    const batch = await client.call(CLIENT_PROTOCOL.getBatchedListing, {
      paths: ['/a', '/none', '/b'],
      startAfter: Buffer.alloc(0),
      needLocation: false,
    })
    client.close()
    expect(batch.hasMore).toBe(false)
    expect(batch.listings.map((it) => it.parentIdx)).toEqual([0, 1, 2])
    expect(batch.listings[1]?.exception).toEqual({
      className: 'java.io.FileNotFoundException',
      message: 'Path /none does not exist',
    })
    expect(Buffer.from(batch.listings[2]!.partialListing[0]!.path).toString()).toBe('y')
  })

  it('go on with a batch of directories where the last page ended', async () => {
    for (const dir of ['/p', '/q']) {
      await Promise.all(Array.from({ length: 600 }, (_, index) => mkdir(`${dir}/${index}`)))
    }
    const client = ipc(CLIENT_PROTOCOL_NAME)
    const counts: number[] = []
    for (let startAfter: Uint8Array = Buffer.alloc(0); ; ) {
      const batch = await client.call(CLIENT_PROTOCOL.getBatchedListing, {
        paths: ['/p', '/q', '/'],
        startAfter,
        needLocation: false,
      })
      counts.push(...batch.listings.map((it) => it.partialListing.length))
      if (!batch.hasMore) break
      startAfter = batch.startAfter
    }
    client.close()
    expect(counts).toEqual([600, 400, 200, 2])
  })

  it('count a directory with the quotas that mean none', async () => {
    await touch('/d/f')
    const { summary } = await root.getContentSummary({ path: '/d' })
    expect(summary).toMatchObject({
      length: 0,
      fileCount: 1,
      directoryCount: 1,
      quota: -1,
      spaceQuota: -1,
    })
    const { usage } = await root.getQuotaUsage({ path: '/d' })
    expect(usage).toMatchObject({ fileAndDirectoryCount: 2, quota: -1 })
  })
})

describe('server defaults', () => {
  it('name CRC32C, 512 bytes, the configured sizes and no key server', async () => {
    const { serverDefaults } = await root.getServerDefaults({})
    expect(serverDefaults).toMatchObject({
      blockSize: 1024 * 1024,
      replication: 3,
      bytesPerChecksum: 512,
      writePacketSize: 65536,
      checksumType: 2,
      keyProviderUri: '',
      encryptDataTransfer: false,
      policyId: 7,
    })
  })
})

describe('failures carry the Java class and the first line that clients know', () => {
  beforeEach(async () => {
    await mkdir('/d/sub')
    await touch('/d/f')
    await mkdir('/open', root, 0o777)
  })

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'mkdir over a file',
      () => mkdir('/d/f'),
      'org.apache.hadoop.fs.FileAlreadyExistsException: Path is not a directory: /d/f',
    ],
    [
      'mkdir below a file',
      () => mkdir('/d/f/x'),
      'org.apache.hadoop.fs.ParentNotDirectoryException: /d/f (is not a directory)',
    ],
    [
      'mkdir without its parent',
      () => root.mkdirs({ src: '/no/x', masked: perm(0o755), createParent: false }),
      "java.io.FileNotFoundException: Parent directory doesn't exist: /no",
    ],
    [
      'mkdir by a stranger',
      () => mkdir('/carol', carol),
      'org.apache.hadoop.security.AccessControlException: Permission denied: user=carol, access=WRITE, inode="/":root:supergroup:drwxr-xr-x',
    ],
    [
      'delete of a full directory',
      () => root.delete({ src: '/d', recursive: false }),
      "org.apache.hadoop.fs.PathIsNotEmptyDirectoryException: `/d is non empty': Directory is not empty",
    ],
    [
      'rename2 of nothing',
      () => root.rename2({ src: '/none', dst: '/y', overwriteDest: false }),
      'java.io.FileNotFoundException: rename source /none is not found.',
    ],
    [
      'rename2 onto a file',
      async () => {
        await touch('/g')
        await root.rename2({ src: '/g', dst: '/d/f', overwriteDest: false })
      },
      'org.apache.hadoop.fs.FileAlreadyExistsException: rename destination /d/f already exists',
    ],
    [
      'chmod of nothing',
      () => root.setPermission({ src: '/none', permission: perm(0o600) }),
      'java.io.FileNotFoundException: Directory/File does not exist /none',
    ],
    [
      'chown by a stranger',
      () => carol.setOwner({ src: '/d', username: 'carol' }),
      'org.apache.hadoop.security.AccessControlException: Permission denied. user=carol is not the owner of inode=/d',
    ],
    [
      'chown by the owner',
      async () => {
        await mkdir('/open/mine', carol)
        await carol.setOwner({ src: '/open/mine', username: 'alice' })
      },
      'org.apache.hadoop.security.AccessControlException: User carol is not a super user (non-super user cannot change owner).',
    ],
    [
      'touch of nothing',
      () => root.setTimes({ src: '/none', mtime: 1, atime: -1 }),
      'java.io.FileNotFoundException: File/Directory /none does not exist.',
    ],
    [
      'setrep above the limit',
      () => root.setReplication({ src: '/d/f', replication: 600 }),
      'java.io.IOException: Requested replication factor of 600 exceeds maximum of 512 for /d/f',
    ],
    [
      'blocks of nothing',
      () => root.getBlockLocations({ src: '/none', offset: 0, length: 1 }),
      'java.io.FileNotFoundException: File does not exist: /none',
    ],
    [
      'blocks of a directory',
      () => root.getBlockLocations({ src: '/d', offset: 0, length: 1 }),
      'java.io.FileNotFoundException: Path is not a file: /d',
    ],
    [
      'blocks at a negative offset',
      () => root.getBlockLocations({ src: '/d/f', offset: -1, length: 1 }),
      'java.lang.IllegalArgumentException: Negative offset is not supported. File: /d/f',
    ],
    [
      'append to nothing',
      () => root.append({ src: '/none', clientName: 'w' }),
      'java.io.FileNotFoundException: Failed to append to non-existent file /none for client 127.0.0.1',
    ],
    [
      'append to a directory',
      () => root.append({ src: '/d', clientName: 'w' }),
      'org.apache.hadoop.fs.FileAlreadyExistsException: Cannot append to directory /d; already exists as a directory.',
    ],
    [
      'recovery of nothing',
      () => root.recoverLease({ src: '/none', clientName: 'w' }),
      'java.io.FileNotFoundException: File does not exist: /none',
    ],
    [
      'a report for a stranger',
      () => carol.getDatanodeReport({ type: 2 }),
      'org.apache.hadoop.security.AccessControlException: Access denied for user carol. Superuser privilege is required for operation datanodeReport',
    ],
    [
      'safe mode for a stranger',
      () => carol.setSafeMode({ action: 2 }),
      'org.apache.hadoop.security.AccessControlException: Access denied for user carol. Superuser privilege is required for operation safemode_enter',
    ],
  ])('%s', async (_, action, expected) => {
    expect(await failure(action())).toBe(expected)
  })

  it('a method that is not built', async () => {
    const client = ipc(CLIENT_PROTOCOL_NAME)
    const answer = await failure(
      client.call({ ...CLIENT_PROTOCOL.concat, name: 'neverBuilt' }, { trg: '/a' }),
    )
    client.close()
    expect(answer).toBe(
      'org.apache.hadoop.ipc.RpcNoSuchMethodException: ' +
        'Unknown method neverBuilt called on org.apache.hadoop.hdfs.protocol.ClientProtocol protocol.',
    )
  })
})

describe('modes and names', () => {
  it('lose bits that are no mode, and names that are empty keep their owner', async () => {
    await mkdir('/m', root, 0x80000000 | 0o755)
    await root.setOwner({ src: '/m', username: '', groupname: 'staff' })
    const { fs } = await root.getFileInfo({ src: '/m' })
    expect(fs).toMatchObject({ permission: { perm: 0o755 }, owner: 'root', group: 'staff' })
  })

  it('keep a time that is -1', async () => {
    await touch('/f')
    await root.setTimes({ src: '/f', mtime: 1234, atime: -1 })
    const before = (await root.getFileInfo({ src: '/f' })).fs
    await root.setTimes({ src: '/f', mtime: -1, atime: 5678 })
    const { fs } = await root.getFileInfo({ src: '/f' })
    expect(before?.modification_time).toBe(1234)
    expect(fs).toMatchObject({ modification_time: 1234, access_time: 5678 })
  })
})

describe('safe mode', () => {
  it('refuses changes in Hadoop’s words, serves reads, and ends when told', async () => {
    await mkdir('/d')
    expect(await root.setSafeMode({ action: 3 })).toEqual({ result: false })
    expect(await root.setSafeMode({ action: 2 })).toEqual({ result: true })
    expect(await failure(mkdir('/sm'))).toBe(
      'org.apache.hadoop.hdfs.server.namenode.SafeModeException: Cannot create directory /sm. Name node is in safe mode.',
    )
    expect(await failure(touch('/f'))).toContain('Cannot create file/f. Name node is in safe mode.')
    expect(await failure(root.delete({ src: '/d', recursive: true }))).toContain(
      'Cannot delete /d.',
    )
    expect(await failure(root.rename({ src: '/d', dst: '/e' }))).toContain('Cannot rename /d.')
    expect((await root.getFileInfo({ src: '/d' })).fs).toBeDefined()
    expect(await root.setSafeMode({ action: 1 })).toEqual({ result: false })
    expect(await mkdir('/sm')).toEqual({ result: true })
  })

  it('at start tells why in its second line', async () => {
    namenode.blockManager.readiness = { kind: 'safe-mode', reason: '2 of 5 blocks are confirmed.' }
    const error = await mkdir('/x').catch((it: DfsError) => it)
    expect(error).toMatchObject({ code: 'SAFE_MODE' })
    expect(await root.setSafeMode({ action: 3 })).toEqual({ result: true })
  })
})

describe('reports', () => {
  it('carry capacity, times and the address that the client can reach', async () => {
    const { di } = await root.getDatanodeReport({ type: 2 })
    expect(di).toHaveLength(4)
    expect(di[0]).toMatchObject({
      id: {
        ipAddr: '10.0.0.1',
        hostName: 'host-1',
        datanodeUuid: 'node-1',
        xferPort: 9866,
        ipcPort: 9867,
      },
      location: '/default-rack',
      lastUpdate: 1_700_000_000_000,
      numBlocks: 7,
      adminState: 0,
    })
    expect(di[0]?.capacity).toBeGreaterThan(0)
    expect((await root.getDatanodeReport({ type: 3 })).di).toEqual([])
    const { datanodeStorageReports } = await root.getDatanodeStorageReport({ type: 1 })
    expect(datanodeStorageReports[0]?.storageReports[0]).toMatchObject({
      storageUuid: 'DS-1',
      failed: false,
    })
  })

  it('sum up the cluster', async () => {
    const stats = await root.getFsStats({})
    expect(stats).toMatchObject({ under_replicated: 3, corrupt_blocks: 1, missing_blocks: 2 })
    expect(stats.capacity).toBe(400 * 2 ** 30)
  })
})

describe('side protocols', () => {
  it('tell the groups of a user', async () => {
    const client = ipc(GET_USER_MAPPINGS_PROTOCOL_NAME)
    const { groups } = await client.call(GET_USER_MAPPINGS_PROTOCOL.getGroupsForUser, {
      user: 'alice',
    })
    client.close()
    expect(groups).toEqual(['staff'])
  })

  it('say that this namenode is active and cannot change that', async () => {
    const client = ipc(HA_SERVICE_PROTOCOL_NAME)
    expect(await client.call(HA_SERVICE_PROTOCOL.getServiceStatus, {})).toMatchObject({ state: 1 })
    const change = client.call(HA_SERVICE_PROTOCOL.transitionToStandby, {
      reqInfo: { reqSource: 0 },
    })
    expect(await failure(change)).toBe(
      'org.apache.hadoop.ha.ServiceFailedException: HA for namenode is not enabled',
    )
    client.close()
  })
})
