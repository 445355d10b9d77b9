/** `hdfs storagepolicies` of Apache Hadoop, unmodified, on volumes of several types. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../../embedded/start-cluster.js'
import { content } from '../support/content.js'
import { HADOOP_VERSIONS } from '../support/java-clients.js'
import { JavaCommands } from '../support/java-commands.js'
import { BRISK } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

describe.each(HADOOP_VERSIONS)('storage policies in the shell of Hadoop %s', (version) => {
  let cluster: Cluster
  let hdfs: JavaCommands
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dfs-policies-'))
    cluster = await startCluster({
      datanodes: 2,
      settings: { ...BRISK, 'replication.target': 2 },
      datanodeSettings: [0, 1].map((node) => ({
        'datanode.volumes': `${join(folder, `d${node}`)},[ARCHIVE]${join(folder, `a${node}`)}`,
      })),
    })
    hdfs = await JavaCommands.start(version, {
      'fs.defaultFS': cluster.fs,
      'dfs.namenode.http-address': new URL(cluster.httpUrl).host,
    })
  })
  afterAll(async () => {
    await hdfs?.stop()
    await cluster?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const policies = (...words: readonly string[]) => hdfs.succeed(['storagepolicies', ...words])
  const locations = () => hdfs.succeed(['fsck', '/a/f', '-files', '-blocks', '-locations'])

  it('are listed, set, told and lifted', async () => {
    const listed = await policies('-listPolicies')
    expect(listed).toContain(
      'BlockStoragePolicy{COLD:2, storageTypes=[ARCHIVE], creationFallbacks=[], replicationFallbacks=[]}',
    )
    await hdfs.dfs('-mkdir', '-p', '/p/q')
    expect(await policies('-getStoragePolicy', '-path', '/p')).toContain(
      'The storage policy of /p is unspecified',
    )
    await policies('-setStoragePolicy', '-path', '/p', '-policy', 'WARM')
    expect(await policies('-getStoragePolicy', '-path', '/p/q')).toContain(
      'The storage policy of /p/q:\nBlockStoragePolicy{WARM:5,',
    )
    await policies('-unsetStoragePolicy', '-path', '/p')
    expect(await policies('-getStoragePolicy', '-path', '/p/q')).toContain('is unspecified')
    const refused = ['-setStoragePolicy', '-path', '/p', '-policy', 'WHITE']
    const { exitCode, stderr } = await hdfs.run(['storagepolicies', ...refused])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('Cannot find a block policy')])
  })

  it('move what is there with -satisfyStoragePolicy', async () => {
    const bytes = content(3, 1_500_000)
    await cluster.client().writeFile('/a/f', bytes)
    expect(await locations()).toMatch(/DISK/)
    await policies('-setStoragePolicy', '-path', '/a', '-policy', 'COLD')
    expect(await policies('-satisfyStoragePolicy', '-path', '/a')).toContain(
      'Scheduled blocks to move based on the current storage policy on /a',
    )
    await waitUntil(
      async () => {
        const text = await locations()
        return text.includes('ARCHIVE') && !text.includes('DISK')
      },
      { what: 'replicas on archives', explain: locations },
    )
    expect(await cluster.client().readFile('/a/f')).toEqual(bytes)
  })
})
