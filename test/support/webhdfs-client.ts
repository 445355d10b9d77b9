/** A plain client of WebHDFS that follows redirects by hand, as curl does; tests see every step of it. */
import { type IncomingHttpHeaders, request } from 'node:http'
import { userInfo } from 'node:os'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export interface HttpReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export type WebhdfsMethod = 'GET' | 'PUT' | 'POST' | 'DELETE'

/** The URL of an operation on the namenode. */
export function webhdfsUrl(
  httpUrl: string,
  path: string,
  operation: string,
  query: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(`/webhdfs/v1${path.split('/').map(encodeURIComponent).join('/')}`, httpUrl)
  const parameters = { op: operation, 'user.name': userInfo().username, ...query }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url
}

/** One request and its whole reply. A body goes out in chunks, without a length. */
export async function exchange(
  method: WebhdfsMethod,
  url: URL | string,
  body?: Uint8Array | Readable,
): Promise<HttpReply> {
  return await new Promise<HttpReply>((resolve, reject) => {
    const outgoing = request(url, {
      method,
      headers: body === undefined ? { 'content-length': '0' } : { 'transfer-encoding': 'chunked' },
    })
    outgoing.once('error', reject)
    outgoing.once('response', (reply) => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.once('error', reject)
      reply.once('end', () => {
        const { statusCode: status = 0, headers } = reply
        resolve({ status, headers, body: Buffer.concat(chunks) })
      })
    })
    if (body === undefined) outgoing.end()
    else pipeline(body instanceof Readable ? body : Readable.from([body]), outgoing).catch(reject)
  })
}

/** First step without a body, second step with it. */
export async function inTwoSteps(
  method: WebhdfsMethod,
  url: URL,
  body?: Uint8Array | Readable,
): Promise<HttpReply> {
  const redirect = await exchange(method, url)
  return redirect.status === 307
    ? await exchange(method, redirect.headers.location ?? '', body)
    : redirect
}
