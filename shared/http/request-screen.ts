/**
 * What Node's HTTP server lets through and ours does not (reliability D3): forms of a request that only proxies and
 * attackers send, and that the code behind could read in two ways. Pure.
 */
import type { IncomingMessage } from 'node:http'

export interface ScreenedRequest extends Pick<IncomingMessage, 'url' | 'method' | 'rawHeaders'> {}

export interface Refusal {
  readonly status: number
  readonly detail: string
}

/** More than any client sends. Node drops what is beyond its own limit without a word, which must be above this one. */
export const MAX_HEADERS = 100

/** Why a request is refused before it is routed; undefined for ordinary ones. */
export function refusalOf({ url, method, rawHeaders }: ScreenedRequest): Refusal | undefined {
  if (rawHeaders.length / 2 > MAX_HEADERS) {
    return { status: 431, detail: `a request has at most ${MAX_HEADERS} headers` }
  }
  const isAsterisk = method === 'OPTIONS' && url === '*'
  if (!isAsterisk && url?.startsWith('/') !== true) {
    return { status: 400, detail: 'this is no proxy: a request names a path, not a whole URL' }
  }
  if (countOf('host', rawHeaders) > 1) {
    return { status: 400, detail: 'a request has one Host header' }
  }
  return undefined
}

function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index] ?? ''
    if (header.length === name.length && header.toLowerCase() === name) count += 1
  }
  return count
}
