/** How often the file system was asked through the thread pool: each time costs a wake-up and a turn of the event loop. */
import { createHook } from 'node:async_hooks'

const TRIPS: ReadonlySet<string> = new Set(['FSREQCALLBACK', 'FSREQPROMISE'])

export async function poolTripsOf(run: () => Promise<unknown>): Promise<number> {
  let trips = 0
  const hook = createHook({
    init: (_, type) => {
      if (TRIPS.has(type)) trips += 1
    },
  })
  hook.enable()
  try {
    await run()
  } finally {
    hook.disable()
  }
  return trips
}
