import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { DfsError } from '../../../../shared/errors.js'
import { callFrame, contextFrame, preambleBytes } from '../../../../shared/hadoop/ipc-frames.js'
import {
  type CallStatistics,
  type RpcContext,
  rpcMethod,
} from '../../../../shared/hadoop/ipc-server.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import { RpcStatus } from '../../../../shared/hadoop/schema/ipc.js'
import { type Log, silentLog } from '../../../../shared/log.js'
import { CLIENT_ID, IpcFixture } from '../../../support/ipc-fixture.js'
import type { RawConnection } from '../../../support/raw-connection.js'

const fixture = new IpcFixture()
afterEach(() => fixture.close())

const { delete: remove, getListing } = CLIENT_PROTOCOL

/** A call of `delete` on the path `src`. */
function deleteCall(src: string, callId = 0, retryCount = 0): Buffer {
  return callFrame({
    method: remove,
    request: { src, recursive: false },
    protocolName: CLIENT_PROTOCOL_NAME,
    callId,
    clientId: CLIENT_ID,
    retryCount,
  })
}

type DeleteHandler = Parameters<typeof rpcMethod<typeof remove.request, typeof remove.response>>[1]
const protocolOf = (handle: DeleteHandler) => ({
  [CLIENT_PROTOCOL_NAME]: { delete: rpcMethod(remove, handle) },
})
const truthful = protocolOf(() => ({ result: true }))

/** Calls that wait until the test answers them by path. */
class Held {
  readonly started: string[] = []
  readonly #waiting = new Map<string, (result: boolean) => void>()
  readonly protocols = protocolOf(({ src }) => {
    this.started.push(src)
    return new Promise((resolve) => {
      this.#waiting.set(src, (result) => resolve({ result }))
    })
  })

  answer(src: string): void {
    this.#waiting.get(src)?.(true)
  }
}

async function until(isMet: () => boolean): Promise<void> {
  await expect.poll(isMet, { interval: 2, timeout: 5_000 }).toBe(true)
}

async function expectAnswer(connection: RawConnection): Promise<void> {
  connection.send(deleteCall('/works', 77))
  expect((await connection.reply()).header).toMatchObject({ callId: 77, status: RpcStatus.SUCCESS })
}

describe('a call', () => {
  it('reaches its handler with all its circumstances', async () => {
    const contexts: RpcContext[] = []
    const protocols = protocolOf((_request, context) => {
      contexts.push(context)
      return { result: true }
    })
    const { port } = await fixture.start({ protocols })
    const connection = await fixture.connectAs(port, 'alice')
    connection.send(deleteCall('/x', 42, 3))
    const { header } = await connection.reply()
    expect(header).toMatchObject({ callId: 42, retryCount: 3, status: RpcStatus.SUCCESS })
    expect(Buffer.from(header.clientId ?? [])).toEqual(CLIENT_ID)
    expect(contexts).toMatchObject([
      {
        user: 'alice',
        clientId: CLIENT_ID.toString('hex'),
        callId: 42,
        retryCount: 3,
        clientAddress: '127.0.0.1',
        localAddress: '127.0.0.1',
      },
    ])
  })

  it('is answered when it is done, whatever came before it', async () => {
    const held = new Held()
    const { port } = await fixture.start({ protocols: held.protocols })
    const connection = await fixture.connectAs(port, 'alice')
    connection.send(deleteCall('/slow', 1), deleteCall('/fast', 2))
    await until(() => held.started.length === 2)
    held.answer('/fast')
    expect((await connection.reply()).header.callId).toBe(2)
    held.answer('/slow')
    expect((await connection.reply()).header.callId).toBe(1)
  })

  it('begins together with those that came with it', async () => {
    const held = new Held()
    const begun: number[] = []
    const aroundCalls = (take: () => void) => {
      const before = held.started.length
      take()
      begun.push(held.started.length - before)
    }
    const { port } = await fixture.start({ protocols: held.protocols, aroundCalls })
    const connection = await fixture.connectAs(port, 'alice')
    connection.send(Buffer.concat([deleteCall('/one', 1), deleteCall('/two', 2)]))
    await until(() => held.started.length === 2)
    expect(begun).toContain(2)
    connection.send(deleteCall('/three', 3))
    await until(() => held.started.length === 3)
    expect(begun.at(-1)).toBe(1)
    for (const path of ['/one', '/two', '/three']) held.answer(path)
    for (const callId of [1, 2, 3]) expect((await connection.reply()).header.callId).toBe(callId)
  })

  it('is understood when its bytes come one by one', async () => {
    const { port } = await fixture.start({ protocols: truthful })
    const connection = await fixture.connect(port)
    const context = contextFrame(CLIENT_ID, { userInfo: { effectiveUser: 'alice' } })
    for (const byte of Buffer.concat([preambleBytes(0), context, deleteCall('/x', 5)])) {
      connection.send(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await connection.reply()).header.callId).toBe(5)
  })

  it('runs as the proxied user when the proxy is trusted', async () => {
    const users: (string | undefined)[] = []
    const protocols = protocolOf((_request, context) => {
      users.push(context.user, context.realUser)
      return { result: true }
    })
    const limits = {
      mayImpersonate: (real: string, user: string) => `${real}>${user}` === 'oozie>bob',
    }
    const { port } = await fixture.start({ protocols, limits })
    const connection = await fixture.connect(port)
    const userInfo = { effectiveUser: 'bob', realUser: 'oozie' }
    connection.send(preambleBytes(0), contextFrame(CLIENT_ID, { userInfo }), deleteCall('/x'))
    await connection.reply()
    expect(users).toEqual(['bob', 'oozie'])
  })

  it.each(['a\nb', 'a\0', 'x'.repeat(256)])(
    'of an impossible user is not taken: %j',
    async (name) => {
      const { port } = await fixture.start({ protocols: truthful })
      const connection = await fixture.connectAs(port, name)
      connection.send(deleteCall('/x'))
      expect((await connection.untilClosed()).length).toBe(0)
    },
  )
})

describe('a failing call', () => {
  async function failure(error: unknown, log?: Log) {
    const protocols = protocolOf(() => Promise.reject(error))
    const { port } = await fixture.start({ protocols, ...(log === undefined ? {} : { log }) })
    const connection = await fixture.connectAs(port, 'alice')
    connection.send(deleteCall('/x'))
    const { header, body } = await connection.reply()
    expect(body.atEnd, 'only successful replies carry a message').toBe(true)
    await connection.destroy()
    return header
  }

  it('travels by Java class and message', async () => {
    expect(await failure(new DfsError('NOT_FOUND', 'File does not exist: /x'))).toMatchObject({
      status: RpcStatus.ERROR,
      exceptionClassName: 'java.io.FileNotFoundException',
      errorMsg: 'File does not exist: /x',
      errorDetail: 1,
    })
  })

  it('hides what was not written for users, and logs it', async () => {
    const logged: object[] = []
    const log = { ...silentLog, error: (fields: object) => logged.push(fields) }
    const secret = new TypeError('cannot read /secret')
    const hidden = {
      status: RpcStatus.ERROR,
      exceptionClassName: 'java.io.IOException',
      errorMsg: 'Internal error',
    }
    expect(await failure(secret, log)).toMatchObject(hidden)
    expect(logged).toMatchObject([{ error: secret, methodName: 'delete', user: 'alice' }])
    expect(await failure(new DfsError('INTERNAL', 'row 17'), log)).toMatchObject(hidden)
  })

  it('is also one whose response lacks a required field', async () => {
    // What a handler that lies about its types could return.
    const protocols = protocolOf(() => ({}) as unknown as { result: boolean })
    const { port } = await fixture.start({ protocols })
    const connection = await fixture.connectAs(port, 'alice')
    connection.send(deleteCall('/x'))
    expect((await connection.reply()).header).toMatchObject({ errorMsg: 'Internal error' })
  })

  it('leaves the connection usable', async () => {
    const protocols = protocolOf(({ src }) => {
      if (src === '/bad') throw new DfsError('NOT_FOUND', 'nope')
      return { result: true }
    })
    const { port } = await fixture.start({ protocols })
    const connection = await fixture.connectAs(port, 'alice')
    connection.send(deleteCall('/bad', 1))
    expect((await connection.reply()).header.status).toBe(RpcStatus.ERROR)
    await expectAnswer(connection)
  })

  it.each(['constructor', '__proto__', 'toString', ''])('names no method: %j', async (name) => {
    const { port } = await fixture.start({ protocols: truthful })
    const connection = await fixture.connectAs(port, 'alice')
    const call = {
      request: { src: '/', recursive: false },
      callId: 1,
      clientId: CLIENT_ID,
      retryCount: 0,
    }
    const method = { ...remove, name }
    connection.send(callFrame({ ...call, method, protocolName: CLIENT_PROTOCOL_NAME }))
    expect((await connection.reply()).header.errorDetail).toBe(2)
    connection.send(callFrame({ ...call, method: remove, protocolName: name }))
    expect((await connection.reply()).header.errorDetail).toBe(3)
  })
})

describe('statistics', () => {
  it('count every call with its outcome, and unknown ones under one name', async () => {
    const calls: CallStatistics[] = []
    const protocols = protocolOf(({ src }) => {
      if (src === '/bad') throw new DfsError('NOT_FOUND', 'nope')
      return { result: true }
    })
    const { port } = await fixture.start({ protocols, onCall: (call) => calls.push(call) })
    const connection = await fixture.connectAs(port, 'alice')
    const listing = {
      method: getListing,
      request: { src: '/', startAfter: Buffer.alloc(0), needLocation: false },
      protocolName: CLIENT_PROTOCOL_NAME,
      callId: 3,
      clientId: CLIENT_ID,
      retryCount: 0,
    }
    connection.send(deleteCall('/a', 1), deleteCall('/bad', 2), callFrame(listing))
    for (let reply = 0; reply < 3; reply += 1) await connection.reply()
    expect(calls.map((it) => [it.method, it.outcome])).toEqual([
      ['delete', 'success'],
      ['delete', 'NOT_FOUND'],
      ['unknown', 'NO_SUCH_METHOD'],
    ])
    expect(calls.every((it) => it.durationMs >= 0)).toBe(true)
  })
})

describe('a client that vanishes', () => {
  const conversation = Buffer.concat([
    preambleBytes(0),
    contextFrame(CLIENT_ID, { userInfo: { effectiveUser: 'alice' } }),
    deleteCall('/x', 1),
    deleteCall('/y', 2),
  ])

  it('leaves nothing behind, after whatever byte it goes', async () => {
    const { server, port } = await fixture.start({ protocols: truthful })
    for (let from = 0; from < conversation.length; from += 40) {
      const lengths = Array.from({ length: 40 }, (_, index) => from + index)
      const connections = await Promise.all(lengths.map(() => fixture.connect(port)))
      for (const [index, connection] of connections.entries()) {
        connection.send(conversation.subarray(0, lengths[index]))
        connection.socket.end()
      }
      await Promise.all(connections.map((it) => it.untilClosed()))
    }
    await until(() => server.load.connections === 0)
    expect(server.load).toEqual({ connections: 0, outstandingCalls: 0 })
    await expectAnswer(await fixture.connectAs(port, 'alice'))
  })

  it('is told to the calls it left, whose replies are dropped', async () => {
    const signals: AbortSignal[] = []
    let finish = () => {}
    const protocols = protocolOf(({ src }, { signal }) => {
      if (src === '/works') return { result: true }
      signals.push(signal)
      return new Promise((resolve) => {
        finish = () => resolve({ result: true })
      })
    })
    const { server, port } = await fixture.start({ protocols })
    const connection = await fixture.connectAs(port, 'alice')
    connection.send(deleteCall('/x'))
    await until(() => signals.length === 1)
    expect(signals[0]?.aborted).toBe(false)
    await connection.destroy()
    await until(() => signals[0]?.aborted === true)
    finish()
    await until(() => server.load.connections === 0)
    await expectAnswer(await fixture.connectAs(port, 'alice'))
  })
})

describe('random bytes', () => {
  it('never stop the server from answering the next good request', async () => {
    const { server, port } = await fixture.start({ protocols: truthful })
    const beginnings = [
      Buffer.alloc(0),
      preambleBytes(0),
      preambleBytes(0xdf),
      Buffer.concat([
        preambleBytes(0),
        contextFrame(CLIENT_ID, { userInfo: { effectiveUser: 'alice' } }),
      ]),
    ]
    const framed = fc.uint8Array({ maxLength: 300 }).map((bytes) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(bytes.length)
      return Buffer.concat([length, bytes])
    })
    const noise = fc.oneof(fc.uint8Array({ maxLength: 300 }), framed)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...beginnings), noise, async (beginning, bytes) => {
        const connection = await fixture.connect(port)
        connection.send(beginning, bytes)
        connection.socket.end()
        await connection.untilClosed()
      }),
      { numRuns: 200 },
    )
    await expectAnswer(await fixture.connectAs(port, 'alice'))
    await until(() => server.load.connections === 1)
  })

  it('in place of any byte of a good conversation do not either', async () => {
    const { port } = await fixture.start({ protocols: truthful })
    const good = Buffer.concat([
      preambleBytes(0),
      contextFrame(CLIENT_ID, { userInfo: { effectiveUser: 'alice' } }),
      deleteCall('/x', 1),
    ])
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(good)
        bytes[at] = byte
        const connection = await fixture.connect(port)
        connection.send(bytes)
        connection.socket.end()
        await connection.untilClosed()
      }),
      { numRuns: 200 },
    )
    await expectAnswer(await fixture.connectAs(port, 'alice'))
  })
})
