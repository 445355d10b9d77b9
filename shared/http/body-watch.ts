/**
 * Bounds what a request body may cost: one that trickles is cut off, and so is one that goes on after its answer. Node's
 * own limit is on the whole request, and an upload may rightly take hours.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../clock.js'
import { DfsError } from '../errors.js'

/** What a living sender manages in each window. */
const MIN_BODY_BYTES = 1024
/** How long the rest of a body is read and thrown away: cutting at once could destroy the answer on its way. */
const REST_AFTER_ANSWER_MS = 2_000

export interface WatchedExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * Watches until the body has arrived in full or the connection is gone.
 * @param windowMs how long a sender may send next to nothing
 */
export function watchBody(
  { request, response }: WatchedExchange,
  clock: Clock,
  windowMs: number,
): void {
  if (!announcesBody(request)) return
  const { socket } = request
  let seenBytes = socket.bytesRead
  let cancel = clock.after(windowMs, check)
  function check(): void {
    if (socket.destroyed) return
    if (isSenderSlow(request, seenBytes)) {
      request.destroy(tooSlow(windowMs))
      return
    }
    seenBytes = socket.bytesRead
    cancel = clock.after(windowMs, check)
  }
  const stop = () => cancel()
  request.once('end', stop)
  request.once('close', stop)
  response.once('finish', () => {
    if (request.complete || socket.destroyed) return
    cancel()
    cancel = clock.after(REST_AFTER_ANSWER_MS, () => {
      if (!request.complete) socket.destroy()
    })
    socket.once('close', () => cancel())
  })
}

/**
 * Whether next to nothing came since the socket had brought `seenBytes`, and that for want of a sender: what waits in our
 * own buffer is not its fault. (`isPaused` says nothing: it is always true of a stream that is iterated over.)
 */
export function isSenderSlow(request: IncomingMessage, seenBytes: number): boolean {
  const isWaiting = !request.complete && request.readableLength === 0
  return isWaiting && request.socket.bytesRead - seenBytes < MIN_BODY_BYTES
}

/** What the reader of a body in our own code is told whose sender did not keep up. */
export function tooSlow(windowMs: number): DfsError {
  return new DfsError('TIMEOUT', `fewer than ${MIN_BODY_BYTES} bytes came in ${windowMs / 1000} s`)
}

function announcesBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length']
  return (length !== undefined && length !== '0') || headers['transfer-encoding'] !== undefined
}
