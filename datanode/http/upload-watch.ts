/** Ends an upload whose sender went silent: otherwise it would hold its pipeline for ever. */
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../shared/clock.js'
import { isSenderSlow, tooSlow } from '../../shared/http/body-watch.js'

/** A window in which a living sender manages a little, unless the caller knows better. */
const WINDOW_MS = 30_000

export interface UploadWatch {
  readonly signal: AbortSignal
  stop(): void
}

/**
 * Checks the socket's progress once in each window; too little of it aborts the signal and destroys the request, so that
 * whoever reads it stops waiting.
 * @param windowMs how long a sender may be silent
 */
export function watchUpload(
  request: FastifyRequest,
  clock: Clock,
  windowMs = WINDOW_MS,
): UploadWatch {
  const controller = new AbortController()
  const { socket } = request.raw
  let seenBytes = socket.bytesRead
  let cancel = clock.after(windowMs, check)
  function check(): void {
    if (isSenderSlow(request.raw, seenBytes)) {
      const silence = tooSlow(windowMs)
      controller.abort(silence)
      request.raw.destroy(silence)
      return
    }
    seenBytes = socket.bytesRead
    cancel = clock.after(windowMs, check)
  }
  return { signal: controller.signal, stop: () => cancel() }
}
