/** What an administrator asks a whole cluster over HTTP: SQL over the namespace, the audit log, the busiest users. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../index.js'

let cluster: Cluster

beforeAll(async () => {
  cluster = await startCluster({ datanodes: 1, settings: { 'replication.target': 1 } })
  await cluster.client().writeFile('/asked/about', 'some bytes')
})
afterAll(async () => {
  await cluster.stop()
})

async function sql(statement: string, rest: object = {}, user = cluster.client().user) {
  const url = new URL(`/api/v1/sql?user.name=${user}`, cluster.httpUrl)
  const body = JSON.stringify({ sql: statement, ...rest })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('SQL over a cluster', () => {
  it('joins files, blocks, replicas, nodes and what was done to them', async () => {
    const { body } = await sql(
      `select files.path, files.length, replicas.state, nodes.state from files
       join blocks on blocks.file = files.id join replicas on replicas.block = blocks.id
       join nodes on nodes.uuid = replicas.node
       where files.path in (select target from audit where command like 'rename%')`,
    )
    expect(body).toMatchObject({
      columns: ['path', 'length', 'state', 'state'],
      rows: [['/asked/about', 10, 'finalized', 'live']],
      isTruncated: false,
    })
  })

  const ENDLESS =
    'with recursive n(i) as (select 1 union all select i + 1 from n) select sum(i) from n'

  it('ends a question at its time limit, answers no more than two at once, and goes on', async () => {
    const limits = { timeLimitMs: 2000 }
    const answers = await Promise.all([1, 2, 3].map(() => sql(ENDLESS, limits)))
    expect(answers.map(({ body }) => body['code']).toSorted()).toEqual([
      'OVERLOADED',
      'TIMEOUT',
      'TIMEOUT',
    ])
    expect((await sql('select 1')).body).toMatchObject({ rows: [[1]] })
  })

  it('is for superusers, and for questions only', async () => {
    expect((await sql('select 1', {}, 'mallory')).status).toBe(403)
    expect((await sql('delete from main.inode')).status).toBe(400)
    expect((await sql('select 1', { maxRows: 0 })).status).toBe(400)
    expect((await sql('x'.repeat(100_000))).status).toBe(400)
  })
})

describe('the audit log of a cluster', () => {
  let lineNumber = 0
  const ask = async (path: string, user = cluster.client().user, method = 'GET') => {
    const separator = path.includes('?') ? '&' : '?'
    const url = new URL(`${path}${separator}user.name=${user}`, cluster.httpUrl)
    const response = await fetch(url, { method })
    return { status: response.status, text: await response.text() }
  }

  it('has what came through every face', async () => {
    const { user } = cluster.client()
    for (const path of ['/webhdfs/v1/asked?op=GETFILESTATUS', '/api/v1/files/asked?list']) {
      expect((await ask(path)).status).toBe(200)
    }
    await cluster.client().statIfExists('/asked')
    const { text } = await ask('/api/v1/audit?path=/asked')
    for (const face of ['rpc', 'webhdfs', 'http']) expect(text).toContain(`"face":"${face}"`)
    const { operations } = JSON.parse(text) as { operations: { user: string }[] }
    expect(operations.every((it) => it.user === user)).toBe(true)
    expect(JSON.parse((await ask('/api/v1/top')).text)).toMatchObject({
      windows: [
        {
          windowMs: 60_000,
          commands: expect.arrayContaining([expect.objectContaining({ command: '*' })]),
        },
        {},
        {},
      ],
    })
  })

  it('has the calls of administrators, refused or not', async () => {
    const refused = [
      ['PUT', '/api/v1/nodes/nobody/order?order=none'],
      ['DELETE', '/api/v1/nodes/nobody'],
      ['POST', '/api/v1/nodes/refresh'],
      ['GET', '/api/v1/backup'],
    ] as const
    for (const [method, path] of refused) {
      expect((await ask(path, 'eve', method)).status).toBe(403)
    }
    await sql('select 1', {}, 'eve')
    expect((await ask('/api/v1/nodes/refresh', undefined, 'POST')).status).toBe(200)
    const lines = async (user: string, command: string) => {
      const { text } = await ask(`/api/v1/audit?user=${user}&cmd=${command}`)
      const { operations } = JSON.parse(text) as { operations: Record<string, unknown>[] }
      return operations.map((it) => [it['outcome'], it['target']])
    }
    for (const command of ['orderNode', 'forgetNode']) {
      expect(await lines('eve', command)).toEqual([['PERMISSION_DENIED', 'nobody']])
    }
    for (const command of ['refreshNodes', 'backup', 'sql']) {
      expect(await lines('eve', command), command).toEqual([['PERMISSION_DENIED', undefined]])
    }
    const { user } = cluster.client()
    expect(await lines(user, 'refreshNodes')).toEqual([['success', undefined]])
  })

  it.each([
    ['PUT', '/api/v1/nodes/one/order?order=sideways', 'orderNode', 'ILLEGAL_ARGUMENT'],
    [
      'PUT',
      '/api/v1/nodes/two/order?order=maintenance&forMs=soon',
      'orderNode',
      'ILLEGAL_ARGUMENT',
    ],
    ['GET', '/api/v1/nodes', 'datanodeReport', 'success'],
    ['GET', '/api/v1/nodes/nobody/loss', 'forecastLoss', 'PERMISSION_DENIED'],
    ['GET', '/api/v1/audit', 'audit', 'PERMISSION_DENIED'],
    ['GET', '/api/v1/top', 'top', 'PERMISSION_DENIED'],
    ['GET', '/api/v1/explain', 'explain', 'ILLEGAL_ARGUMENT'],
    ['GET', '/api/v1/explain?block=sand', 'explain', 'ILLEGAL_ARGUMENT'],
    ['GET', '/api/v1/explain?path=/none', 'explain', 'NOT_FOUND'],
    ['GET', '/api/v1/events?from=yesterday', 'events', 'ILLEGAL_ARGUMENT'],
    ['GET', '/fsck?path=/&listcorruptfileblocks=1&ugi=%USER%', 'fsck', 'PERMISSION_DENIED'],
    ['GET', '/api/v1/fsck?path=/none&user=%USER%', 'fsck', 'NOT_FOUND'],
    ['GET', '/api/v1/files/?list&limit=many', 'listStatus', 'ILLEGAL_ARGUMENT'],
    ['PUT', '/api/v1/files/none/f', 'create', 'NOT_FOUND'],
  ])('has a line of %s %s', async (method, path, command, outcome) => {
    lineNumber += 1
    const user = `asker-${lineNumber}`
    await ask(path.replace('%USER%', user), user, method)
    const { text } = await ask(`/api/v1/audit?user=${user}&cmd=${command}`)
    const { operations } = JSON.parse(text) as { operations: Record<string, unknown>[] }
    expect(operations.map((it) => it['outcome'])).toEqual([outcome])
  })

  it.each(['/api/v1/audit', '/api/v1/top'])('%s is for superusers', async (path) => {
    expect((await ask(path, 'mallory')).status).toBe(403)
  })
})
