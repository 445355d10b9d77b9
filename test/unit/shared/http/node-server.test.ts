/** What slow, silent and odd senders may cost a server over HTTP. */
import { createConnection, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  createNodeServer,
  listenOn,
  type RequestHandler,
} from '../../../../shared/http/node-server.js'
import { FakeClock } from '../../../support/fake-clock.js'
import { waitUntil } from '../../../support/wait-until.js'

class Client {
  received = ''
  isClosed = false
  readonly socket: Socket

  constructor(port: number) {
    this.socket = createConnection({ port, host: '127.0.0.1' })
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
    })
    this.socket.on('error', () => this.socket.destroy())
    this.socket.once('close', () => {
      this.isClosed = true
    })
    onTestFinished(() => {
      this.socket.destroy()
    })
  }

  send(text: string): this {
    this.socket.write(text)
    return this
  }

  async until(text: string): Promise<void> {
    await waitUntil(() => this.received.includes(text), { what: text, timeoutMs: 5_000 })
  }

  async closed(): Promise<void> {
    await waitUntil(() => this.isClosed, { what: 'the end of a connection', timeoutMs: 5_000 })
  }
}

const request = (header: string) => `POST / HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`

const chunked = (body: string) => request('Transfer-Encoding: chunked') + body

/** Bytes of bodies that servers of this file have read. */
let received = 0
const receivedBytes = () => received

/** Reads each body to its end, then answers with its length; `/at-once` is answered before. */
const echo: RequestHandler = (request, response) => {
  let bytes = 0
  if (request.url === '/at-once') {
    response.end('early')
    return
  }
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    received += chunk.length
  })
  request.on('end', () => response.end(`${bytes} bytes`))
  request.on('error', () => response.destroy())
}

async function start(handler: RequestHandler = echo, maxConnections = 100) {
  const clock = new FakeClock()
  const server = createNodeServer(handler, {
    clock,
    maxConnections,
    bodyWindowMs: 30_000,
    wantsBody: () => true,
  })
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const port = await listenOn(server, '127.0.0.1', 0)
  return { clock, server, connect: () => new Client(port) }
}

const post = (path: string, lengthBytes: number) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${lengthBytes}\r\n\r\n`

describe('a body', () => {
  it('that trickles is cut off', async () => {
    const { clock, connect } = await start()
    const slow = connect().send(post('/', 1_000_000)).send('x')
    await waitUntil(() => clock.pendingTimers === 1, { what: 'a watch' })
    await clock.advance(29_000)
    expect(slow.isClosed).toBe(false)
    await clock.advance(2_000)
    await slow.closed()
    expect(clock.pendingTimers).toBe(0)
  })

  it('may take hours while it comes fast enough', async () => {
    const { clock, connect } = await start()
    const steady = connect().send(post('/', 200 * 2000))
    await waitUntil(() => clock.pendingTimers === 1, { what: 'a watch' })
    for (let window = 0; window < 200; window += 1) {
      const before = receivedBytes()
      steady.send('x'.repeat(2000))
      await waitUntil(() => receivedBytes() > before, { what: 'more of the body' })
      await clock.advance(29_000)
    }
    await steady.until('400000 bytes')
    expect(clock.pendingTimers).toBe(0)
  })

  it('that nobody reads is given up soon after the answer', async () => {
    const { clock, connect } = await start()
    const client = connect().send(post('/at-once', 1_000_000))
    await client.until('early')
    await clock.advance(1_000)
    expect(client.isClosed).toBe(false)
    await clock.advance(1_500)
    await client.closed()
    expect(clock.pendingTimers).toBe(0)
  })

  it('that ends after its answer leaves the connection as it was', async () => {
    const { clock, connect } = await start()
    const client = connect().send(post('/at-once', 5))
    await client.until('early')
    client.send('12345').send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await client.until('0 bytes')
    await clock.advance(10_000)
    expect(client.isClosed).toBe(false)
  })
})

describe('connections beyond the limit', () => {
  it('push out the one that was idle longest, never one at work', async () => {
    const held: (() => void)[] = []
    const { connect } = await start((request, response) => {
      if (request.url === '/held') held.push(() => response.end('done'))
      else response.end('free')
    }, 3)
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
    const busy = connect().send(get('/held'))
    await waitUntil(() => held.length === 1, { what: 'a request' })
    const idle = connect().send(get('/'))
    await idle.until('free')
    const silent = connect()
    await waitUntil(() => silent.socket.readyState === 'open', { what: 'a connection' })
    const late = connect().send(get('/'))
    await late.until('free')
    await idle.closed()
    const later = connect().send(get('/'))
    await later.until('free')
    await silent.closed()
    expect(busy.isClosed).toBe(false)
    held[0]?.()
    await busy.until('done')
  })

  it('are refused when all are at work', async () => {
    const held: (() => void)[] = []
    const { connect } = await start((_request, response) => {
      held.push(() => response.end('done'))
    }, 1)
    const busy = connect().send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await waitUntil(() => held.length === 1, { what: 'a request' })
    await connect().closed()
    held[0]?.()
    await busy.until('done')
  })
})

describe('odd requests', () => {
  it.each([
    ['a whole URL', 'GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['too many headers', `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(200)}\r\n`, 431],
    ['headers that are too long', `GET / HTTP/1.1\r\nHost: x\r\na: ${'b'.repeat(20_000)}\r\n`, 431],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
    ],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\na: b\r\n c\r\n\r\n', 400],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: x\n\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['another protocol', 'hrpc\x09\x00\x00', 400],
    ['extensions of chunks that are too long', chunked(`1;${'x'.repeat(1_000_000)}\r\nb\r\n`), 413],
    ['trailers that are too long', chunked(`0\r\na: ${'b'.repeat(1_000_000)}\r\n\r\n`), 431],
    ['a chunk that is no number', chunked('zz\r\n'), 400],
    ['a chunk beyond numbers', chunked('ffffffffffffffff1\r\n'), 400],
    ['chunks beside another encoding', request('Transfer-Encoding: chunked, identity'), 400],
  ])('get an answer and a close: %s', async (_name, text, status) => {
    const { connect } = await start()
    const client = connect().send(text)
    await client.closed()
    expect(client.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    await connect().send('GET / HTTP/1.1\r\nHost: x\r\n\r\n').until('0 bytes')
  })

  it('may ask about the server as a whole', async () => {
    const { connect } = await start()
    await connect().send('OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n').until('0 bytes')
  })
})
