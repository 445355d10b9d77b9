/** Hadoop's contract tests over webhdfs://: the same tests as over hdfs://, by way of HTTP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContractVerdict, runContractTests } from '../support/hadoop-contract.js'
import { ProcessCluster } from '../support/process-cluster.js'

/** What Hadoop's webhdfs:// client has no calls for, whatever the server. */
const ABSENT = ['MultipartUploader', 'SafeMode', 'LeaseRecovery', 'PathHandle']

/** These fail with Apache HDFS 3.4.3 too, most of them because the client opens a file only when it is read. */
const FAIL_WITH_APACHE = [
  'Create.testSyncable',
  'Seek.testNegativeSeek',
  'Seek.testReadFullyPastEOF',
  'Seek.testSeekPastEndOfFileThenReseekAndRead',
  'Seek.testSeekReadClosedFile',
  'VectoredRead.testEOFRanges[Buffer type : array]',
  'VectoredRead.testEOFRanges[Buffer type : direct]',
]

describe("Hadoop's contract tests over webhdfs://", () => {
  let cluster: ProcessCluster
  let verdict: ContractVerdict

  beforeAll(async () => {
    cluster = await ProcessCluster.start({
      datanodes: 4,
      settings: {
        'block.min-size': 0,
        'trash.interval': '0s',
        'datanode.sync-on-close': 'false',
      },
    })
    verdict = await runContractTests(cluster.httpUrl.replace('http:', 'webhdfs:'), ABSENT)
  }, 30 * 60_000)

  afterAll(async () => {
    await cluster?.stop()
  })

  it('fail in none that passes with Apache HDFS', () => {
    const ours = verdict.failed.filter((name) => !FAIL_WITH_APACHE.includes(name))
    expect(ours, verdict.reasons).toEqual([])
  })

  it('skip only what they skip with Apache HDFS', () => {
    expect(verdict.skipped).toEqual([
      'BulkDelete.testChildPaths',
      'BulkDelete.testDeletePathsDirectory',
      'BulkDelete.testDeleteSamePathsMoreThanOnce',
    ])
  })

  it('are all run', () => {
    const count = verdict.passed.length + verdict.failed.length
    expect(count).toBeGreaterThanOrEqual(350)
  })
})
