/** What callers of the RPC ports may try on a live cluster: other people's names, other clusters' blocks, bombs of messages. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { contextFrame, preambleBytes } from '../../shared/hadoop/ipc-frames.js'
import {
  CLIENT_DATANODE_PROTOCOL,
  CLIENT_DATANODE_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/client-datanode-protocol.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/client-protocol.js'
import {
  RequestHeaderProto,
  RpcErrorCode,
  RpcRequestHeaderProto,
  RpcStatus,
} from '../../shared/hadoop/schema/ipc.js'
import { type HostileCluster, startHostileCluster } from '../support/hostile-cluster.js'
import { CLIENT_ID } from '../support/ipc-fixture.js'
import { RawConnection } from '../support/raw-connection.js'

let hostile: HostileCluster
let stop = async () => {}
beforeAll(async () => {
  hostile = await startHostileCluster({}, (close) => {
    stop = close
  })
})
afterAll(() => stop())
afterEach(async () => {
  await hostile.good('rpc')
  await hostile.good('datanode-ipc')
  expect(hostile.failures.splice(0)).toEqual([])
  await hostile.expectNothingOpen()
})

type Face = 'rpc' | 'datanode-ipc'
const PROTOCOLS = { rpc: CLIENT_PROTOCOL_NAME, 'datanode-ipc': CLIENT_DATANODE_PROTOCOL_NAME }

/** The answer to one call on a connection of its own. */
async function call(
  face: Face,
  methodName: string,
  request: Buffer,
  userInfo: { readonly effectiveUser: string; readonly realUser?: string } = {
    effectiveUser: 'carol',
  },
) {
  const connection = await RawConnection.open(hostile.faces[face].port)
  try {
    const protocol = PROTOCOLS[face]
    const header = { rpcKind: 2, rpcOp: 0, callId: 1, clientId: CLIENT_ID, retryCount: 0 }
    const method = { methodName, declaringClassProtocolName: protocol, clientProtocolVersion: 1 }
    const parts = [
      RpcRequestHeaderProto.encodeDelimited(header),
      RequestHeaderProto.encodeDelimited(method),
      request,
    ]
    const length = Buffer.alloc(4)
    length.writeInt32BE(parts.reduce((sum, it) => sum + it.length, 0))
    connection.send(preambleBytes(0), contextFrame(CLIENT_ID, { userInfo, protocol }))
    connection.send(length, ...parts)
    return (await connection.reply()).header
  } finally {
    await connection.destroy()
  }
}

const fileInfo = (src: string) => CLIENT_PROTOCOL.getFileInfo.request.encodeDelimited({ src })

describe("other people's names", () => {
  it.each(['rpc', 'datanode-ipc'] as const)('are not to be had on %s', async (face) => {
    const header = await call(face, 'getFileInfo', fileInfo('/'), {
      effectiveUser: 'bob',
      realUser: 'carol',
    })
    expect(header).toMatchObject({
      status: RpcStatus.FATAL,
      errorDetail: RpcErrorCode.FATAL_UNAUTHORIZED,
      exceptionClassName: 'org.apache.hadoop.security.authorize.AuthorizationException',
      errorMsg: 'User: carol is not allowed to impersonate bob',
    })
  })
})

/** A varint length before `bytes`. */
function delimited(bytes: Buffer): Buffer {
  const varint: number[] = []
  let rest = bytes.length
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) varint.push((rest % 128) | 0x80)
  return Buffer.concat([Buffer.from([...varint, rest]), bytes])
}

/** A field 1 within a field 1 within a field 1 ... */
function nested(depth: number): Buffer {
  let bytes = Buffer.alloc(0)
  for (let level = 0; level < depth; level += 1) {
    bytes = Buffer.concat([Buffer.from([0x0a]), delimited(bytes)])
  }
  return bytes
}

describe('bombs of messages', () => {
  it.each([
    ['a thousand messages in each other', 'reportBadBlocks', nested(1_000)],
    ['two million empty strings', 'concat', Buffer.from('1200'.repeat(2_000_000), 'hex')],
    ['two million empty messages', 'reportBadBlocks', Buffer.from('0a00'.repeat(2_000_000), 'hex')],
    ['two million unknown fields', 'getFileInfo', Buffer.from('f80100'.repeat(2_000_000), 'hex')],
    ['groups that do not end', 'getFileInfo', Buffer.from('0b'.repeat(100_000), 'hex')],
    ['a string of two gigabytes', 'getFileInfo', Buffer.from('0affffffff07', 'hex')],
    ['a varint without an end', 'getFileInfo', Buffer.from('ff'.repeat(100), 'hex')],
    ['a string that is no UTF-8', 'getFileInfo', Buffer.from('0a022fff', 'hex')],
    ['a wrong wire type', 'getFileInfo', Buffer.from('0801', 'hex')],
    ['a field with the number 0', 'getFileInfo', Buffer.from('0000', 'hex')],
  ])('are refused alone: %s', async (_name, method, bytes) => {
    const before = process.memoryUsage().rss
    const header = await call('rpc', method, delimited(bytes))
    expect(header.status).toBe(RpcStatus.ERROR)
    expect(header.exceptionClassName).toBe(
      'org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException',
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024)
  })
})

describe('paths', () => {
  it.each([
    '/a/../../etc/passwd',
    '/..',
    '/.',
    '//good',
    '/good//',
    '/good\0',
    '/'.repeat(9_000),
    '/x'.repeat(2_000),
  ])('name what is in the namespace, or nothing: %#', async (src) => {
    const header = await call('rpc', 'getFileInfo', fileInfo(src))
    expect(header.status).toBe(RpcStatus.SUCCESS)
  })

  it.each(['', 'good', '../good'])('that are not absolute are refused: "%s"', async (src) => {
    const header = await call('rpc', 'getFileInfo', fileInfo(src))
    expect(header.exceptionClassName).toBe('org.apache.hadoop.fs.InvalidPathException')
  })
})

describe('blocks on the IPC port of a datanode', () => {
  it.each([
    ['of another pool', { poolId: 'BP-9-127.0.0.1-9' }],
    ['that nobody knows', { blockId: 12_345 }],
    ['with a negative id', { blockId: -1 }],
  ])('%s are not found', async (_name, change) => {
    const { getReplicaVisibleLength } = CLIENT_DATANODE_PROTOCOL
    const request = (block: typeof hostile.block) =>
      getReplicaVisibleLength.request.encodeDelimited({ block })
    const good = await call('datanode-ipc', 'getReplicaVisibleLength', request(hostile.block))
    expect(good.status).toBe(RpcStatus.SUCCESS)
    const odd = request({ ...hostile.block, ...change })
    const header = await call('datanode-ipc', 'getReplicaVisibleLength', odd)
    expect(header.exceptionClassName).toBe(
      'org.apache.hadoop.hdfs.server.datanode.ReplicaNotFoundException',
    )
  })

  it('is not told to end itself by anybody', async () => {
    const { shutdownDatanode } = CLIENT_DATANODE_PROTOCOL
    const request = shutdownDatanode.request.encodeDelimited({ forUpgrade: false })
    const header = await call('datanode-ipc', 'shutdownDatanode', request)
    expect(header.exceptionClassName).toBe('org.apache.hadoop.security.AccessControlException')
  })
})
