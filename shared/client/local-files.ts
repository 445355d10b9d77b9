/** Moves file contents between the local disk and an open file of the cluster, reading ahead while the other side works. */
import { chmod, type FileHandle, open, rename, rm, stat, utimes } from 'node:fs/promises'
import { DfsError } from '../errors.js'
import { temporaryPathOf } from './atomic-write.js'
import type { ReadableFile, WritableFile } from './file-streams.js'
import { GatheringWriter } from './gathering-writer.js'

/** Large enough that the cost of a system call does not show, small enough for many copies at once. */
const CHUNK_BYTES = 1024 * 1024

type OnBytes = (count: number) => void

/** Writes a local file's content from the start; `onBytes` hears of each piece. @throws DfsError INTERRUPTED */
export async function sendLocalFile(
  localPath: string,
  file: Pick<WritableFile, 'write'>,
  options: { readonly signal?: AbortSignal | undefined; readonly onBytes?: OnBytes | undefined },
): Promise<void> {
  const handle = await open(localPath, 'r')
  try {
    // Two buffers take turns: one is read from the disk while the other goes to the network.
    const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)]
    let turn = 0
    let current = await readChunk(handle, buffers[0])
    while (current.length > 0) {
      options.signal?.throwIfAborted()
      turn = 1 - turn
      const ahead = readChunk(handle, buffers[turn])
      // Waited for below; a failing write must not leave its rejection unheard.
      ahead.catch(() => {})
      try {
        await file.write(current)
      } catch (error) {
        await Promise.allSettled([ahead])
        throw error
      }
      options.onBytes?.(current.length)
      current = await ahead
    }
  } finally {
    await handle.close()
  }
}

async function readChunk(handle: FileHandle, buffer: Buffer | undefined): Promise<Buffer> {
  if (buffer === undefined) return Buffer.alloc(0)
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, null)
  return buffer.subarray(0, bytesRead)
}

/** Writes whatever a stream yields (standard input, a response body). @throws DfsError INTERRUPTED */
export async function sendStream(
  source: AsyncIterable<Uint8Array | string>,
  file: Pick<WritableFile, 'write'>,
  options: { readonly signal?: AbortSignal | undefined; readonly onBytes?: OnBytes | undefined },
): Promise<void> {
  for await (const chunk of source) {
    options.signal?.throwIfAborted()
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    await file.write(bytes)
    options.onBytes?.(bytes.length)
  }
}

export interface ReceiveOptions {
  readonly overwrite: boolean
  readonly signal?: AbortSignal | undefined
  readonly onBytes?: OnBytes | undefined
  /** Sets times and mode of the local file as the cluster has them. */
  readonly preserve?:
    | {
        readonly accessTimeMs: number
        readonly modificationTimeMs: number
        readonly permission: number
      }
    | undefined
}

/**
 * Writes the whole of `file` to `localPath`, by way of a temporary name that is removed when anything goes wrong.
 * @throws DfsError ALREADY_EXISTS when there is a file and `overwrite` is false
 */
export async function receiveLocalFile(
  file: ReadableFile,
  localPath: string,
  options: ReceiveOptions,
): Promise<void> {
  if (!options.overwrite && (await exists(localPath))) {
    throw new DfsError('ALREADY_EXISTS', `${localPath}: File exists`)
  }
  const temporaryPath = temporaryPathOf(localPath)
  try {
    const handle = await open(temporaryPath, 'w')
    const writer = new GatheringWriter(handle)
    try {
      for await (const bytes of file.read(0, file.lengthBytes)) {
        options.signal?.throwIfAborted()
        await writer.add(bytes)
        options.onBytes?.(bytes.length)
      }
      await writer.finish()
    } finally {
      await writer.settle()
      await handle.close()
    }
    if (options.preserve !== undefined) {
      const { permission, accessTimeMs, modificationTimeMs } = options.preserve
      await chmod(temporaryPath, permission & 0o777)
      await utimes(temporaryPath, accessTimeMs / 1000, modificationTimeMs / 1000)
    }
    await rename(temporaryPath, localPath)
  } catch (error) {
    await rm(temporaryPath, { force: true })
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
