/** How often the file system was asked through the thread pool: each time costs a wake-up and a turn of the event loop. */
import { AsyncLocalStorage, createHook } from 'node:async_hooks'

const TRIPS: ReadonlySet<string> = new Set(['FSREQCALLBACK', 'FSREQPROMISE'])

/** Counts what `run` does, and nobody else in this process. */
export async function poolTripsOf(run: () => Promise<unknown>): Promise<number> {
  const counters = new AsyncLocalStorage<{ trips: number }>()
  const hook = createHook({
    init: (_, type) => {
      const counter = counters.getStore()
      if (counter !== undefined && TRIPS.has(type)) counter.trips += 1
    },
  })
  const counter = { trips: 0 }
  hook.enable()
  try {
    await counters.run(counter, run)
  } finally {
    hook.disable()
  }
  return counter.trips
}
