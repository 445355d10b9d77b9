import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RollingCounts } from '../../../../namenode/policy/rolling-counts.js'
import {
  Audit,
  type AuditQuestion,
  auditFolder,
} from '../../../../namenode/service/access/audit.js'
import { auditLinesNewestFirst } from '../../../../namenode/storage/audit-file.js'
import {
  type AuditedOperation,
  auditTime,
  formatAuditLine,
  parseAuditLine,
} from '../../../../namenode/storage/audit-line.js'
import { systemClock } from '../../../../shared/clock.js'
import { systemDisk } from '../../../../shared/disk.js'
import { silentLog } from '../../../../shared/log.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'
import { HandClock } from '../namespace/namespace-fixture.js'

const operation = (change: Partial<AuditedOperation> = {}): AuditedOperation => ({
  timeMs: Date.UTC(2026, 10, 21, 9, 8, 7, 6),
  user: 'alice',
  address: '10.0.0.7',
  command: 'rename',
  path: '/a',
  target: '/b',
  permission: undefined,
  face: 'rpc',
  outcome: 'success',
  ...change,
})
const lineOf = (it: AuditedOperation) =>
  formatAuditLine(it, auditTime(new Date(it.timeMs).toISOString()))

const ALL: AuditQuestion = {
  user: undefined,
  command: undefined,
  path: undefined,
  sinceMs: 0,
  limit: 1000,
}

describe('a line of the audit log', () => {
  it('is that of HDFS', () => {
    expect(lineOf(operation({ permission: 'alice:staff:rw-r--r--' }))).toBe(
      '2026-11-21 09:08:07,006 INFO FSNamesystem.audit: allowed=true\tugi=alice (auth:SIMPLE)\tip=/10.0.0.7\t' +
        'cmd=rename\tsrc=/a\tdst=/b\tperm=alice:staff:rw-r--r--\tproto=rpc\n',
    )
    expect(lineOf(operation({ outcome: 'PERMISSION_DENIED', target: undefined }))).toContain(
      'allowed=false\tugi=alice (auth:SIMPLE)\tip=/10.0.0.7\tcmd=rename\tsrc=/a\tdst=null\tperm=null\tproto=rpc\n',
    )
  })

  it.each([
    operation(),
    operation({ path: '/tab\tline\nend\\u0041=x', target: undefined }),
    operation({ outcome: 'NOT_FOUND' }),
    operation({ outcome: 'PERMISSION_DENIED', path: undefined }),
    operation({ user: 'a (auth:SIMPLE)\u0085', command: 'rename (options=[OVERWRITE])' }),
  ])('is read back as it was: %j', (it) => {
    const line = lineOf(it)
    expect(line.match(/\n/g)).toHaveLength(1)
    expect(parseAuditLine(line.trimEnd())).toEqual(it)
  })

  it('is nothing where it is damaged', () => {
    const line = lineOf(operation())
    for (const length of [0, 10, 23, 60, line.length - 12]) {
      expect(parseAuditLine(line.slice(0, length))).toBeUndefined()
    }
  })
})

describe('the audit log', () => {
  const clock = new HandClock()
  let folder: string
  let audit: Audit
  const open = (maxBytes: number, reads = true) =>
    Audit.open({ disk: systemDisk, clock, log: silentLog, dataFolder: folder, maxBytes, reads })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dfs-audit-'))
  })
  afterEach(async () => {
    await audit.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('finds by user, command, path and age, the newest first', async () => {
    audit = await open(1_000_000)
    audit.record(operation({ command: 'mkdirs', path: '/old', target: undefined }), false)
    clock.nowMs += 60_000
    const since = clock.nowMs
    audit.record(operation({ path: '/data/x', target: '/else' }), false)
    audit.record(
      operation({ user: 'bob', command: 'delete', path: '/data', target: undefined }),
      false,
    )
    const find = async (question: Partial<AuditQuestion>) =>
      (await audit.find({ ...ALL, ...question })).map((it) => `${it.command} ${it.path}`)
    expect(await find({})).toEqual(['delete /data', 'rename /data/x', 'mkdirs /old'])
    expect(await find({ user: 'alice' })).toEqual(['rename /data/x', 'mkdirs /old'])
    expect(await find({ command: 'rename' })).toEqual(['rename /data/x'])
    expect(await find({ path: '/data' })).toEqual(['delete /data', 'rename /data/x'])
    expect(await find({ path: '/else' })).toEqual(['rename /data/x'])
    expect(await find({ path: '/dat' })).toEqual([])
    expect(await find({ sinceMs: since, limit: 1 })).toEqual(['delete /data'])
    expect(await find({ sinceMs: since })).toEqual(['delete /data', 'rename /data/x'])
  })

  it('keeps its room by dropping the oldest, across restarts, and reads all that is left', async () => {
    const maxBytes = 8 * 2000
    const written = 400
    audit = await open(maxBytes)
    for (let index = 0; index < written; index += 1) {
      audit.record(operation({ path: `/ä${index}` }), false)
      await audit.flush()
      if (index === written / 2) {
        await audit.close()
        audit = await open(maxBytes)
      }
    }
    const files = readdirSync(auditFolder(folder))
    const bytes = files.map((name) => readFileSync(join(auditFolder(folder), name)).length)
    expect(files).toHaveLength(8)
    expect(bytes.reduce((sum, it) => sum + it, 0)).toBeLessThanOrEqual(maxBytes)
    const found = await audit.find(ALL)
    const expected = found.map((_, index) => `/ä${written - 1 - index}`)
    expect(found.map((it) => it.path)).toEqual(expected)
    expect(found.length).toBeGreaterThan(80)
  })

  it.each([
    ['rename', 'audit.log.2'],
    ['rename', 'audit.log'],
    ['open', 'audit.log'],
  ] as const)(
    'goes on when it cannot be rotated, and loses nothing by it: %s of %s',
    async (call, pathPart) => {
      const disk = new FailingDisk()
      const maxBytes = 8 * 2000
      audit = await Audit.open({
        ...{ disk, clock, log: silentLog, dataFolder: folder, maxBytes, reads: true },
      })
      const record = async (path: string) => {
        audit.record(operation({ path }), false)
        await audit.flush()
      }
      const paths = async () => (await audit.find(ALL)).map((it) => it.path)
      // A file has room for 13 of these lines: there are three full ones.
      for (let index = 0; index < 50; index += 1) await record(`/a${index}`)
      const before = await paths()
      disk.faults.push({ call, pathPart, effect: 'EIO' })
      for (let index = 50; index < 80; index += 1) await record(`/a${index}`)
      disk.faults.length = 0
      expect(await paths()).toEqual(
        [...Array(30).keys()].map((it) => `/a${79 - it}`).concat(before.map(String)),
      )
      for (let index = 80; index < 100; index += 1) await record(`/a${index}`)
      expect((await paths()).toSorted()).toEqual(
        [...Array(100).keys()].map((it) => `/a${it}`).toSorted(),
      )
      expect(readdirSync(auditFolder(folder)).length).toBeGreaterThan(4)
    },
  )

  it('stops, and says so, when it has used up all of its room and cannot be rotated', async () => {
    const disk = new FailingDisk()
    const maxBytes = 8 * 2000
    audit = await Audit.open({
      ...{ disk, clock, log: silentLog, dataFolder: folder, maxBytes, reads: true },
    })
    disk.faults.push({ call: 'rename', pathPart: 'audit.log', effect: 'EIO' })
    for (let index = 0; index < 200; index += 1) {
      audit.record(operation({ path: `/a${index}` }), false)
      await audit.flush()
    }
    const [file] = readdirSync(auditFolder(folder))
    expect(file).toBe('audit.log')
    const { size } = statSync(join(auditFolder(folder), 'audit.log'))
    expect(size).toBeGreaterThan(maxBytes - 200)
    expect(size).toBeLessThanOrEqual(maxBytes)
  })

  it('reads lines that are longer than a piece', async () => {
    audit = await open(100_000_000)
    const paths = ['/a', `/${'long'.repeat(100_000)}`, '/b']
    for (const path of paths) audit.record(operation({ path }), false)
    expect((await audit.find(ALL)).map((it) => it.path)).toEqual(paths.toReversed())
  })

  it('reads lines that are divided between pieces', async () => {
    audit = await open(100_000_000)
    const paths = Array.from({ length: 3000 }, (_, index) => `/${'ö'.repeat(index % 90)}${index}`)
    for (const path of paths) audit.record(operation({ path }), false)
    await audit.flush()
    const lines: string[] = []
    for await (const line of auditLinesNewestFirst(systemDisk, auditFolder(folder)))
      lines.push(line)
    expect(lines.map((it) => parseAuditLine(it)?.path)).toEqual(paths.toReversed())
  })

  it('is searched while operations never pause', async () => {
    audit = await open(100_000_000)
    audit.record(operation({ path: '/wanted' }), false)
    let isOver = false
    const busy = (async () => {
      while (!isOver) {
        audit.record(operation({ path: '/other' }), false)
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    const found = audit.find({ ...ALL, path: '/wanted' })
    const tooLong = new AbortController()
    const late = systemClock.sleep(2000, tooLong.signal).then(() => 'never')
    const first = await Promise.race([found, late])
    isOver = true
    tooLong.abort()
    await Promise.allSettled([busy, late])
    expect(first).toHaveLength(1)
  })

  it('leaves out reads where it is told to, but not refused ones', async () => {
    audit = await open(1_000_000, false)
    audit.record(operation({ command: 'open' }), true)
    audit.record(operation({ command: 'getfileinfo', outcome: 'PERMISSION_DENIED' }), true)
    audit.record(operation({ command: 'delete' }), false)
    expect((await audit.find(ALL)).map((it) => it.command)).toEqual(['delete', 'getfileinfo'])
  })

  it('has no files where it has no room, and counts all the same', async () => {
    audit = await open(0)
    audit.record(operation(), false)
    expect(await audit.find(ALL)).toEqual([])
    expect(readdirSync(folder)).toEqual([])
    expect(audit.counts.top(clock.monotonicMs(), 60_000, 3)[0]?.totalCount).toBe(1)
  })
})

describe('operations of clients', () => {
  let namenode: NamenodeRpc
  beforeEach(async () => {
    namenode = await openNamenodeRpc()
  })
  afterEach(() => namenode.close())

  it('leave a line, also when they are refused or fail', async () => {
    const [root, carol] = [namenode.client(), namenode.client('carol')]
    await root.mkdirs({ src: '/d', masked: { perm: 0o700 }, createParent: true })
    await carol.getFileInfo({ src: '/d/x' }).catch(() => undefined)
    await carol.delete({ src: '/d', recursive: true }).catch(() => undefined)
    await root.setPermission({ src: '/none', permission: { perm: 0o700 } }).catch(() => undefined)
    const found = await namenode.services.audit.find(ALL)
    const texts = found.map((it) => `${it.user} ${it.command} ${it.path} ${it.face} ${it.outcome}`)
    expect(texts.toReversed()).toEqual([
      'root mkdirs /d rpc success',
      'carol getfileinfo /d/x rpc PERMISSION_DENIED',
      'carol delete /d rpc PERMISSION_DENIED',
      'root setPermission /none rpc NOT_FOUND',
    ])
  })
})

describe('the busiest users', () => {
  it('are counted in windows that move', () => {
    const counts = new RollingCounts()
    const minute = 60_000
    for (let index = 0; index < 5; index += 1) counts.add(0, 'alice', 'open')
    counts.add(10 * minute, 'bob', 'open')
    counts.add(24 * minute, 'bob', 'delete')
    const top = (windowMs: number, nowMs = 24 * minute) =>
      counts
        .top(nowMs, windowMs, 1)
        .map((it) => `${it.command} ${it.totalCount} ${it.users[0]?.user}`)
    expect(top(minute)).toEqual(['* 1 bob', 'delete 1 bob'])
    expect(top(25 * minute)).toEqual(['* 7 alice', 'open 6 alice', 'delete 1 bob'])
    expect(top(25 * minute, 30 * minute)).toEqual(['* 2 bob', 'open 1 bob', 'delete 1 bob'])
  })

  it('are told apart up to a limit', () => {
    const counts = new RollingCounts()
    for (let index = 0; index < 1000; index += 1) counts.add(0, `user${index}`, 'open')
    const all = counts.top(0, 60_000, 1000)[0]
    expect(all?.totalCount).toBe(1000)
    expect(all?.users).toHaveLength(201)
    expect(all?.users[0]).toEqual({ user: '(others)', count: 800 })
  })
})
