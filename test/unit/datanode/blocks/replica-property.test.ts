import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findDamage } from '../../../../datanode/transfer/damage.js'
import { chunkChecksums } from '../../../../shared/checksum/crc32c.js'
import { BlockConstructionStage as Stage } from '../../../../shared/hadoop/schema/data-transfer.js'
import { startNode, type TestNode } from '../../../support/datanode-fixture.js'
import { pattern, TransferPeer } from '../../../support/transfer-peer.js'

/** What a client may do with a block, in any order. */
type Step =
  | { readonly kind: 'send'; readonly bytes: number; readonly resend: number }
  | { readonly kind: 'sync' }
  | { readonly kind: 'recover' }
  | { readonly kind: 'append' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      bytes: fc.oneof(fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1, max: 200_000 })),
      resend: fc.integer({ min: 0, max: 600 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sync' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('recover' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('append' as const) }) },
)

/** The sums that readers get are those of the data, also where packets met inside a chunk. */
async function expectSums(node: TestNode, id: number, length: number) {
  const reader = await node.store.openReader(id, 'test')
  const buffer = Buffer.alloc(17 * 65_536)
  for (let at = 0; at < length; ) {
    const { data, sums } = await reader.read(at, length, buffer)
    expect(sums.equals(chunkChecksums(data))).toBe(true)
    at += data.length
  }
  await reader.close()
}

describe('any sequence of packets, resends, syncs, recoveries and appends', () => {
  it('leaves the bytes that were sent and checksums that verify', async () => {
    const node = await startNode()
    let id = 1073741825
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        id += 1
        let stamp = 1001
        let length = 0
        let seqno = 0
        let peer = await TransferPeer.connect(node.port)
        await peer.setUp({ id, stamp })
        const finish = async () => {
          peer.packet({ offset: length, seqno, isLast: true })
          expect(await peer.ack()).toEqual({ seqno, replies: [0] })
          seqno += 1
          await peer.closed()
        }
        for (const { kind, ...it } of steps) {
          if (kind === 'send' && 'bytes' in it) {
            const offset = Math.max(0, length - it.resend)
            const data = pattern(offset, length - offset + it.bytes)
            peer.packet({ offset, data, seqno })
            length += it.bytes
            expect(await peer.ack()).toEqual({ seqno, replies: [0] })
            seqno += 1
          } else if (kind === 'sync') {
            peer.packet({ offset: length, seqno, sync: true })
            expect(await peer.ack()).toEqual({ seqno, replies: [0] })
            seqno += 1
          } else {
            const isAppend = kind === 'append'
            if (isAppend) await finish()
            else peer.socket.destroy()
            peer = await TransferPeer.connect(node.port)
            const stage = isAppend
              ? Stage.PIPELINE_SETUP_APPEND
              : Stage.PIPELINE_SETUP_STREAMING_RECOVERY
            const bytes = { minBytes: length, maxBytes: length }
            const answer = await peer.setUp({ id, stage, stamp, latestStamp: stamp + 1, ...bytes })
            expect(answer).toMatchObject({ status: 0 })
            stamp += 1
          }
        }
        await finish()
        const replica = node.store.get(id)!
        expect(replica).toMatchObject({
          kind: 'finalized',
          generationStamp: stamp,
          lengthBytes: length,
        })
        expect(readFileSync(node.store.pathsOf(replica).data).equals(pattern(0, length))).toBe(true)
        await expectSums(node, id, length)
        expect(await findDamage(node.context, replica, async () => {})).toBeUndefined()
      }),
      { numRuns: 60 },
    )
  })
})
