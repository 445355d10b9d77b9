/** Runs many tasks, only so many at a time. */

/**
 * Calls `task` for each item as it comes, at most `limit` at once, and takes the next item only when there is room. The
 * first failure stops the taking, waits for what is running and is thrown.
 */
export async function forEachBounded<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const start = (item: T) => {
    const ended = task(item)
      .catch((error: unknown) => {
        failures.push(error)
      })
      .finally(() => running.delete(ended))
    running.add(ended)
  }
  try {
    for await (const item of items) {
      if (failures.length > 0) break
      start(item)
      if (running.size >= limit) await Promise.race(running)
    }
  } finally {
    await Promise.all(running)
  }
  if (failures.length > 0) throw failures[0]
}
