import { beforeEach, describe, expect, it } from 'vitest'
import { localMinute } from '../../../../cli/rendering/file-status.js'
import { DfsError } from '../../../../shared/errors.js'
import { runCommand } from '../run-command.js'
import { ScriptedCluster } from '../scripted-cluster.js'

let cluster: ScriptedCluster
const dfs = (...words: string[]) => runCommand(cluster, words)
const output = async (...words: string[]) => {
  const { stdout, stderr, code } = await dfs(...words)
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return stdout
}

beforeEach(() => {
  cluster = new ScriptedCluster()
    .addDirectory('/data')
    .addFile('/data/a.csv', 'x'.repeat(1536))
    .addFile('/data/b.csv', 'yy', { owner: 'bob', replication: 10 })
    .addDirectory('/data/sub', { permission: 0o1777 })
    .addFile('/data/sub/c.txt', 'zzz')
    .addDirectory('/user')
    .addDirectory('/user/alice')
    .addFile('/user/alice/own.txt', '1')
})

describe('dfs ls', () => {
  const when = () => localMinute(cluster.timeMs)

  it('prints the columns of Hadoop', async () => {
    expect(await output('ls', '/data')).toBe(
      [
        'Found 3 items',
        `-rw-r--r--   3 alice staff       1536 ${when()} /data/a.csv`,
        `-rw-r--r--  10 bob   staff          2 ${when()} /data/b.csv`,
        `drwxrwxrwt   - alice staff          0 ${when()} /data/sub`,
        '',
      ].join('\n'),
    )
  })

  it('lists a file as itself and an empty directory as nothing', async () => {
    cluster.addDirectory('/empty')
    expect(await output('ls', '/empty')).toBe('')
    expect(await output('ls', '/data/b.csv')).toBe(
      `-rw-r--r--  10 bob staff          2 ${when()} /data/b.csv\n`,
    )
  })

  it('shows paths as they were typed: relative, or with the cluster', async () => {
    expect(await output('ls', '-C')).toBe('own.txt\n')
    expect(await output('ls', '-C', 'own.txt')).toBe('own.txt\n')
    expect(await output('ls', '-C', '/data/')).toBe('/data/a.csv\n/data/b.csv\n/data/sub\n')
    expect(await output('ls', '-C', 'hdfs://127.0.0.1:8020/data/sub')).toBe(
      'hdfs://127.0.0.1:8020/data/sub/c.txt\n',
    )
  })

  it('walks trees with -R, each directory before what it holds', async () => {
    expect(await output('ls', '-R', '-C', '/data')).toBe(
      '/data/a.csv\n/data/b.csv\n/data/sub\n/data/sub/c.txt\n',
    )
  })

  it('sorts by size, by time and backwards', async () => {
    cluster.addFile('/data/new', 'n', { modificationTimeMs: cluster.timeMs + 60_000 })
    expect(await output('ls', '-C', '-S', '/data')).toMatch(/^\/data\/a.csv\n\/data\/b.csv\n/)
    expect(await output('ls', '-C', '-t', '/data')).toMatch(/^\/data\/new\n/)
    expect(await output('ls', '-C', '-t', '-r', '/data')).toMatch(/\/data\/new\n$/)
    expect(await output('ls', '-C', '-r', '/data')).toMatch(/^\/data\/sub\n/)
    expect(await output('ls', '-R', '-r', '-C', '/data')).toBe(
      '/data/sub\n/data/sub/c.txt\n/data/new\n/data/b.csv\n/data/a.csv\n',
    )
  })

  it('lists the directory itself with -d and human sizes with -h', async () => {
    expect(await output('ls', '-d', '/data')).toMatch(/^drwxr-xr-x .* \/data\n$/)
    expect(await output('ls', '-h', '/data/a.csv')).toContain('     1.5 K ')
  })

  it('expands patterns, and names what matches nothing', async () => {
    expect(await output('ls', '-C', '/data/*.csv')).toBe('/data/a.csv\n/data/b.csv\n')
    expect(await output('ls', '-C', '/{data,user}/s*')).toBe('/data/sub/c.txt\n')
    expect(await dfs('ls', '/data/*.json')).toEqual({
      code: 1,
      stdout: '',
      stderr: "ls: `/data/*.json': No such file or directory\n",
    })
  })

  it('goes on after a missing path, with exit code 1', async () => {
    const outcome = await dfs('ls', '-C', '/nope', '/data/sub')
    expect(outcome).toEqual({
      code: 1,
      stdout: '/data/sub/c.txt\n',
      stderr: "ls: `/nope': No such file or directory\n",
    })
  })

  it('prints a JSON array with --json, also when there is nothing', async () => {
    const entries = JSON.parse(await output('ls', '--json', '/data'))
    expect(entries).toHaveLength(3)
    expect(entries[0]).toMatchObject({ path: '/data/a.csv', lengthBytes: 1536, mode: '0644' })
    cluster.addDirectory('/empty')
    expect(JSON.parse(await output('ls', '--json', '/empty'))).toEqual([])
  })

  it('accepts every spelling of the command line', async () => {
    const expected = await output('ls', '-C', '/data')
    expect(await output('dfs', '-ls', '-C', '/data')).toBe(expected)
    expect(await output('-ls', '-C', '/data')).toBe(expected)
    expect(await output('-fs', 'hdfs://other:1', '-ls', '-C', '/data')).toBe(expected)
    expect(await output('ls', '-C', '/data', '--fs', 'hdfs://other:1')).toBe(expected)
  })

  it('puts ? for characters that cannot be printed with -q', async () => {
    cluster.addFile('/user/alice/a\nb', '')
    expect(await output('ls', '-C', '-q')).toContain('a?b\n')
  })

  it('reports what the server says, in one line', async () => {
    const text = 'Permission denied: user=alice, access=EXECUTE, inode="/x":root:root:drwx------'
    cluster.failures.set('getFileInfo', new DfsError('PERMISSION_DENIED', `${text}\n\tat java`))
    expect(await dfs('ls', '/x')).toEqual({ code: 1, stdout: '', stderr: `ls: ${text}\n` })
  })
})

describe('dfs du, count, df', () => {
  it('du prints size, space and path, one level deep', async () => {
    expect(await output('du', '/data')).toBe(
      ['1536  4608  /data/a.csv', '2     20    /data/b.csv', '3     9     /data/sub', ''].join(
        '\n',
      ),
    )
    expect(await output('du', '-s', '/data')).toBe('1541  4637  /data\n')
    expect(await output('du', '-s', '-h', '/data')).toBe('1.5 K  4.5 K  /data\n')
    expect(await output('du', '-v', '-s', '/data')).toContain('SIZE  DISK_SPACE_CONSUMED')
    expect(JSON.parse(await output('du', '-s', '--json', '/data'))).toEqual([
      { path: '/data', lengthBytes: 1541, spaceConsumedBytes: 4637 },
    ])
  })

  it('count prints its columns at fixed widths', async () => {
    expect(await output('count', '/data')).toBe(
      '           2            3               1541 /data\n',
    )
    expect(await output('count', '-q', '/data')).toBe(
      '        none             inf            none             inf            2            3               1541 /data\n',
    )
    expect(await output('count', '-u', '-v', '/data')).toBe(
      '       QUOTA       REM_QUOTA     SPACE_QUOTA REM_SPACE_QUOTA PATHNAME\n' +
        '        none             inf            none             inf /data\n',
    )
    expect(await output('count', '-v', '-h', '/data')).toBe(
      '   DIR_COUNT   FILE_COUNT       CONTENT_SIZE PATHNAME\n' +
        '           2            3              1.5 K /data\n',
    )
  })

  it('du and count have what only snapshots show, but for -x', async () => {
    cluster.lengthsInSnapshots = [100, 1000]
    cluster.directoriesInSnapshots = 3
    expect(await output('du', '-s', '/data')).toBe('2641  5737  /data\n')
    expect(await output('du', '-s', '-x', '/data')).toBe('1541  4637  /data\n')
    expect(await output('count', '/data')).toMatch(/^ +5 +5 +2641 \/data$/m)
    expect(await output('count', '-x', '/data')).toMatch(/^ +2 +3 +1541 \/data$/m)
    const [counted] = JSON.parse(await output('count', '-x', '--json', '/data'))
    expect(Object.values(counted.onlyInSnapshots)).toEqual([0, 0, 0, 0])
  })

  it('count asks for limits alone where nothing else is shown', async () => {
    for (const words of [['-u'], ['-q', '-t', 'SSD'], ['-q'], ['-u', '--json']]) {
      await output('count', ...words, '/data')
    }
    expect(cluster.calls.filter((call) => /Summary|Usage/.test(call))).toEqual([
      'getQuotaUsage',
      'getQuotaUsage',
      'getContentSummary',
      'getContentSummary',
    ])
  })

  it('count prints quotas by type of storage in their columns', async () => {
    cluster.typeQuotas = [
      { type: 1, quota: -1, consumed: 5 },
      { type: 2, quota: 2048, consumed: 512 },
    ]
    expect(await output('count', '-q', '-t', 'ssd,DISK', '-v', '/data')).toBe(
      '    SSD_QUOTA     REM_SSD_QUOTA    DISK_QUOTA    REM_DISK_QUOTA PATHNAME\n' +
        '         2048              1536          none               inf /data\n',
    )
    expect(await output('count', '-u', '-h', '-t', 'all', '/data')).toContain('2 K')
    expect(await output('count', '-t', 'SSD', '/data')).toContain(' 1541 /data')
    expect((await dfs('count', '-q', '-t', 'paper', '/data')).code).toBe(255)
  })

  it('df prints the cluster', async () => {
    expect(await output('df')).toBe(
      [
        'Filesystem                     Size         Used    Available  Use%',
        'hdfs://127.0.0.1:8020  107374182400  26843545600  53687091200   25%',
        '',
      ].join('\n'),
    )
    expect(await output('df', '-h')).toContain('100 G  25 G       50 G   25%')
  })
})

describe('dfs stat, find, checksum, test', () => {
  it('stat fills in the format', async () => {
    expect(await output('stat', '/data')).toBe('2026-11-21 14:05:09\n')
    expect(await output('stat', '%F|%n|%b|%o|%r|%u|%g|%a|%A|%y|%Y|%%|%q', '/data/b.csv')).toBe(
      `regular file|b.csv|2|1048576|10|bob|staff|644|rw-r--r--|2026-11-21 14:05:09|${cluster.timeMs}|%|q\n`,
    )
    expect(await output('stat', '%F %a', '/data/sub')).toBe('directory 1777\n')
    expect(await dfs('stat', '%n')).toMatchObject({ code: 255 })
  })

  it('find walks and filters', async () => {
    expect(await output('find', '/data')).toBe(
      '/data\n/data/a.csv\n/data/b.csv\n/data/sub\n/data/sub/c.txt\n',
    )
    expect(await output('find', '/data', '-name', '*.csv')).toBe('/data/a.csv\n/data/b.csv\n')
    expect(await output('find', '/data', '-iname', 'C.*', '-print')).toBe('/data/sub/c.txt\n')
    expect(await output('find', '/data', '-name', 'a*', '-print0')).toBe('/data/a.csv\0')
    expect(JSON.parse(await output('find', '/data', '-name', 'sub', '--json'))).toMatchObject([
      { path: '/data/sub' },
    ])
  })

  it('find filters by kind, size and age', async () => {
    cluster.addFile('/data/new', 'x', { modificationTimeMs: cluster.timeMs + 1 })
    cluster.addFile('/data/old', 'x', { modificationTimeMs: 1000 })
    expect(await output('find', '/data', '-type', 'd')).toBe('/data\n/data/sub\n')
    expect(await output('find', '/data', '-size', '+1k')).toBe('/data/a.csv\n')
    expect(await output('find', '/data', '-size', '-3', '-size', '+1')).toBe('/data/b.csv\n')
    expect(await output('find', '/data', '-size', '1536')).toBe('/data/a.csv\n')
    expect(await output('find', '/data', '-mtime', '-10000', '-name', '[no]*')).toBe('/data/new\n')
    expect(await output('find', '/data', '-mtime', '+10000')).toBe('/data/old\n')
    expect(await output('find', '/data', '-newer', '/data/a.csv')).toBe('/data/new\n')
    for (const words of [
      ['-type', 'x'],
      ['-size', 'much'],
      ['-mtime', '1d'],
    ]) {
      expect((await dfs('find', '/data', ...words)).code).toBe(255)
    }
    expect((await dfs('find', '/data', '-newer', '/none')).code).toBe(1)
  })

  it('checksum prints what Hadoop prints', async () => {
    const line = await output('checksum', '/data/a.csv')
    expect(line).toMatch(
      /^\/data\/a\.csv\tMD5-of-0MD5-of-512CRC32C\t000002000000000000000000[0-9a-f]{32}\n$/,
    )
    expect(await dfs('checksum', '/data')).toMatchObject({
      code: 1,
      stderr: "checksum: `/data': Is a directory\n",
    })
  })

  it('checksum refuses a file that is being written', async () => {
    cluster.addFile('/data/open', 'x', { isOpen: true })
    expect(await dfs('checksum', '/data/open')).toMatchObject({
      code: 1,
      stderr: 'checksum: Fail to get checksum, since file /data/open is under construction.\n',
    })
  })

  it.each([
    ['-e', '/data', 0],
    ['-e', '/nope', 1],
    ['-d', '/data', 0],
    ['-d', '/data/a.csv', 1],
    ['-f', '/data/a.csv', 0],
    ['-f', '/data', 1],
    ['-s', '/data/a.csv', 0],
    ['-z', '/data/a.csv', 1],
    ['-r', '/data/a.csv', 0],
    ['-w', '/nope', 1],
  ])('test %s %s exits with %d and says nothing', async (flag, path, code) => {
    expect(await dfs('test', flag, path)).toEqual({ code, stdout: '', stderr: '' })
  })

  it('test answers no when the server denies access', async () => {
    cluster.failures.set('checkAccess', new DfsError('PERMISSION_DENIED', 'no'))
    expect(await dfs('test', '-r', '/data')).toEqual({ code: 1, stdout: '', stderr: '' })
  })

  it('test wants exactly one question', async () => {
    expect(await dfs('test', '/data')).toMatchObject({ code: 255 })
    expect(await dfs('test', '-e', '-d', '/data')).toMatchObject({ code: 255 })
  })
})

describe('dfs report', () => {
  it('prints the lines of dfsadmin -report', async () => {
    const text = await output('report')
    expect(text).toContain('Configured Capacity: 107374182400 (100 GB)\n')
    expect(text).toContain('DFS Used%: 33.33%\n')
    expect(text).toContain('\tUnder replicated blocks: 2\n')
    expect(text).toContain('Live datanodes (1):\n\nName: 127.0.0.1:9866 (node1)\n')
    expect(text).not.toContain('Safe mode')
  })

  it('says when the cluster is in safe mode', async () => {
    cluster.isInSafeMode = true
    expect(await output('dfsadmin', '-report')).toMatch(/^Safe mode is ON\n/)
  })

  it('prints JSON', async () => {
    expect(JSON.parse(await output('report', '--json'))).toMatchObject({
      fs: 'hdfs://127.0.0.1:8020',
      isInSafeMode: false,
      datanodes: [{ address: '127.0.0.1:9866', isAlive: true, blockCount: 7 }],
    })
  })
})
