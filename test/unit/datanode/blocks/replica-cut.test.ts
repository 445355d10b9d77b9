/** A finalized replica that is cut by order of the namenode: data, records and stamp fit together afterwards. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { BlockStore } from '../../../../datanode/blocks/block-store.js'
import { copyBeginning } from '../../../../datanode/blocks/copy-beginning.js'
import { finishRecovery, prepareRecovery } from '../../../../datanode/blocks/replica-recovery.js'
import { findDamage } from '../../../../datanode/transfer/damage.js'
import { blockId, generationStamp } from '../../../../shared/ids.js'
import { openStore, startNode } from '../../../support/datanode-fixture.js'
import { flipBit } from '../../../support/flip-bit.js'
import { pattern, TransferPeer } from '../../../support/transfer-peer.js'

const ID = 1073741825
const STAMP = 1001
const RECORD = 65_536
const LENGTH = 2 * RECORD + 1000

async function nodeWithReplica() {
  const node = await startNode()
  const peer = await TransferPeer.connect(node.port)
  await peer.setUp({ id: ID, stamp: STAMP })
  peer.packet({ offset: 0, data: pattern(0, LENGTH), seqno: 0 })
  peer.packet({ offset: LENGTH, seqno: 1, isLast: true })
  await peer.ack()
  await peer.ack()
  await peer.closed()
  return node
}

const block = (stamp: number, lengthBytes: number) => ({
  id: blockId(ID),
  generationStamp: generationStamp(stamp),
  lengthBytes,
})
const cut = async (store: BlockStore, lengthBytes: number, stamp = STAMP + 1) => {
  await prepareRecovery(store, block(STAMP, LENGTH), stamp, lengthBytes)
  return await finishRecovery(store, block(stamp, lengthBytes))
}

describe('a block from the beginning of another', () => {
  const COPY = blockId(ID + 1)
  const copyOf = (lengthBytes: number) => ({ ...block(STAMP + 1, lengthBytes), id: COPY })

  it.each([1, 513, RECORD, RECORD + 1, LENGTH])(
    'of %i bytes verifies, and the other one stays',
    async (bytes) => {
      const node = await nodeWithReplica()
      const before = node.store.get(ID)
      const replica = await copyBeginning(node.store, block(STAMP, LENGTH), copyOf(bytes))
      expect(readFileSync(node.store.pathsOf(replica).data).equals(pattern(0, bytes))).toBe(true)
      expect(await findDamage(node.context, replica, async () => {})).toBeUndefined()
      expect(await copyBeginning(node.store, block(STAMP, LENGTH), copyOf(bytes))).toBe(replica)
      expect(node.store.get(ID)).toBe(before)
    },
  )

  it('is not made of damaged or missing bytes', async () => {
    const node = await nodeWithReplica()
    const before = node.store.get(ID)
    if (before === undefined) throw new Error('no replica')
    const copy = (bytes: number) => copyBeginning(node.store, block(STAMP, LENGTH), copyOf(bytes))
    await expect(copy(LENGTH + 1)).rejects.toMatchObject({ code: 'ILLEGAL_ARGUMENT' })
    flipBit(node.store.pathsOf(before).data, 10)
    await expect(copy(5000)).rejects.toMatchObject({ code: 'BLOCK_CORRUPT' })
    expect(node.store.get(COPY)).toBeUndefined()
    const unknown = { ...block(STAMP, LENGTH), id: blockId(ID + 7) }
    await expect(copyBeginning(node.store, unknown, copyOf(1))).rejects.toMatchObject({
      code: 'REPLICA_NOT_FOUND',
    })
  })
})

describe('a cut replica', () => {
  it.each([1, 511, 512, 513, RECORD - 1, RECORD, RECORD + 1, 2 * RECORD, LENGTH - 1])(
    'of %i bytes holds these bytes with sums that verify, also after a restart',
    async (bytes) => {
      const node = await nodeWithReplica()
      const replica = await cut(node.store, bytes)
      expect(replica).toMatchObject({ generationStamp: STAMP + 1, lengthBytes: bytes })
      expect(readFileSync(node.store.pathsOf(replica).data).equals(pattern(0, bytes))).toBe(true)
      expect(await findDamage(node.context, replica, async () => {})).toBeUndefined()
      // A repeated command changes nothing.
      expect(await finishRecovery(node.store, block(STAMP + 1, bytes))).toEqual(replica)
      await node.stop()
      const { store } = await openStore({ folder: node.folder })
      expect(store.get(ID)).toMatchObject({ generationStamp: STAMP + 1, lengthBytes: bytes })
    },
  )

  it('can be appended to', async () => {
    const node = await nodeWithReplica()
    await cut(node.store, RECORD + 700)
    const peer = await TransferPeer.connect(node.port)
    const bytes = { minBytes: RECORD + 700, maxBytes: RECORD + 700 }
    const stamps = { stamp: STAMP + 1, latestStamp: STAMP + 1 }
    expect(await peer.setUp({ id: ID, stage: 0, ...stamps, ...bytes })).toMatchObject({ status: 0 })
    peer.packet({ offset: RECORD + 700, data: pattern(RECORD + 700, 324), seqno: 0 })
    peer.packet({ offset: RECORD + 1024, seqno: 1, isLast: true })
    await peer.ack()
    await peer.ack()
    const replica = node.store.get(ID)
    if (replica === undefined) throw new Error('no replica')
    expect(readFileSync(node.store.pathsOf(replica).data).equals(pattern(0, RECORD + 1024))).toBe(
      true,
    )
    expect(await findDamage(node.context, replica, async () => {})).toBeUndefined()
  })

  it('is not made from damaged bytes: they would get sums that make them right', async () => {
    const node = await nodeWithReplica()
    const before = node.store.get(ID)
    if (before === undefined) throw new Error('no replica')
    flipBit(node.store.pathsOf(before).data, RECORD + 10)
    await expect(cut(node.store, RECORD + 5000)).rejects.toMatchObject({ code: 'BLOCK_CORRUPT' })
    expect(node.store.get(ID)).toBe(before)
    // Behind the damage nothing is in the way of a shorter cut.
    expect(await cut(node.store, RECORD, STAMP + 2)).toMatchObject({ lengthBytes: RECORD })
  })
})
