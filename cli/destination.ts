/**
 * Where copies and moves go: into the last argument when it is a directory, else to exactly that name. The checks and
 * their order are those of Hadoop's shell.
 */
import { childPath, isWithin } from '../shared/client/remote-path.js'
import type { CommandContext } from './command.js'
import { PathError } from './path-errors.js'
import { childDisplay, lookUp, type PathTarget, parentExists, qualified } from './path-items.js'

/**
 * Looks at the destination and checks that it can take so many sources.
 * @throws PathError with several sources and no directory; an existing file without `overwrite`; a missing parent
 */
export async function openDestination(
  context: CommandContext,
  text: string,
  options: { readonly sourceCount: number; readonly overwrite: boolean },
): Promise<PathTarget> {
  const target = await lookUp(context, text)
  const { status, display } = target
  if (options.sourceCount > 1) {
    if (status === undefined) throw PathError.notFound(display)
    if (status.kind !== 'directory') throw PathError.isNotDirectory(display)
  } else if (status !== undefined) {
    if (status.kind !== 'directory' && !options.overwrite) throw PathError.exists(display)
  } else if (!(await parentExists(target))) {
    throw PathError.notFound(display, qualified(target))
  }
  return target
}

/** The exact target of a source called `name`. */
export async function targetFor(destination: PathTarget, name: string): Promise<PathTarget> {
  const { client, path, display, status } = destination
  const isFolder = status?.kind === 'directory' || (status === undefined && display.endsWith('/'))
  if (!isFolder || name === '') return destination
  const inside = childPath(path, name)
  const insideStatus = await client.statIfExists(inside)
  return { client, path: inside, display: childDisplay(display, name), status: insideStatus }
}

/** @throws PathError when `target` is `source` itself or lies inside of it */
export function refuseNesting(source: PathTarget, target: PathTarget): void {
  if (source.client !== target.client || source.status?.kind !== 'directory') return
  if (source.path === target.path) {
    throw PathError.between(source.display, target.display, 'are identical')
  }
  if (isWithin(target.path, source.path)) {
    throw PathError.between(source.display, target.display, 'is a subdirectory of itself')
  }
}
