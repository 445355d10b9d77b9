/** WebHDFS against a whole in-process cluster: both steps of what moves bytes, and what happens when they stop in the middle. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, type DfsClient, startCluster } from '../../index.js'
import { content } from '../support/content.js'
import { waitUntil } from '../support/wait-until.js'
import { exchange, inTwoSteps, type WebhdfsMethod, webhdfsUrl } from '../support/webhdfs-client.js'

const BLOCK_BYTES = 1024 * 1024

let cluster: Cluster
let client: DfsClient

beforeAll(async () => {
  cluster = await startCluster({ datanodes: 3, settings: { 'block.size': BLOCK_BYTES } })
  client = cluster.client()
  await client.mkdir('/w')
})
afterAll(async () => {
  await cluster.stop()
})

const urlOf = (path: string, operation: string, query: Record<string, string> = {}) =>
  webhdfsUrl(cluster.httpUrl, path, operation, query)
const put = (path: string, bytes: Uint8Array, query: Record<string, string> = {}) =>
  inTwoSteps('PUT', urlOf(path, 'CREATE', query), bytes)
const get = (path: string, query: Record<string, string> = {}) =>
  inTwoSteps('GET', urlOf(path, 'OPEN', query))
const locationOf = async (method: WebhdfsMethod, path: string, operation: string) => {
  const { status, headers } = await exchange(method, urlOf(path, operation))
  expect(status).toBe(307)
  return new URL(headers.location ?? '')
}
const exceptionOf = (body: Buffer) =>
  (JSON.parse(body.toString()) as { RemoteException: { exception: string } }).RemoteException
    .exception

describe('CREATE and OPEN', () => {
  it.each([0, 1, 511, 512, 513, 65_535, 65_537, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1])(
    'carry %i bytes there and back',
    async (size) => {
      const bytes = content(size + 1, size)
      const created = await put(`/w/size-${size}`, bytes)
      expect(created.status).toBe(201)
      expect(created.headers.location).toBe(`${cluster.fs}/w/size-${size}`)
      const reply = await get(`/w/size-${size}`)
      expect(reply.headers['content-length']).toBe(String(size))
      expect(reply.body.equals(bytes)).toBe(true)
    },
  )

  it.each(['a b', '100%', 'a+b', '#h', 'q?x&y=z', 'é', 'e\u0301', "it's", 'x'.repeat(255)])(
    'know a file named %s',
    async (name) => {
      expect((await put(`/w/names/${name}`, Buffer.from(name))).status).toBe(201)
      expect((await get(`/w/names/${name}`)).body.toString()).toBe(name)
      expect((await client.readFile(`/w/names/${name}`)).toString()).toBe(name)
    },
  )

  it('give part of a file, across blocks, and no more than there is', async () => {
    const bytes = content(1, 2 * BLOCK_BYTES + 17)
    await put('/w/parts', bytes)
    const from = BLOCK_BYTES - 5
    const part = await get('/w/parts', { offset: String(from), length: '10' })
    expect(part.body.equals(bytes.subarray(from, from + 10))).toBe(true)
    const rest = await get('/w/parts', { offset: String(bytes.length - 3), length: '9999' })
    expect(rest.body.equals(bytes.subarray(-3))).toBe(true)
    const beyond = await get('/w/parts', { offset: String(bytes.length) })
    expect([beyond.status, exceptionOf(beyond.body)]).toEqual([403, 'IOException'])
  })

  it('obey block size, replication and permission, and overwrite only when told', async () => {
    const query = { blocksize: '1048576', replication: '2', permission: '600' }
    await put('/w/made', Buffer.from('one'), query)
    expect(await client.stat('/w/made')).toMatchObject({ replication: 2, permission: 0o600 })
    expect((await put('/w/made', Buffer.from('two'))).status).toBe(403)
    expect((await put('/w/made', Buffer.from('two'), { overwrite: 'true' })).status).toBe(201)
    expect((await client.readFile('/w/made')).toString()).toBe('two')
  })

  it('serve a file whose first replica lies from another one', async () => {
    const bytes = content(2, 300_000)
    await put('/w/lied', bytes)
    await cluster.datanodes[0]?.corrupt('/w/lied')
    expect((await get('/w/lied')).body.equals(bytes)).toBe(true)
  })

  it('cut a reply off visibly when every replica of a later block lies', async () => {
    await put('/w/lost', content(3, 2 * BLOCK_BYTES))
    const block = (await cluster.blocks('/w/lost'))[1]
    for (const datanode of cluster.datanodes) await datanode.corrupt(block?.blockId ?? 0)
    await expect(get('/w/lost')).rejects.toThrow()
    const first = await get('/w/lost', { length: String(BLOCK_BYTES) })
    expect(first.body.length).toBe(BLOCK_BYTES)
  })
})

describe('a body that is cut off', () => {
  const beginning = content(4, 300_000)
  const cutOff = async (url: URL, method: string) => {
    const socket = connect(Number(url.port), url.hostname)
    socket.write(
      `${method} ${url.pathname}${url.search} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n`,
    )
    socket.write(beginning)
    return socket
  }

  it('leaves no file when it was to become one', async () => {
    const socket = await cutOff(await locationOf('PUT', '/w/cut', 'CREATE'), 'PUT')
    await waitUntil(() => client.exists('/w/cut'), { what: 'the file being written' })
    socket.destroy()
    await waitUntil(async () => !(await client.exists('/w/cut')), { what: 'it to vanish' })
  })

  it('keeps what arrived when it was appended, and the file can be appended again', async () => {
    await put('/w/appended', Buffer.from('begin'))
    const url = await locationOf('POST', '/w/appended', 'APPEND')
    const socket = await cutOff(url, 'POST')
    const isOpen = async () => {
      const { body } = await exchange('GET', urlOf('/w/appended', 'GET_BLOCK_LOCATIONS'))
      return body.includes('"isUnderConstruction":true')
    }
    await waitUntil(isOpen, { what: 'the append to have begun' })
    const second = await exchange('POST', url, Buffer.from('x'))
    expect([second.status, exceptionOf(second.body)]).toEqual([403, 'AlreadyBeingCreatedException'])
    socket.destroy()
    const again = await waitUntil(
      async () => {
        const reply = await exchange('POST', url, Buffer.from('end'))
        return reply.status === 200 ? reply : undefined
      },
      { what: 'the file to be free' },
    )
    expect(again.status).toBe(200)
    const text = (await client.readFile('/w/appended')).toString('latin1')
    expect(text).toMatch(/^begin/)
    expect(text).toMatch(/end$/)
  })
})

it('appends through one redirect as often as a client likes, as fsspec does', async () => {
  await put('/w/pieces', Buffer.alloc(0))
  const url = await locationOf('POST', '/w/pieces', 'APPEND')
  const pieces = [content(5, 100_000), content(6, BLOCK_BYTES), content(7, 1)]
  for (const piece of pieces) expect((await exchange('POST', url, piece)).status).toBe(200)
  expect((await client.readFile('/w/pieces')).equals(Buffer.concat(pieces))).toBe(true)
})

it('gives the checksum that every other way of asking gives', async () => {
  await put('/w/sum', content(8, 3 * BLOCK_BYTES))
  const { algorithm, bytes } = await client.checksum('/w/sum')
  const reply = await inTwoSteps('GET', urlOf('/w/sum', 'GETFILECHECKSUM'))
  expect(JSON.parse(reply.body.toString())).toEqual({
    FileChecksum: { algorithm, bytes: `${bytes.toString('hex')}00000000`, length: 28 },
  })
})

describe('a datanode', () => {
  it('serves nobody without a ticket, nor with one for something else', async () => {
    const url = await locationOf('GET', '/w/sum', 'OPEN')
    const changed = (change: (url: URL) => void) => {
      const copy = new URL(url)
      change(copy)
      return exchange('GET', copy)
    }
    expect((await changed((it) => it.searchParams.delete('ticket'))).status).toBe(403)
    const other = await changed((it) => {
      it.pathname = '/webhdfs/v1/w/pieces'
    })
    expect([other.status, exceptionOf(other.body)]).toEqual([403, 'InvalidToken'])
    url.searchParams.set('op', 'CREATE')
    expect((await exchange('PUT', url, Buffer.from('x'))).status).toBe(403)
  })

  it('tells a client that waits for "100 Continue" of a refusal before the body', async () => {
    const url = await locationOf('PUT', '/w/refused', 'CREATE')
    await put('/w/refused', Buffer.from('somebody was faster'))
    const [status, isContinued] = await new Promise<[number, boolean]>((resolve, reject) => {
      let sawContinue = false
      const outgoing = request(url, { method: 'PUT', headers: { expect: '100-continue' } })
      outgoing.once('continue', () => {
        sawContinue = true
        outgoing.end('body')
      })
      outgoing.once('response', (reply) => {
        resolve([reply.statusCode ?? 0, sawContinue])
        outgoing.destroy()
      })
      outgoing.once('error', reject)
      outgoing.flushHeaders()
    })
    expect([status, isContinued]).toEqual([403, false])
  })

  it('refuses bodies that it would have to inflate', async () => {
    const url = await locationOf('PUT', '/w/gzip', 'CREATE')
    const reply = await fetch(url, {
      method: 'PUT',
      body: Buffer.from('x'),
      headers: { 'content-encoding': 'gzip' },
    })
    expect(reply.status).toBe(415)
    expect(await client.exists('/w/gzip')).toBe(false)
  })
})
