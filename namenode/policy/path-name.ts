/**
 * What a path is, in one place: how it splits, which names may be made, and what a caller hears about the others
 * (protocol reference 2.2). Names are bytes to us: case-sensitive, never normalised, at most 255 of them.
 */
import { DfsError } from '../../shared/errors.js'
import {
  MAX_COMPONENT_BYTES,
  MAX_PATH_CHARACTERS,
  MAX_PATH_LEVELS,
} from '../../shared/path-limits.js'

export const MAX_DIRECTORY_ITEMS = 1_048_576
export const RESERVED_ROOT = '.reserved'
/** The name below which a snapshottable directory shows its snapshots. */
export const SNAPSHOT_FOLDER = '.snapshot'

/** The operations that make names; each has its own words for a bad one. */
export type NamingOperation = 'create' | 'mkdirs' | 'rename'

/**
 * Splits the path of something that may exist. `//` and a trailing slash are tolerated; a component that can be no name
 * (such as `..`) simply names nothing. undefined for a path that is too long to exist.
 * @throws INVALID_PATH when it is not absolute
 */
export function splitPath(path: string): string[] | undefined {
  if (!path.startsWith('/')) throw invalidFileName(path)
  if (path.length > MAX_PATH_CHARACTERS) return undefined
  return path.split('/').filter((component) => component !== '')
}

/**
 * Splits a path that is about to be made, and refuses what may not be a name.
 * @throws INVALID_PATH, IO (too long), ILLEGAL_ARGUMENT (reserved names)
 */
export function parseNewPath(path: string, operation: NamingOperation): string[] {
  if (path.length > MAX_PATH_CHARACTERS) throw pathTooLong(operation)
  const components = path.endsWith('/') ? path.slice(1, -1).split('/') : path.slice(1).split('/')
  if (path === '/') components.length = 0
  if (!path.startsWith('/') || !components.every(isName)) {
    throw operation === 'create'
      ? new DfsError('INVALID_PATH', `Invalid path name ${path}`)
      : invalidFileName(path)
  }
  if (components.length > MAX_PATH_LEVELS) throw pathTooLong(operation)
  refuseReserved(components, path, operation)
  return components
}

/**
 * The 255 bytes are checked only where a name is really added, after existence and permissions, as HDFS does.
 * @param directory path of the directory that would get the name
 * @throws NAME_TOO_LONG
 */
export function checkNameLength(name: string, directory: string): void {
  const lengthBytes = Buffer.byteLength(name)
  if (lengthBytes <= MAX_COMPONENT_BYTES) return
  throw new DfsError(
    'NAME_TOO_LONG',
    `The maximum path component name limit of ${name} in directory ${directory} is exceeded: ` +
      `limit=${MAX_COMPONENT_BYTES} length=${lengthBytes}`,
  )
}

/** @throws TOO_MANY_ITEMS when a directory with `children` entries may get no more */
export function checkDirectoryItems(children: number, directory: string, limit: number): void {
  if (children < limit) return
  throw new DfsError(
    'TOO_MANY_ITEMS',
    `The directory item limit of ${directory} is exceeded: limit=${limit} items=${children}`,
  )
}

/** Whether a path asks for the view in which `raw.` attributes are seen. */
export const isRawPath = (path: string): boolean => /^\/+\.reserved\/+raw(\/|$)/.test(path)

/**
 * `.snapshot` may be no name; asked by whoever has found that it leads to no snapshots, where the answer is another.
 * @throws ILLEGAL_ARGUMENT
 */
export function refuseSnapshotFolder(components: readonly string[]): void {
  if (!components.includes(SNAPSHOT_FOLDER)) return
  throw new DfsError('ILLEGAL_ARGUMENT', `"${SNAPSHOT_FOLDER}" is a reserved name.`)
}

/** The path of the first `count` components; `/` for none. */
export function joinPath(components: readonly string[], count = components.length): string {
  return `/${components.slice(0, count).join('/')}`
}

/** Whether a component of a path may be called so; whoever splits no path must refuse a slash itself. */
export function isName(component: string): boolean {
  return (
    component !== '' &&
    component !== '.' &&
    component !== '..' &&
    !component.includes(':') &&
    !component.includes('\0') &&
    // A lone surrogate has no UTF-8 form: two such names would become the same bytes.
    !/\p{Surrogate}/u.test(component)
  )
}

function refuseReserved(components: readonly string[], path: string, operation: NamingOperation) {
  if (components[0] !== RESERVED_ROOT) return
  if (operation === 'create') throw new DfsError('INVALID_PATH', `Invalid path name ${path}`)
  throw new DfsError(
    'ILLEGAL_ARGUMENT',
    `File name "${RESERVED_ROOT}" is reserved and cannot be created. If this is during upgrade ` +
      'change the name of the existing file or directory to another name before upgrading to the new release.',
  )
}

const invalidFileName = (path: string) =>
  new DfsError('INVALID_PATH', `Invalid path name Invalid file name: ${path}`)

const pathTooLong = (operation: NamingOperation) =>
  new DfsError(
    'IO',
    `${operation}: Pathname too long.  Limit ${MAX_PATH_CHARACTERS} characters, ${MAX_PATH_LEVELS} levels.`,
  )
