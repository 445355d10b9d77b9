/**
 * The trash, exactly as Hadoop's shell keeps it, so that both see the same: `/user/<name>/.Trash/Current/<path>`, emptied
 * by the server's trash interval. Only the server's setting counts.
 */

import type { Clock } from '../clock.js'
import { DfsError, toDfsError } from '../errors.js'
import { statIfExists } from './directory-reads.js'
import type { NamenodeCalls } from './namenode-calls.js'
import { absolutePath, baseName, childPath, isWithin, parentPath } from './remote-path.js'

const FOLDER_PERMISSION = 0o700
const ATTEMPTS = 2

interface TrashOptions {
  readonly namenode: Pick<NamenodeCalls, 'getServerDefaults' | 'getFileInfo' | 'mkdirs' | 'rename2'>
  readonly clock: Clock
  readonly user: string
  readonly signal?: AbortSignal | undefined
}

export const trashRoot = (user: string): string => `/user/${user}/.Trash`

/**
 * Moves `path` into the caller's trash.
 * @returns where it is now; undefined when the trash is off or `path` already lies in it: then nothing happened
 * @throws DfsError NOT_FOUND · IO when `path` contains the trash, or the move failed twice
 */
export async function moveToTrash(
  path: string,
  options: TrashOptions,
): Promise<string | undefined> {
  const { namenode, clock, user, signal } = options
  const { serverDefaults } = await namenode.getServerDefaults({}, signal)
  if ((serverDefaults.trashInterval ?? 0) <= 0) return undefined
  const status = await statIfExists(namenode, path, signal)
  if (status === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
  const root = trashRoot(user)
  if (isWithin(path, root)) return undefined
  if (isWithin(root, path)) {
    throw new DfsError('IO', `Cannot move "${path}" to the trash, as it contains the trash`)
  }
  let folder = absolutePath(`${root}/Current/${parentPath(path) ?? ''}`)
  let failure: unknown
  // A checkpoint may rename Current away between the two calls; then the second attempt makes it anew.
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      folder = await makeFolder(folder, options)
      const wanted = childPath(folder, baseName(path))
      const isTaken = (await statIfExists(namenode, wanted, signal)) !== undefined
      const target = isTaken ? `${wanted}${clock.wallMs()}` : wanted
      await namenode.rename2(
        { src: path, dst: target, overwriteDest: false, moveToTrash: true },
        signal,
      )
      return target
    } catch (error) {
      failure = error
    }
  }
  throw new DfsError('IO', `Failed to move to trash: ${path}: ${toDfsError(failure).message}`, {
    cause: failure,
  })
}

/** Makes the folder, or one with the time behind its name when a file is in the way. */
async function makeFolder(folder: string, options: TrashOptions): Promise<string> {
  const { namenode, clock, signal } = options
  const make = async (src: string) => {
    const permission = { perm: FOLDER_PERMISSION }
    await namenode.mkdirs({ src, masked: permission, createParent: true }, signal)
    return src
  }
  try {
    return await make(folder)
  } catch (error) {
    const { code } = toDfsError(error)
    if (code !== 'ALREADY_EXISTS' && code !== 'PARENT_NOT_DIRECTORY') throw error
    return await make(await renamedAround(folder, `${clock.wallMs()}`, options))
  }
}

/** `folder` with `suffix` behind the first component that is a file. */
async function renamedAround(
  folder: string,
  suffix: string,
  { namenode, signal }: TrashOptions,
): Promise<string> {
  const components = folder.split('/').slice(1)
  let path = ''
  for (const [index, component] of components.entries()) {
    path = `${path}/${component}`
    const status = await statIfExists(namenode, path, signal)
    if (status !== undefined && status.kind !== 'directory') {
      return [path + suffix, ...components.slice(index + 1)].join('/')
    }
  }
  return folder
}
