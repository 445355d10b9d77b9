import { describe, expect, it } from 'vitest'
import { ReplicaNode } from '../../../support/replica-node.js'
import { HEARTBEAT_MS, type ScriptedCluster } from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'

let cluster: ScriptedCluster

scriptedClusterForEach((it) => {
  cluster = it
})

const clone = (change: object = {}) => {
  const node = new ReplicaNode(cluster.management.controlPlane, {
    name: 'a',
    port: 7777,
    ...change,
  })
  node.incarnation = 'second'
  return node
}

describe('registration', () => {
  it('refuses a datanode of another cluster and deletes nothing of it', async () => {
    const stranger = new ReplicaNode(cluster.management.controlPlane, { name: 'x' })
    const request = { ...stranger.registration(), clusterId: 'CID-other' }
    await expect(cluster.management.controlPlane.register(request)).rejects.toMatchObject({
      code: 'WRONG_CLUSTER',
    })
    expect(cluster.management.blockManager.datanodes()).toEqual([])
  })

  it('refuses a second process with the same UUID while the first is heard of', async () => {
    await cluster.join('a')
    await expect(clone().register()).rejects.toMatchObject({ code: 'CONFLICT' })
    await cluster.node('a').heartbeat()
  })

  it('lets a new process take over when the old one is silent, and shuts the old one out', async () => {
    await cluster.join('a')
    await cluster.clock.advance(2 * HEARTBEAT_MS + 1)
    await clone().register()
    await expect(cluster.node('a').heartbeat()).rejects.toMatchObject({
      code: 'UNREGISTERED_DATANODE',
    })
    await expect(cluster.node('a').register()).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('lets a new process on the same address and port in at once: the old one is gone', async () => {
    await cluster.join({ name: 'a', port: 7777 })
    await clone().register()
    expect(cluster.management.blockManager.datanodes()).toHaveLength(1)
  })

  it('follows a node to a new address', async () => {
    await cluster.join('a')
    const block = await cluster.store(['a'])
    await cluster.clock.advance(3 * HEARTBEAT_MS)
    const moved = clone({ address: '10.1.2.3' })
    moved.replicas.set(block.id, { ...block, state: 'finalized' })
    await moved.join()
    const { replicas } = cluster.management.blockManager.locate(block, '')
    expect(replicas.map((it) => it.datanode.addresses[0])).toEqual(['10.1.2.3'])
    expect(cluster.management.blockManager.findDatanode('10.1.2.3:7777')?.uuid).toBe('a')
  })

  it('tells a node where it reaches another one, whatever clients are told', async () => {
    const elsewhere = { host: 'gateway.example', transferPort: 1, httpPort: 2, ipcPort: 3 }
    await cluster.join({ name: 'a', address: '10.0.0.1' })
    await cluster.join({ name: 'b', address: '10.0.0.2', port: 7777 })
    const { controlPlane } = cluster.management
    const b = cluster.node('b')
    b.session = await controlPlane.register({
      ...b.registration(),
      advertised: [{ ...elsewhere, from: [], via: [] }],
    })
    const { sequence: _, ...session } = cluster.node('a').envelope()
    expect(controlPlane.peer({ ...session, peerUuid: 'b' })).toMatchObject({
      host: '10.0.0.2',
      port: 7777,
    })
    expect(() => controlPlane.peer({ ...session, peerUuid: 'nobody' })).toThrow(/not known/)
    const { blockManager } = cluster.management
    expect(blockManager.findDatanode('gateway.example:1')?.uuid).toBe('b')
  })

  it.each([
    ['a name for an address', { addresses: ['evil.example'] }],
    [
      'a storage twice',
      {
        storages: [
          { storageId: 's', type: 'DISK' },
          { storageId: 's', type: 'SSD' },
        ],
      },
    ],
  ])('refuses %s', async (_name, change) => {
    const node = new ReplicaNode(cluster.management.controlPlane, { name: 'x' })
    const request = { ...node.registration(), ...change } as ReturnType<typeof node.registration>
    await expect(cluster.management.controlPlane.register(request)).rejects.toMatchObject({
      code: 'ILLEGAL_ARGUMENT',
    })
  })
})

describe('messages', () => {
  it('of no session are refused', async () => {
    await cluster.join('a')
    const node = cluster.node('a')
    const envelope = { ...node.envelope(), sessionId: 'guessed' }
    const events = [
      {
        kind: 'deleted' as const,
        storageId: node.storage,
        block: { id: 1, generationStamp: 1, lengthBytes: 1 },
      },
    ]
    await expect(
      cluster.management.controlPlane.blockEvents({ ...envelope, events }),
    ).rejects.toMatchObject({ code: 'UNREGISTERED_DATANODE' })
  })

  it('that arrive twice have the effect of one, and late ones lead to a full report', async () => {
    await cluster.join('a')
    const node = cluster.node('a')
    const block = cluster.namespace.addBlock({ replication: 1 })
    const event = (kind: 'received' | 'deleted') => ({
      ...node.envelope(),
      events: [
        {
          kind,
          storageId: node.storage,
          block: {
            id: block.id,
            generationStamp: block.generationStamp,
            lengthBytes: block.lengthBytes,
          },
        },
      ],
    })
    const { controlPlane, blockManager } = cluster.management
    const count = () => blockManager.locate(block, '').replicas.length
    const early = event('deleted')
    const later = event('received')
    await controlPlane.blockEvents(later)
    expect(count()).toBe(1)
    await controlPlane.blockEvents(early)
    expect(count()).toBe(1)
    await controlPlane.blockEvents(event('deleted'))
    await controlPlane.blockEvents(later)
    expect(count()).toBe(0)
    expect((await node.heartbeat()).map((it) => it.kind)).toEqual(['full-report'])
  })

  it('with impossible figures are refused', async () => {
    await cluster.join('a')
    const node = cluster.node('a')
    const storage = {
      storageId: node.storage,
      type: 'DISK' as const,
      hasFailed: false,
      capacityBytes: 5,
      usedBytes: 6,
      remainingBytes: 0,
      blockCount: 0,
    }
    const request = { ...node.envelope(), storages: [storage], activeTransfers: 0, outcomes: [] }
    expect(() => cluster.management.controlPlane.heartbeat(request)).toThrow(
      expect.objectContaining({ code: 'ILLEGAL_ARGUMENT' }),
    )
  })

  it('about an older version never undo a newer one', async () => {
    await cluster.join('a')
    const node = cluster.node('a')
    const block = cluster.namespace.addBlock({ replication: 1 })
    await node.receive(block)
    const older = { ...block, generationStamp: block.generationStamp - 1 }
    for (const kind of ['receiving', 'received', 'deleted', 'corrupt'] as const)
      await node.tell(kind, older)
    const { replicas } = cluster.management.blockManager.locate(block, '')
    expect(replicas.map((it) => it.state)).toEqual(['finalized'])
  })
})

describe('waiting for replicas', () => {
  it('ends with the report that makes them enough', async () => {
    await cluster.join('a', 'b')
    const block = cluster.namespace.addBlock({ state: 'under-construction' })
    let count: number | undefined
    const waiting = cluster.management.blockManager.waitForReplicas(block, 2, 5_000).then((it) => {
      count = it
    })
    await cluster.node('a').receive(block)
    await cluster.node('b').receive({ ...block, lengthBytes: 99 })
    await cluster.clock.settle()
    expect(count).toBeUndefined()
    await cluster.node('b').receive(block)
    await waiting
    expect(count).toBe(2)
  })

  it('ends with what there is when time is up', async () => {
    await cluster.join('a')
    const block = cluster.namespace.addBlock({ replication: 2 })
    await cluster.node('a').receive(block)
    const waiting = cluster.management.blockManager.waitForReplicas(block, 2, 5_000)
    await cluster.clock.advance(5_000)
    expect(await waiting).toBe(1)
  })
})
