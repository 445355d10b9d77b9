/** What is really on the disks of a test's datanodes: the judge of whether a cluster has healed. */
import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { type TestCluster, type TestDatanode, waitForReplicas } from './test-cluster.js'
import { waitUntil } from './wait-until.js'

/** The running datanodes whose replica of a block has exactly these bytes. */
function goodHolders(cluster: TestCluster, blockId: number, bytes: Buffer): TestDatanode[] {
  return cluster.datanodes.filter(
    (datanode) =>
      datanode.isRunning &&
      datanode
        .replicaPaths(blockId)
        .some(({ data, meta }) => existsSync(meta) && readFileSync(data).equals(bytes)),
  )
}

export interface HealedOptions {
  readonly replicas?: number
  readonly timeoutMs?: number
}

/**
 * Waits until every block of the file has its replicas: counted by the namenode, and on disk with the right bytes on
 * as many running nodes. Then reads the file.
 */
export async function expectHealed(
  cluster: TestCluster,
  path: string,
  bytes: Buffer,
  { replicas = 3, timeoutMs = 45_000 }: HealedOptions = {},
): Promise<void> {
  await waitUntil(
    async () => {
      let offset = 0
      for (const { blockId, lengthBytes, datanodes } of await cluster.blocks(path)) {
        const expected = bytes.subarray(offset, offset + lengthBytes)
        offset += lengthBytes
        const good = goodHolders(cluster, blockId, expected).map(({ uuid }) => uuid)
        if (datanodes.length !== replicas) return false
        if (!datanodes.every((uuid) => good.includes(uuid))) return false
      }
      return true
    },
    {
      what: `${replicas} good replicas of ${path}`,
      timeoutMs,
      explain: async () =>
        (await cluster.blocks(path)).map(({ blockId, datanodes }) => ({
          blockId,
          counted: cluster.datanodes
            .filter(({ uuid }) => datanodes.includes(uuid))
            .map(({ name }) => name),
          onDisk: cluster.datanodes
            .filter((datanode) => datanode.replicaPaths(blockId).length > 0)
            .map(({ name }) => name),
        })),
    },
  )
  expect((await cluster.client().readFile(path)).equals(bytes)).toBe(true)
}

/** Writes a file and waits for all of its replicas. */
export async function writeReplicated(
  cluster: TestCluster,
  path: string,
  bytes: Buffer,
  replicas = 3,
): Promise<void> {
  await cluster.client().writeFile(path, bytes, { replication: replicas })
  await waitForReplicas(cluster, path, replicas)
}
