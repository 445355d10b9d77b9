import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { chunkChecksums, crc32c } from '../../../../shared/checksum/crc32c.js'
import { BlockChecksumType, Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { encodeBlockChecksum } from '../../../../shared/transfer/operations.js'
import { EMPTY_TOKEN } from '../../../../shared/transfer/pipeline-node.js'
import { POOL, startNode, type TestNode } from '../../../support/datanode-fixture.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'

const ID = 1073741855

async function ask(node: TestNode, id: number, numBytes: number, type?: number) {
  const peer = await TransferPeer.connect(node.port)
  const block = { poolId: POOL, blockId: id, generationStamp: 1001, numBytes }
  const options = type === undefined ? {} : { blockChecksumOptions: { blockChecksumType: type } }
  peer.send(encodeBlockChecksum({ header: { block, token: EMPTY_TOKEN }, ...options }))
  return peer
}

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

describe('the checksum of a block', () => {
  // The captured conversation edge-datanode asked for these of the same 1300 bytes.
  it.each([
    { numBytes: 1300, type: undefined, expected: '9a8fe66ee24264d96ba2699f25d5e15b' },
    { numBytes: 5000, type: undefined, expected: '9a8fe66ee24264d96ba2699f25d5e15b' },
    { numBytes: 600, type: undefined, expected: '53cfa83af63629462d9da182f128e1c2' },
    { numBytes: 0, type: undefined, expected: 'd41d8cd98f00b204e9800998ecf8427e' },
    { numBytes: 1300, type: BlockChecksumType.COMPOSITE_CRC, expected: 'c85b7a62' },
    { numBytes: 600, type: BlockChecksumType.COMPOSITE_CRC, expected: 'b7a11d6f' },
  ])('of $numBytes bytes, kind $type, is $expected', async ({ numBytes, type, expected }) => {
    const node = await startNode()
    await writeBlock(node.port, ID, pattern(0, 1300))
    const peer = await ask(node, ID, numBytes, type)
    const { status, checksumResponse } = await peer.response()
    expect(status).toBe(Status.SUCCESS)
    expect(hex(checksumResponse?.blockChecksum)).toBe(expected)
    expect(checksumResponse).toMatchObject({
      bytesPerCrc: 512,
      crcPerBlock: 3,
      crcType: 2,
      blockChecksumOptions: { blockChecksumType: type ?? 1, stripeLength: 0 },
    })
    await peer.closed()
  })

  it('covers blocks of many records', async () => {
    const node = await startNode()
    const data = pattern(0, 2_500_000)
    await writeBlock(node.port, ID, data)
    const md5 = await (await ask(node, ID, data.length)).response()
    const sums = chunkChecksums(data)
    expect(hex(md5.checksumResponse?.blockChecksum)).toBe(
      createHash('md5').update(sums).digest('hex'),
    )
    const crc = await (await ask(node, ID, data.length, BlockChecksumType.COMPOSITE_CRC)).response()
    expect(hex(crc.checksumResponse?.blockChecksum)).toBe(
      crc32c(data).toString(16).padStart(8, '0'),
    )
  })

  it('of a block that is not there is no answer but a closed connection', async () => {
    const node = await startNode()
    const peer = await ask(node, 999, 1300)
    await peer.closed()
    expect(peer.reader.receivedBytes).toBe(0)
  })
})
