/** Readers who leave. */
import type { FastifyReply } from 'fastify'
import { DfsError } from '../../shared/errors.js'

/** Runs `action` once nobody reads the answer any more: when it has been sent, or its reader left, maybe long ago. */
export function onceGone({ raw }: Pick<FastifyReply, 'raw'>, action: () => void): void {
  if (raw.destroyed) action()
  else raw.once('close', action)
}

/** One for all requests, each of which ends so: an error for each would cost its stack. */
const GONE = new DfsError('CONNECTION_LOST', 'nobody reads the answer any more')

/** Aborts at that moment. */
export function signalOfGone(reply: Pick<FastifyReply, 'raw'>): AbortSignal {
  const gone = new AbortController()
  onceGone(reply, () => gone.abort(GONE))
  return gone.signal
}
