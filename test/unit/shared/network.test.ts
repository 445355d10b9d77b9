import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Receives, systemNetwork } from '../../../shared/network.js'
import { waitUntil } from '../../support/wait-until.js'

async function pair(receives: Receives) {
  const accepted: Socket[] = []
  const listener = await systemNetwork.listen(
    { host: '127.0.0.1', port: 0 },
    (socket) => accepted.push(socket),
    { receives },
  )
  onTestFinished(() => listener.close())
  const client = await systemNetwork.connect(
    { host: '127.0.0.1', port: listener.port },
    { timeoutMs: 5000, receives },
  )
  await waitUntil(() => accepted.length === 1, { what: 'the connection to be accepted' })
  return { listener, client, server: accepted[0]! }
}

/** Copies, as a reader must that gets reused memory. */
function collect(socket: Socket): { bytes: () => Buffer; memories: Set<ArrayBufferLike> } {
  const chunks: Buffer[] = []
  const memories = new Set<ArrayBufferLike>()
  socket.on('data', (chunk: Buffer) => {
    chunks.push(Buffer.from(chunk))
    memories.add(chunk.buffer)
  })
  return { bytes: () => Buffer.concat(chunks), memories }
}

describe.each(['fresh', 'reused'] as const)(
  'a connection that receives into %s memory',
  (receives) => {
    it('brings all bytes, both ways, and then the end', async () => {
      const { client, server } = await pair(receives)
      const atServer = collect(server)
      const atClient = collect(client)
      const [up, down] = [randomBytes(3_000_000), randomBytes(2_000_000)]
      client.write(up)
      server.write(down)
      await waitUntil(() => atServer.bytes().length + atClient.bytes().length === 5_000_000, {
        what: 'all bytes',
      })
      expect(atServer.bytes().equals(up)).toBe(true)
      expect(atClient.bytes().equals(down)).toBe(true)
      const ended = once(server, 'end')
      client.end()
      await ended
      server.end()
      await once(client, 'close')
    })

    it('stops at a pause and goes on after it', async () => {
      const { client, server } = await pair(receives)
      const received = collect(server)
      server.pause()
      client.write(randomBytes(100_000))
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(received.bytes().length).toBe(0)
      server.resume()
      await waitUntil(() => received.bytes().length === 100_000, { what: 'the bytes' })
    })

    it('tells of a broken connection, and lets the listener close', async () => {
      const { client, server, listener } = await pair(receives)
      collect(server)
      const closed = once(server, 'close')
      client.resetAndDestroy()
      await expect(closed).rejects.toMatchObject({ code: 'ECONNRESET' })
      await listener.close()
    })

    it('is ended by a listener that closes', async () => {
      const { client, listener } = await pair(receives)
      client.resume()
      const closed = once(client, 'close')
      await listener.close()
      await closed
    })

    it('knows both addresses', async () => {
      const { client, server, listener } = await pair(receives)
      expect(server.remotePort).toBe(client.localPort)
      expect(server.localPort).toBe(listener.port)
      expect(server.remoteAddress).toBe('127.0.0.1')
    })
  },
)

describe('reused memory', () => {
  it('is one piece, however much comes in', async () => {
    const { client, server } = await pair('reused')
    const received = collect(server)
    client.write(randomBytes(3_000_000))
    await waitUntil(() => received.bytes().length === 3_000_000, { what: 'all bytes' })
    expect(received.memories.size).toBe(1)
  })
})
