/** A namenode's own REST interface, for what Hadoop's protocols have no call for: where it is, and how its refusals read. */
import { DfsError, ERROR_TABLE, type ErrorCode, toDfsError } from '../errors.js'
import { hostInUrl } from '../ip-address.js'
import { clusterAddress } from './remote-path.js'

const DEFAULT_HTTP_PORT = 9870
const MAX_REFUSAL_CHARACTERS = 300

/**
 * The address of a path of the REST interface.
 * @param fs `hdfs://host:port`: the same host, port 9870
 * @param base another address, as `http://host:port`
 * @throws DfsError USAGE when `fs` or `base` is no address
 */
export function namenodeUrl(fs: string, base: string | undefined, path: string): URL {
  if (base === undefined) {
    return new URL(path, `http://${hostInUrl(clusterAddress(fs).host)}:${DEFAULT_HTTP_PORT}`)
  }
  try {
    return new URL(path, base)
  } catch (error) {
    const text = `'${base}' is not an address such as http://host:${DEFAULT_HTTP_PORT}`
    throw new DfsError('USAGE', text, { cause: error })
  }
}

/**
 * As `fetch`, for an answer that is not a refusal. A namenode sends nobody elsewhere, so redirects are not followed: an
 * order, and who gives it, are for no other host (reliability D4).
 * @throws DfsError with the code of the namenode's problem document; REMOTE for other refusals; what connecting failed with
 */
export async function askNamenode(url: URL, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, { ...init, redirect: 'manual' })
  } catch (error) {
    if (init.signal?.aborted === true && init.signal.reason instanceof DfsError) {
      throw init.signal.reason
    }
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    const { code, message } = toDfsError(cause)
    const known = code === 'INTERNAL' ? 'CONNECTION_LOST' : code
    throw new DfsError(known, `cannot ask ${url.origin}: ${message}`, { cause: error })
  }
  if (response.ok) return response
  const elsewhere = response.headers.get('location')
  if (elsewhere !== null) {
    const text = `${url.origin} sends its callers elsewhere, to ${elsewhere.slice(0, MAX_REFUSAL_CHARACTERS)}: not followed`
    throw new DfsError('REMOTE', text)
  }
  const { code, detail } = refusalOf(await response.text())
  if (code !== undefined) throw new DfsError(code, detail)
  throw new DfsError('REMOTE', `${url.origin} answered ${response.status}: ${detail}`)
}

/** What reading the rest of an answer failed with: an interruption as it is, else REMOTE or CONNECTION_LOST. */
export function lostAnswer(url: string, error: unknown): DfsError {
  if (error instanceof DfsError) return error
  const { origin } = new URL(url)
  if (error instanceof SyntaxError) {
    return new DfsError('REMOTE', `${origin} is not a namenode of dfs`, { cause: error })
  }
  const { code, message } = toDfsError(error)
  const known = code === 'INTERNAL' ? 'CONNECTION_LOST' : code
  return new DfsError(known, `${origin} has gone: ${message}`, { cause: error })
}

/** The code and the particulars of a problem document, or the first line of any other text. */
function refusalOf(body: string): {
  readonly code: ErrorCode | undefined
  readonly detail: string
} {
  const field = (name: string) => {
    const value = new RegExp(`"${name}"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*")`).exec(body)?.[1]
    return value === undefined ? undefined : String(JSON.parse(value))
  }
  const code = field('code')
  const detail = field('detail') ?? body.split('\n', 1)[0] ?? ''
  const isKnown = code !== undefined && Object.hasOwn(ERROR_TABLE, code)
  return {
    code: isKnown ? (code as ErrorCode) : undefined,
    detail: detail.slice(0, MAX_REFUSAL_CHARACTERS),
  }
}
