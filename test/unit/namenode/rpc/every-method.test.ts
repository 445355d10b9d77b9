/** Every method that Apache's clients may call gets an answer: a result, a refusal with its reason, or "no such method". */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IpcClient } from '../../../../shared/hadoop/ipc-client.js'
import { contextFrame, preambleBytes } from '../../../../shared/hadoop/ipc-frames.js'
import type { RpcMethod } from '../../../../shared/hadoop/rpc-protocol.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
  type ClientProtocolMethod,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import {
  RequestHeaderProto,
  RpcErrorCode,
  RpcRequestHeaderProto,
  RpcStatus,
} from '../../../../shared/hadoop/schema/ipc.js'
import { seededRandom } from '../../../../shared/random.js'
import { APACHE_CLIENT_PROTOCOL, APACHE_OTHER_PROTOCOLS } from '../../../support/apache-methods.js'
import { CLIENT_ID, ipcSeams } from '../../../support/ipc-fixture.js'
import { oddValue, smallestValue } from '../../../support/message-generator.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'
import { RawConnection } from '../../../support/raw-connection.js'

let namenode: NamenodeRpc
let connection: RawConnection
beforeEach(async () => {
  namenode = await openNamenodeRpc()
  connection = await RawConnection.open(namenode.port)
  const context = { userInfo: { effectiveUser: 'root' }, protocol: CLIENT_PROTOCOL_NAME }
  connection.send(preambleBytes(0), contextFrame(CLIENT_ID, context))
})
afterEach(async () => {
  await connection.destroy()
  await namenode.close()
})

/** Any method of any protocol, with the bytes of a request. */
async function call(protocol: string, methodName: string, request: Buffer, callId: number) {
  const parts = [
    RpcRequestHeaderProto.encodeDelimited({
      rpcKind: 2,
      rpcOp: 0,
      callId,
      clientId: CLIENT_ID,
      retryCount: 0,
    }),
    RequestHeaderProto.encodeDelimited({
      methodName,
      declaringClassProtocolName: protocol,
      clientProtocolVersion: 1,
    }),
    request,
  ]
  const length = Buffer.alloc(4)
  length.writeInt32BE(parts.reduce((sum, it) => sum + it.length, 0))
  connection.send(length, ...parts)
  const { header } = await connection.reply()
  expect(header.callId).toBe(callId)
  expect(header.status, `${methodName}: ${header.errorMsg}`).not.toBe(RpcStatus.FATAL)
  expect(header.errorMsg ?? '', methodName).not.toContain('Internal error')
  return header
}

const methodsOfOurs: Readonly<Record<string, RpcMethod>> = CLIENT_PROTOCOL
const NOTHING = Buffer.from([0])

describe('ClientProtocol', () => {
  it('is known to us in full', () => {
    expect(Object.keys(CLIENT_PROTOCOL).toSorted()).toEqual(APACHE_CLIENT_PROTOCOL.toSorted())
  })

  it('answers every method on one connection, asked with nothing and with the least', async () => {
    let callId = 1
    for (const name of APACHE_CLIENT_PROTOCOL) {
      const request = methodsOfOurs[name]?.request
      const least = request?.encodeDelimited(smallestValue(request) as never) ?? NOTHING
      for (const bytes of [NOTHING, least]) {
        const header = await call(CLIENT_PROTOCOL_NAME, name, bytes, callId)
        if (header.status === RpcStatus.ERROR) {
          expect(header.exceptionClassName, name).toMatch(/^(java|org\.apache\.hadoop)\.[\w.$]+$/)
          expect(header.errorMsg, name).toMatch(/\w/)
        }
        callId += 1
      }
    }
  })

  it('answers odd requests without a failure of its own', async () => {
    const random = seededRandom(34)
    let callId = 1
    for (const [name, { request }] of Object.entries(methodsOfOurs)) {
      for (let round = 0; round < 4; round += 1) {
        const bytes = request.encodeDelimited(oddValue(request, random) as never)
        await call(CLIENT_PROTOCOL_NAME, name, bytes, callId)
        callId += 1
      }
    }
  })

  it('says that it has no method of another name, whatever the name', async () => {
    for (const name of [
      'noSuchMethod',
      '',
      'constructor',
      '__proto__',
      'toString',
      'x'.repeat(10_000),
    ]) {
      const header = await call(CLIENT_PROTOCOL_NAME, name, NOTHING, 1)
      expect(header).toMatchObject({
        exceptionClassName: 'org.apache.hadoop.ipc.RpcNoSuchMethodException',
        errorMsg: `Unknown method ${name} called on ${CLIENT_PROTOCOL_NAME} protocol.`,
        errorDetail: RpcErrorCode.NO_SUCH_METHOD,
      })
    }
  })
})

describe('other protocols', () => {
  it.each(APACHE_OTHER_PROTOCOLS)('%s gets an answer', async (protocol, method) => {
    const header = await call(protocol, method, NOTHING, 1)
    expect([RpcStatus.SUCCESS, RpcStatus.ERROR]).toContain(header.status)
    await call(CLIENT_PROTOCOL_NAME, 'getServerDefaults', NOTHING, 2)
  })
})

/** What a client makes of the answer to a call of `user`; fields that are not given have the least value. */
async function refusalOf(name: ClientProtocolMethod, request: object, user: string) {
  const client = new IpcClient({
    seams: ipcSeams(),
    address: { host: '127.0.0.1', port: namenode.port },
    user,
    timeoutMs: 10_000,
    protocolName: CLIENT_PROTOCOL_NAME,
  })
  const method: RpcMethod = CLIENT_PROTOCOL[name]
  try {
    const whole = { ...smallestValue(method.request), ...request }
    return await client.call(method, whole as never).catch((error: unknown) => error)
  } finally {
    client.close()
  }
}

describe('what this namenode does not have', () => {
  it.each([
    ['createSymlink', {}, 'UNSUPPORTED', 'Symlinks not supported'],
    ['getLinkTarget', { path: '/' }, 'REMOTE', 'Path / is not a symbolic link'],
    ['getLinkTarget', { path: '/none' }, 'NOT_FOUND', 'File does not exist: /none'],
    [
      'setErasureCodingPolicy',
      { src: '/', ecPolicyName: 'X' },
      'ILLEGAL_ARGUMENT',
      "Policy 'X' does not match any enabled erasure coding policies: [].",
    ],
    [
      'unsetErasureCodingPolicy',
      { src: '/a' },
      'NO_ERASURE_CODING_POLICY',
      'No erasure coding policy explicitly set on /a',
    ],
    [
      'enableErasureCodingPolicy',
      { ecPolicyName: 'X' },
      'ILLEGAL_ARGUMENT',
      'The policy name X does not exist',
    ],
    [
      'createEncryptionZone',
      { src: '/a' },
      'REMOTE',
      "Can't create an encryption zone for /a since no key provider is available.",
    ],
    [
      'reencryptEncryptionZone',
      {},
      'REMOTE',
      'No key provider configured, re-encryption operation is rejected',
    ],
    ['addCacheDirective', { info: { pool: 'p' } }, 'INVALID_REQUEST', 'Unknown pool p'],
    ['removeCacheDirective', { id: 7 }, 'INVALID_REQUEST', 'No directive with ID 7'],
    [
      'removeCachePool',
      { poolName: 'p' },
      'INVALID_REQUEST',
      'Cannot remove non-existent cache pool p',
    ],
    [
      'modifyCachePool',
      { info: { poolName: 'p' } },
      'INVALID_REQUEST',
      'Cache pool p does not exist.',
    ],
    [
      'renewDelegationToken',
      {},
      'UNAUTHENTICATED',
      'This cluster has issued no delegation tokens.',
    ],
  ] as const)(
    'is refused in the words of a cluster without it: %s %j',
    async (name, request, code, text) => {
      const failure = await refusalOf(name, request, 'root')
      expect(failure).toMatchObject({ code })
      expect(failure).toHaveProperty('message', expect.stringContaining(text))
    },
  )

  it('is refused to others for want of rights first', async () => {
    const failure = await refusalOf('enableErasureCodingPolicy', { ecPolicyName: 'X' }, 'carol')
    expect(failure).toHaveProperty(
      'message',
      'Access denied for user carol. Superuser privilege is required for operation enableErasureCodingPolicy',
    )
  })
})
