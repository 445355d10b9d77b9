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
})
