import { rmSync, truncateSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { ChecksumType } from '../../../../shared/hadoop/schema/hdfs.js'
import { startNode, type TestNode } from '../../../support/datanode-fixture.js'
import { flipBit } from '../../../support/flip-bit.js'
import { pattern, sumsAt, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'

const ID = 1073741855

async function nodeWith(length: number): Promise<TestNode> {
  const node = await startNode()
  await writeBlock(node.port, ID, pattern(0, length))
  return node
}

async function refusalOf(node: TestNode, ...read: [number, number, number, object?]) {
  const peer = await TransferPeer.connect(node.port)
  const [id, offset, length, options] = read
  peer.readOperation(id, offset, length, options)
  const answer = await peer.response()
  await peer.closed()
  expect(answer.status).toBe(Status.ERROR)
  return answer.message ?? ''
}

describe('reading a block', () => {
  // Offsets, lengths and packets as a real datanode gave them (captured conversation edge-datanode), and larger ones.
  it.each([
    { blockBytes: 1300, offset: 0, len: 1300, start: 0, end: 1300 },
    { blockBytes: 1300, offset: 700, len: 300, start: 512, end: 1024 },
    { blockBytes: 1300, offset: 0, len: 0, start: 0, end: 0 },
    { blockBytes: 1300, offset: 1300, len: 0, start: 1024, end: 1300 },
    { blockBytes: 1300, offset: 0, len: 10, start: 0, end: 512 },
    { blockBytes: 1300, offset: 1290, len: 10, start: 1024, end: 1300 },
    { blockBytes: 1300, offset: 1024, len: 0, start: 1024, end: 1024 },
    { blockBytes: 3_000_000, offset: 65_535, len: 2, start: 65_024, end: 66_048 },
    { blockBytes: 3_000_000, offset: 1_048_575, len: 1_100_000, start: 1_048_064, end: 2_148_864 },
    { blockBytes: 3_000_000, offset: 0, len: 3_000_000, start: 0, end: 3_000_000 },
    { blockBytes: 3_000_000, offset: 2_999_999, len: 1, start: 2_999_808, end: 3_000_000 },
  ])(
    '$offset + $len of $blockBytes is answered with whole chunks from $start to $end',
    async ({ blockBytes, offset, len, start, end }) => {
      const node = await nodeWith(blockBytes)
      const peer = await TransferPeer.connect(node.port)
      peer.readOperation(ID, offset, len)
      expect(await peer.response()).toMatchObject({
        status: Status.SUCCESS,
        readOpChecksumInfo: {
          checksum: { type: ChecksumType.CRC32C, bytesPerChecksum: 512 },
          chunkOffset: start,
        },
      })
      const packets = await peer.packets()
      expect(packets.map(({ seqno }) => seqno)).toEqual(packets.map((_, index) => index))
      let at = start
      for (const { offset: packetOffset, data, sums } of packets) {
        expect(packetOffset).toBe(at)
        expect(sums.equals(sumsAt(at, data))).toBe(true)
        at += data.length
      }
      expect(packets.at(-1)?.data.length).toBe(0)
      expect(
        Buffer.concat(packets.map(({ data }) => data)).equals(pattern(start, end - start)),
      ).toBe(true)
    },
  )

  it('leaves the sums out when they are not wanted', async () => {
    const node = await nodeWith(1300)
    const peer = await TransferPeer.connect(node.port)
    peer.readOperation(ID, 10, 100, { sendChecksums: false })
    expect(await peer.response()).toMatchObject({
      readOpChecksumInfo: {
        checksum: { type: ChecksumType.NULL, bytesPerChecksum: 512 },
        chunkOffset: 0,
      },
    })
    const packets = await peer.packets()
    expect(packets.map(({ sums }) => sums.length)).toEqual([0, 0])
    expect(packets[0]?.data.equals(pattern(0, 512))).toBe(true)
  })

  it('refuses with the texts of HDFS and closes', async () => {
    const node = await nodeWith(1300)
    const name = `BP-1-127.0.0.1-1:blk_${ID}_1001`
    expect(await refusalOf(node, ID, 0, 1301)).toBe(
      `opReadBlock ${name} received exception java.io.IOException:  Offset 0 and length 1301 don't match block ${name} ( blockLen 1300 )`,
    )
    expect(await refusalOf(node, ID, 2000, 1)).toContain(
      ` Offset 2000 and length 1 don't match block ${name} ( blockLen 1300 )`,
    )
    expect(await refusalOf(node, ID, -1, 1)).toContain('Offset -1 and length 1')
    expect(await refusalOf(node, 12345, 0, 10)).toMatch(
      /^opReadBlock BP-1-127.0.0.1-1:blk_12345_1001 received exception org\.apache\.hadoop\.hdfs\.server\.datanode\.ReplicaNotFoundException: Replica not found for /,
    )
    expect(await refusalOf(node, ID, 0, 10, { stamp: 1002 })).toContain(
      'java.io.IOException: Replica gen stamp < block genstamp, block=',
    )
    expect(await refusalOf(node, ID, 0, 10, { poolId: 'BP-x' })).toContain('BP-x')
  })

  it('serves a reader that knows an older stamp', async () => {
    const node = await nodeWith(100)
    const peer = await TransferPeer.connect(node.port)
    peer.readOperation(ID, 0, 100, { stamp: 1000 })
    expect((await peer.response()).status).toBe(Status.SUCCESS)
  })

  it('takes another read on the same connection, and closes it after a short silence', async () => {
    const node = await nodeWith(1300)
    const peer = await TransferPeer.connect(node.port)
    for (let round = 0; round < 3; round += 1) {
      peer.readOperation(ID, 0, 100)
      await peer.response()
      await peer.packets()
      peer.sendReadStatus()
    }
    await peer.closed()
  })

  it('serves only acknowledged bytes of a replica that is being written, with right sums at its end', async () => {
    const node = await startNode()
    const writer = await TransferPeer.connect(node.port)
    await writer.setUp({ id: ID })
    writer.packet({ offset: 0, data: pattern(0, 70_000), seqno: 0 })
    await writer.ack()
    const peer = await TransferPeer.connect(node.port)
    peer.readOperation(ID, 65_000, 5_000)
    await peer.response()
    const [packet] = await peer.packets()
    expect(packet?.offset).toBe(64_512)
    const bytes = Buffer.concat([packet!.data])
    expect(bytes.subarray(0, 1024).equals(pattern(64_512, 1024))).toBe(true)
    expect(await refusalOf(node, ID, 0, 70_001)).toContain(
      'Need 70001 bytes, but only 70000 bytes available',
    )
  })

  it('waits for bytes that are on their way', async () => {
    const node = await startNode()
    const writer = await TransferPeer.connect(node.port)
    await writer.setUp({ id: ID })
    const peer = await TransferPeer.connect(node.port)
    peer.readOperation(ID, 0, 100)
    writer.packet({ offset: 0, data: pattern(0, 100), seqno: 0 })
    expect((await peer.response()).status).toBe(Status.SUCCESS)
    expect((await peer.packets())[0]?.data.equals(pattern(0, 100))).toBe(true)
  })
})

describe('a damaged replica', () => {
  const blockBytes = 300_000

  it.each(['data', 'meta'] as const)(
    'with a turned bit in %s is refused before a bad byte leaves, and reported; its files stay',
    async (part) => {
      const node = await nodeWith(blockBytes)
      const paths = node.store.pathsOf(node.store.get(ID)!)
      flipBit(paths[part], part === 'data' ? 10 : 1024 + 20)
      expect(await refusalOf(node, ID, 0, 100)).toContain('ChecksumException')
      expect(node.events.kinds()).toContain('corrupt')
      expect(node.store.get(ID)).toBeDefined()
    },
  )

  it('sends good records and breaks off before the bad one', async () => {
    const node = await nodeWith(3_000_000)
    flipBit(node.store.pathsOf(node.store.get(ID)!).data, 2_500_000)
    const peer = await TransferPeer.connect(node.port)
    peer.readOperation(ID, 0, 3_000_000)
    await peer.response()
    let at = 0
    await expect(
      (async () => {
        for (;;) {
          const packet = await peer.reader.readPacket(5_000)
          expect(packet.data.equals(pattern(at, packet.data.length))).toBe(true)
          expect(packet.isLast).toBe(false)
          at += packet.data.length
        }
      })(),
    ).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(at).toBeLessThanOrEqual(2_500_000)
    expect(node.events.list).toContainEqual({
      kind: 'corrupt',
      id: ID,
      generationStamp: 1001,
      lengthBytes: 3_000_000,
    })
  })

  it.each([
    [
      'truncated data',
      (node: TestNode) => truncateSync(node.store.pathsOf(node.store.get(ID)!).data, 150_000),
    ],
    [
      'truncated meta',
      (node: TestNode) => truncateSync(node.store.pathsOf(node.store.get(ID)!).meta, 1100),
    ],
    ['data gone', (node: TestNode) => rmSync(node.store.pathsOf(node.store.get(ID)!).data)],
    ['meta gone', (node: TestNode) => rmSync(node.store.pathsOf(node.store.get(ID)!).meta)],
  ])('with %s is refused and reported', async (_, harm) => {
    const node = await nodeWith(blockBytes)
    harm(node)
    await refusalOf(node, ID, 290_000, 100)
    expect(node.events.kinds()).toContain('corrupt')
  })

  it('is told from one with the files of another block', async () => {
    const node = await nodeWith(blockBytes)
    await writeBlock(node.port, ID + 1, pattern(7, blockBytes))
    const [one, other] = [ID, ID + 1].map((id) => node.store.pathsOf(node.store.get(id)!))
    const { renameSync } = await import('node:fs')
    renameSync(one!.data, `${one!.data}.x`)
    renameSync(one!.meta, `${one!.meta}.x`)
    renameSync(other!.data, one!.data)
    renameSync(other!.meta, one!.meta)
    await refusalOf(node, ID, 0, 100)
    expect(node.events.kinds()).toContain('corrupt')
  })
})
