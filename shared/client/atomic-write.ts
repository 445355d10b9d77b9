/**
 * A file appears whole or not at all: written as `name._COPYING_`, then renamed, as Hadoop's shell does it. Whatever
 * goes wrong, interruption included, removes the temporary file.
 */
import { DfsError, toDfsError } from '../errors.js'
import type { CreateRequest, FileStreams, WritableFile } from './file-streams.js'
import type { NamenodeCalls } from './namenode-calls.js'

export const TEMPORARY_SUFFIX = '._COPYING_'

interface AtomicWrite {
  readonly namenode: Pick<NamenodeCalls, 'rename2' | 'delete'>
  readonly streams: FileStreams
  /** Of the final name. `overwrite` decides about that one; the temporary one is always replaced. */
  readonly request: CreateRequest
  /** Writes straight to the final name: for targets where a rename is not wanted (`put -d`). */
  readonly direct?: boolean
  readonly produce: (file: WritableFile) => Promise<void>
}

/**
 * Creates the file, lets `produce` write it, closes it and gives it its name. An existing file is replaced in one step
 * (rename with overwrite), so that readers see the old or the new one at any moment.
 * @throws DfsError ALREADY_EXISTS · what `produce` throws
 */
export async function writeAtomically(write: AtomicWrite): Promise<void> {
  const { namenode, streams, request } = write
  const direct = write.direct === true
  const path = direct ? request.path : `${request.path}${TEMPORARY_SUFFIX}`
  const overwrite = direct ? request.overwrite : true
  const file = await streams.create({ ...request, path, overwrite })
  try {
    await write.produce(file)
    await file.close()
    if (!direct) {
      await namenode.rename2(
        { src: path, dst: request.path, overwriteDest: request.overwrite },
        request.signal,
      )
    }
  } catch (error) {
    await file.abort()
    // Another writer has taken the name over: what is there now is not ours to delete.
    if (toDfsError(error).code === 'LEASE_EXPIRED') throw error
    throw await withCleanup(namenode, path, error)
  }
}

/** Deletes the unfinished file, without the caller's signal: it may be what ended the write. Returns what to throw. */
async function withCleanup(
  namenode: Pick<NamenodeCalls, 'delete'>,
  path: string,
  error: unknown,
): Promise<unknown> {
  try {
    await namenode.delete({ src: path, recursive: false })
    return error
  } catch (cleanupError) {
    const { code, message } = toDfsError(error)
    const reason = toDfsError(cleanupError).message
    return new DfsError(code, `${message} (and ${path} could not be removed: ${reason})`, {
      cause: error,
    })
  }
}
