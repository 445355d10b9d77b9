/** Asks each volume for its room now and then, and takes out one that does not answer any more (reliability B6). */
import { BackgroundLoop } from '../../shared/background-loop.js'
import type { Seams } from '../../shared/seams.js'
import type { Volume } from '../blocks/volume.js'

const CHECK_INTERVAL_MS = 5_000

/**
 * @param hungAfterMs slow disks answer within seconds, also under load; one that takes longer holds up writers and threads
 *   for nothing
 */
export function watchVolumes(
  volumes: readonly Volume[],
  hungAfterMs: number,
  seams: Seams,
): BackgroundLoop {
  const { clock, log } = seams
  const asking = new Set<Volume>()
  return new BackgroundLoop({
    name: 'volume-watch',
    clock,
    retryAfterMs: CHECK_INTERVAL_MS,
    onError: (error, context) => log.warn({ err: error, ...context }, 'volume watch failed'),
    tick: () => {
      for (const volume of volumes) {
        if (volume.hasFailed) continue
        if (volume.disk.oldestCallMs() > hungAfterMs) {
          volume.disk.fail(new Error(`no answer of the disk for ${hungAfterMs} ms`))
        } else if (!asking.has(volume)) {
          asking.add(volume)
          // Not awaited: a hung disk must not hold up the watch over the others.
          const done = () => asking.delete(volume)
          volume.refreshUsage().then(done, (error: unknown) => {
            done()
            log.warn({ err: error, folder: volume.folder }, 'volume does not tell its room')
          })
        }
      }
      return { kind: 'idle', forMs: Math.min(CHECK_INTERVAL_MS, hungAfterMs / 4) }
    },
  })
}
