/**
 * Requests over HTTP that no decent client sends, to namenode and datanode of a live cluster: a clear answer, no failure
 * of ours in the log, nothing left behind, and the next good request works.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CONTROL_PATHS } from '../../shared/control/messages.js'
import { issueTicket } from '../../shared/http/ticket.js'
import { connected, type HostileCluster, startHostileCluster } from '../support/hostile-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const TOKEN = 'the token of the hostile cluster'
const FILES = '/api/v1/files'

let hostile: HostileCluster
let stop = async () => {}
beforeAll(async () => {
  hostile = await startHostileCluster({ settings: { 'cluster.token': TOKEN } }, (close) => {
    stop = close
  })
})
afterAll(() => stop())
afterEach(async () => {
  await hostile.good('http')
  await hostile.good('datanode-http')
  expect(hostile.failures.splice(0)).toEqual([])
})

interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends bytes and returns the first answer; 0 when the connection was closed without one. */
async function ask(face: 'http' | 'datanode-http', request: string): Promise<Answer> {
  const socket = await connected(hostile.faces[face].port)
  let text = ''
  let isClosed = false
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.once('close', () => {
    isClosed = true
  })
  socket.write(request, 'latin1')
  const isWhole = () => {
    const [head = '', body] = text.split('\r\n\r\n', 2)
    if (body === undefined) return false
    const length = /content-length: (\d+)/i.exec(head)?.[1]
    return length === undefined ? isClosed || /\n0\r?$/.test(body) : body.length >= Number(length)
  }
  await waitUntil(() => isClosed || isWhole(), { what: 'an answer', explain: () => text })
  socket.destroy()
  const [head = '', body = ''] = text.split('\r\n\r\n', 2)
  return { status: Number(head.split(' ')[1] ?? 0), head, body }
}

const line = (method: string, url: string, headers = '') =>
  `${method} ${url} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`
const get = (url: string, headers = '') => line('GET', url, headers)
const LONG_LEVELS = 'a/'.repeat(1001)

describe('paths', () => {
  it.each([
    ['a step up', '/a/../../etc/passwd', 400, 'INVALID_PATH'],
    ['an encoded step up', '/a/%2e%2e/etc/passwd', 400, 'INVALID_PATH'],
    ['a step nowhere', '/a/./b', 400, 'INVALID_PATH'],
    ['an encoded slash', '/a%2fb', 400, 'INVALID_PATH'],
    ['a NUL', '/a%00b', 400, 'INVALID_PATH'],
    ['a line feed', '/a%0d%0aX-Header:%201', 400, 'INVALID_PATH'],
    ['empty components', '//a', 400, 'INVALID_PATH'],
    ['bytes that are no UTF-8', '/a%ff', 400, 'ILLEGAL_ARGUMENT'],
    ['half a surrogate pair', '/a%ed%a0%80', 400, 'ILLEGAL_ARGUMENT'],
    ['half an escape', '/a%2', 400, 'ILLEGAL_ARGUMENT'],
    ['a name of 256 bytes', `/${'a'.repeat(256)}`, 400, 'NAME_TOO_LONG'],
    ['a name of 256 bytes in 128 letters', `/${'%C3%A4'.repeat(128)}`, 400, 'NAME_TOO_LONG'],
    ['8001 characters', `/${`${'a'.repeat(199)}/`.repeat(40)}aaa`, 400, 'INVALID_PATH'],
    ['1001 levels', `/${LONG_LEVELS}`, 400, 'INVALID_PATH'],
  ])('with %s are refused on both faces', async (_name, path, status, code) => {
    for (const face of ['http', 'datanode-http'] as const) {
      const answer = await ask(face, get(`${FILES}${path}`))
      expect(answer.status).toBe(status)
      expect(JSON.parse(answer.body)).toMatchObject({ status, code })
      expect(answer.head).not.toContain('X-Header')
    }
  })

  it('are decoded once', async () => {
    const answer = await ask('http', get(`${FILES}/%252e%252e`))
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'NOT_FOUND',
      detail: 'File does not exist: /%2e%2e',
    })
  })

  it.each([
    'con',
    'a;b',
    '-rf',
    '$(id)',
    "'; drop table inodes; --",
    '<script>',
    'a\\b',
    'e\u0301',
  ])('may hold names that mean something elsewhere: %s', async (name) => {
    const client = hostile.cluster.client()
    await client.writeFile(`/${name}`, name)
    const listing = await ask('http', get(`${FILES}/?user.name=root`))
    expect(listing.head).toContain('x-content-type-options: nosniff')
    expect(listing.head).toContain('content-type: application/json')
    const names = JSON.parse(Buffer.from(listing.body, 'latin1').toString()).entries
    expect(names).toContainEqual(expect.objectContaining({ name }))
    expect(String(await client.readFile(`/${name}`))).toBe(name)
    await client.delete(`/${name}`)
  })
})

describe('parameters', () => {
  it.each([
    ['given twice', `${FILES}/?user.name=root&after=a&after=b`, 400],
    ['a user given twice', `${FILES}/?user.name=a&user.name=b`, 400],
    ['a user with a line feed', `${FILES}/?user.name=a%0ab`, 400],
    ['a user that is empty', `${FILES}/?user.name=`, 400],
    ['a user of 10,000 letters', `${FILES}/?user.name=${'a'.repeat(10_000)}`, 400],
    ['a limit in exponents', `${FILES}/?limit=1e9`, 400],
    ['a limit in hex', `${FILES}/?limit=0x10`, 400],
    ['a limit of nothing', `${FILES}/?limit=0`, 400],
    ['a negative limit', `${FILES}/?limit=-1`, 400],
    ['a limit beyond the page', `${FILES}/?limit=1001`, 400],
    ['a cursor that is no name', `${FILES}/?user.name=root&after=%00%ff../..`, 200],
    ['names of the language', `${FILES}/?__proto__=a&constructor=b&user.name=root`, 200],
    ['a user of fsck with a line feed', '/fsck?path=/&ugi=a%0aHEALTHY', 400],
    ['fsck given twice', '/fsck?path=/&path=/a', 400],
    ['fsck that deletes, where nothing is corrupt', '/fsck?path=/&ugi=root&delete=1', 200],
    ['fsck of no path', '/api/v1/fsck?path=nope&user=root', 400],
    ['fsck of a NUL', '/api/v1/fsck?path=/%00&user=root', 404],
  ])('%s', async (_name, url, status) => {
    expect((await ask('http', get(url))).status).toBe(status)
  })

  it.each([
    ['a thousand ranges', `bytes=${'0-0,'.repeat(1000)}0-0`],
    ['a range backwards', 'bytes=9-1'],
    ['a range of other units', 'lines=1-2'],
    ['a range that overflows', 'bytes=99999999999999999999-'],
  ])('ranges that make no sense cost nothing: %s', async (_name, range) => {
    const answer = await ask('http', get(`${FILES}/good?user.name=root`, `Range: ${range}\r\n`))
    expect(answer.status).toBe(307)
    const { pathname, search } = new URL(/location: (\S+)/i.exec(answer.head)?.[1] ?? '')
    const whole = await ask('datanode-http', get(`${pathname}${search}`, `Range: ${range}\r\n`))
    expect([200, 416]).toContain(whole.status)
  })
})

describe('methods and origins', () => {
  it.each([
    ['CONNECT', 'CONNECT evil:80 HTTP/1.1\r\nHost: evil:80\r\n\r\n', [0]],
    ['a whole URL', 'GET http://evil/ HTTP/1.1\r\nHost: evil\r\n\r\n', [400]],
    ['TRACE', line('TRACE', '/'), [404, 405]],
    ['an unknown method', line('BREW', '/'), [400]],
    [
      'an override',
      get(`${FILES}/good?op=DELETE&user.name=root`, 'X-HTTP-Method-Override: DELETE\r\n'),
      [307],
    ],
    [
      'a page of another site',
      line('DELETE', `${FILES}/good?user.name=root`, 'Origin: http://evil\r\n'),
      [403],
    ],
    [
      'a page without an origin',
      line('DELETE', `${FILES}/good?user.name=root`, 'Origin: null\r\n'),
      [403],
    ],
    ['a delete of the root', line('DELETE', `${FILES}/?user.name=root&recursive=true`), [404, 409]],
  ])('%s', async (_name, request, statuses) => {
    expect(statuses).toContain((await ask('http', request)).status)
    expect(await hostile.cluster.client().exists('/good')).toBe(true)
  })
})

describe('tickets', () => {
  const claims = { user: 'root', method: 'GET', path: '/good', expiresMs: Date.now() + 60_000 }
  const good = () => issueTicket(claims, TOKEN)
  // In the first character of the signature: the last one of base64 has bits that mean nothing.
  const flipped = (ticket: string) =>
    ticket.replace(/\.(.)/, (_, first: string) => `.${first === 'A' ? 'B' : 'A'}`)

  it('that are good are served', async () => {
    const answer = await ask('datanode-http', get(`${FILES}/good?ticket=${good()}`))
    expect(answer.status).toBe(200)
  })

  it.each([
    ['missing', ''],
    ['empty', 'ticket='],
    ['garbage', 'ticket=%00%ff.x'],
    ['without a signature', `ticket=${good().split('.')[0]}`],
    ['with a bit flipped', `ticket=${flipped(good())}`],
    ['given twice', `ticket=${good()}&ticket=${good()}`],
    ['of another cluster', `ticket=${issueTicket(claims, 'another token, as long')}`],
    ['expired', `ticket=${issueTicket({ ...claims, expiresMs: 1 }, TOKEN)}`],
    ['for another file', `ticket=${issueTicket({ ...claims, path: '/bad' }, TOKEN)}`],
    ['for writing', `ticket=${issueTicket({ ...claims, method: 'PUT' }, TOKEN)}`],
  ])('that are %s are refused', async (_name, query) => {
    const answer = await ask('datanode-http', get(`${FILES}/good?${query}`))
    expect([400, 401]).toContain(answer.status)
    expect(answer.body).not.toContain(TOKEN)
  })
})

describe('the routes of datanodes', () => {
  const body = '{"datanodeUuid":"x"}'
  const post = (path: string, headers: string, text = body) =>
    `${line('POST', path, `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n${headers}`)}${text}`
  const bearer = `Authorization: Bearer ${TOKEN}\r\n`

  it.each([
    ['no token', ''],
    ['another cluster', 'Authorization: Bearer another token of the same length\r\n'],
    ['an empty token', 'Authorization: Bearer \r\n'],
    ['another scheme', `Authorization: Basic ${TOKEN}\r\n`],
    ['a user name', 'X-Forwarded-User: root\r\n'],
  ])('are closed to %s', async (_name, headers) => {
    for (const path of Object.values(CONTROL_PATHS)) {
      const answer = await ask('http', post(path, headers))
      expect(answer.status).toBe(401)
      expect(answer.body).not.toContain(TOKEN)
    }
  })

  it.each([
    ['nested a hundred thousand deep', '['.repeat(100_000), [400]],
    ['half of JSON', '{"a":', [400]],
    ['nothing', '', [400]],
    ['a prototype', '{"__proto__":{"a":1}}', [400]],
    ['a number beyond numbers', '{"sequence":1e400}', [400]],
    ['two megabytes', `{"a":"${'x'.repeat(2_000_000)}"}`, [413]],
  ])('answer a message that is %s', async (_name, text, statuses) => {
    const answer = await ask('http', post(CONTROL_PATHS.register, bearer, text))
    expect(statuses).toContain(answer.status)
  })

  it('do not inflate', async () => {
    const answer = await ask(
      'http',
      post(CONTROL_PATHS.register, `${bearer}Content-Encoding: gzip\r\n`),
    )
    expect([400, 415]).toContain(answer.status)
  })

  it('believe no impossible heartbeat', async () => {
    for (const sequence of [-1, 1.5, 2 ** 60]) {
      const text = JSON.stringify({
        datanodeUuid: hostile.cluster.datanodes[0]?.uuid,
        sessionId: 'x',
        sequence,
        storages: [],
        activeTransfers: 0,
        outcomes: [],
      })
      expect((await ask('http', post(CONTROL_PATHS.heartbeat, bearer, text))).status).toBe(400)
    }
  })
})

describe('uploads', () => {
  it('with an encoding are refused, never inflated', async () => {
    const ticket = issueTicket(
      { user: 'root', method: 'PUT', path: '/zipped', expiresMs: Date.now() + 60_000 },
      TOKEN,
    )
    const request = line(
      'PUT',
      `${FILES}/zipped?ticket=${ticket}`,
      'Content-Encoding: gzip\r\nContent-Length: 3\r\n',
    )
    expect((await ask('datanode-http', `${request}abc`)).status).toBe(415)
    expect(await hostile.cluster.client().exists('/zipped')).toBe(false)
  })

  it('that stop in the middle leave nothing', async () => {
    const client = hostile.cluster.client()
    const entries = async () => (await client.contentSummary('/')).fileCount
    const before = await entries()
    const ticket = issueTicket(
      { user: 'root', method: 'PUT', path: '/cut', expiresMs: Date.now() + 60_000 },
      TOKEN,
    )
    const socket = await connected(hostile.faces['datanode-http'].port)
    socket.write(line('PUT', `${FILES}/cut?ticket=${ticket}`, 'Content-Length: 100\r\n'))
    socket.write('half')
    await waitUntil(async () => (await entries()) > before, {
      what: 'the temporary file',
    })
    socket.resetAndDestroy()
    await waitUntil(async () => (await entries()) === before, {
      what: 'the end of the temporary file',
    })
  })
})

it('nothing is open when all is over', async () => {
  await hostile.expectNothingOpen()
})
