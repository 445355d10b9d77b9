import { afterEach, describe, expect, it } from 'vitest'
import { NamenodeClient } from '../../../../shared/client/namenode-client.js'
import type { Clock } from '../../../../shared/clock.js'
import { DfsError } from '../../../../shared/errors.js'
import { IpcClient, type IpcClientOptions } from '../../../../shared/hadoop/ipc-client.js'
import {
  failureFrame,
  saslNegotiateFrame,
  successFrame,
} from '../../../../shared/hadoop/ipc-frames.js'
import { IpcServer, type RpcContext, rpcMethod } from '../../../../shared/hadoop/ipc-server.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import {
  RequestHeaderProto,
  RpcErrorCode,
  RpcSaslProto,
  RpcStatus,
  SaslState,
  SpecialCallId,
} from '../../../../shared/hadoop/schema/ipc.js'
import { systemNetwork } from '../../../../shared/network.js'
import { FakeClock } from '../../../support/fake-clock.js'
import { IpcFixture, ipcSeams } from '../../../support/ipc-fixture.js'
import { type ReceivedFrame, ScriptedIpcServer } from '../../../support/scripted-ipc-server.js'

const fixture = new IpcFixture()
afterEach(() => fixture.close())

const { delete: remove } = CLIENT_PROTOCOL
const DELETE_X = { src: '/x', recursive: false }

type Options = Partial<Omit<IpcClientOptions, 'seams'>> & { clock?: Clock }

function client(port: number, options: Options = {}): IpcClient {
  const { clock, ...rest } = options
  const created = new IpcClient({
    seams: ipcSeams(clock === undefined ? {} : { clock }),
    address: { host: '127.0.0.1', port },
    user: 'alice',
    protocolName: CLIENT_PROTOCOL_NAME,
    timeoutMs: 10_000,
    ...rest,
  })
  fixture.closing(() => created.close())
  return created
}

async function scripted(...args: Parameters<typeof ScriptedIpcServer.start>) {
  const server = await ScriptedIpcServer.start(...args)
  fixture.closing(() => server.close())
  return server
}

function identityOf({ header }: ReceivedFrame) {
  return { callId: header.callId, clientId: header.clientId, retryCount: header.retryCount ?? -1 }
}

const answer = (frame: ReceivedFrame) =>
  successFrame(identityOf(frame), remove.response, { result: true })

async function until(isMet: () => boolean): Promise<void> {
  await expect.poll(isMet, { interval: 2, timeout: 5_000 }).toBe(true)
}

describe('calls', () => {
  it('run side by side on one connection and get their own answers', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId < 0) return
      // Answers go out in reverse order of the questions.
      if (peer.frames.length < 4) return
      for (const asked of peer.frames.slice(1).toReversed()) {
        const result = asked.header.callId === 1
        peer.socket.write(successFrame(identityOf(asked), remove.response, { result }))
      }
    })
    const ipc = client(server.port)
    const answers = await Promise.all([1, 2, 3].map(() => ipc.call(remove, DELETE_X)))
    expect(answers).toEqual([{ result: false }, { result: true }, { result: false }])
    expect(server.peers.length).toBe(1)
  })

  it('open the connection when the first of them comes, and send everything in one segment', async () => {
    let chunks = 0
    const server = await scripted((frame, peer) => {
      if (frame.header.callId >= 0) peer.socket.write(answer(frame))
      else peer.socket.prependListener('data', () => (chunks += 1))
    })
    const ipc = client(server.port)
    expect(server.peers.length).toBe(0)
    await ipc.call(remove, DELETE_X)
    expect(server.peers[0]?.preamble?.toString('hex')).toBe('68727063090000')
    expect(chunks, 'no chunk after the one with the context').toBe(0)
  })

  it('carry their user', async () => {
    const contexts: RpcContext[] = []
    const handler = rpcMethod(remove, (_request, context) => {
      contexts.push(context)
      return { result: true }
    })
    const limits = { mayImpersonate: () => true }
    const protocols = { [CLIENT_PROTOCOL_NAME]: { delete: handler } }
    const { port } = await fixture.start({ protocols, limits })
    await client(port).call(remove, DELETE_X)
    await client(port, { realUser: 'oozie' }).call(remove, DELETE_X)
    expect(contexts).toMatchObject([{ user: 'alice' }, { user: 'alice', realUser: 'oozie' }])
    expect(contexts[0]?.clientId).toMatch(/^[0-9a-f]{32}$/)
  })

  it('fail with what the server said, without its stack trace', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId < 0) return
      peer.socket.write(
        failureFrame(identityOf(frame), {
          status: RpcStatus.ERROR,
          errorDetail: RpcErrorCode.APPLICATION,
          javaClass: 'org.apache.hadoop.security.AccessControlException',
          message: 'Permission denied: user=alice\n\tat org.apache.hadoop.Foo(Foo.java:1)',
        }),
      )
    })
    await expect(client(server.port).call(remove, DELETE_X)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: 'Permission denied: user=alice',
    })
  })

  it('fail with the reason of a fatal answer, which belongs to no call', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId < 0) return
      const call = { ...identityOf(frame), callId: SpecialCallId.AUTHORIZATION_FAILED }
      const message = 'SIMPLE authentication is not enabled.  Available:[TOKEN, KERBEROS]'
      const javaClass = 'org.apache.hadoop.security.AccessControlException'
      const errorDetail = RpcErrorCode.FATAL_UNAUTHORIZED
      const status = RpcStatus.FATAL
      peer.socket.end(failureFrame(call, { status, errorDetail, javaClass, message }))
    })
    await expect(client(server.port).call(remove, DELETE_X)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringMatching(/SIMPLE authentication is not enabled/),
    })
    expect(server.calls.length).toBe(1)
  })

  it('fail clearly when the port is that of a web page', async () => {
    const listener = await systemNetwork.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      socket.on('error', () => socket.destroy())
    })
    fixture.closing(() => listener.close())
    await expect(client(listener.port).call(remove, DELETE_X)).rejects.toThrow(
      /speaks not Hadoop RPC but HTTP/,
    )
  })

  it('fail when the answer cannot be understood, and the next one does not', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId < 0) return
      const { response } = CLIENT_PROTOCOL.getLinkTarget
      const isFirst = frame.header.callId === 0
      peer.socket.write(isFirst ? successFrame(identityOf(frame), response, {}) : answer(frame))
    })
    const ipc = client(server.port)
    await expect(ipc.call(remove, DELETE_X)).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' })
    expect(await ipc.call(remove, DELETE_X)).toEqual({ result: true })
  })
})

describe('a connection that breaks', () => {
  it('under a call is replaced, and the call sent again under the same id', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId < 0) return
      if (peer.index === 0) peer.socket.destroy()
      else peer.socket.write(answer(frame))
    })
    expect(await client(server.port).call(remove, DELETE_X)).toEqual({ result: true })
    const [first, second] = server.calls
    expect(second?.header.callId).toBe(first?.header.callId)
    expect(second?.header.clientId).toEqual(first?.header.clientId)
    expect([first?.header.retryCount, second?.header.retryCount]).toEqual([0, 1])
  })

  it('again under the repeated call fails it', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId >= 0) peer.socket.destroy()
    })
    await expect(client(server.port).call(remove, DELETE_X)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringMatching(/was lost during delete/),
    })
    expect(server.calls.length).toBe(2)
  })

  it('between calls is replaced when the next one comes', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId >= 0) peer.socket.end(answer(frame))
    })
    const ipc = client(server.port)
    for (let call = 0; call < 3; call += 1) {
      expect(await ipc.call(remove, DELETE_X)).toEqual({ result: true })
    }
    expect(server.calls.map((it) => it.header.callId).slice(0, 1)).toEqual([0])
    expect(new Set(server.calls.map((it) => it.header.callId))).toEqual(new Set([0, 1, 2]))
  })
})

describe('a server that does not listen', () => {
  async function freePort(): Promise<number> {
    const listener = await systemNetwork.listen({ host: '127.0.0.1', port: 0 }, () => {})
    await listener.close()
    return listener.port
  }

  it('is reported at once', async () => {
    await expect(client(await freePort()).call(remove, DELETE_X)).rejects.toMatchObject({
      code: 'CONNECTION_REFUSED',
    })
  })

  it('is tried as often as told, and called when it listens at last', async () => {
    const clock = new FakeClock()
    const port = await freePort()
    const handler = rpcMethod(remove, () => ({ result: true }))
    const ipc = client(port, { clock, connectRetry: { attempts: 3, delayMs: 1_000 } })
    const hasFailed = expect(ipc.call(remove, DELETE_X)).rejects.toMatchObject({
      code: 'CONNECTION_REFUSED',
    })
    const isWaiting = () => clock.pendingTimers === 2
    for (let attempt = 1; attempt < 3; attempt += 1) {
      await until(isWaiting)
      await clock.advance(1_000)
    }
    await hasFailed
    const call = ipc.call(remove, DELETE_X)
    await until(isWaiting)
    const server = new IpcServer({
      seams: ipcSeams(),
      protocols: { [CLIENT_PROTOCOL_NAME]: { delete: handler } },
    })
    fixture.closing(() => server.close())
    await server.listen({ host: '127.0.0.1', port })
    await clock.advance(1_000)
    expect(await call).toEqual({ result: true })
  })
})

describe('a caller', () => {
  it('gives up after its time, and the silent connection is not used again', async () => {
    const clock = new FakeClock()
    const server = await scripted((frame, peer) => {
      if (frame.header.callId >= 0 && peer.index > 0) peer.socket.write(answer(frame))
    })
    const ipc = client(server.port, { clock, timeoutMs: 5_000 })
    const call = ipc.call(remove, DELETE_X)
    const failed = expect(call).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/delete had no answer from 127.0.0.1:\d+ within 5000 ms/),
    })
    await until(() => server.calls.length === 1)
    await clock.advance(5_000)
    await failed
    expect(await ipc.call(remove, DELETE_X)).toEqual({ result: true })
    expect(server.peers.length).toBe(2)
  })

  it('may stop waiting, while others on the connection go on', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId !== 1) return
      for (const asked of peer.frames.slice(1)) peer.socket.write(answer(asked))
    })
    const ipc = client(server.port)
    const stop = new AbortController()
    const stopped = expect(ipc.call(remove, DELETE_X, stop.signal)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    await until(() => server.calls.length === 1)
    stop.abort()
    await stopped
    expect(await ipc.call(remove, DELETE_X)).toEqual({ result: true })
    expect(server.peers.length).toBe(1)
    await expect(ipc.call(remove, DELETE_X, stop.signal)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
  })

  it('that stopped waiting does not keep the connection open', async () => {
    const clock = new FakeClock()
    const server = await scripted(() => {})
    const stop = new AbortController()
    const call = client(server.port, { clock }).call(remove, DELETE_X, stop.signal)
    const stopped = expect(call).rejects.toMatchObject({ code: 'INTERRUPTED' })
    await until(() => server.calls.length === 1)
    stop.abort()
    await stopped
    await clock.advance(10_000)
    await until(() => server.peers[0]?.socket.destroyed === true)
    expect(clock.pendingTimers).toBe(0)
  })

  it('hears at once when the client is closed', async () => {
    const server = await scripted(() => {})
    const ipc = client(server.port)
    const call = expect(ipc.call(remove, DELETE_X)).rejects.toMatchObject({ code: 'INTERRUPTED' })
    await until(() => server.calls.length === 1)
    ipc.close()
    await call
    await until(() => server.peers[0]?.socket.destroyed === true)
    await expect(ipc.call(remove, DELETE_X)).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })
})

describe('a quiet connection', () => {
  it('is pinged while a call is outstanding, and not afterwards', async () => {
    const clock = new FakeClock()
    const pings = () =>
      server.peers[0]?.frames.filter((it) => it.header.callId === SpecialCallId.PING).length ?? 0
    const server = await scripted(() => {})
    const ipc = client(server.port, { clock, timeoutMs: 1_000_000 })
    const call = ipc.call(remove, DELETE_X)
    await until(() => server.calls.length === 1)
    await clock.advance(59_000)
    expect(pings()).toBe(0)
    await clock.advance(1_000)
    await until(() => pings() === 1)
    await clock.advance(60_000)
    await until(() => pings() === 2)
    const [frame] = server.calls
    if (frame !== undefined) server.peers[0]?.socket.write(answer(frame))
    await call
    await clock.advance(9_000)
    expect(server.peers[0]?.socket.destroyed).toBe(false)
    await clock.advance(1_000)
    await until(() => server.peers[0]?.socket.destroyed === true)
    expect(pings()).toBe(2)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('the SASL handshake', () => {
  const handler = rpcMethod(remove, () => ({ result: true }))

  it('goes well with our own server', async () => {
    const { port } = await fixture.start({
      protocols: { [CLIENT_PROTOCOL_NAME]: { delete: handler } },
    })
    const ipc = client(port, { useSasl: true })
    expect(await ipc.call(remove, DELETE_X)).toEqual({ result: true })
    expect(await ipc.call(remove, DELETE_X)).toEqual({ result: true })
  })

  it('holds the context and calls back until the server has answered', async () => {
    const server = await scripted((frame, peer) => {
      const { callId } = frame.header
      if (callId >= 0) peer.socket.write(answer(frame))
      if (callId === SpecialCallId.SASL && peer.frames.length === 1) {
        setImmediate(() => peer.socket.write(saslNegotiateFrame()))
      }
    })
    await client(server.port, { useSasl: true }).call(remove, DELETE_X)
    const [peer] = server.peers
    expect(peer?.preamble?.toString('hex')).toBe('687270630900df')
    expect(peer?.frames.map((it) => it.header.callId)).toEqual([-33, -33, -3, 0])
    expect(peer?.frames[0]?.bytes.toString('hex')).toBe('0000000e0a08021000184122002801021001')
    expect(peer?.frames[1]?.bytes.toString('hex')).toBe(
      '0000001a0a080210001841220028010e1002220a0a0653494d504c451200',
    )
  })

  it('needs no INITIATE when the server says SUCCESS', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId >= 0) peer.socket.write(answer(frame))
      if (frame.header.callId !== SpecialCallId.SASL) return
      const call = { ...identityOf(frame), callId: SpecialCallId.SASL }
      peer.socket.write(successFrame(call, RpcSaslProto, { state: SaslState.SUCCESS }))
    })
    await client(server.port, { useSasl: true }).call(remove, DELETE_X)
    expect(server.peers[0]?.frames.map((it) => it.header.callId)).toEqual([-33, -3, 0])
  })

  it('fails when the server wants more than a name', async () => {
    const server = await scripted((frame, peer) => {
      const auths = [{ method: 'KERBEROS', mechanism: 'GSSAPI' }]
      const call = { ...identityOf(frame), callId: SpecialCallId.SASL }
      const body = { state: SaslState.NEGOTIATE, auths }
      peer.socket.write(successFrame(call, RpcSaslProto, body))
    })
    await expect(
      client(server.port, { useSasl: true }).call(remove, DELETE_X),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: expect.stringMatching(/KERBEROS/) })
  })
})

describe('the namenode client', () => {
  it('has a typed method for each call it makes', async () => {
    const getFileInfo = rpcMethod(CLIENT_PROTOCOL.getFileInfo, ({ src }) => {
      if (src !== '/a') return {}
      throw new DfsError('NOT_FOUND', 'no such thing')
    })
    const protocols = { [CLIENT_PROTOCOL_NAME]: { getFileInfo } }
    const { port } = await fixture.start({ protocols })
    const address = { host: '127.0.0.1', port }
    const namenode = new NamenodeClient({ seams: ipcSeams(), address, user: 'a', timeoutMs: 5_000 })
    fixture.closing(() => namenode.close())
    expect((await namenode.getFileInfo({ src: '/b' })).fs).toBeUndefined()
    await expect(namenode.getFileInfo({ src: '/a' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(namenode.rename({ src: '/a', dst: '/b' })).rejects.toMatchObject({
      code: 'NO_SUCH_METHOD',
    })
  })

  it('sends the name of the method that was called', async () => {
    const server = await scripted((frame, peer) => {
      if (frame.header.callId >= 0) peer.socket.destroy()
    })
    const address = { host: '127.0.0.1', port: server.port }
    const namenode = new NamenodeClient({ seams: ipcSeams(), address, user: 'a', timeoutMs: 5_000 })
    fixture.closing(() => namenode.close())
    await expect(namenode.getServerDefaults({})).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    const [call] = server.calls
    expect(call && RequestHeaderProto.decodeDelimited(call.body)).toEqual({
      methodName: 'getServerDefaults',
      declaringClassProtocolName: CLIENT_PROTOCOL_NAME,
      clientProtocolVersion: 1,
    })
  })
})
