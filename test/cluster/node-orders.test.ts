/** Nodes that leave, or are away for a while, in a whole cluster and through the command that operators use. */
import { describe, expect, it } from 'vitest'
import type { NodeDescription } from '../../cli/commands/node.js'
import { content } from '../support/content.js'
import { runCli } from '../support/run-cli.js'
import {
  holdersOf,
  startTestCluster,
  type TestCluster,
  waitForReplicas,
} from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const FILE = '/data/file.bin'
const BYTES = content(1, 2.5 * 2 ** 20 + 77)
const SETTINGS = { 'nodes.check-interval': '100ms' }

async function clusterWithFile(datanodes: number): Promise<TestCluster> {
  const cluster = await startTestCluster('in-process', { datanodes, settings: SETTINGS })
  await cluster.client().writeFile(FILE, BYTES, { replication: 3 })
  await waitForReplicas(cluster, FILE, 3)
  return cluster
}

async function node(cluster: TestCluster, ...words: string[]): Promise<readonly NodeDescription[]> {
  const { exitCode, stdout, stderr } = await runCli(['node', ...words, '--json'], {
    DFS_FS: cluster.fs,
    DFS_HTTP: cluster.httpUrl,
  })
  if (exitCode !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const stateOf = async (cluster: TestCluster, uuid: string) =>
  (await node(cluster, 'ls')).find((it) => it.uuid === uuid)?.state

describe('a decommissioned node', () => {
  it('can be switched off at once when it is done: everything is elsewhere', async () => {
    const cluster = await clusterWithFile(4)
    const [victim] = await holdersOf(cluster, FILE)
    if (victim === undefined) throw new Error('the file has holders')
    const [ordered] = await node(cluster, 'decommission', victim.uuid)
    expect(ordered?.state).toBe('decommissioning')
    await waitUntil(async () => (await stateOf(cluster, victim.uuid)) === 'decommissioned', {
      what: 'the node to be decommissioned',
      explain: () => node(cluster, 'ls'),
    })
    const others = cluster.datanodes.filter((it) => it !== victim)
    for (const { datanodes } of await cluster.blocks(FILE)) {
      expect(datanodes).toEqual(expect.arrayContaining(others.map((it) => it.uuid)))
    }
    await victim.kill()
    expect(Buffer.compare(await cluster.client().readFile(FILE), BYTES)).toBe(0)
  })
})

describe('a node in maintenance', () => {
  it('may be off for longer than the dead interval without a copy, and is back when it is', async () => {
    const cluster = await clusterWithFile(4)
    const [away] = await holdersOf(cluster, FILE)
    if (away === undefined) throw new Error('the file has holders')
    const before = await cluster.blocks(FILE)
    await node(cluster, 'maintain', away.uuid, '--for', '1h')
    await waitUntil(async () => (await stateOf(cluster, away.uuid)) === 'in-maintenance', {
      what: 'maintenance',
      explain: () => node(cluster, 'ls'),
    })
    await away.stop()
    await waitUntil(
      async () =>
        (await node(cluster, 'ls')).find((it) => it.uuid === away.uuid)?.liveness === 'dead',
      { what: 'the node to be taken for dead' },
    )
    const report = await cluster.client().fsStats()
    expect(report.underReplicatedBlocks).toBe(0)
    await away.start()
    await node(cluster, 'recommission', away.uuid)
    await waitForReplicas(cluster, FILE, 3)
    const sorted = (blocks: typeof before) => blocks.map((it) => [...it.datanodes].sort())
    expect(sorted(await cluster.blocks(FILE))).toEqual(sorted(before))
  })
})
