/** Hadoop's contract tests over hdfs://: what every file system of Hadoop's must do, as Hadoop itself tests it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContractVerdict, runContractTests } from '../support/hadoop-contract.js'
import { ProcessCluster } from '../support/process-cluster.js'

describe("Hadoop's contract tests over hdfs://", () => {
  let cluster: ProcessCluster
  let verdict: ContractVerdict

  beforeAll(async () => {
    cluster = await ProcessCluster.start({
      datanodes: 4,
      settings: {
        'block.min-size': 0,
        'trash.interval': '0s',
        // Ten thousand blocks of 1024 bytes: syncing each, which Apache does not, is tested elsewhere.
        'datanode.sync-on-close': 'false',
      },
    })
    verdict = await runContractTests(cluster.fs)
  }, 30 * 60_000)

  afterAll(async () => {
    await cluster?.stop()
  })

  it('fail in none', () => {
    expect(verdict.failed, verdict.reasons).toEqual([])
  })

  it('skip only what they skip with Apache HDFS', () => {
    expect(verdict.skipped).toEqual([
      'BulkDelete.testChildPaths',
      'BulkDelete.testDeletePathsDirectory',
      'BulkDelete.testDeleteSamePathsMoreThanOnce',
    ])
  })

  it('are all run', () => {
    expect(verdict.passed.length).toBeGreaterThanOrEqual(480)
  })
})
