/** A writer that fails leaves a replica that holds what was flushed, and can be recovered. */
import { describe, expect, it } from 'vitest'
import { prepareRecovery } from '../../../../datanode/blocks/replica-recovery.js'
import { blockId, generationStamp } from '../../../../shared/ids.js'
import { startNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { pattern, TransferPeer } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741825
const RECORD = 65_536

describe.each([700, RECORD, RECORD + 700])(
  'a replica with %i acknowledged bytes',
  (lengthBytes) => {
    async function failedAfter(pathPart: string) {
      const disk = new FailingDisk()
      const node = await startNode({ disk })
      const peer = await TransferPeer.connect(node.port)
      await peer.setUp({ id: ID })
      peer.packet({ offset: 0, data: pattern(0, lengthBytes), seqno: 0, sync: true })
      await peer.ack()
      disk.faults.push({ call: 'write', pathPart, isEnd: true, effect: 'ENOSPC' })
      const start = lengthBytes - (lengthBytes % 512)
      const data = pattern(start, 1000)
      peer.packet({ offset: start, data, seqno: 1 })
      await peer.closed()
      disk.faults.length = 0
      const isReleased = () => {
        const replica = node.store.get(ID)
        return replica?.kind === 'being-written' && replica.writer === undefined
      }
      await waitUntil(isReleased, { what: 'the end of the writer' })
      return node
    }

    it.each([
      ['data', `blk_${ID}`],
      ['sums', `blk_${ID}_1001.writing`],
    ])('is recovered when there was no room for more %s', async (_, pathPart) => {
      const node = await failedAfter(pathPart)
      const block = { id: blockId(ID), generationStamp: generationStamp(1001), lengthBytes }
      expect(await prepareRecovery(node.store, block, 1002)).toEqual(block)
    })
  },
)
