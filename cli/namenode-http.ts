/** Asks the cluster of a command over HTTP: for what Hadoop's protocol has no call for. */
import { askNamenode as ask, lostAnswer, namenodeUrl } from '../shared/client/namenode-web.js'
import { DfsError } from '../shared/errors.js'
import type { CommandContext } from './command.js'

/** The option of every command that asks over HTTP. */
export const HTTP_OPTION = [
  '--http <url>',
  'the namenode over HTTP (default: DFS_HTTP, or port 9870 of its host)',
] as const

export interface NamenodeQuestion {
  /** Absolute path of the resource. */
  readonly path: string
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Beside the user, whom every question names. */
  readonly parameters?: Readonly<Record<string, string>>
  /** What the user is called there. Default: `user.name`. */
  readonly userParameter?: string
  /** Sent as JSON. */
  readonly body?: object
  /** What `--http` said. */
  readonly http?: string | undefined
  /** Of another cluster than the default one. */
  readonly fs?: string | undefined
  /** How long an answer may take: as calls over Hadoop's protocol. */
  readonly timeLimitMs?: number
}

const TIME_LIMIT_MS = 60_000

/** What `--http` said, or for the default cluster the environment. */
export function httpBase(
  context: CommandContext,
  option: string | undefined,
  fs = context.defaultFs(),
): string | undefined {
  if (option !== undefined) return option
  const isDefault = withoutSlash(fs) === withoutSlash(context.defaultFs())
  return isDefault ? context.io.environment['DFS_HTTP'] || undefined : undefined
}

const withoutSlash = (fs: string): string => fs.replace(/\/+$/, '')

/**
 * An answer whose body is still to be read, for which there is no time limit.
 * @throws DfsError USAGE for an address that is none, the server's own refusal, CONNECTION_REFUSED and the like, TIMEOUT
 */
export const askNamenode = (
  context: CommandContext,
  question: NamenodeQuestion,
): Promise<Response> => withinLimit(context, question, async (response) => response)

/** The JSON document that is the answer. @throws DfsError as `askNamenode`, and REMOTE for what is none */
export const askForDocument = <T>(
  context: CommandContext,
  question: NamenodeQuestion,
): Promise<T> =>
  withinLimit(context, question, async (response) => {
    try {
      return (await response.json()) as T
    } catch (error) {
      throw lostAnswer(response.url, error)
    }
  })

async function withinLimit<T>(
  context: CommandContext,
  question: NamenodeQuestion,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { method = 'GET', body, userParameter = 'user.name' } = question
  const { fs = context.defaultFs(), timeLimitMs = TIME_LIMIT_MS } = question
  const url = namenodeUrl(fs, httpBase(context, question.http, fs), question.path)
  const parameters = { [userParameter]: context.user, ...question.parameters }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  const content =
    body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const { io } = context
  const limit = new AbortController()
  const cancel = io.seams.clock.after(timeLimitMs, () => {
    const text = `no answer from ${url.origin} within ${Math.round(timeLimitMs / 1000)} s`
    limit.abort(new DfsError('TIMEOUT', text))
  })
  const signal = AbortSignal.any([io.signal, limit.signal])
  try {
    return await read(await ask(url, { method, signal, ...content }))
  } finally {
    cancel()
  }
}
