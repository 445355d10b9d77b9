/**
 * A file appears whole or not at all: written as `name._COPYING_`, then renamed, as Hadoop's shell does it. Whatever
 * goes wrong, interruption included, removes the temporary file.
 */
import { crc32c } from '../checksum/crc32c.js'
import { DfsError, toDfsError } from '../errors.js'
import type { CreateRequest, FileStreams, WritableFile } from './file-streams.js'
import type { NamenodeCalls } from './namenode-calls.js'

const TEMPORARY_SUFFIX = '._COPYING_'
/** Of one component, on HDFS by default and on the usual local file systems. */
const MAX_NAME_BYTES = 255

/**
 * The name under which a file grows before it gets `path`: `path._COPYING_`, or, where that is longer than a name may be
 * (Apache's shell fails there), the beginning of the name and a checksum of all of it.
 */
export function temporaryPathOf(path: string): string {
  const nameStart = path.lastIndexOf('/') + 1
  const name = Buffer.from(path.slice(nameStart))
  if (name.length + TEMPORARY_SUFFIX.length <= MAX_NAME_BYTES) return `${path}${TEMPORARY_SUFFIX}`
  const ending = `.${crc32c(name).toString(16)}${TEMPORARY_SUFFIX}`
  const kept = startOfName(name, MAX_NAME_BYTES - ending.length)
  return `${path.slice(0, nameStart)}${kept}${ending}`
}

/** At most `limitBytes` of a name, cut between characters. */
function startOfName(name: Buffer, limitBytes: number): string {
  let end = Math.min(limitBytes, name.length)
  // 10xxxxxx continues a character of UTF-8.
  while (((name[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return name.toString('utf8', 0, end)
}

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
  const path = direct ? request.path : temporaryPathOf(request.path)
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
    // Without the caller's signal: it may be what ended the write.
    throw await afterRemoval(error, path, () => namenode.delete({ src: path, recursive: false }))
  }
}

/**
 * Removes what a failed write left behind. Returns what to throw: the write's own failure, which a failing removal must
 * not hide, but of which the reader of the error should know.
 */
export async function afterRemoval(
  failure: unknown,
  path: string,
  remove: () => Promise<unknown>,
): Promise<unknown> {
  try {
    await remove()
    return failure
  } catch (removalFailure) {
    const { code, message } = toDfsError(failure)
    const reason = toDfsError(removalFailure).message
    return new DfsError(code, `${message} (and ${path} could not be removed: ${reason})`, {
      cause: failure,
    })
  }
}
