import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { DatanodeSockets } from '../../../../shared/client/datanode-sockets.js'
import { FileReader, type FileReaderEnvironment } from '../../../../shared/client/file-reader.js'
import { systemClock } from '../../../../shared/clock.js'
import { DfsError } from '../../../../shared/errors.js'
import { silentLog } from '../../../../shared/log.js'
import { systemNetwork } from '../../../../shared/network.js'
import { FakeClock } from '../../../support/fake-clock.js'
import { ScriptedNamenode } from '../../../support/scripted-namenode.js'
import { type ReadFault, ScriptedDatanodes } from '../../../support/scripted-pipelines.js'

const seams = { clock: systemClock, network: systemNetwork, log: silentLog }
const BLOCK_BYTES = 200_000
/** Far longer than any test takes; where silence matters the clock is a fake one. */
const SILENCE_MS = 60_000

let datanodes: ScriptedDatanodes
let namenode: ScriptedNamenode
const stores: ScriptedDatanodes[] = []

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()))
})

function pattern(lengthBytes: number, from = 0): Buffer {
  return Buffer.from(
    Array.from({ length: lengthBytes }, (_, i) => ((i + from) * 31) ^ ((i + from) >> 8)),
  )
}

/** A file of that length with a replica of each block on every node. */
async function start(nodes: number, lengthBytes: number, blockSizeBytes = BLOCK_BYTES) {
  datanodes = await ScriptedDatanodes.start(nodes)
  stores.push(datanodes)
  namenode = new ScriptedNamenode(datanodes, { replication: nodes, blockSizeBytes })
  for (let offset = 0; offset < lengthBytes; offset += blockSizeBytes) {
    const data = pattern(Math.min(blockSizeBytes, lengthBytes - offset), offset)
    const blockId = 2000 + offset
    const block = { poolId: 'BP-1', blockId, generationStamp: 1001, numBytes: data.length }
    namenode.blocks.push({ block, nodes: [...datanodes.infos] })
    for (let node = 0; node < nodes; node += 1) {
      datanodes.putReplica(node, blockId, { data, generationStamp: 1001, isFinalized: true })
    }
  }
}

function open(extra: Partial<FileReaderEnvironment> = {}): Promise<FileReader> {
  const settings = { silenceMs: SILENCE_MS, retryAfterMs: 1, ...extra.settings }
  return FileReader.open({ seams, namenode, clientName: 'c1', ...extra, settings }, '/f')
}

async function collect(reader: FileReader, position = 0, lengthBytes = Number.MAX_SAFE_INTEGER) {
  const pieces: Uint8Array[] = []
  for await (const piece of reader.read(position, lengthBytes)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const readers = () =>
  datanodes.operations
    .filter(({ operation }) => operation.kind === 'read-block')
    .map(({ node }) => node)

describe('FileReader', () => {
  test.each([0, 1, 511, 512, 513, 65_537, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES - 7])(
    'reads a file of %i bytes',
    async (lengthBytes) => {
      await start(1, lengthBytes)
      const reader = await open()
      expect(reader.lengthBytes).toBe(lengthBytes)
      expect((await collect(reader)).equals(pattern(lengthBytes))).toBe(true)
      reader.close()
    },
  )

  test('reads any range', async () => {
    const lengthBytes = 20_000
    await start(1, lengthBytes, 3000)
    const reader = await open({ settings: { pageBytes: 5000 } })
    await fc.assert(
      fc.asyncProperty(fc.nat(22_000), fc.nat(9000), async (position, count) => {
        const expected = pattern(lengthBytes).subarray(position, position + count)
        expect((await collect(reader, position, count)).equals(expected)).toBe(true)
      }),
      { numRuns: 60 },
    )
    reader.close()
  })

  test('asks for block locations page by page and keeps them', async () => {
    await start(1, 10 * 3000, 3000)
    const reader = await open({ settings: { pageBytes: 9000 } })
    await collect(reader)
    await collect(reader, 100, 20_000)
    expect(namenode.names()).toEqual(Array.from({ length: 4 }, () => 'getBlockLocations'))
    reader.close()
  })

  test('uses one connection for blocks that follow each other on a node', async () => {
    await start(1, 3 * BLOCK_BYTES)
    const reader = await open()
    const pieces = reader.read(0, Number.MAX_SAFE_INTEGER)
    for await (const piece of pieces) {
      expect(piece.length).toBeGreaterThan(0)
      expect(datanodes.openConnections()).toBe(1)
    }
    expect(readers()).toEqual([0, 0, 0])
    reader.close()
    while (datanodes.openConnections() > 0) await new Promise(setImmediate)
  })

  test('opens a new connection when the kept one was closed', async () => {
    await start(1, 1000)
    const sockets = new DatanodeSockets({ clock: systemClock, network: systemNetwork })
    const reader = await open({ sockets })
    await collect(reader)
    datanodes.cutConnections()
    expect((await collect(reader)).equals(pattern(1000))).toBe(true)
    expect(readers()).toEqual([0, 0])
    reader.close()
    sockets.close()
  })

  test('drops idle connections after a while', async () => {
    await start(1, 1000)
    const sockets = new DatanodeSockets({ clock: systemClock, network: systemNetwork, idleMs: 5 })
    const reader = await open({ sockets })
    await collect(reader)
    while (datanodes.openConnections() > 0) await new Promise(setImmediate)
    reader.close()
  })

  test('does not take what the namenode remembers of a block being written for all of it', async () => {
    await start(1, BLOCK_BYTES + 5000)
    namenode.isOpen = true
    const last = namenode.blocks.at(-1)
    if (last === undefined) throw new Error('no block')
    // A namenode that has just started: it knows a length that was synced once, and no datanode yet.
    last.block = { ...last.block, numBytes: 700 }
    last.nodes = []
    await expect(open({ visibleLength: async () => 5000 })).rejects.toMatchObject({
      code: 'BLOCK_MISSING',
    })
  })

  test('leaves a range early without a trace', async () => {
    await start(1, 3 * BLOCK_BYTES)
    const reader = await open()
    for await (const piece of reader.read(0, Number.MAX_SAFE_INTEGER)) {
      expect(piece.length).toBe(65_536)
      break
    }
    while (datanodes.openConnections() > 0) await new Promise(setImmediate)
    expect((await collect(reader, 5, 5)).equals(pattern(5, 5))).toBe(true)
    reader.close()
  })

  test('ends reads with an error when it is closed', async () => {
    await start(1, 3 * BLOCK_BYTES)
    datanodes.onRead = () => ({ kind: 'stall', afterBytes: 70_000 })
    const reader = await open()
    const reading = collect(reader)
    while (datanodes.openConnections() === 0) await new Promise(setImmediate)
    reader.close()
    await expect(reading).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })

  test('sees what a datanode has acknowledged of a block being written', async () => {
    await start(2, BLOCK_BYTES + 5000)
    namenode.isOpen = true
    const last = namenode.blocks.at(-1)
    if (last !== undefined) last.block = { ...last.block, numBytes: 0 }
    const asked: string[] = []
    const visibleLength: FileReaderEnvironment['visibleLength'] = async ({ id }, block) => {
      asked.push(`${id.datanodeUuid.at(-1)} ${block.blockId}`)
      if (asked.length === 1) throw new DfsError('CONNECTION_REFUSED', 'scripted')
      return 3000
    }
    const reader = await open({ visibleLength })
    expect(asked).toEqual([`0 ${2000 + BLOCK_BYTES}`, `1 ${2000 + BLOCK_BYTES}`])
    expect(reader.lengthBytes).toBe(BLOCK_BYTES + 3000)
    const tail = await collect(reader, BLOCK_BYTES - 10)
    expect(tail.equals(pattern(3010, BLOCK_BYTES - 10))).toBe(true)
    reader.close()
  })
})

describe('FileReader, when a replica fails', () => {
  const faults: readonly [string, ReadFault][] = [
    ['is refused', { kind: 'refuse' }],
    ['breaks off at once', { kind: 'close', afterBytes: 0 }],
    ['breaks off in mid-packet', { kind: 'close', afterBytes: 70_000 }],
    ['falls silent', { kind: 'stall', afterBytes: 70_000 }],
    ['has a flipped bit', { kind: 'corrupt', at: 150_001 }],
    ['ends without the last packet', { kind: 'no-end' }],
  ]

  test.each(faults)('goes on with another one at the exact byte when it %s', async (_, fault) => {
    await start(3, 2 * BLOCK_BYTES)
    datanodes.onRead = (node) => (node < 2 ? fault : undefined)
    const clock = new FakeClock()
    datanodes.onStall = () => {
      clock.advance(SILENCE_MS).catch(() => undefined)
    }
    const reader = await open({ seams: { ...seams, clock } })
    expect((await collect(reader, 3)).equals(pattern(2 * BLOCK_BYTES - 3, 3))).toBe(true)
    expect(namenode.names().filter((name) => name === 'getBlockLocations')).toHaveLength(1)
    reader.close()
  })

  test('remembers a node that cannot be reached', async () => {
    await start(2, 3 * BLOCK_BYTES)
    await datanodes.kill(0)
    const reader = await open()
    await collect(reader)
    expect(readers()).toEqual([1, 1, 1])
    expect(namenode.names()).toEqual(['getBlockLocations'])
    reader.close()
  })

  test('reports a bad replica, and only that one', async () => {
    await start(3, BLOCK_BYTES)
    datanodes.onRead = (node) => (node === 0 ? { kind: 'corrupt', at: 0 } : undefined)
    const reader = await open()
    await collect(reader)
    expect(namenode.reported).toHaveLength(1)
    const [report] = namenode.reported
    expect(report?.b.blockId).toBe(2000)
    expect(report?.locs).toEqual([datanodes.infos[0]])
    expect(report?.storageIDs).toEqual([`DS-${datanodes.infos[0]?.id.datanodeUuid}`])
    reader.close()
  })

  test('asks for new locations when all have failed, and tries again', async () => {
    await start(2, BLOCK_BYTES)
    let refusals = 4
    datanodes.onRead = () => {
      refusals -= 1
      return refusals >= 0 ? { kind: 'refuse' } : undefined
    }
    const reader = await open()
    expect((await collect(reader)).equals(pattern(BLOCK_BYTES))).toBe(true)
    expect(namenode.names()).toHaveLength(3)
    reader.close()
  })

  test('never gives wrong bytes, but an error in the words of HDFS', async () => {
    await start(2, BLOCK_BYTES)
    datanodes.onRead = () => ({ kind: 'corrupt', at: 100_000 })
    const reader = await open()
    const pieces: Uint8Array[] = []
    const reading = (async () => {
      for await (const piece of reader.read(0, BLOCK_BYTES)) pieces.push(piece)
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'BLOCK_MISSING',
      message: 'Could not obtain block: BP-1:blk_2000_1001 file=/f',
    })
    expect(Buffer.concat(pieces).equals(pattern(65_536))).toBe(true)
    expect(namenode.names().filter((name) => name === 'getBlockLocations')).toHaveLength(4)
    reader.close()
  })

  test('fails clearly for a block without locations', async () => {
    await start(1, 1000)
    const [block] = namenode.blocks
    if (block !== undefined) block.nodes = []
    const reader = await open()
    await expect(collect(reader)).rejects.toThrow(
      'Could not obtain block: BP-1:blk_2000_1001 file=/f',
    )
    reader.close()
  })
})
