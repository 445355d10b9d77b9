/**
 * One vocabulary for clusters of real processes and of nodes inside the test's process, so that a story is written once
 * and told to both.
 */
import { onTestFinished } from 'vitest'
import type { Damage, ReplicaPaths } from '../../embedded/damage.js'
import type { BlockView } from '../../embedded/find-blocks.js'
import { type ClusterOptions, startCluster } from '../../embedded/start-cluster.js'
import type { DfsClient } from '../../shared/client/dfs-client.js'
import { ProcessCluster } from './process-cluster.js'
import { waitUntil } from './wait-until.js'

export interface TestNode {
  readonly isRunning: boolean
  start(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
}

export interface TestDatanode extends TestNode {
  readonly name: string
  readonly uuid: string
  readonly dataFolders: readonly string[]
  pause(): void
  resume(): void
  corrupt(target: number | string, damage?: Damage): Promise<void>
  replicaPaths(blockId: number): readonly ReplicaPaths[]
}

export interface TestCluster {
  readonly fs: string
  readonly httpUrl: string
  readonly dataFolder: string
  readonly namenode: TestNode
  readonly datanodes: readonly TestDatanode[]
  client(options?: { readonly user?: string }): DfsClient
  blocks(path: string): Promise<readonly BlockView[]>
  ready(): Promise<void>
  stop(): Promise<void>
}

/** Fast enough for a test to watch a node die, slow enough that a busy machine does not kill one. */
export const BRISK: NonNullable<ClusterOptions['settings']> = {
  'block.size': '1MiB',
  'block.min-size': '0',
  'heartbeat.interval': '100ms',
  'liveness.stale-after': '800ms',
  'liveness.dead-after': '2s',
  'replication.check-interval': '50ms',
  'replication.pending-timeout': '5s',
  'report.full-interval': '2s',
  'datanode.reserved': '16MiB',
  // Blocks of deleted files are to go while a test watches; tests of undo set it.
  'undo.keep': '0',
}

export type ClusterKind = 'processes' | 'in-process'
export const CLUSTER_KINDS: readonly ClusterKind[] = ['processes', 'in-process']

/** A brisk cluster that ends with the running test. */
export async function startTestCluster(
  kind: ClusterKind,
  options: ClusterOptions = {},
): Promise<TestCluster> {
  const brisk = { ...options, settings: { ...BRISK, ...options.settings } }
  if (kind === 'in-process') {
    const cluster = await startCluster(brisk)
    onTestFinished(() => cluster.stop())
    return cluster
  }
  const cluster = await ProcessCluster.start(brisk)
  onTestFinished(async ({ task }) => {
    await cluster.stop({ keepFolder: task.result?.state === 'fail' })
  })
  return cluster
}

/** Datanodes on which the namenode counts a replica of every block of a file, for each block. */
export async function waitForReplicas(
  cluster: TestCluster,
  path: string,
  replicas: number,
  timeoutMs = 30_000,
): Promise<void> {
  await waitUntil(
    async () => {
      const blocks = await cluster.blocks(path)
      return blocks.every(({ datanodes }) => datanodes.length === replicas)
    },
    {
      what: `${replicas} replicas of each block of ${path}`,
      timeoutMs,
      explain: async () => (await cluster.blocks(path)).map(({ datanodes }) => datanodes.length),
    },
  )
}

/** The datanodes that hold the first block of a file, as the namenode sees it. */
export async function holdersOf(cluster: TestCluster, path: string): Promise<TestDatanode[]> {
  const uuids = (await cluster.blocks(path))[0]?.datanodes ?? []
  return cluster.datanodes.filter((datanode) => uuids.includes(datanode.uuid))
}
