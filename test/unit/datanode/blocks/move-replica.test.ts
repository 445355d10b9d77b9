/** A replica that moves to another volume of its node: never two that count, never none. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { moveReplica } from '../../../../datanode/blocks/move-replica.js'
import { findDamage } from '../../../../datanode/transfer/damage.js'
import type { Disk } from '../../../../shared/disk.js'
import { blockId, generationStamp, storageId } from '../../../../shared/ids.js'
import { openStore, startNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { flipBit } from '../../../support/flip-bit.js'
import { pattern, TransferPeer } from '../../../support/transfer-peer.js'

const ID = 1073741825
const STAMP = 1001
const LENGTH = 200_000
const block = {
  id: blockId(ID),
  generationStamp: generationStamp(STAMP),
  lengthBytes: LENGTH,
}
const unhurried = async () => {}

async function nodeWithReplica(disk?: Disk) {
  const node = await startNode({ volumes: 2, ...(disk && { disk }) })
  const peer = await TransferPeer.connect(node.port)
  await peer.setUp({ id: ID, stamp: STAMP })
  peer.packet({ offset: 0, data: pattern(0, LENGTH), seqno: 0 })
  peer.packet({ offset: LENGTH, seqno: 1, isLast: true })
  await peer.ack()
  await peer.ack()
  await peer.closed()
  const replica = node.store.get(ID)
  const other = node.store.volumes.find((it) => it !== replica?.volume)
  if (replica === undefined || other === undefined) throw new Error('nothing to move')
  return { node, replica, other, old: node.store.pathsOf(replica) }
}

describe('a replica', () => {
  it('is whole on the other volume, gone from the first, and found there by a restart', async () => {
    const { node, replica, other, old } = await nodeWithReplica()
    const moved = await moveReplica(node.store, block, other.storageId, unhurried)
    expect(moved.from).toBe(replica)
    expect(node.store.get(ID)).toBe(moved.to)
    expect(readFileSync(node.store.pathsOf(moved.to).data).equals(pattern(0, LENGTH))).toBe(true)
    expect(await findDamage(node.context, moved.to, unhurried)).toBeUndefined()
    expect([existsSync(old.data), existsSync(old.meta)]).toEqual([false, false])
    expect([replica.volume.blockCount, other.blockCount]).toEqual([0, 1])
    expect([replica.volume.promisedBytes, other.promisedBytes]).toEqual([0, 0])
    const again = await moveReplica(node.store, block, other.storageId, unhurried)
    expect(again).toEqual({ from: undefined, to: moved.to })
    await node.stop()
    const { store } = await openStore({ folder: node.folder, volumes: 2 })
    expect(store.get(ID)?.volume.storageId).toBe(other.storageId)
  })

  it('leaves nothing behind when its files cannot be placed, and can be moved later', async () => {
    const disk = new FailingDisk()
    const { node, replica, other, old } = await nodeWithReplica(disk)
    disk.faults.push({ call: 'rename', pathPart: `${other.folder}/`, effect: 'ENOSPC' })
    const work = moveReplica(node.store, block, other.storageId, unhurried)
    await expect(work).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(node.store.get(ID)).toBe(replica)
    expect(existsSync(old.data)).toBe(true)
    expect(other.promisedBytes).toBe(0)
    expect(readdirSync(join(other.folder, 'tmp'))).toEqual([])
    disk.faults.length = 0
    const { to } = await moveReplica(node.store, block, other.storageId, unhurried)
    expect(node.store.get(ID)).toBe(to)
  })

  it('stays where it is when its bytes are bad', async () => {
    const { node, replica, other, old } = await nodeWithReplica()
    flipBit(old.data, 70_000)
    const work = moveReplica(node.store, block, other.storageId, unhurried)
    await expect(work).rejects.toMatchObject({ code: 'BLOCK_CORRUPT' })
    expect(node.store.get(ID)).toBe(replica)
    expect(other.promisedBytes).toBe(0)
  })

  it('stays when it changed meanwhile, and when the storage is not there', async () => {
    const { node, replica, other, old } = await nodeWithReplica()
    const work = moveReplica(node.store, block, other.storageId, async () => {
      node.store.markCorrupt(ID, true)
    })
    await expect(work).rejects.toMatchObject({ code: 'STALE_GENERATION' })
    expect(existsSync(old.data)).toBe(true)
    const nowhere = moveReplica(node.store, block, storageId('none'), unhurried)
    await expect(nowhere).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(node.store.get(ID)).toBe(replica)
  })
})
