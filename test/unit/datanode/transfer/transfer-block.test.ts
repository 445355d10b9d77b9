import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemDisk } from '../../../../shared/disk.js'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { encodeTransferBlock } from '../../../../shared/transfer/operations.js'
import { EMPTY_TOKEN } from '../../../../shared/transfer/pipeline-node.js'
import { POOL, startNode, type TestNode } from '../../../support/datanode-fixture.js'
import { flipBit } from '../../../support/flip-bit.js'
import { node as info, pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741855

async function transfer(source: TestNode, targets: readonly number[], stamp = 1001) {
  const peer = await TransferPeer.connect(source.port)
  const block = { poolId: POOL, blockId: ID, generationStamp: stamp, numBytes: 0 }
  peer.send(
    encodeTransferBlock({
      header: { baseHeader: { block, token: EMPTY_TOKEN }, clientName: 'test' },
      targets: targets.map(info),
    }),
  )
  return await peer.response()
}

describe('transferring a block', () => {
  it.each([0, 1, 1300, 2_500_000])('copies a finalized replica of %i bytes', async (length) => {
    const [source, target] = [await startNode(), await startNode()]
    await writeBlock(source!.port, ID, pattern(0, length))
    expect((await transfer(source!, [target!.port])).status).toBe(Status.SUCCESS)
    const copy = target!.store.get(ID)!
    expect(copy).toMatchObject({ kind: 'finalized', generationStamp: 1001, lengthBytes: length })
    expect(readFileSync(target!.store.pathsOf(copy).data).equals(pattern(0, length))).toBe(true)
    expect(target!.events.kinds()).toEqual(['received'])
  })

  it('copies the acknowledged bytes of an open replica, no further, and they can be written on', async () => {
    const [source, target] = [await startNode(), await startNode()]
    const writer = await TransferPeer.connect(source!.port)
    await writer.setUp({ id: ID })
    writer.packet({ offset: 0, data: pattern(0, 1000), seqno: 0 })
    await writer.ack()
    expect((await transfer(source!, [target!.port])).status).toBe(Status.SUCCESS)
    expect(target!.store.get(ID)).toMatchObject({ kind: 'being-written', lengthBytes: 1000 })
    const peer = await TransferPeer.connect(target!.port)
    await peer.setUp({ id: ID, stage: 3, minBytes: 1000, maxBytes: 1000, latestStamp: 1002 })
    peer.packet({ offset: 1000, data: pattern(1000, 24), seqno: 1 })
    peer.packet({ offset: 1024, seqno: 2, isLast: true })
    await peer.ack()
    await peer.ack()
    const replica = target!.store.get(ID)!
    expect(readFileSync(target!.store.pathsOf(replica).data).equals(pattern(0, 1024))).toBe(true)
  })

  it('waits for a replica that is being finalized, and copies it as it is then', async () => {
    let goOn = () => {}
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    // Holds when the meta file has its new name, and the index does not know it yet.
    const rename = async (from: string, to: string) => {
      await systemDisk.rename(from, to)
      if (to.endsWith('.meta')) await held
    }
    const source = await startNode({ disk: { ...systemDisk, rename } })
    const target = await startNode()
    const writer = await TransferPeer.connect(source.port)
    await writer.setUp({ id: ID })
    writer.packet({ offset: 0, data: pattern(0, 1000), seqno: 0 })
    await writer.ack()
    const { meta } = source.store.pathsOf(source.store.get(ID)!)
    writer.packet({ offset: 1000, seqno: 1, isLast: true })
    await waitUntil(() => !existsSync(meta), { what: 'the rename' })
    const answer = transfer(source, [target.port])
    await waitUntil(() => source.context.statistics.otherOperations === 1, {
      what: 'the operation',
    })
    goOn()
    expect((await answer).status).toBe(Status.SUCCESS)
    expect(target.store.get(ID)).toMatchObject({ kind: 'finalized', lengthBytes: 1000 })
  })

  it('reaches several targets', async () => {
    const nodes = [await startNode(), await startNode(), await startNode()]
    await writeBlock(nodes[0]!.port, ID, pattern(0, 70_000))
    const targets = [nodes[1]!.port, nodes[2]!.port]
    expect((await transfer(nodes[0]!, targets)).status).toBe(Status.SUCCESS)
    for (const node of nodes) expect(node.store.get(ID)).toMatchObject({ lengthBytes: 70_000 })
  })

  it('of a corrupt replica fails, is reported by the source, and leaves nothing at the target', async () => {
    const [source, target] = [await startNode(), await startNode()]
    await writeBlock(source!.port, ID, pattern(0, 2_500_000))
    flipBit(source!.store.pathsOf(source!.store.get(ID)!).data, 2_400_000)
    expect((await transfer(source!, [target!.port])).status).toBe(Status.ERROR)
    expect(source!.events.kinds()).toContain('corrupt')
    const temporary = join(target!.folder, 'volume1', 'tmp')
    await waitUntil(() => readdirSync(temporary).length === 0, { what: 'the half copy to go' })
    expect(target!.store.get(ID)).toBeUndefined()
    // Another source may try at once.
    const good = await startNode()
    await writeBlock(good.port, ID, pattern(0, 2_500_000))
    expect((await transfer(good, [target!.port])).status).toBe(Status.SUCCESS)
    target!.events.list.length = 0
    expect(target!.events.kinds()).toEqual([])
  })

  it('fails for a target out of reach, a replica that is not there, or an older one', async () => {
    const source = await startNode()
    expect((await transfer(source, [1])).status).toBe(Status.ERROR)
    await writeBlock(source.port, ID, pattern(0, 10))
    expect((await transfer(source, [1])).status).toBe(Status.ERROR)
    expect((await transfer(source, [source.port], 1002)).status).toBe(Status.ERROR)
    expect(source.store.get(ID)).toBeDefined()
  })

  it('does not touch a replica of the same version at the target', async () => {
    const [source, target] = [await startNode(), await startNode()]
    await writeBlock(source!.port, ID, pattern(0, 10))
    await writeBlock(target!.port, ID, pattern(5, 20))
    expect((await transfer(source!, [target!.port])).status).toBe(Status.ERROR)
    const kept = target!.store.pathsOf(target!.store.get(ID)!).data
    expect(readFileSync(kept).equals(pattern(5, 20))).toBe(true)
  })

  it('replaces an older version at the target', async () => {
    const [source, target] = [await startNode(), await startNode()]
    await writeBlock(source!.port, ID, pattern(0, 1000), { stamp: 1005 })
    await writeBlock(target!.port, ID, pattern(5, 20), { stamp: 1001 })
    expect((await transfer(source!, [target!.port], 1005)).status).toBe(Status.SUCCESS)
    const replica = target!.store.get(ID)!
    expect(replica).toMatchObject({ generationStamp: 1005, lengthBytes: 1000 })
    expect(readFileSync(target!.store.pathsOf(replica).data).equals(pattern(0, 1000))).toBe(true)
  })
})
