/** Apache Hadoop's own shell, unmodified, of both lines that are maintained: an ordinary life with `hdfs dfs`. */
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { content } from '../support/content.js'
import { HADOOP_VERSIONS } from '../support/java-clients.js'
import { JavaCommands } from '../support/java-commands.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const KIB = 1024
const MIB = 1024 * KIB
const BLOCK_BYTES = MIB
const BIG_BYTES = 300 * MIB
const LIST_ENTRIES = 3_000

/** Printed by Apache HDFS 3.4.3 for these bytes and block sizes; the last line is empty. */
const APACHE_SUMS = [
  ['MD5-of-128MD5-of-512CRC32C', '0000020000000000000000803e34d1919076c078915e0fe016150ca2'],
  ['MD5-of-0MD5-of-512CRC32C', '0000020000000000000000003d68eb2c080699406a09d6a9d41b762e'],
  ['MD5-of-0MD5-of-0CRC32', '00000000000000000000000070bc8f4b72a86921468bf8e8441dce51'],
  [],
]
const APACHE_COMPOSITE_SUMS = [
  ['COMPOSITE-CRC32C', '6bd87d03'],
  ['COMPOSITE-CRC32C', '6bd87d03'],
  [],
]

/** 120,000 bytes in which every position differs from its neighbours. */
function hundredTwentyThousand(): Buffer {
  return Buffer.from(Array.from({ length: 120_000 }, (_, i) => ((i * 31) ^ (i >> 8)) & 255))
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash.digest('hex')
}

function localFile(folder: string, name: string, bytes: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

describe.each(HADOOP_VERSIONS)('the shell of Hadoop %s', (version) => {
  let cluster: ProcessCluster
  let hdfs: JavaCommands

  beforeAll(async () => {
    cluster = await ProcessCluster.start({
      datanodes: 4,
      settings: { 'block.min-size': 0, 'trash.interval': '1h' },
    })
    hdfs = await JavaCommands.start(version, {
      'fs.defaultFS': cluster.fs,
      'dfs.blocksize': String(BLOCK_BYTES),
      'dfs.namenode.http-address': cluster.httpUrl.replace('http://', ''),
    })
    await hdfs.dfs('-mkdir', '-p', `/user/${userInfo().username}`)
  })

  afterAll(async () => {
    await hdfs?.stop()
    await cluster?.stop()
  })

  const sizes = [
    ...[0, 1, 511, 512, 513],
    ...[64 * KIB - 1, 64 * KIB, 64 * KIB + 1],
    ...[BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1],
  ]

  it('stores and returns files of every awkward size', async () => {
    const local = temporaryFolder()
    mkdirSync(join(local, 'up'))
    for (const size of sizes) localFile(join(local, 'up'), `f${size}`, content(size + 1, size))
    await hdfs.dfs('-put', join(local, 'up'), '/sizes')
    await hdfs.dfs('-get', '/sizes', join(local, 'down'))
    for (const size of sizes) {
      const got = readFileSync(join(local, 'down', `f${size}`))
      expect(got.equals(content(size + 1, size)), `f${size}`).toBe(true)
    }
    const listed = await hdfs.dfs('-stat', '%n %b %o %r', '/sizes/*')
    expect(listed.trim().split('\n').sort()).toEqual(
      sizes.map((size) => `f${size} ${size} ${BLOCK_BYTES} 3`).sort(),
    )
  })

  it('stores and returns 300 MiB', async () => {
    const local = temporaryFolder()
    const up = localFile(local, 'big', content(300, BIG_BYTES))
    await hdfs.dfs('-D', `dfs.blocksize=${64 * MIB}`, '-put', up, '/big')
    await hdfs.dfs('-get', '/big', join(local, 'down'))
    expect(await fileDigest(join(local, 'down'))).toBe(await fileDigest(up))
    await hdfs.dfs('-rm', '-skipTrash', '/big')
  })

  it('keeps names with spaces, signs, both forms of UTF-8, and 255 bytes', async () => {
    const local = temporaryFolder()
    const file = localFile(local, 'file', 'hello')
    const names = [
      ...['a b', ' leading', '100%', '%41', 'a+b', 'a#b', 'a=b', 'a;b&c', "it's", 'a"b', 'a,b'],
      ...['\u00e9', 'e\u0301', '\u65e5\u672c', '\u{1f600}', 'n'.repeat(255), '\u00e9'.repeat(127)],
    ]
    await hdfs.dfs('-mkdir', '/names')
    // -d: without the temporary name, which is too long for one of 255 bytes.
    for (const name of names) await hdfs.dfs('-put', '-d', file, `/names/${name}`)
    const listed = await hdfs.dfs('-ls', '-C', '/names')
    expect(listed.trimEnd().split('\n').sort()).toEqual(
      names.map((name) => `/names/${name}`).sort(),
    )
  })

  it('lists 3,000 entries, by pages, in order', async () => {
    const names = Array.from({ length: LIST_ENTRIES }, (_, index) => `/many/n${index}`)
    await hdfs.dfs('-mkdir', '-p', ...names.slice(0, LIST_ENTRIES / 2))
    await hdfs.dfs('-touchz', ...names.slice(LIST_ENTRIES / 2))
    const listed = (await hdfs.dfs('-ls', '-C', '/many')).trimEnd().split('\n')
    expect(listed).toEqual([...names].sort())
    expect((await hdfs.dfs('-count', '/many')).trim()).toMatch(/^1501 +1500 +0 \/many$/)
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/many')
  })

  it('lets many write at once', async () => {
    const local = temporaryFolder()
    const bytes = content(7, 200 * KIB)
    const file = localFile(local, 'file', bytes)
    await hdfs.dfs('-mkdir', '/at-once')
    const names = Array.from({ length: 8 }, (_, index) => `/at-once/f${index}`)
    await Promise.all(names.map((name) => hdfs.dfs('-put', file, name)))
    await hdfs.dfs('-getmerge', '/at-once', join(local, 'merged'))
    const merged = readFileSync(join(local, 'merged'))
    expect(merged.equals(Buffer.concat(names.map(() => bytes)))).toBe(true)
  })

  it('prints the checksums that Apache prints', async () => {
    const file = localFile(temporaryFolder(), 'file', hundredTwentyThousand())
    await hdfs.dfs('-mkdir', '/sums')
    await hdfs.dfs('-D', 'dfs.blocksize=65536', '-put', file, '/sums/two-blocks')
    await hdfs.dfs('-D', 'dfs.blocksize=131072', '-put', file, '/sums/one-block')
    await hdfs.dfs('-touchz', '/sums/empty')
    const combined = ['-D', 'dfs.checksum.combine.mode=COMPOSITE_CRC', '-checksum']
    const sums = await hdfs.dfs('-checksum', '/sums/two-blocks', '/sums/one-block', '/sums/empty')
    const composite = await hdfs.dfs(...combined, '/sums/two-blocks', '/sums/one-block')
    expect(sums.split('\n').map((line) => line.split('\t').slice(1))).toEqual(APACHE_SUMS)
    expect(composite.split('\n').map((line) => line.split('\t').slice(1))).toEqual(
      APACHE_COMPOSITE_SUMS,
    )
  })

  it('appends, cuts and joins', async () => {
    const local = temporaryFolder()
    const bytes = content(3, 100_000)
    const piece = localFile(local, 'piece', bytes.subarray(0, 60_000))
    await hdfs.dfs('-appendToFile', piece, '/joined')
    await hdfs.succeed(['dfs', '-appendToFile', '-', '/joined'], {
      input: bytes.subarray(60_000),
    })
    expect(await hdfs.dfs('-truncate', '-w', '70000', '/joined')).toContain(
      'Truncated /joined to length: 70000',
    )
    await hdfs.dfs('-appendToFile', localFile(local, 'tail', bytes.subarray(70_000)), '/joined')
    for (const name of ['/second', '/third']) await hdfs.dfs('-put', piece, name)
    await hdfs.dfs('-concat', '/joined', '/second', '/third')
    await hdfs.dfs('-get', '/joined', join(local, 'got'))
    const joined = bytes.subarray(0, 60_000)
    const expected = Buffer.concat([bytes, joined, joined])
    expect(readFileSync(join(local, 'got')).equals(expected)).toBe(true)
    expect((await hdfs.run(['dfs', '-test', '-e', '/second'])).exitCode).toBe(1)
    const tooLong = await hdfs.run(['dfs', '-truncate', '999999', '/joined'])
    expect(tooLong.exitCode).toBe(255)
    expect(tooLong.stderr).toContain('Cannot truncate to a larger file size')
  })

  it('changes replication, modes, owners and times, and shows them', async () => {
    const local = temporaryFolder()
    await hdfs.dfs('-put', localFile(local, 'file', content(1, 1000)), '/shown')
    expect(await hdfs.dfs('-setrep', '-w', '2', '/shown')).toContain('Replication 2 set: /shown')
    await hdfs.dfs('-chmod', '640', '/shown')
    await hdfs.dfs('-chown', 'alice:staff', '/shown')
    await hdfs.dfs('-touch', '-m', '-t', '20200102:030405', '/shown')
    expect((await hdfs.dfs('-stat', '%F %a %u %g %b %r', '/shown')).trim()).toBe(
      'regular file 640 alice staff 1000 2',
    )
    expect((await hdfs.dfs('-stat', '%y', '/shown')).trim()).toMatch(/^2020-01-0[123] /)
    expect(await hdfs.dfs('-ls', '/shown')).toMatch(
      /^-rw-r----- +2 alice staff +1000 2020-01-0\d \d\d:\d\d \/shown$/m,
    )
    await hdfs.dfs('-chmod', '-R', 'u=rwx,go=rX', '/shown')
    expect((await hdfs.dfs('-stat', '%A', '/shown')).trim()).toBe('rwxr--r--')
  })

  it('answers questions about space', async () => {
    const local = temporaryFolder()
    await hdfs.dfs('-mkdir', '-p', '/space/inner')
    await hdfs.dfs('-put', localFile(local, 'file', content(1, 1000)), '/space/inner/a')
    expect((await hdfs.dfs('-du', '-s', '/space')).trim()).toMatch(/^1000 +3000 +\/space$/)
    expect((await hdfs.dfs('-count', '-q', '/space')).trim()).toMatch(
      /^none +inf +none +inf +2 +1 +1000 \/space$/,
    )
    const [heading = '', figures = ''] = (await hdfs.dfs('-df', '/')).split('\n')
    expect(heading).toMatch(/^Filesystem +Size +Used +Available +Use%$/)
    expect(figures).toMatch(/^hdfs:\/\/\S+ +[1-9]\d+ +[1-9]\d+ +[1-9]\d+ +\d+%$/)
  })

  it('finds, tests, and shows the ends of files', async () => {
    const local = temporaryFolder()
    await hdfs.dfs('-mkdir', '-p', '/ends/deep')
    const text = Array.from({ length: 500 }, (_, index) => `line ${index}\n`).join('')
    await hdfs.dfs('-put', localFile(local, 'text', text), '/ends/deep/text')
    await hdfs.dfs('-touchz', '/ends/empty')
    expect((await hdfs.dfs('-find', '/ends', '-name', 'te*')).trim()).toBe('/ends/deep/text')
    expect(await hdfs.dfs('-tail', '/ends/deep/text')).toBe(text.slice(-KIB))
    expect(await hdfs.dfs('-head', '/ends/deep/text')).toBe(text.slice(0, KIB))
    expect(await hdfs.dfs('-cat', '/ends/deep/*')).toBe(text)
    const codes = await Promise.all(
      ['-e', '-d', '-f', '-z', '-s', '-r', '-w'].map((question) =>
        hdfs.run(['dfs', '-test', question, '/ends/empty']).then(({ exitCode }) => exitCode),
      ),
    )
    expect(codes).toEqual([0, 1, 0, 0, 1, 0, 0])
  })

  it('moves what is removed to the trash of its user', async () => {
    const user = userInfo().username
    await hdfs.dfs('-mkdir', '-p', '/thrown')
    await hdfs.dfs('-touchz', '/thrown/away')
    const { stderr } = await hdfs.run(['dfs', '-rm', '/thrown/away'])
    expect(stderr).toBe('')
    await hdfs.dfs('-test', '-e', `/user/${user}/.Trash/Current/thrown/away`)
    await hdfs.dfs('-expunge')
    const checkpoints = await hdfs.dfs('-ls', '-C', `/user/${user}/.Trash`)
    expect(checkpoints.trim()).toMatch(/^\/user\/\S+\/\.Trash\/\d{12,}$/)
    await hdfs.dfs('-expunge', '-immediate')
    expect(await hdfs.dfs('-ls', `/user/${user}/.Trash`)).toBe('')
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/thrown')
    expect((await hdfs.run(['dfs', '-test', '-e', '/thrown'])).exitCode).toBe(1)
  })

  it('is told what went wrong in the words of Apache', async () => {
    await hdfs.dfs('-mkdir', '-p', '/wrong/full/inner')
    await hdfs.dfs('-touchz', '/wrong/file')
    const cases: [words: string[], exitCode: number, complaint: string][] = [
      [['-ls', '/wrong/none'], 1, "ls: `/wrong/none': No such file or directory"],
      [['-mkdir', '/wrong/full'], 1, "mkdir: `/wrong/full': File exists"],
      [['-mkdir', '/wrong/file/x'], 1, 'mkdir: /wrong/file (is not a directory)'],
      [['-cat', '/wrong/full'], 1, "cat: `/wrong/full': Is a directory"],
      [['-rm', '/wrong/full'], 1, "rm: `/wrong/full': Is a directory"],
      [['-rmdir', '/wrong/full'], 1, "rmdir: `/wrong/full': Directory is not empty"],
      [['-mv', '/wrong/none', '/x'], 1, "mv: `/wrong/none': No such file or directory"],
      [
        ['-mkdir', '/wrong/no/dir'],
        1,
        `mkdir: \`${cluster.fs}/wrong/no': No such file or directory`,
      ],
    ]
    for (const [words, exitCode, complaint] of cases) {
      const result = await hdfs.run(['dfs', ...words])
      expect([result.exitCode, result.stderr.trim()], words.join(' ')).toEqual([
        exitCode,
        complaint,
      ])
    }
    const stranger = await hdfs.run(['dfs', '-touchz', '/wrong/mine'], { user: 'carol' })
    expect(stranger.stderr.trim()).toMatch(
      /^touchz: Permission denied: user=carol, access=WRITE, inode="\/wrong":\S+:\S+:drwxr-xr-x$/,
    )
  })
})
