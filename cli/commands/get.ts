/** `dfs get`: a local file appears under its name only when it is complete and verified. */
import { mkdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { errnoOf } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { write } from '../io.js'
import { PathError, toLocalPathError } from '../path-errors.js'
import { childDisplay, forEachItem, type PathItem } from '../path-items.js'
import { printFile } from '../print-file.js'
import { Progress } from '../rendering/progress.js'
import { countArgument, splitOptionalDestination } from '../words.js'

interface GetOptions {
  readonly force?: true
  readonly preserve?: true
  readonly threads?: string
}

/** A local place for what is copied. */
interface LocalTarget {
  readonly display: string
  readonly path: string
  readonly kind: 'file' | 'directory' | undefined
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<source...>', 'files, directories or patterns')
    .usage('[options] <source...> [localdestination]')
    .option('-f, --force', 'replace existing local files')
    .option('-p, --preserve', 'keep times and permissions')
    .option('-t, --threads <count>', 'files on the way at a time (default: 4)')
    .option('--crc', 'accepted for old scripts; every byte is verified anyway')
    .option('--ignore-crc', 'accepted for old scripts; every byte is verified anyway')
  examples(command, [
    'dfs get /data/report.csv',
    "dfs get -f '/logs/2026-11-*' ./logs",
    'dfs get /backup/src.tar.gz - | tar tz',
  ])
  command.action(async (words: string[], options: GetOptions) => {
    const { sources, destination } = splitOptionalDestination(words)
    if (destination === '-') {
      await forEachItem(context, sources, (item) => printFile(context, item, write))
      return
    }
    const target = await openLocalDestination(context, destination, sources.length, options)
    const progress = new Progress(context.io, undefined)
    try {
      await forEachItem(context, sources, (item) =>
        download(context, item, target, options, progress),
      )
    } finally {
      progress.end()
    }
  })
}

async function lookUpLocal(context: CommandContext, display: string): Promise<LocalTarget> {
  const path = resolve(context.io.workingDirectory(), display)
  try {
    const status = await stat(path)
    return { display, path, kind: status.isDirectory() ? 'directory' : 'file' }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { display, path, kind: undefined }
    throw toLocalPathError(error, display)
  }
}

async function openLocalDestination(
  context: CommandContext,
  text: string,
  sourceCount: number,
  options: GetOptions,
): Promise<LocalTarget> {
  const target = await lookUpLocal(context, text)
  if (sourceCount > 1) {
    if (target.kind === undefined) throw PathError.notFound(text)
    if (target.kind === 'file') throw PathError.isNotDirectory(text)
  } else if (target.kind === 'file') {
    if (options.force !== true) throw PathError.exists(text)
  } else if (target.kind === undefined) {
    const parent = await lookUpLocal(context, dirname(target.path))
    if (parent.kind === undefined) throw PathError.notFound(text, target.path)
  }
  return target
}

async function download(
  context: CommandContext,
  item: PathItem,
  destination: LocalTarget,
  options: GetOptions,
  progress: Progress,
): Promise<void> {
  const target = await targetOf(context, item, destination)
  const isFolder = item.status.kind === 'directory'
  if (isFolder && target.kind === 'file') throw PathError.isNotDirectory(target.display)
  if (!isFolder && target.kind !== undefined) {
    if (target.kind === 'directory' || options.force !== true)
      throw PathError.exists(target.display)
  }
  if (isFolder) await mkdir(target.path, { recursive: true })
  await item.client.download(item.path, target.path, {
    overwrite: options.force === true,
    preserve: options.preserve === true,
    concurrency: countArgument(options.threads ?? '4', 'the number of threads'),
    onFile: ({ lengthBytes }) => progress.expectMore(lengthBytes),
    onBytes: (count) => progress.add(count),
    onError: async (error, { relativePath }) => {
      progress.end()
      await context.fail(toDownloadError(error, childPathOf(target.display, relativePath)))
    },
  })
}

async function targetOf(
  context: CommandContext,
  item: PathItem,
  destination: LocalTarget,
): Promise<LocalTarget> {
  const { name } = item.status
  if (destination.kind !== 'directory' || name === '') return destination
  return await lookUpLocal(context, childDisplay(destination.display, name))
}

const childPathOf = (display: string, relativePath: string): string =>
  relativePath === '' ? display : join(display, relativePath)

function toDownloadError(error: unknown, display: string): unknown {
  const isExisting = error instanceof Error && 'code' in error && error.code === 'ALREADY_EXISTS'
  return isExisting ? PathError.exists(display) : toLocalPathError(error, display)
}
