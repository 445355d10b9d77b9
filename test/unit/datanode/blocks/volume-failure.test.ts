import { describe, expect, it } from 'vitest'
import { storageReport } from '../../../../datanode/loops/heartbeat.js'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { startNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741855

/** A node with two volumes whose failure drops their replicas, as the node's composition does. */
async function nodeWithTwoVolumes(disk: FailingDisk) {
  const failed: string[] = []
  const node = await startNode({
    disk,
    volumes: 2,
    onFailed: (volume) => {
      failed.push(volume.folder)
      void node.store.dropVolume(volume)
    },
  })
  return { node, failed }
}

describe('a failing volume', () => {
  it.each([
    ['sync', 'EIO'],
    ['write', 'EIO'],
    ['write', 'EROFS'],
    ['syncFolder', 'EIO'],
  ] as const)(
    'is taken out when %s fails with %s; the writer fails, the node goes on',
    async (call, effect) => {
      const disk = new FailingDisk()
      const { node, failed } = await nodeWithTwoVolumes(disk)
      await writeBlock(node.port, ID, pattern(0, 1000))
      const { volume } = node.store.get(ID)!
      const other = node.store.volumes.find((it) => it !== volume)!
      disk.faults.push({ call, pathPart: `${volume.folder}/blocks`, effect })
      for (let id = ID + 1; failed.length === 0; id += 1) {
        const peer = await TransferPeer.connect(node.port)
        const answer = await peer.setUp({ id })
        if (answer.status !== Status.SUCCESS) continue
        peer.packet({ offset: 0, data: pattern(0, 100), seqno: 0 })
        peer.packet({ offset: 100, seqno: 1, isLast: true })
        await peer.closed()
      }
      expect(failed).toEqual([volume.folder])
      expect(node.store.get(ID)).toBeUndefined()
      expect(storageReport(volume)).toMatchObject({
        hasFailed: true,
        blockCount: 0,
        remainingBytes: 0,
      })
      expect(storageReport(other).hasFailed).toBe(false)
      // Its replicas may be back when the disk is: nobody may take them for gone.
      await expect(node.store.delete(ID, 9999, volume.storageId)).rejects.toMatchObject({
        code: 'VOLUME_FAILED',
      })
      await writeBlock(node.port, ID + 1000, pattern(0, 1000))
      expect(node.store.get(ID + 1000)?.volume).toBe(other)
    },
  )

  it('is not blamed for being full: the writer fails, the volume stays', async () => {
    const disk = new FailingDisk()
    const { node, failed } = await nodeWithTwoVolumes(disk)
    disk.faults.push({ call: 'write', pathPart: `blk_${ID}`, effect: 'ENOSPC' })
    const peer = await TransferPeer.connect(node.port)
    const answer = await peer.setUp({ id: ID })
    expect(answer.status).toBe(Status.ERROR)
    await peer.closed()
    expect(failed).toEqual([])
    expect(node.store.get(ID)).toBeUndefined()
    expect(node.store.volumes.filter((it) => it.remainingBytes === 0)).toHaveLength(1)
  })

  it('is not blamed when the process is out of descriptors: the writer fails, the next one does not', async () => {
    const disk = new FailingDisk()
    const node = await startNode({ disk })
    disk.faults.push({ call: 'open', pathPart: `blk_${ID}_`, effect: 'EMFILE' })
    const peer = await TransferPeer.connect(node.port)
    expect((await peer.setUp({ id: ID })).status).toBe(Status.ERROR)
    await peer.closed()
    disk.faults.length = 0
    await writeBlock(node.port, ID, pattern(0, 1000))
    expect(node.store.volumes[0]?.hasFailed).toBe(false)
  })

  it('with one unreadable place reports the replica and stays; with several it goes', async () => {
    const disk = new FailingDisk()
    const { node, failed } = await nodeWithTwoVolumes(disk)
    await writeBlock(node.port, ID, pattern(0, 1000))
    disk.faults.push({ call: 'read', pathPart: `blk_${ID}`, effect: 'EIO' })
    const read = async () => {
      const peer = await TransferPeer.connect(node.port)
      peer.readOperation(ID, 0, 1000)
      expect((await peer.response()).status).toBe(Status.ERROR)
    }
    await read()
    await waitUntil(() => failed.length === 1 || node.events.kinds().includes('corrupt'), {
      what: 'a report',
    })
    await read()
    await waitUntil(() => failed.length === 1, { what: 'the volume to be taken out' })
    await writeBlock(node.port, ID + 1, pattern(0, 10))
  })

  it('that hangs does not hold up the other one', async () => {
    const disk = new FailingDisk()
    const { node } = await nodeWithTwoVolumes(disk)
    const [one, two] = node.store.volumes
    await writeBlock(node.port, ID, pattern(0, 1000))
    const hung = node.store.get(ID)!.volume
    disk.faults.push({ call: 'read', pathPart: hung.folder, effect: 'hang' })
    for (let index = 0; index < 12; index += 1) {
      const peer = await TransferPeer.connect(node.port)
      peer.readOperation(ID, 0, 1000)
    }
    await waitUntil(() => hung.disk.oldestCallMs() > 0, { what: 'a call that hangs' })
    const other = hung === one ? two! : one!
    const replica = await node.store.create({
      id: ID + 1,
      generationStamp: 1001,
      storageId: other.storageId,
      sizeBytes: 0,
    })
    expect(replica.volume).toBe(other)
    await node.store.release(replica)
    expect(hung.hasFailed).toBe(false)
    hung.disk.fail(new Error('no answer'))
    expect(node.store.get(ID)).toBeUndefined()
  })
})
