/** Server-sent events to readers who do not read, over real connections. */
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { registerEventRoutes } from '../../../../namenode/http/event-routes.js'
import { onceGone } from '../../../../namenode/http/gone.js'
import { EventLog } from '../../../../namenode/service/events/event-log.js'
import { encodeEdit } from '../../../../namenode/service/namespace/namespace-edit.js'
import { systemClock } from '../../../../shared/clock.js'
import { buildHttpServer } from '../../../../shared/http/http-server.js'
import { ROOT_INODE_ID, transactionId } from '../../../../shared/ids.js'
import { silentLog } from '../../../../shared/log.js'
import { FakeClock } from '../../../support/fake-clock.js'
import { waitUntil } from '../../../support/wait-until.js'

const PATH = `/${'x'.repeat(4000)}`
const removed = { id: ROOT_INODE_ID, how: 'remove' } as const
const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A namenode's events and nothing else, of a log with so many of them. */
async function serve(count: number) {
  const clock = new FakeClock()
  const args = encodeEdit({ op: 'delete', path: PATH, user: 'alice', removed })
  let lastRead = 0
  const events = new EventLog({
    lastTransactionId: () => transactionId(count),
    editsAfter: (after, limit) => {
      lastRead = after
      return Array.from({ length: Math.min(limit, count - after) }, (_, index) => ({
        id: transactionId(after + index + 1),
        timeMs: 0,
        operation: 'delete',
        arguments: args,
      }))
    },
    checkAccess: () => undefined,
    onCommitted: () => undefined,
  })
  const app = buildHttpServer({
    clock: systemClock,
    log: silentLog,
    bodyLimitBytes: 1024,
    maxConnections: 10,
    bodyWindowMs: 10_000,
    wantsBody: () => false,
  })
  const sockets: Socket[] = []
  app.server.on('connection', (socket: Socket) => sockets.push(socket))
  registerEventRoutes(app, {
    events,
    audit: { record: () => undefined },
    clock,
    webAccess: { corsOrigins: [], csrfHeader: '' },
    callOf: () => ({
      principal: { user: 'alice', groups: [], isSuperuser: true },
      requestId: undefined,
      clientAddress: '127.0.0.1',
      localAddress: '127.0.0.1',
      localPort: 0,
      face: 'http',
    }),
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  closing.push(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const client = connect(port, '127.0.0.1')
  client.on('error', () => undefined)
  closing.push(() => void client.destroy())
  client.write('GET /api/v1/events?from=0 HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const peer = await waitUntil(() => sockets[0], { what: 'the connection' })
  return { clock, client, peer, lastRead: () => lastRead }
}

it('a reader that takes nothing is cut off, and costs no more than a few pages until then', async () => {
  const count = 20_000
  const { clock, client, peer, lastRead } = await serve(count)
  client.pause()
  await waitUntil(() => peer.writableNeedDrain, { what: 'full buffers' })
  await waitUntil(
    async () => {
      await clock.advance(10_000)
      return peer.destroyed
    },
    { what: 'the cut' },
  )
  await clock.settle()
  expect(lastRead()).toBeLessThan(count / 2)
  expect(clock.pendingTimers).toBe(0)
})

it('a reader with nothing to read stays, and gets signs of life', async () => {
  const { clock, client, peer } = await serve(3)
  let text = ''
  client.on('data', (bytes) => {
    text += bytes.toString()
  })
  await waitUntil(() => text.includes('id: 3\n'), { what: 'the events' })
  for (let beats = 1; beats <= 5; beats += 1) {
    await clock.advance(15_000)
    await waitUntil(() => text.split(': heartbeat\nid: 3\n\n').length > beats, {
      what: `heartbeat ${beats}`,
    })
  }
  expect(peer.destroyed).toBe(false)
  client.destroy()
  await waitUntil(() => clock.pendingTimers === 0, { what: 'the end of the stream' })
})

it('a reader who left before the answer began is not counted for ever', () => {
  let count = 1
  const raw = { destroyed: true } as Parameters<typeof onceGone>[0]['raw']
  onceGone({ raw }, () => {
    count -= 1
  })
  expect(count).toBe(0)
})
