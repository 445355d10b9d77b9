/** Readers who leave. */
import type { FastifyReply } from 'fastify'

/** Runs `action` once nobody reads the answer any more: when it has been sent, or its reader left, maybe long ago. */
export function onceGone({ raw }: Pick<FastifyReply, 'raw'>, action: () => void): void {
  if (raw.destroyed) action()
  else raw.once('close', action)
}

/** Aborts at that moment. */
export function signalOfGone(reply: Pick<FastifyReply, 'raw'>): AbortSignal {
  const gone = new AbortController()
  onceGone(reply, () => gone.abort())
  return gone.signal
}
