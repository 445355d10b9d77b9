/** Paths of files in URLs: `/api/v1/files/a%20b/c` names `/a b/c`. Decoded exactly once, component by component. */
import { DfsError } from '../errors.js'
import { MAX_COMPONENT_BYTES, MAX_PATH_CHARACTERS, MAX_PATH_LEVELS } from '../path-limits.js'

export const FILES_PREFIX = '/api/v1/files'

/**
 * @param url as it stands in the request line, with or without a query
 * @returns an absolute path without a trailing slash; `/` for the root
 * @throws DfsError INVALID_PATH for bad escapes, bad UTF-8, an encoded slash, control characters, empty, `.` or `..`
 *   components and for what is too long; NAME_TOO_LONG
 */
export function pathOfFileUrl(url: string): string {
  const [pathname = ''] = url.split('?', 1)
  const rest = pathname.slice(FILES_PREFIX.length)
  if (rest === '' || rest === '/') return '/'
  const components = rest.slice(1).split('/')
  if (components.at(-1) === '') components.pop()
  const path = `/${components.map(decodeComponent).join('/')}`
  if (path.length <= MAX_PATH_CHARACTERS && components.length <= MAX_PATH_LEVELS) return path
  throw new DfsError(
    'INVALID_PATH',
    `Invalid path name: more than ${MAX_PATH_CHARACTERS} characters or ${MAX_PATH_LEVELS} levels`,
  )
}

/** The URL path of a file below `/api/v1/files`. */
export function fileUrlOfPath(path: string): string {
  return `${FILES_PREFIX}${path.split('/').map(encodeURIComponent).join('/')}`
}

function decodeComponent(encoded: string): string {
  let component: string
  try {
    component = decodeURIComponent(encoded)
  } catch (cause) {
    throw new DfsError('INVALID_PATH', `Invalid path name: bad escape in ${encoded}`, { cause })
  }
  if (component === '' || component === '.' || component === '..') {
    throw new DfsError('INVALID_PATH', `Invalid path name: component "${component}"`)
  }
  if (hasForbiddenCharacter(component)) {
    throw new DfsError(
      'INVALID_PATH',
      'Invalid path name: a component holds "/" or a control character',
    )
  }
  // Found here, before the bytes of an upload travel under a shorter, temporary name.
  if (Buffer.byteLength(component) > MAX_COMPONENT_BYTES) {
    throw new DfsError('NAME_TOO_LONG', `a name has at most ${MAX_COMPONENT_BYTES} bytes`)
  }
  return component
}

function hasForbiddenCharacter(component: string): boolean {
  for (const character of component) {
    const code = character.codePointAt(0) ?? 0
    if (character === '/' || code < 0x20 || code === 0x7f) return true
  }
  return false
}
