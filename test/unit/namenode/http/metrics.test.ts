import { afterEach, expect, it } from 'vitest'
import { NamenodeMetrics } from '../../../../namenode/http/metrics.js'
import { RollingCounts } from '../../../../namenode/policy/rolling-counts.js'

const metrics = new NamenodeMetrics()
afterEach(() => metrics.close())

it('the busiest users of the last minute are shown, and forgotten again', async () => {
  const counts = new RollingCounts()
  let nowMs = 1_000_000
  metrics.watchOperations({ audit: { counts }, clock: { monotonicMs: () => nowMs } })
  for (let user = 0; user < 12; user += 1) {
    for (let time = 0; time <= user; time += 1) counts.add(nowMs, `u${user}`, 'open')
  }
  const shown = async () =>
    (await metrics.text()).split('\n').filter((it) => it.startsWith('dfs_operations_last_minute{'))
  const busiest = await shown()
  expect(busiest).toHaveLength(20)
  expect(busiest).toContain('dfs_operations_last_minute{command="*",user="u11"} 12')
  expect(busiest).toContain('dfs_operations_last_minute{command="open",user="u2"} 3')
  nowMs += 120_000
  expect(await shown()).toEqual([])
})
