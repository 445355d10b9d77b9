import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import {
  decodeRecord,
  HEADER_BYTES,
  isHeaderWhole,
  recordOffset,
} from '../../../../datanode/blocks/meta-format.js'
import { ReplicaFile, type ReplicaPaths } from '../../../../datanode/blocks/replica-file.js'
import { EMPTY_SYNC_POINT } from '../../../../datanode/blocks/replica-repair.js'
import { ReplicaWriter } from '../../../../datanode/blocks/replica-writer.js'
import { VolumeDisk } from '../../../../datanode/blocks/volume-disk.js'
import { chunkChecksums } from '../../../../shared/checksum/crc32c.js'
import { systemClock } from '../../../../shared/clock.js'
import { content } from '../../../support/content.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const ID = 1073741825
const MIB = 1024 * 1024
const BYTES = content(7, 6 * MIB)

const started: ReplicaWriter[] = []

/** Their windows are shared with all files of this worker. */
afterEach(() => {
  for (const writer of started.splice(0)) writer.forget()
})

interface Written {
  readonly disk: FailingDisk
  readonly paths: Pick<ReplicaPaths, 'data' | 'meta'>
  readonly writer: ReplicaWriter
}

async function startWriter(
  pastCache: boolean,
  disks?: { readonly failing: FailingDisk; readonly volume: VolumeDisk },
): Promise<Written> {
  const folder = temporaryFolder()
  const disk = disks?.failing ?? new FailingDisk()
  const paths = { data: join(folder, 'data'), meta: join(folder, 'meta') }
  const file = await ReplicaFile.open(disks?.volume ?? disk, ID, paths, 'create-new')
  const writer = new ReplicaWriter({
    ...{ file, pastCache, syncPoint: EMPTY_SYNC_POINT, tail: Buffer.alloc(0), lengthBytes: 0 },
    ...{ syncInBackground: true, syncNames: async () => {} },
  })
  started.push(writer)
  return { disk, paths, writer }
}

async function append(writer: ReplicaWriter, lengthBytes: number): Promise<void> {
  const from = writer.lengthBytes
  while (!writer.reserve(lengthBytes)) await writer.flushSome()
  writer.append(BYTES.subarray(from, from + lengthBytes), undefined)
}

/** The files hold what was appended so far, and records that vouch for it. */
function expectOnDisk({ paths, writer }: Written): void {
  const data = readFileSync(paths.data)
  expect(data.equals(BYTES.subarray(0, writer.lengthBytes))).toBe(true)
  const meta = readFileSync(paths.meta)
  for (let index = 0; index * 65_536 < data.length; index += 1) {
    const record = decodeRecord(meta.subarray(recordOffset(index)), 0, ID, index)
    const covered = data.subarray(index * 65_536, (index + 1) * 65_536)
    expect(record?.coveredBytes).toBe(covered.length)
    expect(record?.sums.equals(chunkChecksums(covered))).toBe(true)
  }
  if (data.length > 0) expect(meta.length).toBe(recordOffset(Math.ceil(data.length / 65_536)))
}

it('where no copy is wanted in the cache a fast writer goes past it, a slow one does not', async () => {
  const fast = await startWriter(true)
  for (let packet = 0; packet < 64; packet += 1) await append(fast.writer, 64_512)
  await fast.writer.sync()
  expect(fast.disk.bytesPastCache).toBeGreaterThan(2 * MIB)
  expectOnDisk(fast)
  await fast.writer.close()

  const slow = await startWriter(true)
  for (let packet = 0; packet < 64; packet += 1) {
    await append(slow.writer, 10_000)
    await slow.writer.flush()
  }
  expect(slow.disk.bytesPastCache).toBe(0)
  expectOnDisk(slow)
  await slow.writer.close()
})

it('otherwise all goes through the cache', async () => {
  const written = await startWriter(false)
  for (let packet = 0; packet < 64; packet += 1) await append(written.writer, 64_512)
  await written.writer.sync()
  expect(written.disk.bytesPastCache).toBe(0)
  await written.writer.close()
})

it('whatever is appended, flushed and synced in whatever order is on the disk', async () => {
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('append'),
        bytes: fc.integer({ min: 1, max: 300_000 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('flush', 'flush-some', 'sync', 'tail') }),
    },
  )
  let bytesPastCache = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const written = await startWriter(true)
      const { writer, disk } = written
      for (const it of steps) {
        if ('bytes' in it) {
          if (writer.lengthBytes + it.bytes <= BYTES.length) await append(writer, it.bytes)
        } else if (it.do === 'flush') {
          await writer.flush()
          expectOnDisk(written)
        } else if (it.do === 'sync') await writer.sync()
        else if (it.do === 'flush-some') void writer.flushSome()
        else if (it.do === 'tail') {
          const tail = writer.copyTail(writer.flushedBytes)
          const expected = BYTES.subarray(tail?.start, writer.flushedBytes)
          if (tail !== undefined) expect(tail.data.equals(expected)).toBe(true)
        }
      }
      await writer.sync()
      expectOnDisk(written)
      expect(writer.syncedBytes).toBe(writer.lengthBytes)
      await writer.close()
      bytesPastCache += disk.bytesPastCache
    }),
    { numRuns: 60 },
  )
  expect(bytesPastCache).toBeGreaterThan(10 * MIB)
})

it('memory from which a slow disk still writes goes to no other writer', async () => {
  const written = await Promise.all([1, 2, 3].map(() => startWriter(true)))
  for (const { disk } of written) disk.writeDelayMs = 3
  for (let packet = 0; packet < 90; packet += 1) {
    // Out of step: the same place of the window holds other bytes in each.
    for (const [index, { writer }] of written.entries()) {
      await append(writer, 60_000 + index * 1000)
    }
  }
  for (const it of written) {
    await it.writer.sync()
    expectOnDisk(it)
    await it.writer.close()
  }
})

it('a bit that has turned behind a sync point is turned back by the next one in its place', async () => {
  const { paths, writer } = await startWriter(false)
  for (const turnedAt of [100, 600]) {
    await append(writer, 1000)
    await writer.sync()
    const meta = readFileSync(paths.meta)
    meta[turnedAt] = 1
    writeFileSync(paths.meta, meta)
  }
  for (let sync = 0; sync < 2; sync += 1) {
    await append(writer, 1000)
    await writer.sync()
  }
  expect(isHeaderWhole(readFileSync(paths.meta).subarray(0, HEADER_BYTES), ID)).toBe(true)
  await writer.close()
})

it('memory that a disk which was given up may still write from goes to no other writer', async () => {
  const failing = new FailingDisk()
  const onFailed = () => {}
  const volume = new VolumeDisk({ disk: failing, clock: systemClock, onFailed })
  const given = await startWriter(false, { failing, volume })
  // Large windows come after the first small ones.
  for (let packet = 0; packet < 6; packet += 1) await append(given.writer, 64_512)
  await given.writer.flush()
  let release = () => {}
  failing.writesWaitFor = new Promise((resolve) => {
    release = resolve
  })
  failing.faults.push({ call: 'sync', pathPart: 'data', effect: 'EIO' })
  // A sync that fails takes the volume out, and so has the write given up that is under way.
  const syncing = given.writer.sync()
  await append(given.writer, 64_512)
  await Promise.allSettled([syncing, given.writer.flush()])
  const expected = BYTES.subarray(given.writer.lengthBytes - 64_512, given.writer.lengthBytes)
  await given.writer.close()

  const other = await startWriter(false)
  const zeros = Buffer.alloc(60_000)
  for (let packet = 0; packet < 40; packet += 1) {
    while (!other.writer.reserve(zeros.length)) await other.writer.flushSome()
    other.writer.append(zeros, undefined)
  }
  release()
  await volume.idle()
  expect(failing.lateBytes.some((it) => it.equals(expected))).toBe(true)
  await other.writer.close()
})

it('a full disk is told as such, on either route', async () => {
  for (const pastCache of [true, false]) {
    const { disk, writer } = await startWriter(pastCache)
    disk.faults.push({ call: 'write', pathPart: 'data', effect: 'ENOSPC', after: 2 })
    const writing = async () => {
      for (let packet = 0; packet < 64; packet += 1) await append(writer, 64_512)
      await writer.flush()
    }
    await expect(writing()).rejects.toMatchObject({ code: 'DISK_FULL' })
    await writer.close()
  }
})

it('a closed writer keeps its memory from others until its replica has let go of it', async () => {
  const first = await startWriter(false)
  await append(first.writer, 1000)
  await first.writer.flush()
  await first.writer.close()
  const tail = () => first.writer.copyTail(1000)?.data.equals(BYTES.subarray(0, 1000))
  const others = await Promise.all(Array.from({ length: 3 }, () => startWriter(false)))
  const overwrite = ({ writer }: Written) => writer.append(Buffer.alloc(60_000, 0xee), undefined)
  for (const other of others) {
    other.writer.reserve(60_000)
    overwrite(other)
  }
  expect(tail()).toBe(true)
  // Told before and after it has closed, in whatever order: the next one takes it, and nobody else.
  first.writer.forget()
  first.writer.forget()
  const next = [await startWriter(false), await startWriter(false)]
  overwrite(next[0]!)
  expect(tail()).toBe(false)
  await append(next[1]!.writer, 1000)
  expect(next[1]!.writer.lengthBytes).toBe(1000)
  await next[0]!.writer.flush()
  expect(readFileSync(next[0]!.paths.data).equals(Buffer.alloc(60_000, 0xee))).toBe(true)
  for (const { writer } of [...others, ...next]) await writer.close()
})

it('makes no sync point behind what has been verified, and goes on with one when somebody vouches for the rest', async () => {
  const { paths, writer, disk } = await startWriter(false)
  await append(writer, 100_000)
  writer.reserve(100_000)
  writer.append(BYTES.subarray(100_000, 200_000), undefined, false)
  await append(writer, 100_000)
  expect(writer).toMatchObject({ isVerified: false, verifiedBytes: 100_000 })
  const syncedBytes = async () => {
    await writer.sync()
    const file = await ReplicaFile.open(disk, ID, paths, 'read')
    const point = await file.readSyncPoint()
    await file.close()
    return point.lengthBytes
  }
  expect(await syncedBytes()).toBe(65_536)
  writer.vouchFor(200_000)
  expect(await syncedBytes()).toBe(196_608)
  writer.vouchFor(300_000)
  expect(await syncedBytes()).toBe(300_000)
  expect(() => writer.vouchFor(300_001)).toThrow('nobody has verified more than there is')
})
