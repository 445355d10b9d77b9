/** Snapshots through Apache Hadoop's own commands, unmodified: what they print, and that what they saw stays readable. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { content } from '../support/content.js'
import { HADOOP_VERSIONS } from '../support/java-clients.js'
import { JavaCommands } from '../support/java-commands.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { snapshotLife } from '../support/snapshot-life.js'

const MIB = 1024 * 1024
const APACHE_SUMMARIES: unknown = JSON.parse(
  readFileSync(new URL('../golden/apache/snapshot-summaries.json', import.meta.url), 'utf8'),
)

describe.each(HADOOP_VERSIONS)('snapshots with Hadoop %s', (version) => {
  let cluster: ProcessCluster
  let hdfs: JavaCommands
  const local = mkdtempSync(join(tmpdir(), 'dfs-snapshots-'))

  function file(name: string, bytes: string | Buffer): string {
    writeFileSync(join(local, name), bytes)
    return join(local, name)
  }

  beforeAll(async () => {
    cluster = await ProcessCluster.start({ datanodes: 3, settings: { 'block.min-size': 0 } })
    hdfs = await JavaCommands.start(version, {
      'fs.defaultFS': cluster.fs,
      'dfs.blocksize': String(MIB),
    })
  })

  afterAll(async () => {
    await hdfs?.stop()
    await cluster?.stop()
    rmSync(local, { recursive: true, force: true })
  })

  it('are allowed, made, listed, renamed and deleted', async () => {
    await hdfs.dfs('-mkdir', '-p', '/j/sub')
    expect(await hdfs.succeed(['dfsadmin', '-allowSnapshot', '/j'])).toContain(
      'Allowing snapshot on /j succeeded',
    )
    expect(await hdfs.dfs('-createSnapshot', '/j', 's1')).toContain(
      'Created snapshot /j/.snapshot/s1',
    )
    expect(await hdfs.dfs('-createSnapshot', '/j')).toMatch(/\/j\/\.snapshot\/s\d{8}-\d{6}\.\d{3}/)
    expect(await hdfs.succeed(['lsSnapshottableDir'])).toMatch(
      /^drwxr-xr-x 0 \S+ \S+ 0 \S+ \S+ 2 65536 \/j$/m,
    )
    expect(await hdfs.succeed(['lsSnapshot', '/j'])).toMatch(/ 0 ACTIVE \/j\/\.snapshot\/s1$/m)
    await hdfs.dfs('-renameSnapshot', '/j', 's1', 's1b')
    const refused = await hdfs.run(['dfsadmin', '-disallowSnapshot', '/j'])
    expect(refused).toMatchObject({ exitCode: 255 })
    expect(refused.stderr).toContain(
      'disallowSnapshot: The directory /j has snapshot(s). Please redo the operation after removing all the snapshots.',
    )
    const kept = await hdfs.run(['dfs', '-rm', '-r', '-skipTrash', '/j'])
    expect(kept.stderr).toContain(
      'rm: The directory /j cannot be deleted since /j is snapshottable and already has snapshots',
    )
    const names = (await hdfs.dfs('-ls', '-C', '/j/.snapshot')).trim().split('\n')
    expect(names).toHaveLength(2)
    for (const path of names) {
      await hdfs.dfs('-deleteSnapshot', '/j', path.slice('/j/.snapshot/'.length))
    }
    await hdfs.succeed(['dfsadmin', '-disallowSnapshot', '/j'])
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/j')
  })

  // While there is nothing else below the root.
  it('are in content summaries as Apache HDFS 3.4.3 has them there', async () => {
    expect(await snapshotLife(hdfs, local)).toEqual(APACHE_SUMMARIES)
  })

  it('keep bytes, lengths, sums and names of what is changed afterwards', async () => {
    const bytes = content(7, 2 * MIB + 300_000)
    await hdfs.dfs('-mkdir', '-p', '/d/sub')
    await hdfs.succeed(['dfsadmin', '-allowSnapshot', '/d'])
    await hdfs.dfs('-put', file('f', bytes), '/d/sub/f')
    await hdfs.dfs('-put', file('g', 'gone'), '/d/g')
    await hdfs.dfs('-put', file('h', 'moved'), '/d/h')
    const sum = (await hdfs.dfs('-checksum', '/d/sub/f')).split('\t').slice(1)
    await hdfs.dfs('-createSnapshot', '/d', 's1')
    await hdfs.dfs('-appendToFile', file('more', content(8, 50_000)), '/d/sub/f')
    await hdfs.dfs('-rm', '-skipTrash', '/d/g')
    await hdfs.dfs('-mv', '/d/h', '/d/sub/h2')
    await hdfs.dfs('-put', file('n', 'new'), '/d/n')
    expect(await hdfs.dfs('-cat', '/d/.snapshot/s1/g')).toBe('gone')
    expect(await hdfs.dfs('-cat', '/d/.snapshot/s1/h')).toBe('moved')
    expect((await hdfs.dfs('-checksum', '/d/.snapshot/s1/sub/f')).split('\t').slice(1)).toEqual(sum)
    await hdfs.dfs('-get', '/d/.snapshot/s1/sub/f', join(local, 'back'))
    expect(readFileSync(join(local, 'back')).equals(bytes)).toBe(true)
    expect(await hdfs.dfs('-stat', '%b %r %n', '/d/.snapshot/s1/sub/f')).toBe(
      `${bytes.length} 3 f\n`,
    )
    expect(await hdfs.dfs('-count', '/d/.snapshot/s1')).toMatch(/^ +2 +3 +2397161 /)
    await hdfs.dfs('-cp', '/d/.snapshot/s1/g', '/d/g')
    expect(await hdfs.dfs('-cat', '/d/g')).toBe('gone')
    const readOnly = await hdfs.run(['dfs', '-touchz', '/d/.snapshot/s1/x'])
    expect(readOnly.stderr).toContain('Modification on a read-only snapshot is disallowed')
  })

  it('are compared with each other and with the current state', async () => {
    await hdfs.dfs('-createSnapshot', '/d', 's2')
    const expected = [
      'M\t.',
      '+\t./g',
      '+\t./n',
      '-\t./g',
      'R\t./h -> ./sub/h2',
      'M\t./sub',
      'M\t./sub/f',
    ]
    const between = await hdfs.succeed(['snapshotDiff', '/d', 's1', 's2'])
    expect(between.trim().split('\n').slice(1)).toEqual(expected)
    const untilNow = await hdfs.succeed(['snapshotDiff', '/d', 's1', '.'])
    expect(untilNow.trim().split('\n').slice(1).toSorted()).toEqual(expected.toSorted())
    const backwards = await hdfs.succeed(['snapshotDiff', '/d', 's2', 's1'])
    expect(backwards).toContain('R\t./sub/h2 -> ./h')
    expect(backwards).toContain('-\t./n')
  })

  it('are read after a restart of everything, and let go of their blocks when they are deleted', async () => {
    await cluster.namenode.kill()
    await cluster.namenode.start()
    expect(await hdfs.dfs('-cat', '/d/.snapshot/s1/h')).toBe('moved')
    const check = await hdfs.dfs('-ls', '-R', '/d/.snapshot/s1')
    expect(check).toContain('/d/.snapshot/s1/sub/f')
    // Reads are served at once; changes when the datanodes have been heard.
    await cluster.ready()
    await hdfs.dfs('-deleteSnapshot', '/d', 's1')
    const gone = await hdfs.run(['dfs', '-cat', '/d/.snapshot/s1/h'])
    expect(gone.stderr).toContain('No such file or directory')
    await hdfs.dfs('-deleteSnapshot', '/d', 's2')
    expect(await hdfs.dfs('-cat', '/d/sub/h2')).toBe('moved')
  })
})
