/** Follows the events of a namespace over HTTP, through lost connections and restarts of the namenode. */
import type { Clock } from '../clock.js'
import { DfsError } from '../errors.js'
import { EVENTS_URL, type PublishedEvent } from '../events.js'
import { askNamenode, namenodeUrl } from './namenode-web.js'

export interface WatchOptions {
  /** Begins behind this transaction; without it with what happens from now on. */
  readonly from?: number | undefined
  /** The namenode over HTTP, as `http://host:9870`; without it port 9870 of its host. */
  readonly http?: string | undefined
  /** Ends the watch with its reason. */
  readonly signal?: AbortSignal | undefined
}

interface WatchedCluster extends WatchOptions {
  readonly fs: string
  readonly user: string
  readonly path: string
  readonly clock: Clock
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 10_000
/** Twice the namenode's sign of life and some: a connection that is silent for longer is dead. */
const SILENCE_MS = 45_000
/** One event is a few hundred bytes; the longest carries an attribute of 64 KiB. */
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024

/**
 * Yields events as they become durable, each at least once: after a lost connection a transaction that made several may
 * come again. Ends only with an error.
 * @throws DfsError EVENTS_MISSING when the log no longer has what followed `from`, and what the first connection failed with
 */
export async function* watchEvents(options: WatchedCluster): AsyncGenerator<PublishedEvent> {
  let from = options.from
  let waitMs = FIRST_WAIT_MS
  let hasConnected = false
  for (;;) {
    try {
      for await (const { id, data } of connect(options, from)) {
        hasConnected = true
        waitMs = FIRST_WAIT_MS
        if (data !== undefined) yield data
        from = id ?? from
      }
    } catch (error) {
      options.signal?.throwIfAborted()
      const isLost = error instanceof DfsError && isTemporary(error)
      if (!hasConnected || !isLost) throw error
    }
    options.signal?.throwIfAborted()
    await options.clock.sleep(waitMs, options.signal)
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)
  }
}

const isTemporary = ({ code, row }: DfsError): boolean =>
  row.retry !== 'never' || code === 'REMOTE' || code === 'IO'

interface Received {
  readonly id: number | undefined
  readonly data: PublishedEvent | undefined
}

async function* connect(options: WatchedCluster, from?: number): AsyncGenerator<Received> {
  const { fs, http, path, user, clock } = options
  const url = namenodeUrl(fs, http, EVENTS_URL)
  url.searchParams.set('path', path)
  url.searchParams.set('user.name', user)
  if (from !== undefined) url.searchParams.set('from', String(from))
  const silent = new AbortController()
  const lost = () =>
    silent.abort(new DfsError('CONNECTION_LOST', `nothing came from ${url.origin} any more`))
  let cancel = clock.after(SILENCE_MS, lost)
  const signals = options.signal === undefined ? [] : [options.signal]
  const signal = AbortSignal.any([...signals, silent.signal])
  try {
    const { body } = await askNamenode(url, { signal, headers: { accept: 'text/event-stream' } })
    if (body === null) throw new DfsError('REMOTE', `${url.origin} answered nothing`)
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of body) {
      cancel()
      cancel = clock.after(SILENCE_MS, lost)
      text += decoder.decode(chunk, { stream: true })
      const end = text.lastIndexOf('\n\n')
      if (end < 0 && text.length > MAX_EVENT_CHARACTERS) {
        throw new DfsError('TOO_LARGE', 'an event has no end')
      }
      const complete = text.slice(0, Math.max(0, end))
      text = text.slice(end < 0 ? 0 : end + 2)
      if (end >= 0) yield* complete.split('\n\n').map(parseEvent)
    }
  } catch (error) {
    if (error instanceof DfsError) throw error
    signal.throwIfAborted()
    throw new DfsError('CONNECTION_LOST', `${url.origin} has gone`, { cause: error })
  } finally {
    cancel()
  }
}

/** @throws DfsError that the namenode sent in the stream, MALFORMED_MESSAGE */
function parseEvent(text: string): Received {
  const fields = new Map(
    text.split('\n').map((line) => {
      const [, name = '', value = ''] = /^([^:]*): ?(.*)$/s.exec(line) ?? []
      return [name, value]
    }),
  )
  const id = fields.get('id')
  const data = fields.get('data')
  if (data !== undefined && fields.get('event') === 'error') {
    const { detail } = parseJson(data) as { readonly detail: string }
    throw new DfsError('EVENTS_MISSING', detail)
  }
  return {
    id: id === undefined ? undefined : Number(id),
    data: data === undefined ? undefined : (parseJson(data) as PublishedEvent),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new DfsError('MALFORMED_MESSAGE', `what came is no event: ${text.slice(0, 100)}`, {
      cause: error,
    })
  }
}
