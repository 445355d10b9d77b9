/** The Go client (github.com/colinmarc/hdfs): its own suite and its command line, against a cluster of ours. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { content } from '../support/content.js'
import {
  installedClient,
  type RunResult,
  run,
  runSuccessfully,
} from '../support/foreign-clients.js'
import { copyGoModule, go, runGoTests } from '../support/go-programs.js'
import { useInteropCluster } from '../support/interop-cluster.js'
import {
  BLOCK_BYTES,
  LARGE_FILE_BYTES,
  MANY_ENTRIES,
  ODD_NAMES,
  SIZES,
} from '../support/ordinary-life.js'
import { waitUntil } from '../support/wait-until.js'

const VERSION = 'v2.4.0'
const BATS_VERSION = '1.13.0'
const DFS = join(import.meta.dirname, '..', '..', 'bin', 'dfs')

/** `source/`: the module; `source/hdfs`: its command line; `suite.test`: its tests; `bats/`: what runs its shell tests. */
function goClient(): Promise<string> {
  return installedClient(`go-hdfs-${VERSION}-bats-${BATS_VERSION}`, async (folder) => {
    const source = join(folder, 'source')
    await copyGoModule('github.com/colinmarc/hdfs/v2', VERSION, source)
    await go(['build', '-o', 'hdfs', './cmd/hdfs'], source)
    await go(['test', '-c', '-o', '../suite.test', '.'], source)
    await runSuccessfully('npm', [
      'install',
      '--prefix',
      join(folder, 'bats'),
      `bats@${BATS_VERSION}`,
    ])
  })
}

const interop = useInteropCluster()

/** The files that the suite's own set-up script makes with `hadoop fs`. */
async function makeFixtures(client: string): Promise<void> {
  const files = interop().cluster.client()
  if (await files.exists('/_test')) return
  await files.mkdir('/_test')
  await files.chmod('/_test', 0o777)
  for (const name of ['foo.txt', 'mobydick.txt']) {
    const bytes = readFileSync(join(client, 'source', 'testdata', name))
    await files.writeFile(`/_test/${name}`, bytes, { blockSizeBytes: BLOCK_BYTES })
  }
}

const environment = () => ({ HADOOP_CONF_DIR: interop().configurationFolder })

async function hdfs(...args: string[]): Promise<RunResult> {
  return run(join(await goClient(), 'source', 'hdfs'), args, { environment: environment() })
}

async function succeed(...args: string[]): Promise<string> {
  const program = join(await goClient(), 'source', 'hdfs')
  return runSuccessfully(program, args, { environment: environment() })
}

const localPath = (name: string) => join(interop().workFolder, name)

function localFile(name: string, bytes: Uint8Array): string {
  writeFileSync(localPath(name), bytes)
  return localPath(name)
}

describe('the Go client', () => {
  it('passes its own tests, as with Apache HDFS', async () => {
    const client = await goClient()
    await makeFixtures(client)
    const tally = await runGoTests(join(client, 'suite.test'), ['-test.timeout=5m'], {
      cwd: join(client, 'source'),
      environment: environment(),
    })
    expect(tally.failed, tally.output.slice(-20_000)).toEqual([])
    // These two skip themselves.
    expect(tally.skipped).toEqual(['TestFileWriteLeaseRenewal', 'TestListXAttrsWithoutPermission'])
    expect(tally.passed).toBe(124)
  })

  it('passes the shell tests of its command line, with dfs in the place of hadoop fs', async () => {
    const client = await goClient()
    await makeFixtures(client)
    const folder = join(client, 'source', 'cmd', 'hdfs', 'test')
    const tests = readdirSync(folder).filter((name) => name.endsWith('.bats'))
    const { fs } = interop().cluster
    const { stdout, stderr } = await run(
      'bash',
      [join(client, 'bats', 'node_modules', 'bats', 'bin', 'bats'), '--formatter', 'tap', ...tests],
      {
        cwd: folder,
        environment: {
          ...environment(),
          HADOOP_FS: `${process.execPath} ${DFS}`,
          HADOOP_NAMENODE: fs.replace('hdfs://', ''),
        },
      },
    )
    const failed = stdout.split('\n').filter((line) => line.startsWith('not ok'))
    expect(failed, `${stdout}${stderr}`).toEqual([])
    expect(stdout.split('\n').filter((line) => line.startsWith('ok')).length, stderr).toBe(92)
  })
})

describe('the command line of the Go client', () => {
  it.each(SIZES)('writes and reads a file of %d bytes', async (lengthBytes) => {
    const bytes = content(lengthBytes, lengthBytes)
    const path = `/sizes-${lengthBytes}`
    await succeed('put', localFile('up', bytes), path)
    const { cluster } = interop()
    expect((await cluster.client().readFile(path)).equals(bytes)).toBe(true)
    await succeed('get', path, localPath(`down-${lengthBytes}`))
    expect(readFileSync(localPath(`down-${lengthBytes}`)).equals(bytes)).toBe(true)
    const { md5 } = await cluster.client().checksum(path)
    expect(await succeed('checksum', path)).toContain(md5.toString('hex'))
  })

  it('lists, moves, changes and removes', async () => {
    await succeed('mkdir', '-p', '/life/a/b')
    await succeed('put', localFile('ten', content(10, 10)), '/life/a/ten')
    await succeed('put', localFile('words', Buffer.from('one\ntwo\nthree\n')), '/life/a/words')
    expect((await succeed('ls', '/life/a')).trim().split('\n')).toEqual(['b', 'ten', 'words'])
    await succeed('chmod', '640', '/life/a/ten')
    await succeed('chown', 'alice:staff', '/life/a/ten')
    expect(await succeed('ls', '-l', '/life/a')).toMatch(/-rw-r-----\s+alice\s+staff\s+10\s.*ten/)
    expect(await succeed('head', '-n', '1', '/life/a/words')).toBe('one\n')
    expect(await succeed('tail', '-n', '1', '/life/a/words')).toBe('three\n')
    await succeed('mv', '/life/a/ten', '/life/a/b/ten')
    expect((await hdfs('test', '-e', '/life/a/ten')).exitCode).not.toBe(0)
    expect((await hdfs('test', '-f', '/life/a/b/ten')).exitCode).toBe(0)
    expect(await succeed('du', '-s', '/life')).toMatch(/^24\s/)
    await succeed('touch', '/life/empty')
    expect((await hdfs('test', '-z', '/life/empty')).exitCode).toBe(0)
    await succeed('getmerge', '/life/a', localPath('merged'))
    expect(await succeed('df')).toContain('Filesystem')
    expect((await hdfs('rm', '/life')).exitCode).not.toBe(0)
    await succeed('rm', '-r', '/life')
    expect((await hdfs('ls', '/life')).stderr).toContain('file does not exist')
  })

  it('keeps odd names', async () => {
    // It takes its arguments for URLs.
    const named = (name: string) => `/names/${encodeURIComponent(name)}`
    await succeed('mkdir', '-p', '/names')
    for (const name of ODD_NAMES) {
      await succeed('put', localFile('named', Buffer.from(name)), named(name))
    }
    const listed = (await succeed('ls', '-a', '/names')).trim().split('\n')
    expect(listed.filter((name) => name !== '.' && name !== '..').sort()).toEqual(
      [...ODD_NAMES].sort(),
    )
    for (const name of ODD_NAMES) expect(await succeed('cat', named(name))).toBe(name)
  })

  it('makes and lists a directory of thousands of files', async () => {
    const names = Array.from({ length: MANY_ENTRIES }, (_, index) => `entry-${index}`).sort()
    await succeed('mkdir', '-p', '/many')
    await succeed('touch', ...names.map((name) => `/many/${name}`))
    expect((await succeed('ls', '/many')).trim().split('\n')).toEqual(names)
    await succeed('rm', '-r', '/many')
  })

  it('writes at the same time as others', async () => {
    const writers = Array.from({ length: 8 }, (_, index) => index)
    await succeed('mkdir', '-p', '/together')
    const local = writers.map((index) => localFile(`own-${index}`, content(index, 3_000_000)))
    await Promise.all(local.map((path, index) => succeed('put', path, `/together/${index}`)))
    const files = interop().cluster.client()
    for (const index of writers) {
      const read = await files.readFile(`/together/${index}`)
      expect(read.equals(content(index, 3_000_000))).toBe(true)
    }
    const attempts = await Promise.all(local.map((path) => hdfs('put', path, '/together/one')))
    expect(attempts.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1)
    expect((await files.stat('/together/one')).lengthBytes).toBe(3_000_000)
  })

  it('reads on when a datanode is killed, and fails cleanly when one dies under its writer', async () => {
    const bytes = content(300, LARGE_FILE_BYTES)
    const source = localFile('large', bytes)
    await succeed('put', source, '/large')
    const { cluster } = interop()
    const [first] = await cluster.blocks('/large')
    const victim = cluster.datanodes.find(({ uuid }) => first?.datanodes.includes(uuid))!
    mkdirSync(localPath('got'))
    const target = localPath('got/large')
    const reading = succeed('get', '/large', target)
    await waitUntil(() => statSync(target).size > 10 * BLOCK_BYTES, { what: 'a part of the file' })
    await victim.kill()
    await reading
    expect(readFileSync(target).equals(bytes)).toBe(true)
    await victim.start()
    await cluster.ready()

    // The client does not recover pipelines: with Apache HDFS, too, its write fails then.
    const writing = hdfs('put', source, '/large-2')
    const files = cluster.client()
    await waitUntil(async () => (await cluster.blocks('/large-2')).length > 5, { what: 'blocks' })
    await victim.kill()
    const { exitCode } = await writing
    if (exitCode === 0) expect((await files.readFile('/large-2')).equals(bytes)).toBe(true)
    const isWritten = async () => {
      await hdfs('rm', '-f', '/large-2')
      return (await hdfs('put', source, '/large-2')).exitCode === 0
    }
    await waitUntil(isWritten, { what: 'a write without the dead datanode', timeoutMs: 60_000 })
    expect((await files.readFile('/large-2')).equals(bytes)).toBe(true)
  })
})
