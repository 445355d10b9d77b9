import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { SqlQueries } from '../../../../namenode/service/sql/sql-queries.js'
import { systemClock } from '../../../../shared/clock.js'
import { refusal } from '../namespace/namespace-fixture.js'

it('a process runs into its limit while somebody waits for it, however long the audit log takes', async () => {
  let limits = 0
  let flushed = () => {}
  const queries = new SqlQueries({
    // Every limit is over at once.
    clock: {
      ...systemClock,
      after: (_ms, action) => {
        limits += 1
        action()
        return () => {}
      },
    },
    dataFolder: tmpdir(),
    blockManager: { datanodes: () => [] },
    audit: {
      flush: () =>
        new Promise((resolve) => {
          flushed = resolve
        }),
    },
  })
  const limit = { maxRows: 1, timeLimitMs: 1000 }
  const refused = refusal(queries.ask('SELECT 1', limit, new AbortController().signal))
  await Promise.resolve()
  expect(limits).toBe(0)
  flushed()
  expect(await refused).toContain('TIMEOUT')
  expect(limits).toBe(1)
  queries.close()
})
