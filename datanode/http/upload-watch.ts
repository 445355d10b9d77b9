/** Ends an upload whose sender went silent: otherwise it would hold its pipeline for ever. */
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../shared/clock.js'
import { DfsError } from '../../shared/errors.js'

/** A window in which a living sender manages at least `MIN_BYTES`. */
const WINDOW_MS = 30_000
const MIN_BYTES = 1024

export interface UploadWatch {
  readonly signal: AbortSignal
  stop(): void
}

/**
 * Checks the socket's progress once in each window; too little of it aborts the signal and destroys the request, so that
 * whoever reads it stops waiting.
 */
export function watchUpload(request: FastifyRequest, clock: Clock): UploadWatch {
  const controller = new AbortController()
  const { socket } = request.raw
  let seenBytes = socket.bytesRead
  let cancel = clock.after(WINDOW_MS, check)
  function check(): void {
    if (
      socket.bytesRead - seenBytes < MIN_BYTES &&
      !request.raw.complete &&
      !request.raw.isPaused()
    ) {
      const silence = new DfsError(
        'TIMEOUT',
        `fewer than ${MIN_BYTES} bytes came in ${WINDOW_MS / 1000} s`,
      )
      controller.abort(silence)
      request.raw.destroy(silence)
      return
    }
    seenBytes = socket.bytesRead
    cancel = clock.after(WINDOW_MS, check)
  }
  return { signal: controller.signal, stop: () => cancel() }
}
