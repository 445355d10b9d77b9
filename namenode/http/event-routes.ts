/**
 * Server-sent events of the namespace (docs/events.md). The id of an event is its transaction: a reader that comes back with
 * `Last-Event-ID` misses nothing. What is not read stays in the log: a connection holds one page, and one that does not
 * take it is cut.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../shared/clock.js'
import { DfsError } from '../../shared/errors.js'
import { EVENTS_URL, type PublishedEvent } from '../../shared/events.js'
import { singleParameters } from '../../shared/http/query.js'
import { guardWebAccess, type WebAccessRules } from '../../shared/http/web-access.js'
import { joinPath, splitPath } from '../policy/path-name.js'
import type { Audit } from '../service/access/audit.js'
import { auditedRead } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { EventLog } from '../service/events/event-log.js'
import type { EventVisibility } from '../service/events/event-visibility.js'
import { onceGone, signalOfGone } from './gone.js'

export interface EventRoutesOptions {
  readonly audit: Pick<Audit, 'record'>
  readonly events: EventLog
  readonly clock: Clock
  readonly webAccess: WebAccessRules
  /** The circumstances of a request, made by its `user.name`. */
  readonly callOf: (request: FastifyRequest) => Call
}

interface EventsQuery {
  readonly path?: string
  readonly from?: string
}

const MAX_WATCHERS = 1000
const HEARTBEAT_MS = 15_000
/** A reader that takes nothing for so long is cut off; it comes back with what it saw last. */
const SLOW_READER_MS = 30_000
const BUFFER_BYTES = 64 * 1024
/** How long a browser waits before it comes back. */
const RETRY_MS = 1000

/** Adds the route to a scope of its own. */
export function registerEventRoutes(app: FastifyInstance, options: EventRoutesOptions): void {
  guardWebAccess(app, options.webAccess)
  let watchers = 0
  app.get(EVENTS_URL, (request, reply) => {
    const call = options.callOf(request)
    const query: EventsQuery = singleParameters(request.query)
    const about = { command: 'events', path: query.path ?? '/' }
    const { after, visibility } = auditedRead(options.audit, call, about, () => {
      const parsed = parse(request, query, call, options)
      // Read before the head is sent: what is missing is an answer of its own.
      options.events.readGaplessly(parsed.after)
      if (watchers >= MAX_WATCHERS) {
        throw new DfsError('OVERLOADED', `${MAX_WATCHERS} readers follow the events already`)
      }
      return parsed
    })
    watchers += 1
    const gone = signalOfGone(reply)
    onceGone(reply, () => {
      watchers -= 1
    })
    const pieces = stream(after, visibility, reply, gone, options)
    return reply
      .type('text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(pieces, { objectMode: false, highWaterMark: BUFFER_BYTES }))
  })
}

function parse(
  request: FastifyRequest,
  query: EventsQuery,
  call: Call,
  options: EventRoutesOptions,
) {
  const from = request.headers['last-event-id'] ?? query.from
  if (from !== undefined && !/^\d{1,15}$/.test(`${from}`)) {
    throw new DfsError('ILLEGAL_ARGUMENT', `from must be a transaction id, not ${from}`)
  }
  const components = splitPath(query.path ?? '/')
  if (components === undefined) {
    throw new DfsError('INVALID_PATH', `Invalid path name: ${query.path}`)
  }
  const visibility = options.events.visibleTo(call, joinPath(components))
  return { after: Number(from ?? options.events.lastTransactionId), visibility }
}

async function* stream(
  start: number,
  visibility: EventVisibility,
  reply: FastifyReply,
  signal: AbortSignal,
  { events, clock }: EventRoutesOptions,
): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\nid: ${start}\n\n`
  let after = start
  while (!signal.aborted) {
    const page = nextPage(events, after)
    if (page instanceof DfsError) {
      const { code, message } = page
      yield `event: error\ndata: ${JSON.stringify({ code, detail: message })}\n\n`
      return
    }
    after = page.lastTransactionId ?? after
    const text = eventTexts(visibility.select(page.batches))
    if (text !== '') {
      // Where the reader's buffers are full the generator is not asked for more.
      const cancel = clock.after(SLOW_READER_MS, () => reply.raw.destroy())
      try {
        yield text
      } finally {
        cancel()
      }
    }
    if (events.lastTransactionId > after) continue
    if (!(await changes(events, after, clock, signal))) yield `: heartbeat\nid: ${after}\n\n`
  }
}

/** The log may have been cut meanwhile behind a reader that is slower than the writers. */
function nextPage(events: EventLog, after: number) {
  try {
    return events.readGaplessly(after)
  } catch (error) {
    if (error instanceof DfsError && error.code === 'EVENTS_MISSING') return error
    throw error
  }
}

/** true when something has changed or the reader has gone, false when it is time for a sign of life. */
async function changes(
  events: EventLog,
  after: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  // Not AbortSignal.any: what it joins to a signal stays there for as long as that lives, here with each change.
  const enough = new AbortController()
  const end = () => enough.abort()
  signal.addEventListener('abort', end, { once: true })
  const cancel = clock.after(HEARTBEAT_MS, end)
  if (!signal.aborted) await events.changedSince(after, enough.signal)
  cancel()
  signal.removeEventListener('abort', end)
  return signal.aborted || events.lastTransactionId > after
}

/** The id stands with the last event of a transaction: whoever is cut off before it gets all of that transaction again. */
function eventTexts(events: readonly PublishedEvent[]): string {
  return events
    .map((event, index) => {
      const { transactionId } = event
      const isLast = events[index + 1]?.transactionId !== transactionId
      const id = isLast ? `id: ${transactionId}\n` : ''
      return `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
    })
    .join('')
}
