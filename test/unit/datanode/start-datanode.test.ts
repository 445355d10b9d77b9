import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HEADER_BYTES } from '../../../datanode/blocks/meta-format.js'
import { bucketDigests } from '../../../shared/control/block-digest.js'
import { IpcClient } from '../../../shared/hadoop/ipc-client.js'
import {
  CLIENT_DATANODE_PROTOCOL,
  CLIENT_DATANODE_PROTOCOL_NAME,
} from '../../../shared/hadoop/schema/client-datanode-protocol.js'
import { ControlServer } from '../../support/control-server.js'
import { POOL, testSeams } from '../../support/datanode-fixture.js'
import { flipBit } from '../../support/flip-bit.js'
import { pattern, TransferPeer, writeBlock } from '../../support/transfer-peer.js'
import { waitUntil } from '../../support/wait-until.js'
import { startWholeDatanode } from '../../support/whole-datanode.js'

const ID = 1073741855

async function registered(control: ControlServer, count = 1) {
  await waitUntil(() => control.heartbeats.length > 0 && control.registrations.length >= count, {
    what: 'a heartbeat',
  })
}

/** A node that has registered, and its namenode. */
async function start(options: Parameters<typeof startWholeDatanode>[1] = {}) {
  const control = await ControlServer.start()
  const datanode = await startWholeDatanode(control, options)
  await registered(control)
  const storageId = control.registrations[0]!.storages[0]!.storageId
  return { control, datanode, storageId }
}

const block = (id: number, lengthBytes: number, generationStamp = 1001) => ({
  id,
  generationStamp,
  lengthBytes,
})

const versionOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'volume1', 'VERSION.json'), 'utf8'))

describe('a datanode and its namenode', () => {
  it('registers with what it is and reports its room; every message fits the schemas', async () => {
    const { control, datanode } = await start({ volumes: 2 })
    expect(control.registrations[0]).toMatchObject({
      datanodeUuid: datanode.uuid,
      hostname: 'test-node',
      addresses: ['127.0.0.1'],
      transferPort: datanode.transferPort,
      ipcPort: datanode.ipcPort,
      rack: '/rack-1',
    })
    expect(control.registrations[0]?.storages).toHaveLength(2)
    const [storage] = control.heartbeats[0]!.storages
    expect(storage).toMatchObject({ hasFailed: false, usedBytes: 0, blockCount: 0 })
    expect(storage!.remainingBytes).toBeGreaterThan(0)
    expect(versionOf(datanode.folder)).toMatchObject({
      clusterId: 'CID-test',
      blockPoolId: POOL,
      epoch: 1,
    })
    expect(control.faults).toEqual([])
  })

  it('tells at once what it receives, and what it has in digests that both ends compute alike', async () => {
    const { control, datanode, storageId } = await start()
    await writeBlock(datanode.transferPort, ID, pattern(0, 1300))
    expect(control.events).toEqual([{ kind: 'received', storageId, block: block(ID, 1300) }])
    control.differing = [Math.floor(ID / 4096)]
    expect((await control.command({ kind: 'full-report' })).outcome).toBe('done')
    await waitUntil(() => control.buckets.length > 0, { what: 'the listing' })
    expect(control.digests.at(-1)?.buckets).toEqual(
      bucketDigests([{ ...block(ID, 1300), state: 'finalized' }]),
    )
    expect(control.buckets.at(-1)).toMatchObject({
      storageId,
      isLast: true,
      buckets: [
        { bucket: Math.floor(ID / 4096), blocks: [{ ...block(ID, 1300), state: 'finalized' }] },
      ],
    })
    expect(control.faults).toEqual([])
  })

  it('registers again with a restarted namenode, reports in full and remembers its epoch', async () => {
    const { control, datanode } = await start()
    const reports = control.digests.length
    control.restart()
    await waitUntil(() => control.registrations.length === 2 && control.digests.length > reports, {
      what: 'a second registration and report',
    })
    await waitUntil(() => versionOf(datanode.folder).epoch === 2, { what: 'the epoch on disk' })
    expect(control.registrations[1]).toMatchObject({
      clusterId: 'CID-test',
      incarnation: control.registrations[0]?.incarnation,
    })
  })

  it('obeys nobody of a lower epoch, not even after a restart', async () => {
    const { control, datanode, storageId } = await start()
    await writeBlock(datanode.transferPort, ID, pattern(0, 10))
    control.restart(5)
    await waitUntil(() => control.registrations.length === 2, { what: 'the registration' })
    const order = { kind: 'delete', storageId, blocks: [{ id: ID, generationStamp: 1001 }] }
    expect((await control.command(order, 4)).outcome).toBe('refused')
    expect(datanode.replicaPaths(ID)).toHaveLength(1)
    await datanode.close()
    control.restart(3)
    const again = await startWholeDatanode(control, { folder: datanode.folder })
    await waitUntil(() => control.registrations.length > 3, { what: 'attempts to register' })
    expect(again.health().isRegistered).toBe(false)
    expect(again.replicaPaths(ID)).toHaveLength(1)
  })

  it('ends without waiting for a move, which leaves the replica where it was', async () => {
    const config = { copyBytesPerSecond: 1000 }
    const { control, datanode } = await start({ volumes: 2, config })
    await writeBlock(datanode.transferPort, ID, pattern(0, 200_000))
    const [event] = control.events
    const storageId = control.registrations[0]?.storages.find(
      (it) => it.storageId !== event?.storageId,
    )?.storageId
    const before = datanode.replicaPaths(ID)
    void control.command({ kind: 'move', block: block(ID, 200_000), storageId }).catch(() => {})
    await waitUntil(() => datanode.health().commands.running === 1, { what: 'the move' })
    await datanode.close()
    const again = await startWholeDatanode(control, { folder: datanode.folder, volumes: 2 })
    expect(again.replicaPaths(ID)).toEqual(before)
  })

  it('gives up when the namenode is of another cluster, and deletes nothing', async () => {
    const { control, datanode } = await start()
    await writeBlock(datanode.transferPort, ID, pattern(0, 10))
    await datanode.close()
    control.clusterId = 'CID-other'
    const again = await startWholeDatanode(control, { folder: datanode.folder })
    expect((await again.failed).code).toBe('WRONG_CLUSTER')
    expect(again.health().isRegistered).toBe(false)
    expect(again.replicaPaths(ID)).toHaveLength(1)
    expect(versionOf(datanode.folder).clusterId).toBe('CID-test')
  })

  it('keeps events for a namenode that is away', async () => {
    const { control, datanode } = await start()
    control.refusal = { status: 503, code: 'SHUTTING_DOWN' }
    const written = writeBlock(datanode.transferPort, ID, pattern(0, 10))
    await waitUntil(() => datanode.replicaPaths(ID).some(({ meta }) => meta.endsWith('.meta')), {
      what: 'the finalized replica',
    })
    control.refusal = undefined
    await written
    expect(control.events.map(({ kind }) => kind)).toEqual(['received'])
  })

  it('tells of replicas that have begun when they have not ended soon, or have come to harm', async () => {
    const { control, datanode, storageId } = await start()
    const [slow, condemned] = [ID, ID + 1]
    const peer = await TransferPeer.connect(datanode.transferPort)
    await peer.setUp({ id: slow })
    const other = await TransferPeer.connect(datanode.transferPort)
    await other.setUp({ id: condemned })
    expect(control.events).toEqual([])
    await control.command({
      kind: 'delete',
      storageId,
      blocks: [{ id: condemned, generationStamp: 1001 }],
    })
    await waitUntil(() => control.events.length === 3, { what: 'three events' })
    expect(control.events.filter((it) => it.block.id === condemned)).toMatchObject([
      { kind: 'receiving' },
      { kind: 'deleted' },
    ])
    expect(control.events.filter((it) => it.block.id === slow)).toEqual([
      { kind: 'receiving', storageId, block: block(slow, 0) },
    ])
  })
})

describe('commands', () => {
  it('delete what they name, once, and only up to that version', async () => {
    const { control, datanode, storageId } = await start()
    await writeBlock(datanode.transferPort, ID, pattern(0, 10), { stamp: 1005 })
    const order = (generationStamp: number) => ({
      kind: 'delete',
      storageId,
      blocks: [{ id: ID, generationStamp }],
    })
    expect((await control.command(order(1004))).outcome).toBe('refused')
    expect(datanode.replicaPaths(ID)).toHaveLength(1)
    const again = { ...order(1005), commandId: 'the-same' }
    expect((await control.command(again)).outcome).toBe('done')
    expect((await control.command(again)).outcome).toBe('done')
    expect((await control.command(order(1005))).outcome).toBe('done')
    expect(datanode.replicaPaths(ID)).toEqual([])
    expect(control.events.filter(({ kind }) => kind === 'deleted')).toHaveLength(1)
  })

  it('copy to other nodes, and say which side failed', async () => {
    const { control, datanode } = await start()
    const other = await startWholeDatanode(control)
    await writeBlock(datanode.transferPort, ID, pattern(0, 100_000))
    const target = {
      datanodeUuid: other.uuid,
      storageId: 'DS-any',
      storageType: 'DISK',
      host: '127.0.0.1',
      port: other.transferPort,
    }
    const copy = { kind: 'copy', block: block(ID, 100_000), targets: [target] }
    // Both nodes ask the same scripted namenode: whoever is not the source refuses.
    const outcomes = [await control.command(copy), await control.command(copy)]
    await waitUntil(
      async () => {
        if (other.replicaPaths(ID).length === 0) outcomes.push(await control.command(copy))
        return other.replicaPaths(ID).length > 0
      },
      { what: 'the copy' },
    )
    expect(readFileSync(other.replicaPaths(ID)[0]!.data).equals(pattern(0, 100_000))).toBe(true)
    await other.close()
    const broken = { ...copy, targets: [{ ...target, port: 1 }] }
    expect(await control.command(broken)).toMatchObject({ outcome: 'failed', culprit: 'target' })
    flipBit(datanode.replicaPaths(ID)[0]!.data, 50_000)
    expect(await control.command(broken)).toMatchObject({ outcome: 'failed' })
  })

  it('verify a replica: a good one refuses, a bad one is reported and kept until it is to go', async () => {
    const { control, datanode, storageId } = await start()
    await writeBlock(datanode.transferPort, ID, pattern(0, 100_000))
    const verify = { kind: 'verify', block: block(ID, 100_000) }
    expect((await control.command(verify)).outcome).toBe('refused')
    flipBit(datanode.replicaPaths(ID)[0]!.data, 70_000)
    expect((await control.command(verify)).outcome).toBe('done')
    await waitUntil(() => control.events.some(({ kind }) => kind === 'corrupt'), {
      what: 'the report',
    })
    expect(datanode.replicaPaths(ID)).toHaveLength(1)
    const blocks = [{ id: ID, generationStamp: 1001 }]
    await control.command({ kind: 'delete', storageId, blocks })
    expect(datanode.replicaPaths(ID)).toEqual([])
    const { readdirSync } = await import('node:fs')
    expect(readdirSync(join(datanode.folder, 'volume1', 'quarantine'))).toHaveLength(2)
  })

  it('recover a block that lost its writer: stop, agree, cut, finalize; late ones are refused', async () => {
    const { control, datanode } = await start()
    const peer = await TransferPeer.connect(datanode.transferPort)
    await peer.setUp({ id: ID })
    peer.packet({ offset: 0, data: pattern(0, 1000), seqno: 0 })
    await peer.ack()
    const prepare = (newGenerationStamp: number) =>
      control.command({ kind: 'prepare-recovery', block: block(ID, 0), newGenerationStamp })
    expect(await prepare(1003)).toMatchObject({ outcome: 'done', replica: block(ID, 1000) })
    await peer.closed()
    expect((await prepare(1002)).outcome).toBe('refused')
    const finish = (lengthBytes: number, stamp: number) =>
      control.command({ kind: 'finish-recovery', block: block(ID, lengthBytes, stamp) })
    expect((await finish(900, 1002)).outcome).toBe('refused')
    expect((await finish(1100, 1003)).outcome).toBe('refused')
    expect((await finish(900, 1003)).outcome).toBe('done')
    expect((await finish(900, 1003)).outcome).toBe('done')
    expect(readFileSync(datanode.replicaPaths(ID)[0]!.data).equals(pattern(0, 900))).toBe(true)
    expect(control.events.at(-1)).toMatchObject({ kind: 'received', block: block(ID, 900, 1003) })
    const unknown = { kind: 'prepare-recovery', block: block(5, 0), newGenerationStamp: 9 }
    expect(await control.command(unknown)).not.toHaveProperty('replica')
  })
})

describe('the life of a datanode', () => {
  it('is found with its data after a kill in mid-write, and its folder is free at once', async () => {
    const { control, datanode } = await start()
    await writeBlock(datanode.transferPort, ID, pattern(0, 1300))
    const peer = await TransferPeer.connect(datanode.transferPort)
    await peer.setUp({ id: ID + 1 })
    peer.packet({ offset: 0, data: pattern(0, 5000), seqno: 0, sync: true })
    await peer.ack()
    await datanode.kill()
    await peer.closed()
    const again = await startWholeDatanode(control, { folder: datanode.folder })
    expect(again.uuid).toBe(datanode.uuid)
    expect(readFileSync(again.replicaPaths(ID)[0]!.data).equals(pattern(0, 1300))).toBe(true)
    expect(readFileSync(again.replicaPaths(ID + 1)[0]!.data).equals(pattern(0, 5000))).toBe(true)
    expect(again.replicaPaths(ID + 1)[0]!.meta).toMatch(/\.writing$/)
  })

  it('is silent while paused and goes on where it was', async () => {
    const { control, datanode } = await start()
    const peer = await TransferPeer.connect(datanode.transferPort)
    await peer.setUp({ id: ID })
    datanode.pause()
    await waitUntil(() => control.heartbeats.length > 0, { what: 'the last heartbeat' })
    const beats = control.heartbeats.length
    peer.packet({ offset: 0, data: pattern(0, 10), seqno: 0 })
    peer.packet({ offset: 10, seqno: 1, isLast: true })
    const acks: unknown[] = []
    const reading = (async () => {
      acks.push(await peer.ack(), await peer.ack())
    })()
    // Several intervals of the heartbeat pass; one may have been on its way.
    const quietUntilMs = performance.now() + 300
    await waitUntil(() => performance.now() > quietUntilMs, { what: 'some time' })
    expect(acks).toEqual([])
    expect(control.heartbeats.length - beats).toBeLessThanOrEqual(1)
    datanode.resume()
    await reading
    await waitUntil(() => control.heartbeats.length > beats + 1, { what: 'heartbeats' })
  })

  it('tells readers of open files what they may see', async () => {
    const { datanode } = await start()
    const peer = await TransferPeer.connect(datanode.transferPort)
    await peer.setUp({ id: ID })
    peer.packet({ offset: 0, data: pattern(0, 700), seqno: 0 })
    await peer.ack()
    const client = new IpcClient({
      seams: testSeams(),
      address: { host: '127.0.0.1', port: datanode.ipcPort },
      user: `blk_${ID}_1001`,
      protocolName: CLIENT_DATANODE_PROTOCOL_NAME,
      timeoutMs: 5_000,
      useSasl: true,
    })
    const ask = (blockId: number) =>
      client.call(CLIENT_DATANODE_PROTOCOL.getReplicaVisibleLength, {
        block: { poolId: POOL, blockId, generationStamp: 1001 },
      })
    expect(await ask(ID)).toEqual({ length: 700 })
    await expect(ask(5)).rejects.toMatchObject({ code: 'REPLICA_NOT_FOUND' })
    client.close()
  })

  it('finds damage on its own: turned bits by scrubbing, missing files by looking', async () => {
    const { control, datanode } = await start({ config: { scrubPeriodMs: 200 } })
    await writeBlock(datanode.transferPort, ID, pattern(0, 100_000))
    const { meta } = datanode.replicaPaths(ID)[0]!
    const told = async (kind: string) => {
      await waitUntil(() => control.events.some((it) => it.kind === kind), { what: kind })
    }
    flipBit(meta, 3)
    await told('mended')
    expect(control.events.map(({ kind }) => kind)).not.toContain('corrupt')
    flipBit(meta, HEADER_BYTES)
    await told('corrupt')
  })
})
