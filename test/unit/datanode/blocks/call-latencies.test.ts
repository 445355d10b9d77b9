import { expect, it } from 'vitest'
import { CallLatencies } from '../../../../datanode/blocks/call-latencies.js'

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
