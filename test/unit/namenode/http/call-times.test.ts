import { Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { CallTimes } from '../../../../namenode/http/call-times.js'

const call = (
  method: string,
  durationMs: number,
  outcome: 'success' | 'NOT_FOUND' = 'success',
) => ({
  protocol: 'ClientProtocol',
  method,
  durationMs,
  outcome,
})

it('calls are counted by method and outcome', () => {
  const times = new CallTimes()
  times.note(call('mkdirs', 1))
  times.note(call('mkdirs', 1))
  times.note(call('mkdirs', 1, 'NOT_FOUND'))
  times.note(call('getFileInfo', 1))
  const lines = times.text().split('\n')
  expect(lines).toContain('# TYPE dfs_rpc_calls_total counter')
  expect(lines).toContain('dfs_rpc_calls_total{method="mkdirs",outcome="success"} 2')
  expect(lines).toContain('dfs_rpc_calls_total{method="mkdirs",outcome="NOT_FOUND"} 1')
  expect(lines).toContain('dfs_rpc_calls_total{method="getFileInfo",outcome="success"} 1')
})

it('durations are the histogram that the library would have written', async () => {
  const times = new CallTimes()
  const library = new Registry()
  const histogram = new Histogram({
    name: 'dfs_rpc_duration_seconds',
    help: 'Time from the receipt of an RPC call to its reply.',
    labelNames: ['method'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
    registers: [library],
  })
  // Bounds themselves, what is between them, below the first and above the last.
  for (const durationMs of [0, 0.5, 0.6, 1, 3, 5, 24, 50, 100, 101, 999, 5000, 5001, 60_000]) {
    for (const method of ['mkdirs', 'rename']) {
      times.note(call(method, durationMs))
      histogram.observe({ method }, durationMs / 1000)
    }
  }
  expect(`${times.text().split('\n\n')[1]}`).toBe(await library.metrics())
})
