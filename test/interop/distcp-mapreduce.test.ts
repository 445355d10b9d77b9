/** Jobs of Hadoop's with the local runner: copies of trees with DistCp, and a word count with MapReduce. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { content } from '../support/content.js'
import { HADOOP_VERSIONS } from '../support/java-clients.js'
import { JavaCommands } from '../support/java-commands.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { waitUntil } from '../support/wait-until.js'

const BLOCK_BYTES = 1024 * 1024
const LENGTHS = [0, 1, 513, 100_000, BLOCK_BYTES, 5 * BLOCK_BYTES + 7]

describe.each(HADOOP_VERSIONS)('jobs of Hadoop %s', (version) => {
  let cluster: ProcessCluster
  let hdfs: JavaCommands

  beforeAll(async () => {
    cluster = await ProcessCluster.start({ datanodes: 3, settings: { 'block.min-size': 0 } })
    hdfs = await JavaCommands.start(version, {
      'fs.defaultFS': cluster.fs,
      'dfs.blocksize': String(BLOCK_BYTES),
      'mapreduce.framework.name': 'local',
      'hadoop.tmp.dir': join(cluster.dataFolder, 'hadoop'),
    })
    const local = join(cluster.dataFolder, 'tree')
    mkdirSync(join(local, 'a b', 'empty'), { recursive: true })
    for (const length of LENGTHS) {
      writeFileSync(join(local, 'a b', `f${length}`), content(length, length))
    }
    await hdfs.dfs('-put', local, '/tree')
  })

  afterAll(async () => {
    await hdfs?.stop()
    await cluster?.stop()
  })

  /** Names, kinds, lengths and checksums below a folder. */
  async function look(folder: string): Promise<string[]> {
    const listed = await hdfs.dfs('-find', folder)
    const names = listed.trimEnd().split('\n')
    const stats = await hdfs.dfs('-stat', '%F %b %r', ...names)
    const files = names.filter((name) => /\/f\d+$/.test(name))
    const sums = (await hdfs.dfs('-checksum', ...files)).trimEnd().split('\n')
    const relative = (text: string) => text.replace(folder, '')
    return [...names.map(relative), ...stats.split('\n'), ...sums.map(relative)]
  }

  it('DistCp copies a tree, and finds nothing to do the second time', async () => {
    await hdfs.succeed(['distcp', `${cluster.fs}/tree`, `${cluster.fs}/copied`])
    expect(await look('/copied')).toEqual(await look('/tree'))
    const before = await hdfs.dfs('-stat', '%y', '/copied/a b/f*')
    await hdfs.succeed(['distcp', '-update', `${cluster.fs}/tree`, `${cluster.fs}/copied`])
    expect(await hdfs.dfs('-stat', '%y', '/copied/a b/f*')).toBe(before)
  })

  it('DistCp -update finds by its checksum what has changed, and -delete removes the rest', async () => {
    await hdfs.dfs('-cp', '/tree', '/changed')
    const other = join(temporaryFolder(), 'f513')
    writeFileSync(other, content(99, 513))
    await hdfs.dfs('-put', '-f', other, '/changed/a b/f513')
    await hdfs.dfs('-touchz', '/changed/a b/f7')
    const words = ['distcp', '-update', '-delete', '-pbugpt']
    await hdfs.succeed([...words, `${cluster.fs}/tree`, `${cluster.fs}/changed`])
    expect(await look('/changed')).toEqual(await look('/tree'))
  })

  it('DistCp copies large files in pieces and joins them', async () => {
    const words = ['distcp', '-blocksperchunk', '2']
    await hdfs.succeed([...words, `${cluster.fs}/tree`, `${cluster.fs}/in-pieces`])
    expect(await look('/in-pieces')).toEqual(await look('/tree'))
  })

  it('DistCp copies from and to webhdfs://', async () => {
    const web = cluster.httpUrl.replace('http:', 'webhdfs:')
    await hdfs.succeed([
      'distcp',
      '-skipcrccheck',
      '-update',
      `${cluster.fs}/tree`,
      `${web}/to-web`,
    ])
    expect(await look('/to-web')).toEqual(await look('/tree'))
    await hdfs.succeed(['distcp', `${web}/tree`, `${cluster.fs}/from-web`])
    expect(await look('/from-web')).toEqual(await look('/tree'))
  })

  it('MapReduce counts words', async () => {
    const local = temporaryFolder()
    writeFileSync(join(local, 'one'), 'to be or not to be\n'.repeat(1000))
    writeFileSync(join(local, 'two'), 'that is the question\n'.repeat(500))
    await hdfs.dfs('-put', local, '/words')
    await hdfs.succeed(['wordcount', '/words', '/counts'])
    expect(await hdfs.dfs('-ls', '-C', '/counts')).toBe(
      '/counts/_SUCCESS\n/counts/part-r-00000\n/counts/part-r-00001\n',
    )
    const counted = (await hdfs.dfs('-cat', '/counts/part-*')).trimEnd().split('\n').sort()
    expect(counted).toEqual(
      [
        'be\t2000',
        'is\t500',
        'not\t1000',
        'or\t1000',
        'question\t500',
        'that\t500',
        'the\t500',
      ].concat('to\t2000'),
    )
    const again = await hdfs.run(['wordcount', '/words', '/counts'])
    expect(again.stderr).toContain('FileAlreadyExistsException')
  })

  it('both go on when a datanode is killed in the middle', async () => {
    const local = temporaryFolder()
    const large = content(3, 80 * BLOCK_BYTES)
    writeFileSync(join(local, 'f1'), large)
    writeFileSync(join(local, 'text'), 'to be or not to be\n'.repeat(200_000))
    await hdfs.dfs('-mkdir', '/large')
    await hdfs.dfs('-put', join(local, 'f1'), '/large')
    await hdfs.dfs('-put', join(local, 'text'), '/text')
    const client = cluster.client()
    const [victim] = cluster.datanodes
    const whileKilling = async (path: string, words: readonly string[]) => {
      const running = hdfs.succeed(words)
      await waitUntil(async () => (await client.statIfExists(path)) !== undefined, {
        what: `${path} to be begun`,
        timeoutMs: 60_000,
      })
      await victim?.kill()
      await running
      await victim?.start()
    }
    const copy = ['distcp', '-direct', `${cluster.fs}/large`, `${cluster.fs}/large-copied`]
    await whileKilling('/large-copied/f1', copy)
    expect((await client.readFile('/large-copied/f1')).equals(large)).toBe(true)
    await cluster.ready()
    await whileKilling('/text-counts/_temporary', ['wordcount', '/text', '/text-counts'])
    const counted = (await hdfs.dfs('-cat', '/text-counts/part-*')).trimEnd().split('\n').sort()
    expect(counted).toEqual(['be\t400000', 'not\t200000', 'or\t200000', 'to\t400000'])
  })
})
