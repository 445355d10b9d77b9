/** A writer that fails leaves a replica that holds what was flushed, and can be recovered. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { HEADER_BYTES } from '../../../../datanode/blocks/meta-format.js'
import { prepareRecovery } from '../../../../datanode/blocks/replica-recovery.js'
import { present } from '../../../../shared/assert.js'
import { blockId, generationStamp } from '../../../../shared/ids.js'
import { startNode } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { pattern, TransferPeer } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741825
const RECORD = 65_536

function damageHeader({ store }: Pick<Awaited<ReturnType<typeof startNode>>, 'store'>): void {
  const { meta } = store.pathsOf(present(store.get(ID), 'the replica is there'))
  const bytes = readFileSync(meta)
  bytes.fill(0xa5, 0, HEADER_BYTES)
  writeFileSync(meta, bytes)
}

describe.each([700, RECORD, RECORD + 700])(
  'a replica with %i acknowledged bytes',
  (lengthBytes) => {
    async function failedAfter(pathPart: string, isHeaderDamaged = false) {
      const disk = new FailingDisk()
      const node = await startNode({ disk })
      const peer = await TransferPeer.connect(node.port)
      await peer.setUp({ id: ID })
      peer.packet({ offset: 0, data: pattern(0, lengthBytes), seqno: 0, sync: true })
      await peer.ack()
      if (isHeaderDamaged) damageHeader(node)
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

    it('is recovered although the header of its sums is damaged as well', async () => {
      const node = await failedAfter(`blk_${ID}`, true)
      const block = { id: blockId(ID), generationStamp: generationStamp(1001), lengthBytes }
      expect(await prepareRecovery(node.store, block, 1002)).toEqual(block)
    })
  },
)
