import { describe, expect, it } from 'vitest'
import type { FsckRequest } from '../../../../namenode/service/inspection/fsck.js'
import type { FsckItem, FsckSummary } from '../../../../namenode/service/inspection/fsck-model.js'
import { DEAD_MS, HEARTBEAT_MS, type ScriptedCluster } from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'
import { ROOT } from '../namespace/namespace-fixture.js'

let cluster: ScriptedCluster

scriptedClusterForEach((it) => {
  cluster = it
})

async function check(path = '/', signal?: AbortSignal, rest: Partial<FsckRequest> = {}) {
  const items: FsckItem[] = []
  const request = { path, strict: true, ...(signal === undefined ? {} : { signal }), ...rest }
  for await (const item of cluster.management.fsck.check(ROOT, request)) items.push(item)
  const summary = items.find((it): it is FsckSummary => it.kind === 'summary')
  if (summary === undefined) throw new Error('no summary')
  const problems = items.flatMap((it) => (it.kind === 'file' ? it.problems : []))
  return { items, summary, problems }
}

describe('a check', () => {
  it('of a sound cluster finds nothing and adds up', async () => {
    await cluster.join('a', 'b', 'c')
    await cluster.store(['a', 'b', 'c'])
    await cluster.store(['a', 'b'])
    const { summary, problems } = await check()
    expect(problems).toEqual([])
    expect(summary).toMatchObject({
      isHealthy: true,
      files: 2,
      directories: 1,
      blocks: 2,
      lengthBytes: 200,
      liveReplicas: 5,
      missingReplicas: 0,
      violations: 0,
      orphanBlocks: 0,
      datanodes: 3,
      racks: 1,
    })
  })

  it('has badly placed blocks looked at when that is asked for', async () => {
    const rack = '/one'
    await cluster.join({ name: 'a', rack }, { name: 'b', rack, port: 9001 })
    await cluster.store(['a', 'b'])
    expect((await check('/', undefined, { replicate: true })).summary.queuedBlocks).toBe(0)
    await cluster.join({ name: 'c', rack: '/two', port: 9002 })
    expect((await check()).summary).toMatchObject({ badlyPlacedBlocks: 1, queuedBlocks: 0 })
    const { summary } = await check('/', undefined, { replicate: true })
    expect(summary).toMatchObject({ badlyPlacedBlocks: 1, queuedBlocks: 1 })
    await cluster.pass(10 * HEARTBEAT_MS)
    expect((await check()).summary).toMatchObject({ badlyPlacedBlocks: 0 })
  })

  it('names what is under-replicated, and why', async () => {
    await cluster.join('a', 'b', 'c')
    await cluster.store(['a', 'b', 'c'])
    cluster.silent.add('c')
    await cluster.pass(DEAD_MS + 2 * HEARTBEAT_MS)
    const { items, summary, problems } = await check()
    expect(problems).toEqual(['under-replicated'])
    expect(summary).toMatchObject({
      isHealthy: true,
      underReplicatedBlocks: 1,
      missingReplicas: 1,
      violations: 0,
    })
    const [file] = items.filter((it) => it.kind === 'file')
    expect(file?.blocks[0]?.remark).toBe('2 of 3 replicas are good, 1 on dead nodes')
  })

  it('names what is missing, corrupt and open', async () => {
    await cluster.join('a', 'b')
    const lost = await cluster.store(['a'])
    await cluster.node('a').tell('corrupt', lost)
    cluster.namespace.addBlock({ state: 'under-construction', lengthBytes: 0 })
    const { summary, problems } = await check()
    expect(problems).toEqual(['missing', 'corrupt', 'open'])
    expect(summary).toMatchObject({
      isHealthy: false,
      missingBlocks: 1,
      corruptBlocks: 1,
      openFiles: 1,
    })
  })

  it('counts replicas of unknown blocks without touching them', async () => {
    await cluster.join('a')
    await cluster.node('a').receive({ id: 77, generationStamp: 1, lengthBytes: 1 })
    const { items, summary } = await check()
    expect(summary.orphanBlocks).toBe(1)
    expect(items).toContainEqual(expect.objectContaining({ kind: 'orphan', blockId: 77 }))
  })

  it('in strict mode finds a block that lacks replicas and is on no record (I7)', async () => {
    await cluster.join('a', 'b')
    const block = cluster.namespace.addBlock({ replication: 2 })
    const { items } = await check()
    expect(items).toContainEqual(
      expect.objectContaining({ kind: 'violation', invariant: 'I7', blockId: block.id }),
    )
  })

  it('in strict mode finds a block out of its place (I6)', async () => {
    await cluster.join('a')
    await cluster.store(['a'], { index: 3 })
    const { items } = await check()
    expect(items).toContainEqual(expect.objectContaining({ kind: 'violation', invariant: 'I6' }))
  })

  it('of one file looks at that file alone', async () => {
    await cluster.join('a')
    const block = await cluster.store(['a'])
    await cluster.store(['a'])
    expect((await check(`/file-${block.id}`)).summary.files).toBe(1)
  })

  it('of nothing says that it does not exist, and ends when it is given up', async () => {
    await expect(check('/nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(check('/', AbortSignal.abort())).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })
})
