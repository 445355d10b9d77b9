/** Datanodes that die under Hadoop's shell, and the reports of its administrator's commands afterwards. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { content } from '../support/content.js'
import { HADOOP_VERSIONS } from '../support/java-clients.js'
import { JavaCommands } from '../support/java-commands.js'
import { ProcessCluster, type ProcessDatanode } from '../support/process-cluster.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { waitUntil } from '../support/wait-until.js'

const MIB = 1024 * 1024
const FILE_BYTES = 100 * MIB

describe.each(HADOOP_VERSIONS)('the shell of Hadoop %s, when things fail', (version) => {
  let cluster: ProcessCluster
  let hdfs: JavaCommands

  beforeAll(async () => {
    cluster = await ProcessCluster.start({ datanodes: 4 })
    hdfs = await JavaCommands.start(version, {
      'fs.defaultFS': cluster.fs,
      // Small, so that there are many more to come when the first is complete.
      'dfs.blocksize': String(MIB),
      'dfs.namenode.http-address': cluster.httpUrl.replace('http://', ''),
    })
  })

  afterAll(async () => {
    await hdfs?.stop()
    await cluster?.stop()
  })

  /** A datanode of which a file that is being written or read has a replica. */
  async function holderOf(path: string): Promise<ProcessDatanode> {
    return await waitUntil(
      async () => {
        const [block] = await cluster.blocks(path)
        return cluster.datanodes.find(
          ({ uuid, isRunning }) => isRunning && block?.datanodes.includes(uuid),
        )
      },
      { what: `a replica of ${path}` },
    )
  }

  it('writes on when a datanode of its pipeline is killed', async () => {
    const local = temporaryFolder()
    const bytes = content(11, FILE_BYTES)
    writeFileSync(join(local, 'up'), bytes)
    const put = hdfs.dfs('-put', join(local, 'up'), '/written')
    const victim = await holderOf('/written._COPYING_')
    await victim.kill()
    await put
    await hdfs.dfs('-get', '/written', join(local, 'down'))
    expect(readFileSync(join(local, 'down')).equals(bytes)).toBe(true)
    await victim.start()
  })

  it('reads on when the datanode it reads from is killed', async () => {
    const local = temporaryFolder()
    const bytes = content(12, FILE_BYTES)
    writeFileSync(join(local, 'up'), bytes)
    await hdfs.dfs('-put', join(local, 'up'), '/read')
    const victim = await holderOf('/read')
    const get = hdfs.dfs('-get', '/read', join(local, 'down'))
    await waitUntil(() => readFileSync(join(local, 'down._COPYING_')).length > 0, {
      what: 'the first bytes',
    })
    await victim.kill()
    await get
    expect(readFileSync(join(local, 'down')).equals(bytes)).toBe(true)
    await victim.start()
  })

  it('reports to the administrator', async () => {
    await cluster.ready()
    const report = await hdfs.succeed(['dfsadmin', '-report'])
    expect(report).toMatch(/^Live datanodes \(4\):$/m)
    expect(report).toMatch(/^Configured Capacity: [1-9]\d+ \(/m)
    expect(await hdfs.succeed(['dfsadmin', '-safemode', 'get'])).toContain('Safe mode is OFF')
    const check = await hdfs.run(['fsck', '/'])
    expect(check.stdout).toMatch(/The filesystem under path '\/' is HEALTHY/)
    expect(await hdfs.succeed(['getconf', '-confKey', 'fs.defaultFS'])).toBe(`${cluster.fs}\n`)
    expect(await hdfs.succeed(['storagepolicies', '-listPolicies'])).toContain('HOT')
  })
})
