import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodeRecord, recordOffset } from '../../../../datanode/blocks/meta-format.js'
import { confirmDamage, findDamage } from '../../../../datanode/transfer/damage.js'
import { chunkChecksums } from '../../../../shared/checksum/crc32c.js'
import { startNode } from '../../../support/datanode-fixture.js'
import { flipBit } from '../../../support/flip-bit.js'
import { pattern, writeBlock } from '../../../support/transfer-peer.js'

const ID = 1073741855
const noPace = async () => {}

async function nodeWith(length: number) {
  const node = await startNode()
  await writeBlock(node.port, ID, pattern(0, length))
  const replica = node.store.get(ID)!
  return { node, replica, paths: node.store.pathsOf(replica) }
}

describe('looking for damage', () => {
  it('finds none in a good replica, and does not believe who says so', async () => {
    const { node, replica } = await nodeWith(200_000)
    expect(await findDamage(node.context, replica, noPace)).toBeUndefined()
    expect(await confirmDamage(node.context, replica, 70_000)).toBe(false)
    expect(node.events.kinds()).not.toContain('corrupt')
  })

  it.each([0, 65_535, 65_536, 199_999])('finds a turned bit at %i', async (position) => {
    const { node, replica, paths } = await nodeWith(200_000)
    flipBit(paths.data, position)
    const offset = await findDamage(node.context, replica, noPace)
    expect(offset).toBe(position - (position % 65_536))
    expect(await confirmDamage(node.context, replica, offset!)).toBe(true)
    expect(node.events.kinds()).toContain('corrupt')
  })

  it('finds bytes that changed in memory, before their hash was made, by the sums of their writer', async () => {
    const { node, replica, paths } = await nodeWith(1000)
    const good = pattern(0, 1000)
    const bad = Buffer.from(good)
    bad[700] = bad[700]! ^ 1
    writeFileSync(paths.data, bad)
    const meta = readFileSync(paths.meta)
    encodeRecord(meta, recordOffset(0), {
      blockId: ID,
      index: 0,
      data: bad,
      sums: chunkChecksums(good),
    })
    writeFileSync(paths.meta, meta)
    const offset = await findDamage(node.context, replica, noPace)
    expect(offset).toBe(512)
    expect(await confirmDamage(node.context, replica, offset!)).toBe(true)
  })

  it('says nothing of a replica that was replaced meanwhile', async () => {
    const { node, replica } = await nodeWith(1000)
    await node.store.delete(ID, 1001, replica.volume.storageId)
    expect(await confirmDamage(node.context, replica, 0)).toBe(false)
    expect(await findDamage(node.context, replica, noPace)).toBeUndefined()
  })
})
