/**
 * Of what is written, one replica is in the page cache, and readers find that one. The kernel is asked itself (`fincore` of
 * util-linux), on a file system that can write past its cache.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { content } from '../support/content.js'
import { sayNotTested } from '../support/not-tested.js'
import { writeReplicated } from '../support/replica-files.js'
import { startTestCluster, type TestCluster } from '../support/test-cluster.js'

const TMPFS = 0x01021994
const BLOCK_BYTES = 8 * 1024 * 1024
const FILES = ['/a', '/b', '/c', '/d']
const SETTINGS = {
  'block.size': String(BLOCK_BYTES),
  // Readers go elsewhere than to a node that is silent or slow, as they should: here a busy machine must make none so.
  'liveness.stale-after': '60s',
  'liveness.dead-after': '5min',
  'placement.avoid-slow': 'false',
}

/** For each file how much of each replica is in memory: most of it, or hardly any. */
async function cachedReplicas(cluster: TestCluster): Promise<readonly number[]> {
  const counts: number[] = []
  for (const path of FILES) {
    const [block] = await cluster.blocks(path)
    const files = cluster.datanodes.flatMap((it) => it.replicaPaths(block?.blockId ?? 0))
    const residentBytes = files.map(({ data }) =>
      Number(execFileSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', data])),
    )
    expect(residentBytes).toHaveLength(3)
    counts.push(residentBytes.filter((bytes) => bytes > BLOCK_BYTES / 2).length)
  }
  return counts
}

const whyNot =
  spawnSync('fincore', ['--version']).status !== 0
    ? 'there is no fincore'
    : statfsSync(tmpdir()).type === TMPFS
      ? 'the temporary folder is in memory'
      : undefined

if (whyNot === undefined) {
  it('one replica of each block is cached, when it has been written and when it has been read', async () => {
    const cluster = await startTestCluster('processes', { datanodes: 3, settings: SETTINGS })
    for (const path of FILES) await writeReplicated(cluster, path, content(1, BLOCK_BYTES))
    expect(await cachedReplicas(cluster)).toEqual([1, 1, 1, 1])
    for (const path of FILES) await cluster.client().readFile(path)
    expect(await cachedReplicas(cluster)).toEqual([1, 1, 1, 1])
  })
} else sayNotTested('which replicas are in the page cache', whyNot)
