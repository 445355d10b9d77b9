import { describe, expect, it } from 'vitest'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { startNode } from '../../../support/datanode-fixture.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'

const ID = 1073741855

describe('the streaming server', () => {
  it.each([
    ['an unknown operation', '001c63 00000000'],
    ['a custom operation', '001c7f 00000000000000'],
    ['READ_METADATA', '001c52 00000000'],
    ['another version', '001b51 00000000'],
    ['garbage', 'ffffffffffffffffffffffffffffffffffff'],
    ['the magic of data protection', 'deadbeef'],
    ['a message that is cut short', '001c51 05 0a03'],
    ['a message that is empty', '001c51 00'],
    ['a message of an absurd length', '001c50 ffffffff0f'],
  ])('closes on %s without a byte', async (_, bytes) => {
    const node = await startNode()
    const peer = await TransferPeer.connect(node.port)
    peer.send(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))
    peer.socket.end()
    await peer.closed()
    expect(peer.reader.receivedBytes).toBe(0)
    await writeBlock(node.port, ID, pattern(0, 10))
  })

  it('refuses politely what is beyond its limit, and serves again afterwards', async () => {
    const node = await startNode({ maxTransfers: 1 })
    const writer = await TransferPeer.connect(node.port)
    await writer.setUp({ id: ID })
    const second = await TransferPeer.connect(node.port)
    expect((await second.setUp({ id: ID + 1 })).status).toBe(Status.ERROR)
    await second.closed()
    writer.packet({ offset: 0, seqno: 0, isLast: true })
    await writer.ack()
    await writer.closed()
    expect(node.context.statistics.activeTransfers).toBe(0)
    await writeBlock(node.port, ID + 1, pattern(0, 10))
  })

  it('closes on packets of impossible sizes, without harm to others', async () => {
    const node = await startNode()
    for (const plen of ['7fffffff', 'ffffffff', '00000000']) {
      const writer = await TransferPeer.connect(node.port)
      const id = ID + Number.parseInt(plen.slice(0, 2), 16)
      await writer.setUp({ id })
      writer.send(Buffer.from(`${plen}0019${'00'.repeat(25)}`, 'hex'))
      await writer.closed()
    }
    expect(node.context.statistics.activeTransfers).toBe(0)
  })

  it('leaves no connection and no open replica when it is closed in mid-write', async () => {
    const node = await startNode()
    const writer = await TransferPeer.connect(node.port)
    await writer.setUp({ id: ID })
    writer.packet({ offset: 0, data: pattern(0, 5000), seqno: 0 })
    await writer.ack()
    await node.stop()
    await writer.closed()
    expect(node.store.get(ID)).toMatchObject({ kind: 'being-written', lengthBytes: 5000 })
    expect(node.context.statistics.activeTransfers).toBe(0)
  })
})
