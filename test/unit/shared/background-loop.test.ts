import { expect, it } from 'vitest'
import { BackgroundLoop, failingLoops } from '../../../shared/background-loop.js'
import { FakeClock } from '../../support/fake-clock.js'

it('a tick that throws is told of and tried again, with longer pauses, and the loop goes on (fault 48)', async () => {
  const clock = new FakeClock()
  const failures: number[] = []
  const ticksAtMs: number[] = []
  let isBroken = true
  const loop = new BackgroundLoop({
    name: 'fragile',
    clock,
    retryAfterMs: 100,
    onError: (_error, context) => failures.push(context.failures),
    tick: () => {
      ticksAtMs.push(clock.monotonicMs())
      if (isBroken) throw new Error('of a test')
      return { kind: 'idle', forMs: 1_000 }
    },
  }).start()
  await clock.advance(300)
  expect(failures).toEqual([1, 2, 3])
  expect(failingLoops([loop])).toEqual(['fragile'])
  isBroken = false
  await clock.advance(400)
  expect(failingLoops([loop])).toEqual([])
  isBroken = true
  await clock.advance(1_000)
  // A tick that went well ends the row of failures.
  expect(failures).toEqual([1, 2, 3, 1])
  expect(failingLoops([loop])).toEqual([])
  const [first = 0] = ticksAtMs
  expect(ticksAtMs.map((it) => it - first)).toEqual([0, 100, 300, 700, 1_700])
  await loop.stop()
})
