/** Files that are shortened inside a block while nodes come and go: the cluster agrees on the new length, and only on that. */
import { userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { IpcClient } from '../../shared/hadoop/ipc-client.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/client-protocol.js'
import { silentLog } from '../../shared/log.js'
import { systemSeams } from '../../shared/system-seams.js'
import { content } from '../support/content.js'
import { expectHealed } from '../support/replica-files.js'
import {
  CLUSTER_KINDS,
  holdersOf,
  startTestCluster,
  type TestCluster,
  waitForReplicas,
} from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const FILE = '/dir/file.bin'
const BLOCK_BYTES = 2 ** 20
const BYTES = content(11, 2 * BLOCK_BYTES + 500_000)
const CUT = BLOCK_BYTES + 123_457

async function startWithFile(kind: 'processes' | 'in-process', datanodes = 3) {
  const cluster = await startTestCluster(kind, {
    datanodes,
    settings: { 'block.size': BLOCK_BYTES },
  })
  await cluster.client().writeFile(FILE, BYTES, { replication: 3 })
  await waitForReplicas(cluster, FILE, 3)
  return cluster
}

async function untilClosed(cluster: TestCluster): Promise<void> {
  const client = cluster.client()
  await waitUntil(() => client.isClosed(FILE), { what: 'the end of the truncation' })
}

describe.each(CLUSTER_KINDS)('in a cluster of %s', (kind) => {
  it('a file can be shortened anywhere, read, and appended to again', async () => {
    const cluster = await startWithFile(kind)
    const client = cluster.client()
    expect(await client.truncate(FILE, 2 * BLOCK_BYTES)).toBe(true)
    expect(await client.truncate(FILE, CUT, { wait: true })).toBe(true)
    await expectHealed(cluster, FILE, BYTES.subarray(0, CUT))
    const file = await client.append(FILE)
    await file.write(BYTES.subarray(CUT))
    await file.close()
    await expectHealed(cluster, FILE, BYTES)
    expect(await client.truncate(FILE, 0)).toBe(true)
    expect((await client.readFile(FILE)).length).toBe(0)
  })

  it('a snapshot keeps the end that its file loses', async () => {
    const cluster = await startWithFile(kind)
    const { hostname: host, port } = new URL(cluster.fs.replace('hdfs:', 'http:'))
    const calls = new IpcClient({
      seams: systemSeams(silentLog),
      address: { host, port: Number(port) },
      user: userInfo().username,
      timeoutMs: 10_000,
      protocolName: CLIENT_PROTOCOL_NAME,
    })
    await calls.call(CLIENT_PROTOCOL.allowSnapshot, { snapshotRoot: '/dir' })
    await calls.call(CLIENT_PROTOCOL.createSnapshot, { snapshotRoot: '/dir', snapshotName: 's' })
    calls.close()
    const client = cluster.client()
    expect(await client.truncate(FILE, CUT, { wait: true })).toBe(true)
    await expectHealed(cluster, FILE, BYTES.subarray(0, CUT))
    const file = await client.append(FILE)
    await file.write(BYTES.subarray(0, 1000))
    await file.close()
    await expectHealed(
      cluster,
      FILE,
      Buffer.concat([BYTES.subarray(0, CUT), BYTES.subarray(0, 1000)]),
    )
    expect((await client.readFile('/dir/.snapshot/s/file.bin')).equals(BYTES)).toBe(true)
  })

  it('a datanode that is away meanwhile never serves its old end', async () => {
    const cluster = await startWithFile(kind)
    const [absent] = cluster.datanodes
    if (absent === undefined) throw new Error('no datanode')
    await absent.kill()
    await cluster.client().truncate(FILE, CUT)
    await untilClosed(cluster)
    await absent.start()
    const shortened = BYTES.subarray(0, CUT)
    await expectHealed(cluster, FILE, shortened)
    expect((await cluster.client().readFile(FILE)).equals(shortened)).toBe(true)
  })

  it('a namenode that dies in the middle goes on with it', async () => {
    const cluster = await startWithFile(kind)
    for (const datanode of cluster.datanodes) datanode.pause()
    expect(await cluster.client().truncate(FILE, CUT)).toBe(false)
    await cluster.namenode.kill()
    for (const datanode of cluster.datanodes) datanode.resume()
    await cluster.namenode.start()
    await cluster.ready()
    await untilClosed(cluster)
    await expectHealed(cluster, FILE, BYTES.subarray(0, CUT))
  })

  it('files are joined without a byte being copied', async () => {
    const cluster = await startWithFile(kind)
    const client = cluster.client()
    const more = [content(12, 700), content(13, BLOCK_BYTES + 1)]
    for (const [index, bytes] of more.entries()) await client.writeFile(`/dir/${index}`, bytes)
    await client.concat(FILE, ['/dir/0', '/dir/1'])
    await expectHealed(cluster, FILE, Buffer.concat([BYTES, ...more]))
    // Behind short blocks an append goes on with the last one.
    const file = await client.append(FILE)
    await file.write(BYTES.subarray(0, 1000))
    await file.close()
    const whole = Buffer.concat([BYTES, ...more, BYTES.subarray(0, 1000)])
    await expectHealed(cluster, FILE, whole)
    expect((await holdersOf(cluster, FILE)).length).toBe(3)
  })
})
