/** Files over HTTP against a whole in-process cluster: what curl and browsers do, and what happens when they stop in the middle. */
import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, type DfsClient, startCluster } from '../../index.js'

let cluster: Cluster
let client: DfsClient
const user = userInfo().username

beforeAll(async () => {
  cluster = await startCluster({ datanodes: 3, settings: { 'block.size': '1MiB' } })
  client = cluster.client()
  await client.mkdir('/http')
})
afterAll(async () => {
  await cluster.stop()
})

const urlOf = (path: string, query: Record<string, string> = {}) => {
  const url = new URL(
    `/api/v1/files${path.split('/').map(encodeURIComponent).join('/')}`,
    cluster.httpUrl,
  )
  for (const [name, value] of Object.entries({ 'user.name': user, ...query }))
    url.searchParams.set(name, value)
  return url
}

/** As `curl -L -T`: asks the namenode first, then sends the body to the datanode it names. */
async function put(
  path: string,
  body: Uint8Array,
  query: Record<string, string> = {},
): Promise<Response> {
  const redirect = await fetch(urlOf(path, query), { method: 'PUT', redirect: 'manual' })
  if (redirect.status !== 307) return redirect
  return await fetch(redirect.headers.get('location') ?? '', {
    method: 'PUT',
    body: Buffer.from(body),
  })
}

/** Follows the redirect by hand: fetch on Node 20 sends a form again with another boundary than it announces. */
async function post(folder: string, form: FormData): Promise<Response> {
  return await fetch(await locate('POST', folder), { method: 'POST', body: form })
}

async function locate(method: string, path: string): Promise<URL> {
  const reply = await fetch(urlOf(path), { method, redirect: 'manual' })
  expect(reply.status).toBe(307)
  return new URL(reply.headers.get('location') ?? '')
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const namesIn = async (folder: string) => {
  const names: string[] = []
  for await (const entry of client.list(folder)) names.push(entry.name)
  return names
}

describe('PUT', () => {
  it.each([0, 1, 511, 512, 513, 65_536, 3 * 1024 * 1024 + 17])(
    'stores %i bytes and GET returns them',
    async (size) => {
      const bytes = randomBytes(size)
      expect((await put(`/http/put-${size}.bin`, bytes)).status).toBe(201)
      const reply = await fetch(urlOf(`/http/put-${size}.bin`))
      expect(reply.status).toBe(200)
      expect(reply.headers.get('content-length')).toBe(String(size))
      expect(digest(Buffer.from(await reply.arrayBuffer()))).toBe(digest(bytes))
    },
  )

  it('replaces a file, unless told not to', async () => {
    expect((await put('/http/replaced', Buffer.from('one'))).status).toBe(201)
    expect((await put('/http/replaced', Buffer.from('two'))).status).toBe(200)
    const refused = await put('/http/replaced', Buffer.from('three'), { overwrite: 'false' })
    expect(refused.status).toBe(409)
    expect((await client.readFile('/http/replaced')).toString()).toBe('two')
  })

  it('refuses a missing parent, a directory, and a bad name, before the body travels', async () => {
    expect((await put('/http/none/x', Buffer.from('x'))).status).toBe(404)
    expect((await put('/http', Buffer.from('x'))).status).toBe(409)
    const reply = await fetch(new URL('/api/v1/files/http/%2e%2e%2fetc', cluster.httpUrl), {
      method: 'PUT',
    })
    expect(reply.status).toBe(400)
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(await reply.json()).toMatchObject({ code: 'INVALID_PATH', status: 400 })
  })

  it('leaves nothing when it is cut off in the middle', async () => {
    const target = await locate('PUT', '/http/cut-off')
    const socket = connect(Number(target.port), target.hostname)
    socket.write(
      `PUT ${target.pathname}${target.search} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n`,
    )
    socket.write(randomBytes(2_000_000))
    await waitFor(async () => (await namesIn('/http')).some((it) => it.endsWith('._COPYING_')))
    socket.destroy()
    await waitFor(async () => !(await namesIn('/http')).some((it) => it.endsWith('._COPYING_')))
    expect(await client.exists('/http/cut-off')).toBe(false)
  })

  it('ends two uploads of one name as one whole file', async () => {
    const contents = [randomBytes(3_000_000), randomBytes(3_000_000)]
    const replies = await Promise.all(contents.map((it) => put('/http/twice', it)))
    expect(replies.every(({ status }) => [200, 201, 409].includes(status))).toBe(true)
    expect(replies.some(({ ok }) => ok)).toBe(true)
    expect(contents.map(digest)).toContain(digest(await client.readFile('/http/twice')))
  })

  it('does not send the body to the namenode of a client that waits for "100 Continue"', async () => {
    const continued = await new Promise<boolean>((resolve, reject) => {
      const request = httpRequest(urlOf('/http/expected'), {
        method: 'PUT',
        headers: { expect: '100-continue', 'content-length': 1_000_000 },
      })
      request.on('continue', () => resolve(true))
      request.on('response', (reply) => {
        expect(reply.statusCode).toBe(307)
        resolve(false)
      })
      request.on('error', reject)
      request.flushHeaders()
    })
    expect(continued).toBe(false)
  })
})

describe('multipart POST', () => {
  it('stores every file of a form, as a browser sends it', async () => {
    const form = new FormData()
    const big = randomBytes(2_500_000)
    form.append('comment', 'not a file')
    form.append('files', new Blob([big]), 'big file €.bin')
    form.append('files', new Blob(['small']), 'small.txt')
    const reply = await post('/http', form)
    expect(reply.status).toBe(201)
    expect(await reply.json()).toEqual({
      files: [
        { path: '/http/big file €.bin', lengthBytes: big.length },
        { path: '/http/small.txt', lengthBytes: 5 },
      ],
    })
    expect(digest(await client.readFile('/http/big file €.bin'))).toBe(digest(big))
  })

  it('answers 409 for a name that exists, and stores none of the form', async () => {
    const form = new FormData()
    form.append('files', new Blob(['x']), 'fresh.txt')
    form.append('files', new Blob(['y']), 'small.txt')
    expect((await post('/http', form)).status).toBe(409)
    expect(await client.exists('/http/fresh.txt')).toBe(false)
    expect((await client.readFile('/http/small.txt')).toString()).toBe('small')
  })

  it('refuses a form that ends before its last boundary', async () => {
    const reply = await fetch(await locate('POST', '/http'), {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: '--x\r\nContent-Disposition: form-data; name="f"; filename="half.txt"\r\n\r\nhal',
    })
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ code: 'ILLEGAL_ARGUMENT' })
    expect(await namesIn('/http')).not.toContain('half.txt')
  })

  it('leaves nothing of a form that is cut off in its second file', async () => {
    const target = await locate('POST', '/http')
    const part = (name: string) =>
      `--x\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\n`
    const socket = connect(Number(target.port), target.hostname)
    socket.write(
      `POST ${target.pathname}${target.search} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n`,
    )
    socket.write(`${part('first.txt')}whole\r\n${part('second.txt')}begin`)
    await waitFor(
      async () => (await namesIn('/http')).filter((it) => it.endsWith('._COPYING_')).length > 0,
    )
    socket.destroy()
    await waitFor(async () => !(await namesIn('/http')).some((it) => it.endsWith('._COPYING_')))
    expect(await client.exists('/http/first.txt')).toBe(false)
    expect(await client.exists('/http/second.txt')).toBe(false)
  })
})

describe('GET', () => {
  it('serves ranges, also across blocks, and says 416 behind the end', async () => {
    const bytes = randomBytes(2_500_000)
    await client.writeFile('/http/ranged', bytes)
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 1],
      ['bytes=1048570-1048580', 1_048_570, 1_048_581],
      ['bytes=-5', 2_499_995, 2_500_000],
      ['bytes=2000000-', 2_000_000, 2_500_000],
    ] as const) {
      const reply = await fetch(urlOf('/http/ranged'), { headers: { range } })
      expect(reply.status).toBe(206)
      expect(reply.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/2500000`)
      expect(Buffer.from(await reply.arrayBuffer()).equals(bytes.subarray(from, to))).toBe(true)
    }
    const behind = await fetch(urlOf('/http/ranged'), { headers: { range: 'bytes=2500000-' } })
    expect(behind.status).toBe(416)
    expect(behind.headers.get('content-range')).toBe('bytes */2500000')
  })

  it('answers 304 to the tag it gave, and HEAD with the headers alone', async () => {
    await client.writeFile('/http/page.html', '<p>hello</p>')
    const head = await fetch(urlOf('/http/page.html'), { method: 'HEAD' })
    expect(head.headers.get('content-type')).toBe('text/html')
    expect(head.headers.get('content-length')).toBe('12')
    expect(head.headers.get('content-security-policy')).toBe('sandbox')
    const etag = head.headers.get('etag') ?? ''
    const again = await fetch(urlOf('/http/page.html'), { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)
    await put('/http/page.html', Buffer.from('<p>hullo</p>'))
    const changed = await fetch(urlOf('/http/page.html'), { headers: { 'if-none-match': etag } })
    expect(changed.status).toBe(200)
  })

  it('lists a folder in pages', async () => {
    await client.mkdir('/http/many')
    for (let index = 0; index < 5; index += 1) await client.writeFile(`/http/many/${index}`, '')
    const names: string[] = []
    let after = ''
    for (;;) {
      const reply = await fetch(urlOf('/http/many', { list: '', limit: '2', after }))
      const page = (await reply.json()) as { entries: { name: string }[]; next?: string }
      names.push(...page.entries.map(({ name }) => name))
      if (page.next === undefined) break
      after = page.next
    }
    expect(names).toEqual(['0', '1', '2', '3', '4'])
    expect((await fetch(urlOf('/http/many', { list: '', limit: '1000000000' }))).status).toBe(400)
  })

  it('goes on when the datanode that holds the next block dies in the middle', async () => {
    const bytes = randomBytes(8_000_000)
    await client.writeFile('/http/survives', bytes)
    const target = await locate('GET', '/http/survives')
    const reply = await fetch(target)
    const reader = (reply.body as ReadableStream<Uint8Array>).getReader()
    const parts = [(await reader.read()).value ?? Buffer.alloc(0)]
    const victim = cluster.datanodes.find(({ httpPort }) => httpPort !== Number(target.port))
    await victim?.kill()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      parts.push(value)
    }
    expect(digest(Buffer.concat(parts))).toBe(digest(bytes))
    await victim?.start()
    await cluster.ready()
  })
})

describe('DELETE', () => {
  it('deletes a file, not a full folder, and says 404 the second time', async () => {
    await client.writeFile('/http/gone/deep', 'x')
    expect((await fetch(urlOf('/http/gone'), { method: 'DELETE' })).status).toBe(409)
    expect(
      (await fetch(urlOf('/http/gone', { recursive: 'true' }), { method: 'DELETE' })).status,
    ).toBe(204)
    expect((await fetch(urlOf('/http/gone'), { method: 'DELETE' })).status).toBe(404)
  })
})

describe('who may', () => {
  it('refuses another user what the permissions refuse', async () => {
    await client.writeFile('/http/secret', 'x', { permission: 0o600 })
    const other = { 'user.name': 'mallory' }
    expect((await fetch(urlOf('/http/secret', other))).status).toBe(403)
    expect((await put('/http/mine', Buffer.from('x'), other)).status).toBe(403)
    expect((await fetch(urlOf('/http/secret', other), { method: 'DELETE' })).status).toBe(403)
  })

  it('refuses a datanode without a ticket, or with one for another file', async () => {
    await client.writeFile('/http/public', 'x')
    const target = await locate('GET', '/http/public')
    const bare = new URL(target)
    bare.searchParams.delete('ticket')
    expect((await fetch(bare)).status).toBe(401)
    const other = new URL(target)
    other.pathname = '/api/v1/files/http/secret'
    expect((await fetch(other)).status).toBe(401)
  })

  it('refuses changes sent by a page of another site', async () => {
    const reply = await fetch(urlOf('/http/public'), {
      method: 'DELETE',
      headers: { origin: 'http://evil.example' },
    })
    expect(reply.status).toBe(403)
    expect(await client.exists('/http/public')).toBe(true)
  })
})

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition was not met within 20 s')
    await pause(20)
  }
}
