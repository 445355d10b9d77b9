/** Hadoop's administrator commands, unmodified: dfsadmin, fsck, groups, getconf and the balancer. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HADOOP_VERSIONS } from '../support/java-clients.js'
import { JavaCommands } from '../support/java-commands.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const BLOCK_BYTES = 1024 * 1024

/** One version: what differs between them is not in these commands. */
const [version] = HADOOP_VERSIONS

describe(`administration with Hadoop ${version}`, () => {
  let cluster: ProcessCluster
  let hdfs: JavaCommands

  beforeAll(async () => {
    cluster = await ProcessCluster.start({
      datanodes: 3,
      settings: {
        'block.min-size': 0,
        'liveness.stale-after': '1s',
        'liveness.dead-after': '2s',
        'permission.static-groups': 'alice=staff,admins',
      },
    })
    hdfs = await JavaCommands.start(version, {
      'fs.defaultFS': cluster.fs,
      'dfs.namenode.http-address': new URL(cluster.httpUrl).host,
      'dfs.blocksize': String(BLOCK_BYTES),
    })
    await hdfs.dfs('-mkdir', '/d')
    const input = Buffer.alloc(BLOCK_BYTES + 10, 7)
    await hdfs.succeed(['dfs', '-D', 'dfs.replication=1', '-put', '-', '/d/f'], { input })
  })
  afterAll(async () => {
    await hdfs?.stop()
    await cluster?.stop()
  })

  const admin = (...words: readonly string[]) => hdfs.succeed(['dfsadmin', ...words])
  const refusal = async (...words: readonly string[]) => {
    const { exitCode, stderr } = await hdfs.run(words)
    expect(exitCode).not.toBe(0)
    return stderr
  }
  const datanode = () => `127.0.0.1:${cluster.datanodes[0]?.addresses['ipcPort']}`
  const namenode = () => new URL(cluster.fs.replace('hdfs:', 'http:')).host

  it('reports, and says how the cluster is laid out', async () => {
    const report = await admin('-report')
    expect(report).toContain('Live datanodes (3):')
    expect(report).toContain('Low redundancy blocks with highest priority to recover: ')
    expect(await admin('-report', '-dead')).toContain('Dead datanodes (0):')
    expect(await admin('-report', '-slownodes')).toContain('Slow datanodes (0):')
    expect(await admin('-printTopology')).toMatch(
      /^Rack: \/default-rack\n( {3}127\.0\.0\.1:\d+ \(\S+\) In Service\n){3}\n$/,
    )
    expect(await admin('-listOpenFiles')).toBe(
      'Client Host         \tClient Name         \tOpen File Path\n',
    )
    expect(await admin('-upgrade', 'query')).toBe('Upgrade finalized\n')
  })

  it('enters and leaves safe mode, and saves what is saved already', async () => {
    expect(await admin('-safemode', 'get')).toBe('Safe mode is OFF\n')
    expect(await refusal('dfsadmin', '-saveNamespace')).toContain(
      'saveNamespace: Safe mode should be turned ON in order to create namespace image.',
    )
    expect(await admin('-safemode', 'enter')).toBe('Safe mode is ON\n')
    expect(await admin('-saveNamespace')).toBe('Save namespace successful\n')
    expect(await admin('-safemode', 'leave')).toBe('Safe mode is OFF\n')
    expect(await admin('-safemode', 'wait')).toBe('Safe mode is OFF\n')
    expect(await admin('-safemode', 'forceExit')).toBe('Safe mode is OFF\n')
    expect(await admin('-rollEdits')).toMatch(/rolled edit logs\.\nNew segment starts at txid \d+/)
    expect(await admin('-metasave', 'meta.txt')).toContain('Created metasave file meta.txt')
    const saved = join(cluster.folder.dataFolder('namenode'), 'logs', 'meta.txt')
    expect(readFileSync(saved, 'utf8')).toContain('Live Datanodes: 3\n')
  })

  it('talks to single datanodes', async () => {
    expect(await admin('-getDatanodeInfo', datanode())).toMatch(/^Uptime: \d+, Software version: /)
    expect(await admin('-getVolumeReport', datanode())).toContain('Active Volumes : 1\n')
    expect(await admin('-triggerBlockReport', datanode())).toContain('Triggering a full block')
    expect(await admin('-triggerBlockReport', '-incremental', datanode())).toContain('incremental')
    expect(await admin('-evictWriters', datanode())).toContain('Requested writer eviction')
    expect(await admin('-refreshNamenodes', datanode())).toBe('')
    expect(await admin('-setBalancerBandwidth', '12345678')).toContain('is set to 12345678')
    await waitUntil(
      async () => (await admin('-getBalancerBandwidth', datanode())).includes(' 12345678 bytes'),
      { what: 'the budget to arrive with a heartbeat' },
    )
    const eve = { user: 'eve' }
    const refused = await hdfs.run(['dfsadmin', '-shutdownDatanode', datanode()], eve)
    expect(refused.stderr).toContain('shutdownDatanode: Permission denied.')
  })

  it('reads settings again while servers run', async () => {
    for (const target of [`namenode ${namenode()}`, `datanode ${datanode()}`]) {
      const words = target.split(' ')
      expect(await admin('-reconfig', ...words, 'status')).toContain('no task was found.')
      expect(await admin('-reconfig', ...words, 'properties')).toContain(
        target.startsWith('namenode') ? 'permission.static-groups' : 'datanode.copy-rate',
      )
      expect(await admin('-reconfig', ...words, 'start')).toContain('Started reconfiguration task')
      expect(await admin('-reconfig', ...words, 'status')).toContain('and finished at')
    }
    expect(await admin('-refreshUserToGroupsMappings')).toContain('successful')
    expect(await admin('-refreshSuperUserGroupsConfiguration')).toContain('successful')
    expect(await admin('-refreshCallQueue')).toContain('successful')
    expect(await admin('-refreshNodes')).toBe('Refresh nodes successful\n')
    expect(await admin('-finalizeUpgrade')).toContain('Finalize upgrade successful')
    expect(await refusal('dfsadmin', '-refreshServiceAcl')).toContain(
      'refreshServiceAcl: Service Level Authorization not enabled!',
    )
    expect(await hdfs.succeed(['groups', 'alice', 'nobody-here'])).toBe(
      'alice : staff admins\nnobody-here :\n',
    )
    expect(await hdfs.succeed(['getconf', '-namenodes'])).toBe('localhost\n')
    expect(await hdfs.dfs('-df', '-h')).toMatch(/^Filesystem +Size +Used +Available +Use%\n/)
  })

  it('is told that images and a balancer are not needed here', async () => {
    expect(await refusal('dfsadmin', '-fetchImage', cluster.dataFolder)).toContain(
      'There is no fsimage: the namespace is a database',
    )
    const { exitCode, stdout, stderr } = await hdfs.run(['balancer'])
    expect(exitCode).not.toBe(0)
    expect(stdout + stderr).toContain('This cluster moves blocks and keeps its namespace by itself')
  })

  it('names files that are being written', async () => {
    const check = async (...words: readonly string[]) => (await hdfs.run(['fsck', ...words])).stdout
    const writer = await cluster.client().create('/d/open', { replication: 1 })
    await writer.write(Buffer.alloc(10, 1))
    await writer.hflush()
    expect(await check('/d')).not.toContain('/d/open')
    expect(await check('/d', '-openforwrite')).toMatch(
      /\/d\/open 10 bytes, replicated: replication=1, 1 block\(s\), OPENFORWRITE: \n/,
    )
    expect(await check('/d', '-openforwrite')).toMatch(/Total files:\t2\n/)
    expect(await admin('-listOpenFiles', '-path', '/d')).toMatch(/\/d\/open *\n/)
    await writer.close()
    expect(await check('/d', '-openforwrite')).not.toContain('OPENFORWRITE')
    await hdfs.dfs('-rm', '-skipTrash', '/d/open')
  })

  it('checks files, blocks and replicas, and deals with those that are lost', async () => {
    const check = (...words: readonly string[]) => hdfs.run(['fsck', ...words])
    const healthy = await check('/d', '-files', '-blocks', '-replicaDetails')
    expect(healthy.exitCode).toBe(0)
    expect(healthy.stdout).toMatch(
      /\n0\. BP-\S+:blk_1073741825_\d+ len=1048576 Live_repl=1 {2}\[DatanodeInfoWithStorage\[127\.0\.0\.1:\d+,DS-\S+,DISK\]\(LIVE\)\]\n/,
    )
    const racks = await check('/d', '-files', '-blocks', '-racks', '-storagepolicies', '-replicate')
    expect(racks.stdout).toMatch(/\nDISK:1\(HOT\) +\d+ +100\.0000%\n/)
    expect(racks.stdout).toContain('\nAll blocks satisfy specified storage policy.\nFSCK ended at ')
    expect(racks.stdout).toMatch(/Live_repl=1 {2}\[\/default-rack\/127\.0\.0\.1:\d+\]/)
    const domains = await check('/d', '-files', '-blocks', '-locations', '-upgradedomains')
    expect(domains.stdout).toMatch(/,DISK\]\(ud=undefined\)\]\n/)
    await hdfs.succeed(['dfsadmin', '-allowSnapshot', '/d'])
    await hdfs.dfs('-createSnapshot', '/d', 's')
    expect((await check('/', '-files')).stdout).not.toContain('.snapshot')
    const withSnapshots = await check('/', '-files', '-includeSnapshots')
    expect(withSnapshots.stdout).toMatch(/\n\/d\/\.snapshot\/s <dir>\n\/d\/\.snapshot\/s\/f /)
    await hdfs.dfs('-deleteSnapshot', '/d', 's')
    await hdfs.succeed(['dfsadmin', '-disallowSnapshot', '/d'])
    const block = await check('-blockId', 'blk_1073741825')
    expect(block.exitCode).toBe(0)
    expect(block.stdout).toContain('\nBlock belongs to: /d/f\n')
    expect((await check('-blockId', 'blk_5')).stdout).toContain('Block blk_5 does not exist')
    const none = await check('/', '-list-corruptfileblocks')
    expect(none.exitCode).toBe(0)
    expect(none.stdout).toContain("The filesystem under path '/' has 0 CORRUPT blocks")

    for (const node of cluster.datanodes) await node.kill()
    const lost =
      "The list of corrupt blocks under path '/' are:\nblk_1073741825\t1\t/d/f\nblk_1073741826\t1\t/d/f\n"
    // The blocks lie on two nodes, which are found dead one after the other.
    await waitUntil(
      async () => (await check('/', '-list-corruptfileblocks')).stdout.includes(lost),
      { what: 'both lost blocks to be noticed', timeoutMs: 30_000 },
    )
    const corrupt = await check('/')
    expect(corrupt.stdout).toContain('\n  CORRUPT FILES:\t1\n  MISSING BLOCKS:\t2\n')
    expect(corrupt.stdout).toContain("\nThe filesystem under path '/' is CORRUPT\n")
    await check('/', '-move')
    expect(await hdfs.dfs('-ls', '-C', '/d')).toBe('')
    expect(await hdfs.dfs('-ls', '-C', '/lost+found/d')).toBe('/lost+found/d/f\n')
    await check('/', '-delete')
    expect(await hdfs.dfs('-ls', '-C', '/lost+found/d')).toBe('')
    expect((await check('/')).exitCode).toBe(0)
  })
})
