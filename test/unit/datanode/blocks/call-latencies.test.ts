import { expect, it } from 'vitest'
import { CallLatencies } from '../../../../datanode/blocks/call-latencies.js'
import { VolumeDisk } from '../../../../datanode/blocks/volume-disk.js'
import type { Disk, DiskFile, WriteRoute } from '../../../../shared/disk.js'
import { DfsError } from '../../../../shared/errors.js'
import { FakeClock } from '../../../support/fake-clock.js'

it('latencies of calls are means of the last one to two minutes, by kind', () => {
  const latencies = new CallLatencies()
  expect(latencies.recent(0)).toEqual({})
  latencies.note('sync', 10, 1000)
  latencies.note('sync', 30, 2000)
  latencies.note('read', 1 / 3, 2000)
  expect(latencies.recent(3000)).toEqual({
    sync: { calls: 2, meanMs: 20 },
    read: { calls: 1, meanMs: 0.333 },
  })
  latencies.note('sync', 50, 70_000)
  expect(latencies.recent(80_000).sync).toEqual({ calls: 3, meanMs: 30 })
  expect(latencies.recent(140_000)).toEqual({ sync: { calls: 1, meanMs: 50 } })
  expect(latencies.recent(300_000)).toEqual({})
})

it('latencies of calls before a silence are forgotten, however it ends', () => {
  const latencies = new CallLatencies()
  latencies.note('sync', 10, 1000)
  latencies.note('sync', 20, 200_000)
  expect(latencies.recent(200_000)).toEqual({ sync: { calls: 1, meanMs: 20 } })
})

it('latencies of calls are not spoilt by a clock that has jumped', () => {
  const latencies = new CallLatencies()
  latencies.note('read', -5000, 1000)
  latencies.note('read', 1e12, 1000)
  expect(latencies.recent(1000)).toEqual({ read: { calls: 2, meanMs: 300_000 } })
})

it('latencies are those of reads, writes and syncs that succeed, without the wait for a turn', async () => {
  const clock = new FakeClock()
  const takes = async <T>(ms: number, value?: T) => {
    await clock.sleep(ms)
    return value as T
  }
  const file: DiskFile = {
    read: () => takes(3, 1),
    write: () => takes(5),
    truncate: () => takes(1000),
    sync: async () => {
      await clock.sleep(1000)
      throw new DfsError('IO', 'no', { cause: Object.assign(new Error('no'), { code: 'ENOENT' }) })
    },
    sizeBytes: () => takes(1000, 0),
    close: async () => {},
  }
  const inner = { open: () => takes(1000, file) } as Partial<Disk> as Disk
  const disk = new VolumeDisk({ disk: inner, clock, onFailed: () => {} })
  const opening = disk.open('/f', 'read-write')
  await clock.advance(1000)
  const opened = await opening
  const calls = [
    ...Array.from({ length: 6 }, () => opened.write(Buffer.alloc(1), 0, 1, 0, 'cached')),
    opened.read(Buffer.alloc(1), 0, 1, 0),
    opened.truncate(0),
    opened.sizeBytes(),
    opened.sync(),
  ]
  const settled = Promise.allSettled(calls)
  await clock.advance(5000)
  const outcomes = await settled
  expect(outcomes.filter((it) => it.status === 'rejected')).toHaveLength(1)
  expect(disk.recentLatencies()).toEqual({
    read: { calls: 1, meanMs: 3 },
    write: { calls: 6, meanMs: 5 },
  })
})

it('times that depend on the place of a node in pipelines are left out', async () => {
  const clock = new FakeClock()
  const takes = (ms: number) => clock.sleep(ms)
  const file = { write: () => takes(5), sync: () => takes(40) } as Partial<DiskFile> as DiskFile
  const inner = { open: async () => file } as Partial<Disk> as Disk
  const disk = new VolumeDisk({ disk: inner, clock, onFailed: () => {} })
  const opened = await disk.open('/f', 'read-write')
  const write = async (lengthBytes: number, route: WriteRoute) => {
    const writing = opened.write(Buffer.alloc(0), 0, lengthBytes, 0, route)
    await clock.advance(5)
    await writing
    const syncing = opened.sync()
    await clock.advance(40)
    await syncing
  }
  await write(1024 * 1024 + 1, 'past-cache')
  expect(disk.recentLatencies()).toEqual({})
  await write(1024 * 1024 + 1, 'cached')
  expect(disk.recentLatencies()).toEqual({ write: { calls: 1, meanMs: 5 } })
  await write(1024 * 1024, 'cached')
  expect(disk.recentLatencies()).toEqual({
    write: { calls: 2, meanMs: 5 },
    sync: { calls: 1, meanMs: 40 },
  })
})
