import { describe, expect, it } from 'vitest'
import type { Call } from '../../../../namenode/service/access/call.js'
import {
  DEAD_MS,
  HEARTBEAT_MS,
  LINGER_MS,
  type ScriptedCluster,
} from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'

let cluster: ScriptedCluster

scriptedClusterForEach((it) => {
  cluster = it
})

const caller = (isSuperuser: boolean): Call => ({
  principal: { user: 'ann', groups: [], isSuperuser },
  requestId: undefined,
  clientAddress: '127.0.0.1',
  localAddress: '127.0.0.1',
})
const forget = (name: string, isForced = false, isSuperuser = true) =>
  cluster.management.forgetting.forget(caller(isSuperuser), name, isForced)
const known = () =>
  cluster.management.blockManager
    .datanodes()
    .map((it) => String(it.uuid))
    .sort()

async function lose(name: string) {
  cluster.silent.add(name)
  await cluster.pass(DEAD_MS + 10 * HEARTBEAT_MS)
}

describe('a dead node that is forgotten', () => {
  it('is gone with its replicas, also after a restart, and blocks deleted meanwhile are forgotten', async () => {
    await cluster.join('a', 'b', 'c')
    const kept = await cluster.store(['a', 'b'])
    const deleted = await cluster.store(['a', 'b'])
    await lose('b')
    cluster.namespace.delete(deleted.id)
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(cluster.namespace.forgotten).toEqual([])
    await cluster.management.administration.order(caller(true), 'b', { kind: 'decommission' })
    const answer = await forget('b')
    expect(answer).toMatchObject({ node: 'b', isWholeNode: true, replicas: 2, blocksLost: 0 })
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(known()).toEqual(['a', 'c'])
    await cluster.pass(LINGER_MS)
    expect(cluster.namespace.forgotten).toEqual([deleted.id])
    expect(cluster.namespace.nodeOrders.size).toBe(0)
    const { replicas } = cluster.management.blockManager.locate(kept, '')
    expect(replicas.map((it) => it.datanode.uuid).sort()).toEqual(['a', 'c'])
    await cluster.restartNamenode()
    expect(known()).toEqual(['a', 'c'])
  })

  it('joins anew when it comes back after all', async () => {
    await cluster.join('a', 'b')
    await cluster.store(['a', 'b'])
    await lose('b')
    await forget('b')
    cluster.silent.delete('b')
    await cluster.node('b').join()
    await cluster.pass(5 * HEARTBEAT_MS)
    expect(known()).toEqual(['a', 'b'])
  })

  it('must not be the last to hold a block, or somebody insists', async () => {
    await cluster.join('a', 'b')
    const block = await cluster.store(['b'])
    cluster.namespace.change(block.id, { replication: 1 })
    await lose('b')
    await expect(forget('b')).rejects.toThrow('1 blocks have no good replica but there')
    expect(known()).toEqual(['a', 'b'])
    expect(await forget('b', true)).toMatchObject({ blocksLost: 1, replicas: 1 })
    expect(known()).toEqual(['a'])
    expect(cluster.management.blockManager.statistics().missingBlocks).toBe(1)
  })

  it('is not forgotten while it lives, nor for anybody', async () => {
    await cluster.join('a', 'b')
    await expect(forget('b')).rejects.toThrow('b is live and all of its volumes are in use')
    await expect(forget('x')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await lose('b')
    await expect(forget('b', false, false)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(known()).toEqual(['a', 'b'])
  })
})

describe('a volume that is forgotten', () => {
  it('goes alone when its node lives', async () => {
    await cluster.join('a', 'b', 'c')
    await cluster.store(['a', 'b'])
    cluster.node('b').hasFailed = true
    await cluster.pass(10 * HEARTBEAT_MS)
    expect(await forget('b')).toMatchObject({ isWholeNode: false, volumes: 1, replicas: 1 })
    expect(known()).toEqual(['a', 'b', 'c'])
    const view = cluster.management.blockManager.datanodes().find((it) => it.uuid === 'b')
    expect(view?.storages).toEqual([])
  })
})
