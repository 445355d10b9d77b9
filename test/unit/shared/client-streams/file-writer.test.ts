import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FileWriter } from '../../../../shared/client/file-writer.js'
import { LeaseRenewer } from '../../../../shared/client/lease-renewer.js'
import type { WriteSettings } from '../../../../shared/client/write-settings.js'
import { type Clock, systemClock } from '../../../../shared/clock.js'
import { DfsError } from '../../../../shared/errors.js'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { silentLog } from '../../../../shared/log.js'
import { systemNetwork } from '../../../../shared/network.js'
import { FakeClock } from '../../../support/fake-clock.js'
import { ScriptedNamenode } from '../../../support/scripted-namenode.js'
import { ScriptedDatanodes, type WriteFault } from '../../../support/scripted-pipelines.js'

const seams = { clock: systemClock, network: systemNetwork, log: silentLog }
/** Far longer than any test takes; where silence matters the clock is a fake one. */
const timeouts = { connectMs: 10_000, silenceMs: 60_000, silencePerNodeMs: 5000 }

let datanodes: ScriptedDatanodes
let namenode: ScriptedNamenode
let leases: LeaseRenewer
const stores: ScriptedDatanodes[] = []

async function start(
  nodes: number,
  options: { replication?: number; blockSizeBytes?: number } = {},
) {
  datanodes = await ScriptedDatanodes.start(nodes)
  stores.push(datanodes)
  namenode = new ScriptedNamenode(datanodes, {
    replication: options.replication ?? 3,
    blockSizeBytes: options.blockSizeBytes ?? 100_000,
  })
}

beforeEach(() => {
  leases = new LeaseRenewer({
    clock: systemClock,
    log: silentLog,
    clientName: 'c1',
    renew: async () => undefined,
  })
})

afterEach(async () => {
  await leases.close()
  await Promise.all(stores.splice(0).map((store) => store.close()))
})

function create(
  settings: Partial<WriteSettings> = {},
  clock: Clock = systemClock,
): Promise<FileWriter> {
  return FileWriter.create(
    { seams: { ...seams, clock }, namenode, leases, settings: { timeouts, ...settings } },
    {
      src: '/f',
      isOverwriting: false,
      createParent: true,
      replication: namenode.options.replication,
      blockSizeBytes: namenode.options.blockSizeBytes,
      permission: 0o644,
    },
  )
}

/** Time passes only while a scripted node is silent. */
function impatientClock(): FakeClock {
  const clock = new FakeClock()
  datanodes.onStall = () => {
    clock.advance(timeouts.silenceMs + 3 * timeouts.silencePerNodeMs).catch(() => undefined)
  }
  return clock
}

const append = () => FileWriter.append({ seams, namenode, leases, settings: { timeouts } }, '/f')

function pattern(lengthBytes: number, from = 0): Buffer {
  return Buffer.from(
    Array.from({ length: lengthBytes }, (_, i) => ((i + from) * 31) ^ ((i + from) >> 8)),
  )
}

function expectStored(expected: Buffer): void {
  expect(datanodes.violations).toEqual([])
  expect(namenode.violations).toEqual([])
  expect(namenode.isOpen).toBe(false)
  expect(namenode.contents().equals(expected)).toBe(true)
  expect(namenode.contents((nodes) => nodes.at(-1)).equals(expected)).toBe(true)
}

describe('FileWriter', () => {
  test.each([0, 1, 511, 512, 513, 65_536, 65_537, 99_999, 100_000, 100_001, 300_000])(
    'stores a file of %i bytes',
    async (lengthBytes) => {
      await start(3)
      const writer = await create()
      await writer.write(pattern(lengthBytes))
      expect(writer.positionBytes).toBe(lengthBytes)
      await writer.close()
      expectStored(pattern(lengthBytes))
      expect(namenode.blocks).toHaveLength(Math.ceil(lengthBytes / 100_000))
    },
  )

  test('makes the calls of a put, one block after the other', async () => {
    await start(3)
    const writer = await create()
    await writer.write(pattern(150_000))
    await writer.close()
    expect(namenode.names()).toEqual(['create', 'addBlock', 'addBlock', 'complete'])
    const [first] = datanodes.operations
    expect(first?.operation).toMatchObject({
      kind: 'write-block',
      message: { stage: 6, pipelineSize: 3, header: { clientName: 'c1' }, targets: { length: 2 } },
    })
  })

  test('takes bytes in pieces of any size, flushed at any moment, for any block size', async () => {
    const piece = fc.record({
      lengthBytes: fc.oneof(fc.constantFrom(0, 1, 511, 512, 513), fc.nat(9000)),
      next: fc.constantFrom('nothing', 'nothing', 'nothing', 'hflush', 'hsync'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.constantFrom(512, 1024, 65_536),
        async (pieces, blockSizeBytes, packetDataBytes) => {
          await start(2, { replication: 2, blockSizeBytes: Math.max(blockSizeBytes, 1000) })
          const writer = await create({ packetDataBytes, windowPackets: 5 })
          let position = 0
          for (const { lengthBytes, next } of pieces) {
            const bytes = pattern(lengthBytes, position)
            await writer.write(bytes)
            bytes.fill(0)
            position += lengthBytes
            if (next === 'nothing') continue
            await writer[next]()
            const stored = namenode.blocks.map(
              ({ block }) => datanodes.replica(1, block.blockId)?.data.length ?? 0,
            )
            expect(stored.reduce((sum, length) => sum + length, 0)).toBe(position)
          }
          await writer.close()
          expectStored(pattern(position))
          await datanodes.close()
        },
      ),
      { numRuns: 25 },
    )
  })

  test('never has more than a window of packets on the way', async () => {
    await start(1, { replication: 1, blockSizeBytes: 10_000_000 })
    datanodes.onPacket = ({ index }) => (index === 0 ? { kind: 'stall' } : undefined)
    const writer = await create({
      packetDataBytes: 512,
      windowPackets: 4,
    })
    const writing = writer.write(pattern(512 * 20)).catch((error: unknown) => error)
    while (datanodes.operations.length === 0) await new Promise(setImmediate)
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate)
    expect(writer.positionBytes).toBe(512 * 4)
    await writer.abort()
    expect(await writing).toMatchObject({ code: 'INTERRUPTED' })
  })

  test('tells the namenode of a flush once for each block', async () => {
    await start(3)
    const writer = await create()
    await writer.hflush()
    await writer.write(pattern(10))
    await writer.hflush()
    await writer.hflush()
    await writer.hsync()
    expect(namenode.names()).toEqual(['create', 'addBlock', 'fsync'])
    expect(namenode.calls.at(-1)?.request).toMatchObject({ lastBlockLength: 10, client: 'c1' })
    await writer.close()
    expectStored(pattern(10))
  })

  test('sends heartbeats while it has nothing to say', async () => {
    await start(3)
    const writer = await create({ heartbeatIntervalMs: 5 })
    await writer.write(pattern(10))
    await writer.hflush()
    while (datanodes.heartbeats.length < 3) await new Promise((resolve) => setTimeout(resolve, 1))
    await writer.write(pattern(10, 10))
    await writer.close()
    expectStored(pattern(20))
  })

  test('asks again while the namenode waits for replicas, and gives up in the end', async () => {
    await start(3)
    namenode.completeRefusals = 2
    const writer = await create()
    await writer.write(pattern(5))
    await writer.close()
    expect(namenode.names().filter((name) => name === 'complete')).toHaveLength(3)
    await writer.close()
    namenode.completeRefusals = 1000
    const other = await create({ completeTimeoutMs: 60 })
    await expect(other.close()).rejects.toThrow('does not have enough number of replicas')
  })

  test('waits for the block before to be replicated', async () => {
    await start(3)
    namenode.addBlockErrors.push(new DfsError('NOT_REPLICATED_YET', 'Not replicated yet: /f'))
    const writer = await create()
    await writer.write(pattern(5))
    await writer.close()
    expectStored(pattern(5))
  })

  test('refuses a second call at the same time, and calls after the end', async () => {
    await start(3)
    const writer = await create()
    const first = writer.hflush()
    await expect(writer.write(pattern(1))).rejects.toMatchObject({ code: 'ILLEGAL_ARGUMENT' })
    await first
    await writer.close()
    await expect(writer.write(pattern(1))).rejects.toMatchObject({ code: 'IO' })
  })

  test('stops at once when it is aborted, and completes nothing', async () => {
    await start(3)
    const writer = await create()
    await writer.write(pattern(70_000))
    await writer.abort()
    await expect(writer.close()).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(namenode.names()).not.toContain('complete')
    while (datanodes.openConnections() > 0) await new Promise(setImmediate)
  })
})

describe('FileWriter.append', () => {
  test.each([0, 1, 511, 512, 513, 66_000, 99_999])('goes on behind %i bytes', async (before) => {
    await start(3)
    const writer = await create()
    await writer.write(pattern(before))
    await writer.close()
    const appender = await append()
    expect(appender.positionBytes).toBe(before)
    await appender.write(pattern(120_000, before))
    await appender.close()
    expectStored(pattern(before + 120_000))
  })

  test('starts a new block behind a full one', async () => {
    await start(3)
    const writer = await create()
    await writer.write(pattern(100_000))
    await writer.close()
    const appender = await append()
    await appender.write(pattern(1, 100_000))
    await appender.close()
    expectStored(pattern(100_001))
    expect(namenode.names().slice(-3)).toEqual(['append', 'addBlock', 'complete'])
  })

  test('changes nothing when nothing is written', async () => {
    await start(3)
    const writer = await create()
    await writer.write(pattern(700))
    await writer.close()
    await (await append()).close()
    expectStored(pattern(700))
  })

  test('goes on without a node that cannot be reached', async () => {
    await start(3)
    const writer = await create()
    await writer.write(pattern(700))
    await writer.close()
    await datanodes.kill(0)
    const appender = await append()
    await appender.write(pattern(1000, 700))
    await appender.close()
    expectStored(pattern(1700))
    expect(namenode.blocks[0]?.nodes).toHaveLength(2)
  })
})

describe('FileWriter, when a pipeline cannot be set up', () => {
  test.each([0, 1, 2])('leaves out node %i that the first node blames', async (bad) => {
    await start(4)
    let attempts = 0
    datanodes.onSetup = () => {
      attempts += 1
      return attempts === 1 ? { firstBad: bad } : undefined
    }
    const writer = await create()
    await writer.write(pattern(2000))
    await writer.close()
    expectStored(pattern(2000))
    expect(namenode.names()).toEqual(['create', 'addBlock', 'abandonBlock', 'addBlock', 'complete'])
    const excluded = { excludeNodes: [datanodes.infos[bad]] }
    expect(namenode.calls[3]?.request).toMatchObject(excluded)
  })

  test('leaves out a node that refuses connections, says nothing or hangs up', async () => {
    await start(6)
    await datanodes.kill(0)
    datanodes.onSetup = (node) => (node === 1 ? 'close' : node === 2 ? 'stall' : undefined)
    const writer = await create({}, impatientClock())
    await writer.write(pattern(2000))
    await writer.close()
    expectStored(pattern(2000))
    expect(namenode.names().filter((name) => name === 'abandonBlock')).toHaveLength(3)
  })

  test('gives up after four attempts', async () => {
    await start(6)
    datanodes.onSetup = () => ({ firstBad: 0 })
    const writer = await create()
    await writer.write(pattern(10))
    await expect(writer.close()).rejects.toThrow('Unable to create new block')
    expect(namenode.names().filter((name) => name === 'addBlock')).toHaveLength(4)
    await expect(writer.write(pattern(1))).rejects.toThrow('Unable to create new block')
  })

  test('takes a node that failed once when there is no other', async () => {
    await start(1, { replication: 1 })
    let attempts = 0
    datanodes.onSetup = () => {
      attempts += 1
      return attempts === 1 ? 'close' : undefined
    }
    const writer = await create()
    await writer.write(pattern(10))
    await writer.close()
    expectStored(pattern(10))
  })
})

describe('FileWriter, when a pipeline breaks', () => {
  const faults: readonly [string, WriteFault, number][] = [
    ['the first node reports an error', { kind: 'ack-error', index: 0 }, 0],
    ['the second node reports an error', { kind: 'ack-error', index: 1 }, 1],
    [
      'the last node reports a bad checksum',
      { kind: 'ack-error', index: 2, status: Status.ERROR_CHECKSUM },
      2,
    ],
    ['the first node lost the second', { kind: 'downstream-error' }, 1],
    ['the connection is closed', { kind: 'close' }, 0],
    ['the nodes store a packet and vanish', { kind: 'store-and-close' }, 0],
    ['the nodes fall silent', { kind: 'stall' }, 0],
    ['an acknowledgement has a wrong number', { kind: 'wrong-seqno' }, 0],
  ]

  for (const [what, fault, failed] of faults) {
    test.each([0, 1, 3, 'last'])(`loses nothing when ${what} at packet %s`, async (at) => {
      await start(3)
      let isDone = false
      datanodes.onPacket = ({ index, packet }) => {
        if (isDone || (at === 'last' ? !packet.isLast : index !== at)) return undefined
        isDone = true
        return fault
      }
      const writer = await create({ packetDataBytes: 2048 }, impatientClock())
      await writer.write(pattern(10_000))
      await writer.write(pattern(110_000, 10_000))
      await writer.close()
      expectStored(pattern(120_000))
      const nodes = namenode.blocks[0]?.nodes.map(({ id }) => id.datanodeUuid)
      expect(nodes).toHaveLength(2)
      expect(nodes).not.toContain(datanodes.infos[failed]?.id.datanodeUuid)
      const stages = datanodes.operations.map(({ operation }) =>
        operation.kind === 'write-block' ? operation.message.stage : undefined,
      )
      expect(stages).toEqual([6, at === 'last' ? 5 : 3, 6])
      const names = namenode.names().slice(0, 4)
      expect(names).toEqual(['create', 'addBlock', 'updateBlockForPipeline', 'updatePipeline'])
    })
  }

  test('takes in another node after a flush, with a copy of what is acknowledged', async () => {
    await start(4)
    datanodes.onPacket = ({ stage, index }) =>
      stage === 6 && index === 1 ? { kind: 'downstream-error' } : undefined
    const writer = await create()
    await writer.write(pattern(1000))
    await writer.hflush()
    await writer.write(pattern(3000, 1000))
    await writer.hflush()
    await writer.close()
    expectStored(pattern(4000))
    expect(namenode.blocks[0]?.nodes).toHaveLength(3)
    expect(namenode.names()).toEqual([
      'create',
      'addBlock',
      'fsync',
      'getAdditionalDatanode',
      'updateBlockForPipeline',
      'updatePipeline',
      'fsync',
      'complete',
    ])
    const request = namenode.calls[3]?.request
    expect(request).toMatchObject({ blk: { numBytes: 1000 }, excludes: [datanodes.infos[1]] })
  })

  test('goes on with fewer when the copy fails or no node is left', async () => {
    await start(4)
    datanodes.onTransfer = () => 'refuse'
    datanodes.onPacket = ({ index }) => (index === 1 ? { kind: 'downstream-error' } : undefined)
    const writer = await create({ replacement: 'always', packetDataBytes: 512 })
    await writer.write(pattern(600))
    await writer.close()
    expectStored(pattern(600))
    expect(namenode.blocks[0]?.nodes).toHaveLength(1)
  })

  test('fails when a replacement is demanded and not to be had', async () => {
    await start(3)
    datanodes.onPacket = () => ({ kind: 'downstream-error' })
    const writer = await create({ replacement: 'always', isReplacementBestEffort: false })
    await writer.write(pattern(600))
    await expect(writer.close()).rejects.toThrow('Failed to find an additional datanode')
  })

  test('fails when no node is left', async () => {
    await start(3)
    datanodes.onPacket = () => ({ kind: 'close' })
    const writer = await create()
    await writer.write(pattern(600))
    await expect(writer.close()).rejects.toThrow(
      /All datanodes \[127\.0\.0\.1:\d+\] are bad. Aborting/,
    )
    expect(leases.clientName).toBe('c1')
  })

  test('gives up after five recoveries without progress', async () => {
    await start(9)
    datanodes.onPacket = () => ({ kind: 'ack-error', index: 0 })
    const writer = await create({ replacement: 'always' })
    await writer.write(pattern(600))
    await expect(writer.close()).rejects.toThrow('Tried pipeline recovery 5 times without success')
  })

  test('survives a failure in the set-up of the recovery', async () => {
    await start(3)
    let setups = 0
    datanodes.onSetup = () => {
      setups += 1
      return setups === 2 ? { firstBad: 1 } : undefined
    }
    datanodes.onPacket = ({ stage }) => (stage === 6 ? { kind: 'close' } : undefined)
    const writer = await create()
    await writer.write(pattern(600))
    await writer.close()
    expectStored(pattern(600))
    expect(namenode.blocks[0]?.nodes).toEqual([datanodes.infos[1]])
  })
})

test('loses nothing whatever fails wherever, as long as a node is left', async () => {
  const kinds = fc.constantFrom<WriteFault['kind']>(
    'ack-error',
    'downstream-error',
    'close',
    'store-and-close',
    'wrong-seqno',
  )
  const plan = fc.array(fc.record({ after: fc.nat(25), kind: kinds, index: fc.nat(2) }), {
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(plan, fc.array(fc.nat(3000), { maxLength: 15 }), async (failures, pieces) => {
      await start(5, { blockSizeBytes: 7000 })
      let packets = 0
      const pending = failures.map((failure) => ({ ...failure }))
      datanodes.onPacket = () => {
        packets += 1
        const [next] = pending
        if (next === undefined || packets <= next.after) return undefined
        pending.shift()
        packets = 0
        return next.kind === 'ack-error' ? { kind: next.kind, index: 0 } : { kind: next.kind }
      }
      const writer = await create({ packetDataBytes: 1024 })
      let position = 0
      for (const [index, lengthBytes] of pieces.entries()) {
        await writer.write(pattern(lengthBytes, position))
        position += lengthBytes
        if (index % 4 === 3) await writer.hflush()
      }
      await writer.close()
      expectStored(pattern(position))
      await datanodes.close()
    }),
    { numRuns: 30 },
  )
})
