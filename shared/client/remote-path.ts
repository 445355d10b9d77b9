/** Paths in a cluster and the URIs that name clusters. Pure text; a path is absolute, without a trailing slash. */
import { DfsError } from '../errors.js'
import type { HostPort } from '../network.js'

export const DEFAULT_NAMENODE_PORT = 8020

/**
 * The absolute form of `path`: repeated and trailing slashes go, `.` and `..` are resolved as Hadoop's `Path` does it,
 * since servers refuse them. `..` above the root stays at the root.
 * @param base where a relative path starts; absolute
 */
export function absolutePath(path: string, base = '/'): string {
  const full = path.startsWith('/') ? path : `${base}/${path}`
  const components: string[] = []
  for (const component of full.split('/')) {
    if (component === '..') components.pop()
    else if (component !== '' && component !== '.') components.push(component)
  }
  return `/${components.join('/')}`
}

/** The path of `name` inside the directory `folder`. */
export const childPath = (folder: string, name: string): string =>
  folder === '/' ? `/${name}` : `${folder}/${name}`

/** The directory that contains `path`; undefined for the root. */
export function parentPath(path: string): string | undefined {
  if (path === '/') return undefined
  const slash = path.lastIndexOf('/')
  return slash === 0 ? '/' : path.slice(0, slash)
}

/** The last component; empty for the root. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Whether `path` is `folder` or lies below it. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || folder === '/' || path.startsWith(`${folder}/`)

const URI = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/]*)(.*)$/s

/**
 * Splits `hdfs://host:port/path` into the cluster and the path; a text without a scheme is all path. Nothing is
 * percent-decoded: Hadoop does not do it either, and names may hold any character.
 */
export function splitUri(text: string): { readonly fs: string | undefined; readonly path: string } {
  const match = URI.exec(text)
  if (match === null) return { fs: undefined, path: text }
  const [, scheme = '', authority = '', path = ''] = match
  if (scheme !== 'hdfs') {
    throw new DfsError('USAGE', `No FileSystem for scheme "${scheme}": only hdfs:// is spoken here`)
  }
  return {
    fs: authority === '' ? undefined : `hdfs://${authority}`,
    path: path === '' ? '/' : path,
  }
}

/**
 * The namenode that a cluster's URI names; the port is 8020 unless given.
 * @throws DfsError CONFIGURATION when `fs` is not `hdfs://host` or `hdfs://host:port`
 */
export function clusterAddress(fs: string): HostPort {
  const match = /^hdfs:\/\/(\[[0-9a-fA-F:.]+\]|[^/:@]+)(?::(\d{1,5}))?\/*$/.exec(fs)
  const [, host = '', port] = match ?? []
  const number = port === undefined ? DEFAULT_NAMENODE_PORT : Number(port)
  if (host === '' || number < 1 || number > 65_535) {
    throw new DfsError(
      'CONFIGURATION',
      `'${fs}' does not name a cluster: hdfs://host:port is needed`,
    )
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: number }
}
