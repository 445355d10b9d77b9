/** Copies of local files and folders into the cluster: what put, copyFromLocal and moveFromLocal share. */
import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { CopyOptions } from '../shared/client/copies.js'
import { toDfsError } from '../shared/errors.js'
import type { CommandContext } from './command.js'
import { openDestination, targetFor } from './destination.js'
import { PathError, toLocalPathError } from './path-errors.js'
import type { PathTarget } from './path-items.js'
import { Progress } from './rendering/progress.js'
import { countArgument, sizeArgument } from './words.js'

export interface UploadOptions {
  readonly force?: true
  readonly preserve?: true
  readonly direct?: true
  readonly threads?: string
  readonly replication?: string
  readonly blockSize?: string
}

/**
 * Copies each source to the destination; `-` is standard input. Failures are printed, one line each.
 * @param onCopied called for each source that was copied whole
 */
export async function uploadAll(
  context: CommandContext,
  sources: readonly string[],
  destinationText: string,
  options: UploadOptions,
  onCopied: (localPath: string) => Promise<void> = async () => {},
): Promise<void> {
  const { io } = context
  const overwrite = options.force === true
  const copyOptions = toCopyOptions(context, options)
  const choice = { sourceCount: sources.length, overwrite }
  const destination = await openDestination(context, destinationText, choice)
  if (sources.length === 1 && sources[0] === '-') {
    await uploadStandardInput(context, destination, copyOptions)
    return
  }
  const progress = new Progress(io, undefined)
  try {
    for (const source of sources) {
      try {
        const upload = { source, destination, copyOptions, progress }
        if (await uploadOne(context, upload)) await onCopied(resolve(io.workingDirectory(), source))
      } catch (error) {
        await context.fail(toLocalPathError(error, source))
      }
    }
  } finally {
    progress.end()
  }
}

function toCopyOptions(context: CommandContext, options: UploadOptions): CopyOptions {
  const { properties } = context
  const replication = options.replication ?? properties['dfs.replication']
  const blockSize = options.blockSize ?? properties['dfs.blocksize']
  return {
    overwrite: options.force === true,
    preserve: options.preserve === true,
    direct: options.direct === true,
    concurrency: countArgument(options.threads ?? '4', 'the number of threads'),
    replication:
      replication === undefined ? undefined : countArgument(replication, 'the replication'),
    blockSizeBytes: blockSize === undefined ? undefined : sizeArgument(blockSize, 'the block size'),
    signal: context.io.signal,
  }
}

async function uploadStandardInput(
  context: CommandContext,
  destination: PathTarget,
  options: CopyOptions,
): Promise<void> {
  const { io } = context
  const target = await targetFor(destination, '-')
  refuseExisting(target, options)
  const progress = new Progress(io, undefined)
  async function* counted(): AsyncGenerator<Uint8Array | string> {
    for await (const chunk of io.stdin) {
      yield chunk
      progress.add(chunk.length)
    }
  }
  // Waiting for input must not outlast an interruption.
  const stopReading = () => io.stdin.destroy()
  io.signal.addEventListener('abort', stopReading, { once: true })
  try {
    await target.client.writeFile(target.path, counted(), { ...options, createParent: false })
  } catch (error) {
    throw asTargetError(error, target)
  } finally {
    io.signal.removeEventListener('abort', stopReading)
    progress.end()
  }
}

/** @returns whether all of it was copied */
async function uploadOne(
  context: CommandContext,
  upload: {
    readonly source: string
    readonly destination: PathTarget
    readonly copyOptions: CopyOptions
    readonly progress: Progress
  },
): Promise<boolean> {
  const { source, destination, copyOptions, progress } = upload
  const localPath = resolve(context.io.workingDirectory(), source)
  const local = await stat(localPath)
  const target = await targetFor(destination, basename(localPath))
  if (local.isDirectory()) {
    if (target.status !== undefined && target.status.kind !== 'directory') {
      throw PathError.isNotDirectory(target.display)
    }
  } else refuseExisting(target, copyOptions)
  let isWhole = true
  await target.client.upload(localPath, target.path, {
    ...copyOptions,
    onFile: ({ lengthBytes }) => progress.expectMore(lengthBytes),
    onBytes: (count) => progress.add(count),
    onError: async (error, { relativePath }) => {
      isWhole = false
      progress.end()
      const place = { ...target, display: join(target.display, relativePath) }
      const inSource = relativePath === '' ? source : join(source, relativePath)
      await context.fail(asTargetError(toLocalPathError(error, inSource), place))
    },
  })
  return isWhole
}

function refuseExisting(target: PathTarget, options: CopyOptions): void {
  const { status, display } = target
  if (status === undefined) return
  if (status.kind === 'directory' || options.overwrite !== true) throw PathError.exists(display)
}

/** What the cluster says of an existing file in the words of the shell. */
export function asTargetError(error: unknown, target: Pick<PathTarget, 'display'>): unknown {
  return toDfsError(error).code === 'ALREADY_EXISTS' ? PathError.exists(target.display) : error
}
