/** What was there is there again: after an orderly end, after kill -9 of everything, with a namenode or a datanode alone. */
import { describe, expect, it } from 'vitest'
import { content } from '../support/content.js'
import { expectHealed, writeReplicated } from '../support/replica-files.js'
import { CLUSTER_KINDS, startTestCluster, type TestCluster } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const BYTES = content(3, 2 ** 20 + 4321)

async function fill(cluster: TestCluster): Promise<void> {
  const client = cluster.client()
  await client.mkdir('/a/b/c', { permission: 0o750 })
  await writeReplicated(cluster, '/a/b/file', BYTES)
  await client.writeFile('/a/empty', '')
  await client.rename('/a/b/c', '/a/b/renamed')
}

async function expectFilled(cluster: TestCluster): Promise<void> {
  const client = cluster.client()
  const found: string[] = []
  for await (const status of client.listRecursive('/a')) found.push(status.path)
  expect(found.sort()).toEqual(['/a/b', '/a/b/file', '/a/b/renamed', '/a/empty'])
  expect((await client.stat('/a/b/renamed')).permission).toBe(0o750)
  await expectHealed(cluster, '/a/b/file', BYTES)
}

const all = (cluster: TestCluster) => [...cluster.datanodes, cluster.namenode]

describe.each(CLUSTER_KINDS)('in a cluster of %s', (kind) => {
  it('everything is there after all were stopped and started', async () => {
    const cluster = await startTestCluster(kind)
    await fill(cluster)
    await Promise.all(all(cluster).map((node) => node.stop()))
    await Promise.all(all(cluster).map((node) => node.start()))
    await cluster.ready()
    await expectFilled(cluster)
  })

  it('everything is there after all were killed at once', async () => {
    const cluster = await startTestCluster(kind)
    await fill(cluster)
    await Promise.all(all(cluster).map((node) => node.kill()))
    await Promise.all(all(cluster).map((node) => node.start()))
    await cluster.ready()
    await expectFilled(cluster)
  })

  it('a restarted namenode serves reads at once and accepts writes soon', async () => {
    const cluster = await startTestCluster(kind)
    await fill(cluster)
    await cluster.namenode.kill()
    await cluster.namenode.start()
    expect((await cluster.client().readFile('/a/b/file')).equals(BYTES)).toBe(true)
    await cluster.ready()
    await cluster.client().writeFile('/after', 'restart')
    await expectFilled(cluster)
  })

  it('a client goes on across a restart of the namenode', async () => {
    const cluster = await startTestCluster(kind)
    const client = cluster.client()
    const file = await client.create('/open')
    await file.write(BYTES.subarray(0, 100_000))
    await file.hflush()
    await cluster.namenode.kill()
    await cluster.namenode.start()
    await cluster.ready()
    await file.write(BYTES.subarray(100_000))
    await file.close()
    expect((await client.readFile('/open')).equals(BYTES)).toBe(true)
  })

  it('a file whose writer died is closed with what was flushed', async () => {
    const cluster = await startTestCluster(kind, {
      settings: { 'lease.soft-limit': '500ms', 'lease.hard-limit': '1500ms' },
    })
    const client = cluster.client()
    const file = await client.create('/abandoned')
    await file.write(BYTES.subarray(0, 300_000))
    await file.hflush()
    await file.abort()
    // The client itself ends too: its renewals would keep the lease.
    await client.close()
    await waitUntil(
      async () => {
        const status = await cluster.client().stat('/abandoned')
        return status.lengthBytes >= 300_000
      },
      { what: 'the abandoned file to be closed', timeoutMs: 20_000 },
    )
    const seen = await cluster.client().readFile('/abandoned')
    expect(seen.subarray(0, 300_000).equals(BYTES.subarray(0, 300_000))).toBe(true)
  })

  it('a datanode that moved to other ports is found again', async () => {
    const cluster = await startTestCluster(kind)
    await fill(cluster)
    for (const datanode of cluster.datanodes) await datanode.restart()
    await cluster.ready()
    await expectFilled(cluster)
  })
})
