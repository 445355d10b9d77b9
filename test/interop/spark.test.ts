/** PySpark in local mode, unmodified, on hdfs://. One session leads the whole life; each check of it is a test here. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { installedClient, run, runSuccessfully } from '../support/foreign-clients.js'
import { ProcessCluster } from '../support/process-cluster.js'

const VERSION = '4.1.4'
const SCRIPT = join(import.meta.dirname, 'python', 'spark_life.py')
const CHECKS = [
  'parquet_comes_back',
  'partitions_are_overwritten_with_commit_algorithm_1',
  'partitions_are_overwritten_with_commit_algorithm_2',
  'odd_partition_values_survive',
  'a_stream_continues_from_its_checkpoint',
  'a_stateful_stream_keeps_its_state',
  'text_csv_json_and_orc_come_back',
  'files_of_rdds_come_back',
  'an_existing_target_is_refused',
  'a_missing_source_is_refused',
  'a_table_is_made_filled_and_dropped',
  'blocks_have_hosts',
  'a_job_survives_the_death_of_a_datanode',
  'the_event_log_is_renamed_at_the_end',
] as const

interface CheckResult {
  readonly check: string
  readonly failure?: string
}

let cluster: ProcessCluster
let results: readonly CheckResult[] = []
let log = ''

beforeAll(async () => {
  const pyspark = await installedClient(`pyspark-${VERSION}`, async (folder) => {
    await runSuccessfully(
      'python3',
      ['-m', 'pip', 'install', '--quiet', '--target', folder, `pyspark==${VERSION}`],
      { timeoutMs: 15 * 60_000 },
    )
  })
  cluster = await ProcessCluster.start({
    datanodes: 4,
    settings: { 'block.size': '16MiB', 'block.min-size': '0', 'datanode.reserved': '16MiB' },
  })
  await cluster.client().mkdir('/events')
  const { stdout, stderr } = await run(
    'python3',
    [SCRIPT, cluster.fs, String(cluster.datanodes[0]?.pid)],
    {
      environment: { PYTHONPATH: pyspark, SPARK_LOCAL_IP: '127.0.0.1', PYSPARK_PYTHON: 'python3' },
      timeoutMs: 14 * 60_000,
    },
  )
  log = stderr
  results = stdout
    .split('\n')
    .filter((line) => line.startsWith('{"check"'))
    .map((line): CheckResult => JSON.parse(line))
})

afterAll(async () => {
  await cluster?.stop()
})

it.each(CHECKS)('Spark: %s', (check) => {
  const result = results.find((it) => it.check === check)
  expect(result, log.slice(-4000)).toEqual({ check })
})

it('runs no check that is not listed here', () => {
  expect(results.map(({ check }) => check).toSorted()).toEqual([...CHECKS].toSorted())
})
