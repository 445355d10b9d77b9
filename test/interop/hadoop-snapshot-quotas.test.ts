/** Quotas of what only snapshots show, through Apache Hadoop's own commands: what is counted and refused beside Apache HDFS. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JavaCommands } from '../support/java-commands.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { snapshotQuotaLife } from '../support/snapshot-quota-life.js'

const APACHE_COUNTS: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('../golden/apache/snapshot-quotas.json', import.meta.url), 'utf8'),
)

// One version: what is tested is how the namenode counts, which no client changes.
describe('what only snapshots show', () => {
  let cluster: ProcessCluster
  let hdfs: JavaCommands
  const local = mkdtempSync(join(tmpdir(), 'dfs-snapshot-quotas-'))

  beforeAll(async () => {
    cluster = await ProcessCluster.start({ datanodes: 3, settings: { 'block.min-size': 0 } })
    hdfs = await JavaCommands.start('3.4.3', {
      'fs.defaultFS': cluster.fs,
      'dfs.blocksize': String(1024 * 1024),
    })
  })

  afterAll(async () => {
    await hdfs?.stop()
    await cluster?.stop()
    rmSync(local, { recursive: true, force: true })
  })

  it('counts for quotas as Apache HDFS 3.4.3 counts it', async () => {
    expect(await snapshotQuotaLife(hdfs, local, APACHE_COUNTS)).toEqual(APACHE_COUNTS)
  })

  it('counts the same after a kill and a restart', async () => {
    const before = await hdfs.dfs('-count', '-u', '/q', '/q/s', '/q/out')
    await hdfs.dfs('-createSnapshot', '/q/s', 'again')
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/q/s/keep2', '/q/s/rep')
    expect(await hdfs.dfs('-count', '-u', '/q', '/q/s', '/q/out')).toBe(before)
    await cluster.namenode.kill()
    await cluster.namenode.start()
    expect(await hdfs.dfs('-count', '-u', '/q', '/q/s', '/q/out')).toBe(before)
  })
})
