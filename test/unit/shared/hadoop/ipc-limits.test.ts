/** What one client, or many, can make a server hold or wait for is bounded. */
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../shared/clock.js'
import type { IpcLimits } from '../../../../shared/hadoop/ipc-connection.js'
import { callFrame, preambleBytes } from '../../../../shared/hadoop/ipc-frames.js'
import { IpcServer, rpcMethod } from '../../../../shared/hadoop/ipc-server.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import { systemNetwork } from '../../../../shared/network.js'
import { FakeClock } from '../../../support/fake-clock.js'
import { CLIENT_ID, IpcFixture, ipcSeams } from '../../../support/ipc-fixture.js'

const fixture = new IpcFixture()
afterEach(() => fixture.close())

const { getLinkTarget } = CLIENT_PROTOCOL

function call(path: string, callId: number): Buffer {
  return callFrame({
    method: getLinkTarget,
    request: { path },
    protocolName: CLIENT_PROTOCOL_NAME,
    callId,
    clientId: CLIENT_ID,
    retryCount: 0,
  })
}

/** A server whose calls answer with `targetPath`, or wait for the test when the path is `/held`. */
function testServer(targetPath = '') {
  const state = { started: 0, release: [] as (() => void)[] }
  const handler = rpcMethod(getLinkTarget, ({ path }) => {
    state.started += 1
    if (path !== '/held') return { targetPath }
    return new Promise((resolve) => state.release.push(() => resolve({ targetPath })))
  })
  return { state, protocols: { [CLIENT_PROTOCOL_NAME]: { getLinkTarget: handler } } }
}

async function until(isMet: () => boolean): Promise<void> {
  await expect.poll(isMet, { interval: 2, timeout: 5_000 }).toBe(true)
}

describe('outstanding calls', () => {
  it('of one connection are limited; the rest waits its turn and is not lost', async () => {
    const { state, protocols } = testServer()
    const { server, port } = await fixture.start({ protocols, limits: { maxOutstandingCalls: 2 } })
    const connection = await fixture.connectAs(port, 'alice')
    for (let callId = 0; callId < 6; callId += 1) connection.send(call('/held', callId))
    await until(() => state.started === 2)
    const other = await fixture.connectAs(port, 'bob')
    other.send(call('/free', 1))
    await other.reply()
    expect(state.started).toBe(3)
    expect(server.load.outstandingCalls).toBe(2)
    const answered: number[] = []
    for (let replies = 0; replies < 6; replies += 1) {
      await until(() => state.release.length > 0)
      state.release.shift()?.()
      answered.push((await connection.reply()).header.callId)
    }
    expect(answered).toEqual([0, 1, 2, 3, 4, 5])
  })
})

describe('unread replies', () => {
  it('stop further calls of their connection, until they are read', async () => {
    const size = 256 * 1024
    const { state, protocols } = testServer('x'.repeat(size))
    const { port } = await fixture.start({ protocols, limits: { maxUnsentBytes: size } })
    const connection = await fixture.connectAs(port, 'alice')
    connection.socket.pause()
    const calls = 100
    for (let callId = 0; callId < calls; callId += 1) connection.send(call('/free', callId))
    const other = await fixture.connectAs(port, 'bob')
    // What starts comes to a halt: what the kernel buffers, and what may wait with us.
    let before = -1
    let now = 0
    for (let others = 1; now !== before; others += 1) {
      other.send(call('/free', others))
      await other.reply()
      before = now
      now = state.started - others
    }
    expect(now).toBeLessThan(calls / 2)
    connection.socket.resume()
    for (let callId = 0; callId < calls; callId += 1) await connection.reply()
  })

  it('end the connection after a long time', async () => {
    const clock = new FakeClock()
    const { protocols } = testServer('x'.repeat(16 * 1024 * 1024))
    const { server, port } = await fixture.start({ clock, protocols })
    const connection = await fixture.connectAs(port, 'alice')
    connection.socket.pause()
    connection.send(call('/free', 1))
    await until(() => server.load.outstandingCalls === 0 && server.load.connections === 1)
    await clock.advance(2_000)
    await clock.advance(290_000)
    expect(server.load.connections).toBe(1)
    await clock.advance(20_000)
    await until(() => server.load.connections === 0)
  })
})

describe('slow clients', () => {
  const minute = 60_000

  it.each([
    { name: 'who say nothing', says: Buffer.alloc(0) },
    { name: 'who stop after the preamble', says: preambleBytes(0) },
    { name: 'who stop within SASL', says: preambleBytes(0xdf) },
  ])('$name are cut off', async ({ says }) => {
    const clock = new FakeClock()
    const { server, port } = await fixture.start({ clock, protocols: testServer().protocols })
    const connection = await fixture.connect(port)
    connection.send(says)
    await until(() => server.load.connections === 1)
    await clock.advance(29_000)
    expect(server.load.connections).toBe(1)
    await clock.advance(3_000)
    await connection.untilClosed()
  })

  it('who never finish a request are cut off, those who are silent between requests are not', async () => {
    const clock = new FakeClock()
    const { state, protocols } = testServer()
    const { server, port } = await fixture.start({ clock, protocols })
    const silent = await fixture.connectAs(port, 'alice')
    const slow = await fixture.connectAs(port, 'bob')
    for (const connection of [silent, slow]) {
      connection.send(call('/free', 1))
      await connection.reply()
    }
    slow.send(call('/free', 2).subarray(0, 20))
    for (let drip = 0; drip < 3; drip += 1) {
      await clock.advance(minute)
      slow.send(Buffer.from([0]))
    }
    await slow.untilClosed()
    expect(server.load.connections).toBe(1)
    silent.send(call('/free', 3))
    await silent.reply()
    expect(state.started).toBe(3)
  })

  it('who wait for a slow call are not cut off', async () => {
    const clock = new FakeClock()
    const { state, protocols } = testServer()
    const { port } = await fixture.start({ clock, protocols })
    const connection = await fixture.connectAs(port, 'alice')
    connection.send(call('/held', 1))
    await until(() => state.started === 1)
    await clock.advance(10 * minute)
    state.release.shift()?.()
    expect((await connection.reply()).header.callId).toBe(1)
  })

  it('whose next request had to wait for a slow call get time to finish it', async () => {
    const clock = new FakeClock()
    const { state, protocols } = testServer()
    const limits = { maxOutstandingCalls: 1 }
    const { port } = await fixture.start({ clock, protocols, limits })
    const connection = await fixture.connectAs(port, 'alice')
    const next = call('/free', 2)
    connection.send(Buffer.concat([call('/held', 1), next.subarray(0, 20)]))
    await until(() => state.started === 1)
    await clock.advance(10 * minute)
    state.release.shift()?.()
    await connection.reply()
    await clock.advance(5_000)
    connection.send(next.subarray(20))
    expect((await connection.reply()).header.callId).toBe(2)
  })

  it('who do not close after a fatal answer are cut off', async () => {
    const clock = new FakeClock()
    const { server, port } = await fixture.start({ clock, protocols: testServer().protocols })
    const connection = await fixture.connect(port)
    connection.socket.allowHalfOpen = true
    connection.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await until(() => connection.received.includes('HTTP/1.1 404'))
    expect(server.load.connections).toBe(1)
    await clock.advance(5_000)
    await until(() => server.load.connections === 0)
  })
})

describe('many connections', () => {
  it('beyond the limit push out the one that was idle longest', async () => {
    const clock = new FakeClock()
    const { state, protocols } = testServer()
    const { server, port } = await fixture.start({
      clock,
      protocols,
      limits: { maxConnections: 3 },
    })
    const connections = []
    for (const user of ['a', 'b', 'c']) {
      const connection = await fixture.connectAs(port, user)
      connection.send(call('/free', 1))
      await connection.reply()
      connections.push(connection)
      await clock.advance(1_000)
    }
    const [busy, idle] = connections
    busy?.send(call('/held', 2))
    await until(() => state.started === 4)
    await clock.advance(1_000)
    const late = await fixture.connectAs(port, 'd')
    late.send(call('/free', 1))
    await late.reply()
    await idle?.untilClosed()
    expect(server.load.connections).toBe(3)
    expect(busy?.isClosed).toBe(false)
  })

  it('are refused when all are at work, and told so', async () => {
    const clock = new FakeClock()
    const { state, protocols } = testServer()
    const { port } = await fixture.start({ clock, protocols, limits: { maxConnections: 1 } })
    const busy = await fixture.connectAs(port, 'alice')
    busy.send(call('/held', 1))
    await until(() => state.started === 1)
    const refused = await fixture.connectAs(port, 'bob')
    const answer = (await refused.untilClosed()).toString('latin1')
    expect(answer).toContain('org.apache.hadoop.ipc.RetriableException')
    expect(answer).toContain('Server is too busy: 1 connections are at work')
    state.release.shift()?.()
    await busy.reply()
  })

  it('lose their idle ones only when there are very many', async () => {
    const clock = new FakeClock()
    const limits: Partial<IpcLimits> = { idleThreshold: 1 }
    const { protocols } = testServer()
    const { server, port } = await fixture.start({ clock, protocols, limits })
    const first = await fixture.connectAs(port, 'alice')
    first.send(call('/free', 1))
    await first.reply()
    await clock.advance(60_000)
    expect(first.isClosed).toBe(false)
    const second = await fixture.connectAs(port, 'bob')
    second.send(call('/free', 1))
    await second.reply()
    await clock.advance(2_000)
    await first.untilClosed()
    expect(server.load.connections).toBe(1)
    expect(second.isClosed).toBe(false)
  })
})

describe('memory', () => {
  const announced = Buffer.from([0x07, 0, 0, 0])

  it('is taken as bytes arrive, not as they are announced', async () => {
    const { server, port } = await fixture.start({ protocols: testServer().protocols })
    const before = process.memoryUsage()
    for (let index = 0; index < 50; index += 1) {
      const connection = await fixture.connectAs(port, 'alice')
      connection.send(announced)
    }
    await until(() => server.load.connections === 50)
    const after = process.memoryUsage()
    expect(
      after.arrayBuffers + after.external - before.arrayBuffers - before.external,
    ).toBeLessThan(64 * 1024 * 1024)
  })

  it('for incomplete requests is limited for all connections together', async () => {
    const limits = { maxBufferedBytes: 1024 * 1024 }
    const { port } = await fixture.start({ protocols: testServer().protocols, limits })
    const greedy = await fixture.connectAs(port, 'alice')
    greedy.send(announced, Buffer.alloc(2 * 1024 * 1024))
    await greedy.untilClosed()
    const modest = await fixture.connectAs(port, 'bob')
    modest.send(call('/free', 1))
    await modest.reply()
  })

  it('is not spent on big frames of clients that have not said who they are', async () => {
    const { port } = await fixture.start({ protocols: testServer().protocols })
    const connection = await fixture.connect(port)
    connection.send(preambleBytes(0), Buffer.from([0, 2, 0, 0]))
    expect((await connection.untilClosed()).length).toBe(0)
  })
})

describe('closing a server', () => {
  it('answers the calls that run, takes no new ones and ends its connections', async () => {
    const { state, protocols } = testServer()
    const { server, port } = await fixture.start({ protocols })
    const busy = await fixture.connectAs(port, 'alice')
    const idle = await fixture.connectAs(port, 'bob')
    busy.send(call('/held', 1))
    idle.send(call('/free', 1))
    await idle.reply()
    await until(() => state.started === 2)
    const closed = server.close()
    busy.send(call('/free', 2))
    await idle.untilClosed()
    state.release.shift()?.()
    expect((await busy.reply()).header.callId).toBe(1)
    await closed
    expect((await busy.untilClosed()).length).toBe(0)
    expect(state.started).toBe(2)
    await expect(fixture.connect(port)).rejects.toThrow(/ECONNREFUSED/)
  })

  it('waits a bounded time for calls that do not end', async () => {
    const clock = new FakeClock()
    const { state, protocols } = testServer()
    const { server, port } = await fixture.start({ clock, protocols })
    const connection = await fixture.connectAs(port, 'alice')
    connection.send(call('/held', 1))
    await until(() => state.started === 1)
    let isClosed = false
    const closed = server.close().then(() => {
      isClosed = true
    })
    await clock.advance(4_000)
    expect(isClosed).toBe(false)
    await clock.advance(2_000)
    await closed
    await connection.untilClosed()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('replies', () => {
  it('of one turn of the event loop leave in one write', async () => {
    const writes: number[] = []
    const network = {
      ...systemNetwork,
      listen: (...[address, onConnection]: Parameters<typeof systemNetwork.listen>) =>
        systemNetwork.listen(address, (socket: Socket) => {
          const write = socket.write.bind(socket)
          socket.write = (bytes: Uint8Array | string) => {
            writes.push(bytes.length)
            return write(bytes)
          }
          onConnection(socket)
        }),
    }
    const { state, protocols } = testServer()
    const seams = { ...ipcSeams({ clock: systemClock }), network }
    const server = new IpcServer({ seams, protocols })
    fixture.closing(() => server.close())
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    const connection = await fixture.connectAs(port, 'alice')
    for (let callId = 0; callId < 50; callId += 1) connection.send(call('/held', callId))
    await until(() => state.started === 50)
    for (const release of state.release) release()
    for (let callId = 0; callId < 50; callId += 1) await connection.reply()
    expect(writes.length).toBe(1)
  })
})
