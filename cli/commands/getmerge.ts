/** `dfs getmerge`: the files of directories, one behind the other, in one local file. */
import { open, rename, rm, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { temporaryPathOf } from '../../shared/client/atomic-write.js'
import { errnoOf } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { PathError, toLocalPathError } from '../path-errors.js'
import { children, expand, type PathItem } from '../path-items.js'
import { splitDestination } from '../words.js'

interface GetmergeOptions {
  readonly nl?: true
  readonly skipEmptyFile?: true
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<source...>', 'files, directories or patterns, then the local file')
    .usage('[options] <source...> <localdestination>')
    .option('--nl', 'a line end behind each file (also: -nl)')
    .option('--skip-empty-file', 'with --nl: none behind empty files')
  examples(command, ['dfs getmerge /out/part-* all.csv', 'dfs getmerge -nl /out all.csv'])
  command.action(async (words: string[], options: GetmergeOptions) => {
    const { sources, destination } = splitDestination(words)
    const path = resolve(context.io.workingDirectory(), destination)
    if (await isFolder(path)) throw PathError.isDirectory(destination)
    const files: PathItem[] = []
    let isComplete = true
    for (const text of sources) {
      try {
        for (const item of await expand(context, text)) files.push(...(await filesOf(item)))
      } catch (error) {
        isComplete = false
        await context.fail(error)
      }
    }
    // A merge that misses a source would pass for a whole one.
    if (!isComplete) return
    try {
      await merge(context, files, path, options)
    } catch (error) {
      await context.fail(toLocalPathError(error, destination))
    }
  })
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

async function filesOf(item: PathItem): Promise<PathItem[]> {
  if (item.status.kind !== 'directory') return [item]
  const files: PathItem[] = []
  for await (const child of children(item)) {
    if (child.status.kind === 'file') files.push(child)
  }
  return files
}

async function merge(
  context: CommandContext,
  items: readonly PathItem[],
  path: string,
  options: GetmergeOptions,
): Promise<void> {
  const temporaryPath = temporaryPathOf(path)
  try {
    const target = await open(temporaryPath, 'w')
    try {
      for (const { client, path: source, status } of items) {
        const file = await client.open(source)
        try {
          for await (const bytes of file.read(0, file.lengthBytes)) {
            context.io.signal.throwIfAborted()
            await target.appendFile(bytes)
          }
        } finally {
          await file.close()
        }
        const isSkipped = options.skipEmptyFile === true && status.lengthBytes === 0
        if (options.nl === true && !isSkipped) await target.appendFile('\n')
      }
    } finally {
      await target.close()
    }
    await rename(temporaryPath, path)
  } catch (error) {
    await rm(temporaryPath, { force: true })
    throw error
  }
}
