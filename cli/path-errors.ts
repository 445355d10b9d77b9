/** The sentences of Hadoop's shell about paths, to the letter: scripts and people know them. */
import { DfsError, type ErrorCode } from '../shared/errors.js'

const quoted = (path: string): string => `\`${path}'`

/** Makes `DfsError`s whose message is what Hadoop's shell prints after `verb: `. */
export const PathError = {
  notFound: (path: string, qualifiedPath?: string) =>
    pathError(
      'NOT_FOUND',
      path,
      'No such file or directory',
      qualifiedPath === undefined || qualifiedPath === path ? '' : `: ${quoted(qualifiedPath)}`,
    ),
  exists: (path: string) => pathError('ALREADY_EXISTS', path, 'File exists'),
  isDirectory: (path: string) => pathError('IO', path, 'Is a directory'),
  isNotDirectory: (path: string) => pathError('NOT_A_DIRECTORY', path, 'Is not a directory'),
  notEmpty: (path: string) => pathError('NOT_EMPTY', path, 'Directory is not empty'),
  failed: (path: string, reason = 'Input/output error') => pathError('IO', path, reason),
  between: (path: string, target: string, reason: string) =>
    new DfsError('IO', `${quoted(path)} to ${quoted(target)}: ${reason}`),
  illegal: (message: string) => new DfsError('USAGE', message),
}

function pathError(code: ErrorCode, path: string, reason: string, tail = ''): DfsError {
  return new DfsError(code, `${quoted(path)}: ${reason}${tail}`)
}

/** Local failures in the same words: what node says of `open` and `stat`. */
export function toLocalPathError(error: unknown, path: string): unknown {
  const errno = error instanceof Error && 'code' in error ? error.code : undefined
  if (errno === 'ENOENT') return PathError.notFound(path)
  if (errno === 'EEXIST') return PathError.exists(path)
  if (errno === 'EISDIR') return PathError.isDirectory(path)
  if (errno === 'ENOTDIR') return PathError.isNotDirectory(path)
  if (errno === 'EACCES' || errno === 'EPERM') return PathError.failed(path, 'Permission denied')
  if (errno === 'ENOSPC') return PathError.failed(path, 'No space left on device')
  return error
}
