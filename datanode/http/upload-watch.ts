/** Ends an upload whose sender went silent: otherwise it would hold its pipeline for ever. */
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../shared/clock.js'
import { DfsError } from '../../shared/errors.js'

/** A window in which a living sender manages at least `MIN_BYTES`, unless the caller knows better. */
const WINDOW_MS = 30_000
const MIN_BYTES = 1024

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
    if (
      socket.bytesRead - seenBytes < MIN_BYTES &&
      !request.raw.complete &&
      !request.raw.isPaused()
    ) {
      const silence = new DfsError(
        'TIMEOUT',
        `fewer than ${MIN_BYTES} bytes came in ${windowMs / 1000} s`,
      )
      controller.abort(silence)
      request.raw.destroy(silence)
      return
    }
    seenBytes = socket.bytesRead
    cancel = clock.after(windowMs, check)
  }
  return { signal: controller.signal, stop: () => cancel() }
}
