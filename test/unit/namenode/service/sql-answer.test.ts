import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditFolder } from '../../../../namenode/service/access/audit.js'
import { answerQuestion } from '../../../../namenode/service/sql/sql-answer.js'
import { auditTime, formatAuditLine } from '../../../../namenode/storage/audit-line.js'
import { as, type Fixture, openFixture, ROOT } from '../namespace/namespace-fixture.js'

let fixture: Fixture
const alice = as('alice')

beforeAll(async () => {
  fixture = await openFixture()
  const { namespace } = fixture
  const mkdir = (path: string, call = ROOT) =>
    namespace.mkdirs(call, { path, permission: 0o777, createParent: true })
  const touch = async (path: string, call = ROOT) => {
    const holder = 'writer'
    const options = { create: true, overwrite: false, createParent: true, permission: 0o640 }
    const created = { path, holder, replication: 3, blockSizeBytes: 1024 * 1024, ...options }
    const { id: fileId } = await namespace.create(call, created)
    await namespace.completeFile(call, { path, fileId, holder, last: undefined })
  }
  await mkdir('/a/b')
  await touch('/a/b/f', alice)
  await touch('/a/g')
  await mkdir('/gone/deep')
  await touch('/gone/deep/h')
  await namespace.delete(ROOT, { path: '/gone', recursive: true })
  const timeMs = fixture.clock.nowMs
  mkdirSync(auditFolder(fixture.folder), { recursive: true })
  const operation = { timeMs, user: 'alice', address: '::1', command: 'delete', path: '/x' }
  const rest = { target: undefined, permission: undefined, face: 'rpc', outcome: 'success' }
  const line = formatAuditLine({ ...operation, ...rest }, auditTime(new Date(timeMs).toISOString()))
  writeFileSync(join(auditFolder(fixture.folder), 'audit.log'), line)
})
afterAll(() => fixture.dispose())

const NODE = {
  uuid: 'u1',
  hostname: 'node1',
  address: '10.0.0.1:9866',
  rack: '/r',
  state: 'live',
  capacityBytes: 100,
  usedBytes: 10,
  remainingBytes: 90,
  lastHeartbeatMs: 1,
}

const ask = (sql: string, maxRows = 100) =>
  answerQuestion({
    sql,
    maxRows,
    timeLimitMs: 10_000,
    places: {
      namespacePath: join(fixture.folder, 'namespace.db'),
      replicaPath: join(fixture.folder, 'replicas.db'),
      auditFolder: auditFolder(fixture.folder),
    },
    nodes: [NODE],
  })

describe('a question in SQL', () => {
  it.each([
    [
      'select path, owner, permission from files order by path',
      ['/a/b/f alice 640', '/a/g hdfs 640'],
    ],
    ['select path, files_below from directories order by path', ['/ 2', '/a 2', '/a/b 1']],
    ['select owner, count(*) from files group by owner', ['alice 1', 'hdfs 1']],
    ['select count(*) from blocks', ['0']],
    ['select count(*) from replicas', ['0']],
    ['select hostname, remaining from nodes', ['node1 90']],
    ['select user, command, path, target from audit', ['alice delete /x ']],
    ["with x as (select 1 as n) select n, 'ä' from x", ['1 ä']],
    ['/* why */ -- a comment\nvalues (1)', ['1']],
  ])('%s', (sql, expected) => {
    const answer = ask(sql)
    const rows = answer.kind === 'rows' ? answer.rows.map((row) => row.join(' ')) : answer.message
    expect(rows).toEqual(expected)
  })

  it.each([
    'delete from main.inode',
    'insert into nodes values (1,2,3,4,5,6,7,8,9)',
    'with x as (select 1) delete from main.inode returning id',
    'pragma query_only = 0',
    "attach database '/tmp/x' as x",
    'select 1; select 2',
    'create table t (a)',
    'vacuum into "/tmp/copy"',
    'select * from nothing',
    "select load_extension('x')",
    "select writefile('/tmp/x', 'y')",
    '',
  ])('that is none is refused: %s', (sql) => {
    expect(ask(sql)).toEqual({ kind: 'refused', message: expect.any(String) })
  })

  it('may be about an audit log whose files are longer than any string', () => {
    const folder = auditFolder(fixture.folder)
    const line = readFileSync(join(folder, 'audit.log'))
    const older = join(folder, 'audit.log.1')
    writeFileSync(older, '')
    truncateSync(older, 600 * 1024 * 1024)
    appendFileSync(older, Buffer.concat([Buffer.from('\n'), line]))
    expect(ask('select user from audit limit 2')).toMatchObject({ rows: [['alice'], ['alice']] })
    rmSync(older)
  })

  it('is told that there is more where one row alone would be too long', () => {
    const answer = ask("select 1 union all select printf('%.17000000c', 'x')")
    expect(answer).toMatchObject({ kind: 'rows', rows: [[1]], isTruncated: true })
  })

  it('gets as many rows as it may have, and is told that there are more', () => {
    expect(ask('select id from files', 1)).toMatchObject({
      isTruncated: true,
      rows: [[expect.any(Number)]],
    })
    expect(ask('select id from files', 2)).toMatchObject({ isTruncated: false })
    const endless =
      "with recursive n(i) as (select 1 union all select i + 1 from n) select printf('%.10000c', 'x') from n"
    const answer = ask(endless, 1_000_000)
    expect(answer).toMatchObject({ kind: 'rows', isTruncated: true })
    expect(answer.kind === 'rows' && answer.rows.length).toBeLessThan(2000)
  })
})
