/** A short soak; `npm run soak -- --minutes 60` is the long one. */
import { expect, it } from 'vitest'
import { soak } from '../soak/soak.js'

it('mixed clients lose nothing to faults, and nothing is left behind', async () => {
  const lines: string[] = []
  const say = (line: string) => void lines.push(line)
  const report = await soak({
    ...{ seconds: 20, seed: 5, faultEverySeconds: 3, clientsOfEachKind: 3, say },
  })
  expect(report.complaints, lines.join('\n')).toEqual([])
  expect(report.faults).toBeGreaterThan(1)
}, 300_000)
