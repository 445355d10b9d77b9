/** The header of a finalized replica's meta file is damaged: the replica is good, and gets a new header. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mendHeader } from '../../../../datanode/blocks/mend-header.js'
import {
  decodeHeader,
  HEADER_BYTES,
  isHeaderWhole,
} from '../../../../datanode/blocks/meta-format.js'
import type { FinalizedReplica } from '../../../../datanode/blocks/replica.js'
import { examineReplica } from '../../../../datanode/transfer/damage.js'
import { BlockConstructionStage as Stage } from '../../../../shared/hadoop/schema/data-transfer.js'
import { startNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { flipBit } from '../../../support/flip-bit.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'

const ID = 1073741855
const SLOT = 512
const noPace = async () => {}

async function nodeWith(length: number, disk = new FailingDisk()) {
  const node = await startNode({ disk })
  await writeBlock(node.port, ID, pattern(0, length))
  const replica = node.store.get(ID)
  if (replica?.kind !== 'finalized') throw new Error('it is finalized')
  const { meta, data } = node.store.pathsOf(replica)
  const header = () => readFileSync(meta).subarray(0, HEADER_BYTES)
  return { node, replica, meta, data, header, disk }
}

/** Of which no slot is left that anybody would believe. */
function scribble(meta: string): void {
  const bytes = readFileSync(meta)
  bytes.fill(0xa5, 0, HEADER_BYTES)
  writeFileSync(meta, bytes)
}

describe('the header of a replica whose bytes are good', () => {
  it.each([0, 60, SLOT - 1, SLOT, HEADER_BYTES - 1])(
    'is written anew when a bit at %i has turned',
    async (position) => {
      const { node, replica, meta, header } = await nodeWith(200_000)
      const before = readFileSync(meta)
      flipBit(meta, position)
      expect(await examineReplica(node.context, replica, noPace)).toBe('sound')
      expect(isHeaderWhole(header(), ID)).toBe(true)
      expect(decodeHeader(header(), ID)?.lengthBytes).toBe(200_000)
      expect(readFileSync(meta).subarray(HEADER_BYTES)).toEqual(before.subarray(HEADER_BYTES))
      expect(node.store.get(ID)).toBe(replica)
      expect(node.events.kinds()).not.toContain('corrupt')
      expect(node.events.kinds()).toContain('mended')
      expect(node.context.statistics).toMatchObject({ corruptReplicas: 0, mendedHeaders: 1 })
    },
  )

  it.each([0, 1, 65_536, 65_537])(
    'is written anew for %i bytes when nothing of it is left',
    async (length) => {
      const { node, replica, meta, header } = await nodeWith(length)
      scribble(meta)
      expect(await examineReplica(node.context, replica, noPace)).toBe('sound')
      expect(decodeHeader(header(), ID)?.lengthBytes).toBe(length)
      expect(isHeaderWhole(header(), ID)).toBe(true)
      expect(await examineReplica(node.context, replica, noPace)).toBe('sound')
      expect(node.context.statistics.mendedHeaders).toBe(1)
    },
  )

  it('is on stable storage before anybody hears of it, in the slot that was bad first', async () => {
    const { node, replica, meta, header, disk } = await nodeWith(1000)
    flipBit(meta, 20)
    const before = disk.changes.length
    disk.faults.push({ call: 'write', pathPart: meta, effect: 'ENOSPC', after: 1 })
    await expect(mendHeader(node.store, replica)).rejects.toMatchObject({ code: 'ENOSPC' })
    // The process might have ended here: there is a slot to go on from.
    expect(decodeHeader(header(), ID)?.lengthBytes).toBe(1000)
    disk.faults.length = 0
    expect(await mendHeader(node.store, replica)).toBe(true)
    expect(disk.changes.slice(before).at(-1)).toBe(`sync ${meta}`)
  })

  it('is left alone when bytes or records are damaged too: the replica is corrupt', async () => {
    const { node, replica, meta, data, header } = await nodeWith(200_000)
    flipBit(meta, 60)
    flipBit(data, 199_999)
    expect(await examineReplica(node.context, replica, noPace)).toBe('corrupt')
    expect(isHeaderWhole(header(), ID)).toBe(false)
    expect(node.events.kinds()).not.toContain('mended')
  })

  it('is not written when the meta file has lost its records', async () => {
    const { node, replica, meta } = await nodeWith(1000)
    truncateSync(meta, 100)
    expect(await examineReplica(node.context, replica, noPace)).toBe('corrupt')
    expect(readFileSync(meta)).toHaveLength(100)
  })

  it('is not touched once the replica is another one', async () => {
    const { node, replica, meta } = await nodeWith(1000)
    scribble(meta)
    const successor: FinalizedReplica = { ...replica }
    const busy = node.store.queue.run(ID, async () => node.store.index.set(successor))
    expect(await mendHeader(node.store, replica)).toBe(false)
    await busy
    expect(await mendHeader(node.store, successor)).toBe(true)
  })
})

it('bytes that are read and found bad count against the rate like others', async () => {
  const { node, replica, data } = await nodeWith(200_000)
  flipBit(data, 100)
  const paced: number[] = []
  const pace = async (bytes: number) => {
    paced.push(bytes)
  }
  expect(await examineReplica(node.context, replica, pace)).toBe('corrupt')
  expect(paced).toEqual([200_000])
})

it('an append goes on with a replica whose header is damaged', async () => {
  const { node, meta } = await nodeWith(1300)
  scribble(meta)
  const peer = await TransferPeer.connect(node.port)
  const bytes = { minBytes: 1300, maxBytes: 1300 }
  const stage = Stage.PIPELINE_SETUP_APPEND
  expect(await peer.setUp({ id: ID, stage, ...bytes, latestStamp: 1002 })).toMatchObject({
    status: 0,
  })
  peer.packet({ offset: 1300, data: pattern(1300, 100), seqno: 0 })
  peer.packet({ offset: 1400, seqno: 1, isLast: true })
  await peer.ack()
  await peer.ack()
  const replica = node.store.get(ID)
  if (replica === undefined) throw new Error('it is there')
  expect(replica).toMatchObject({ kind: 'finalized', lengthBytes: 1400, generationStamp: 1002 })
  expect(await examineReplica(node.context, replica, noPace)).toBe('sound')
})
