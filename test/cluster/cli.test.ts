/** The command line against a real cluster: what people type, what they see, what lies on the disks afterwards. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../cli/program.js'
import { localMinute } from '../../cli/rendering/file-status.js'
import { type Cluster, startCluster } from '../../embedded/start-cluster.js'
import { silentLog } from '../../shared/log.js'
import { systemSeams } from '../../shared/system-seams.js'
import { waitUntil } from '../support/wait-until.js'

const MIB = 1024 * 1024
const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'dfs')

let cluster: Cluster
let folder: string

beforeAll(async () => {
  cluster = await startCluster({
    datanodes: 3,
    settings: { 'block.size': '1MiB', 'block.min-size': '0', 'datanode.reserved': '16MiB' },
  })
})

afterAll(() => cluster.stop())

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dfs-cli-'))
  await cluster.client().delete('/t', { recursive: true })
  await cluster.client().mkdir('/t')
  return () => rmSync(folder, { recursive: true, force: true })
})

async function dfs(words: readonly string[], input = '') {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const texts = [text(stdout), text(stderr)] as const
  const io = {
    stdout,
    stderr,
    stdin: Readable.from([Buffer.from(input)]),
    environment: { DFS_FS: cluster.fs },
    signal: new AbortController().signal,
    isErrorTerminal: false,
    osUser: () => cluster.client().user,
    workingDirectory: () => folder,
    seams: systemSeams(silentLog),
  }
  const code = await run(words, io)
  stdout.end()
  stderr.end()
  return { code, stdout: await texts[0], stderr: await texts[1] }
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function output(words: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await dfs(words, input)
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' })
  return stdout
}

/** Bytes that no two blocks share. */
function pattern(lengthBytes: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes)
  for (let at = 0; at + 4 <= lengthBytes; at += 4)
    bytes.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at)
  return bytes
}

const local = (name: string, content: string | Buffer = '') => {
  writeFileSync(join(folder, name), content)
  return name
}

describe('dfs', () => {
  it('stores and returns files of every awkward size, byte for byte', async () => {
    for (const size of [0, 1, 511, 512, 513, 65_536, MIB - 1, MIB, MIB + 1, 3 * MIB + 7]) {
      const content = pattern(size)
      await output(['put', local('in', content), `/t/${size}`])
      await output(['get', `/t/${size}`, 'out'])
      expect(readFileSync(join(folder, 'out')).equals(content)).toBe(true)
      rmSync(join(folder, 'out'))
    }
  })

  it('prints listings, counts and sizes in Hadoop’s columns', async () => {
    const { user } = cluster.client()
    await output(['mkdir', '-p', '/t/d/e'])
    await output(['put', '-', '/t/d/one'], 'x'.repeat(1536))
    await output(['put', '--replication', '1', '-', '/t/d/two'], 'yy')
    await output(['chmod', '1777', '/t/d/e'])
    const { group, owner } = await cluster.client().stat('/t/d/one')
    expect(owner).toBe(user)
    const minute = async (path: string) =>
      localMinute((await cluster.client().stat(path)).modificationTimeMs)
    expect(await output(['ls', '/t/d'])).toBe(
      [
        'Found 3 items',
        `drwxrwxrwt   - ${user} ${group}          0 ${await minute('/t/d/e')} /t/d/e`,
        `-rw-r--r--   3 ${user} ${group}       1536 ${await minute('/t/d/one')} /t/d/one`,
        `-rw-r--r--   1 ${user} ${group}          2 ${await minute('/t/d/two')} /t/d/two`,
        '',
      ].join('\n'),
    )
    expect(await output(['count', '/t/d'])).toBe(
      '           2            2               1538 /t/d\n',
    )
    expect(await output(['du', '/t/d'])).toBe(
      '0     0     /t/d/e\n1536  4608  /t/d/one\n2     2     /t/d/two\n',
    )
    expect(await output(['du', '-s', '-h', '/t/d'])).toBe('1.5 K  4.5 K  /t/d\n')
    expect(await output(['stat', '%F %b %o %r %u %g %a %n', '/t/d/one'])).toBe(
      `regular file 1536 ${MIB} 3 ${user} ${group} 644 one\n`,
    )
    expect(await output(['find', '/t', '-name', 't*'])).toBe('/t\n/t/d/two\n')
    expect(await output(['df'])).toMatch(
      /^Filesystem +Size +Used +Available +Use%\nhdfs:\/\/127\.0\.0\.1:\d+ +\d+ +\d+ +\d+ +\d+%\n$/,
    )
  })

  it('changes what is there', async () => {
    await output(['put', '-', '/t/a'], 'aaa')
    await output(['mv', '/t/a', '/t/b'])
    await output(['cp', '/t/b', '/t/c'])
    expect(await output(['cat', '/t/b', '/t/c'])).toBe('aaaaaa')
    expect(await output(['setrep', '2', '/t/b'])).toBe('Replication 2 set: /t/b\n')
    await output(['chmod', '-R', 'g+w', '/t'])
    await output(['chown', 'bob:eng', '/t/c'])
    await output(['touch', '-m', '-t', '20200102:030405', '/t/c'])
    await output(['touchz', '/t/empty'])
    expect(await output(['stat', '%a %u %g %r', '/t/b', '/t/c'])).toMatch(
      /^664 \w+ \w+ 2\n664 bob eng 3\n$/,
    )
    expect(await output(['test', '-z', '/t/empty'])).toBe('')
    expect(await output(['rm', '-skipTrash', '/t/b', '/t/c'])).toBe('Deleted /t/b\nDeleted /t/c\n')
    expect(await dfs(['rmdir', '/t'])).toMatchObject({
      code: 1,
      stderr: "rmdir: `/t': Directory is not empty\n",
    })
  })

  it('copies trees in both directions', async () => {
    mkdirSync(join(folder, 'tree/deep'), { recursive: true })
    local('tree/one', '1')
    local('tree/deep/two', pattern(2 * MIB + 1))
    await output(['put', 'tree', '/t'])
    await output(['cp', '/t/tree', '/t/again'])
    await output(['get', '/t/again', 'back'])
    expect(readFileSync(join(folder, 'back/one'), 'utf8')).toBe('1')
    expect(readFileSync(join(folder, 'back/deep/two')).equals(pattern(2 * MIB + 1))).toBe(true)
    expect(await output(['ls', '-R', '-C', '/t'])).not.toContain('_COPYING_')
    await output(['getmerge', '-nl', '/t/tree', 'merged'])
    expect(readFileSync(join(folder, 'merged'), 'utf8')).toBe('1\n')
  })

  it('reads parts, unpacks and appends', async () => {
    await output([
      'put',
      local('big', `${'h'.repeat(1024)}${'m'.repeat(MIB)}${'t'.repeat(1024)}`),
      '/t/big',
    ])
    expect(await output(['head', '/t/big'])).toBe('h'.repeat(1024))
    expect(await output(['tail', '/t/big'])).toBe('t'.repeat(1024))
    await output(['put', local('packed.gz', gzipSync('unpacked')), '/t'])
    expect(await output(['text', '/t/packed.gz'])).toBe('unpacked')
    await output(['appendToFile', '-', '/t/log'], 'first ')
    await output(['appendToFile', local('more', 'second'), '/t/log'])
    expect(await output(['cat', '/t/log'])).toBe('first second')
  })

  it('computes the checksum that Apache computes', async () => {
    await output(['put', '-', '/t/bar'], 'bar\n')
    // The constant is the Go client's: protocol interop notes, its checksum test.
    expect(await output(['checksum', '/t/bar'])).toBe(
      '/t/bar\tMD5-of-0MD5-of-512CRC32C\t00000200000000000000000027c076e4987344253650d3335a5d08ce\n',
    )
  })

  it('answers mistakes with Hadoop’s sentences', async () => {
    await output(['put', '-', '/t/f'], 'f')
    const cases: readonly (readonly [string[], string])[] = [
      [['ls', '/t/nope'], "ls: `/t/nope': No such file or directory\n"],
      [['mkdir', '/t'], "mkdir: `/t': File exists\n"],
      [['mkdir', '/t/x/y'], `mkdir: \`${cluster.fs}/t/x': No such file or directory\n`],
      [['mkdir', '-p', '/t/f/g'], 'mkdir: /t/f (is not a directory)\n'],
      [['put', '-', '/t/f'], "put: `/t/f': File exists\n"],
      [
        ['put', '-', '/t/x/y'],
        `put: \`/t/x/y': No such file or directory: \`${cluster.fs}/t/x/y'\n`,
      ],
      [['cat', '/t'], "cat: `/t': Is a directory\n"],
      [['rm', '/t'], "rm: `/t': Is a directory\n"],
      [['mv', '/t', '/t/f'], "mv: `/t/f': File exists\n"],
    ]
    for (const [words, stderr] of cases) {
      expect({ words, ...(await dfs(words)) }).toEqual({ words, code: 1, stdout: '', stderr })
    }
  })

  it('reports the cluster and checks it', async () => {
    const report = JSON.parse(await output(['report', '--json']))
    expect(report).toMatchObject({ fs: cluster.fs, missingBlocks: 0 })
    expect(report.datanodes).toHaveLength(3)
    expect(await output(['dfsadmin', '-report'])).toContain('Live datanodes (3):')
    await output(['put', '-', '/t/f'], 'f')
    const http = ['--http', cluster.httpUrl]
    expect(await output(['fsck', '/t', '-files', '-blocks', ...http])).toContain('is HEALTHY')
    expect(JSON.parse(await output(['fsck', '/t', '--json', ...http]))).toMatchObject({
      summary: { isHealthy: true, files: 1 },
    })
  })
})

describe('the dfs process', () => {
  const start = (...words: string[]): ChildProcess =>
    spawn(COMMAND, ['--fs', cluster.fs, ...words], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  const ended = (child: ChildProcess) =>
    new Promise<number | null>((resolve) => child.once('close', resolve))

  it('leaves nothing under the final name, and no temporary file, after Ctrl-C', async () => {
    const child = start('put', '-', '/t/interrupted')
    // The pipe breaks when the process ends before it has read everything.
    child.stdin?.on('error', () => {})
    child.stdin?.write(pattern(2 * MIB))
    const client = cluster.client()
    await waitUntil(() => client.exists('/t/interrupted._COPYING_'), {
      what: 'the temporary file',
    })
    child.kill('SIGINT')
    expect(await ended(child)).toBe(130)
    const names: string[] = []
    for await (const { name } of client.list('/t')) names.push(name)
    expect(names).toEqual([])
  })

  it('ends quietly when its reader goes away', async () => {
    await cluster.client().writeFile('/t/long', pattern(4 * MIB))
    const child = start('cat', '/t/long')
    const errors = child.stderr === null ? '' : text(child.stderr)
    child.stdout?.once('data', () => child.stdout?.destroy())
    expect(await ended(child)).toBe(0)
    expect(await errors).toBe('')
  })

  it('passes bytes through pipes unchanged', async () => {
    const content = pattern(5 * MIB + 3)
    const writer = start('put', '-', '/t/piped')
    writer.stdin?.end(content)
    expect(await ended(writer)).toBe(0)
    const reader = start('cat', '/t/piped')
    const hash = createHash('sha256')
    reader.stdout?.on('data', (chunk: Buffer) => hash.update(chunk))
    expect(await ended(reader)).toBe(0)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'))
  })
})
