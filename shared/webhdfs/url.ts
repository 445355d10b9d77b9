/** WebHDFS URLs, the same on both ports: `/webhdfs/v1/a%20b?op=...` names `/a b` (protocol reference 4). */
import { webhdfsArgumentError } from './remote-exception.js'

export const WEBHDFS_PREFIX = '/webhdfs/v1'

/** Whether a request line's URL belongs to WebHDFS. */
export function isWebhdfsUrl(url: string): boolean {
  return url.startsWith(WEBHDFS_PREFIX)
}

/**
 * The path that a request names. It is decoded once and then split, so that `%2F` is a slash, as in HDFS; a `+` is a plus;
 * empty components and a trailing slash vanish. What may be a name is decided by the namespace.
 * @param url as it stands in the request line, with or without a query
 * @throws DfsError JAVA_ILLEGAL_ARGUMENT for bad escapes and bad UTF-8
 */
export function pathOfWebhdfsUrl(url: string): string {
  const [pathname = ''] = url.split('?', 1)
  const encoded = pathname.slice(WEBHDFS_PREFIX.length)
  let decoded: string
  try {
    decoded = decodeURIComponent(encoded)
  } catch (cause) {
    throw webhdfsArgumentError(`Invalid path: bad escape in "${encoded}"`, cause)
  }
  return `/${decoded
    .split('/')
    .filter((component) => component !== '')
    .join('/')}`
}

/** The URL path of a file. */
export function webhdfsUrlOfPath(path: string): string {
  return `${WEBHDFS_PREFIX}${encodePath(path)}`
}

/** Percent-encodes each component and keeps the slashes. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
