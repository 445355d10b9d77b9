/** A slow disk is one that is slower than the others; where all are slow, none is. */
import { describe, expect, it } from 'vitest'
import { type MeasuredStorage, slowStorages } from '../../../../namenode/policy/slow-storages.js'

const storage = (
  name: string,
  syncMs: number,
  more: Partial<MeasuredStorage> = {},
): MeasuredStorage => ({
  datanodeUuid: `node of ${name}`,
  storageId: name,
  type: 'DISK',
  latencies: { sync: { calls: 50, meanMs: syncMs } },
  ...more,
})
const named = (...storages: MeasuredStorage[]) => slowStorages(storages).map((it) => it.storageId)

describe('slow storages', () => {
  it('are those that stand out, with what is usual', () => {
    const all = [storage('a', 2), storage('b', 300), storage('c', 3), storage('d', 4)]
    expect(slowStorages(all)).toEqual([
      {
        datanodeUuid: 'node of b',
        storageId: 'b',
        type: 'DISK',
        call: 'sync',
        meanMs: 300,
        usualMs: 3.5,
      },
    ])
  })

  it('are none where all are slow, as on a busy machine', () => {
    expect(
      named(storage('a', 250), storage('b', 300), storage('c', 280), storage('d', 310)),
    ).toEqual([])
  })

  it('are none where some are slow and some are not, and nobody knows what is usual', () => {
    expect(named(storage('a', 10), storage('b', 40), storage('c', 70), storage('d', 100))).toEqual(
      [],
    )
  })

  it('are none that are a little slower than others that are all alike', () => {
    const alike = [storage('a', 100), storage('b', 101), storage('c', 102)]
    expect(named(...alike, storage('d', 300))).toEqual([])
    expect(named(...alike, storage('d', 310))).toEqual(['d'])
  })

  it('are none that are many times slower than the middle, where times are all over the place', () => {
    const scattered = [storage('a', 1), storage('b', 1), storage('c', 30), storage('d', 60)]
    expect(named(...scattered, storage('e', 158))).toEqual([])
    expect(named(...scattered, storage('e', 160))).toEqual(['e'])
  })

  it('are none among those that are fast, however different', () => {
    expect(named(storage('a', 0.1), storage('b', 0.1), storage('c', 19))).toEqual([])
    expect(named(storage('a', 0.1), storage('b', 0.1), storage('c', 21))).toEqual(['c'])
  })

  it('are told from three on, by enough calls, among their type', () => {
    expect(named(storage('a', 2), storage('b', 300))).toEqual([])
    const few = { latencies: { sync: { calls: 9, meanMs: 300 } } }
    expect(named(storage('a', 2), storage('b', 2), storage('c', 2), storage('d', 0, few))).toEqual(
      [],
    )
    const archive = { type: 'ARCHIVE' } as const
    expect(
      named(storage('a', 2), storage('b', 2), storage('c', 2), storage('d', 300, archive)),
    ).toEqual([])
  })

  it('are each named once, by the kind of call that is worst, the slowest first', () => {
    const usual = { calls: 50, meanMs: 1 }
    const good = ['a', 'b', 'c', 'd'].map((it) =>
      storage(it, 0, { latencies: { read: usual, write: usual, sync: usual } }),
    )
    const bad = storage('e', 0, {
      latencies: { read: { calls: 50, meanMs: 90 }, write: usual, sync: { calls: 50, meanMs: 30 } },
    })
    const worse = storage('f', 0, { latencies: { write: { calls: 50, meanMs: 100 } } })
    expect(slowStorages([...good, bad, worse])).toMatchObject([
      { storageId: 'f', call: 'write' },
      { storageId: 'e', call: 'read', usualMs: 1 },
    ])
  })
})
