/** `dfs appendToFile`. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { WritableFile } from '../../shared/client/file-streams.js'
import { sendLocalFile, sendStream } from '../../shared/client/local-files.js'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { PathError, toLocalPathError } from '../path-errors.js'
import { lookUp, parentExists, qualified } from '../path-items.js'
import { splitDestination } from '../words.js'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<localsrc...>', 'local files, or - for standard input, then the file to append to')
    .usage('[options] <localsrc...> <destination>')
  examples(command, ['dfs appendToFile new.log /logs/all.log', 'date | dfs appendToFile - /logs/x'])
  command.action(async (words: string[]) => {
    const { sources, destination } = splitDestination(words)
    if (sources.includes('-') && sources.length > 1) {
      throw new DfsError('USAGE', 'stdin (-) must be the sole input argument when present')
    }
    try {
      const file = await openForAppend(context, destination)
      await appendAll(context, sources, file)
    } catch (error) {
      await context.fail(error)
    }
  })
}

async function openForAppend(context: CommandContext, text: string): Promise<WritableFile> {
  const target = await lookUp(context, text)
  const { client, path, status } = target
  if (status?.kind === 'directory') throw PathError.isDirectory(text)
  if (status !== undefined) return await client.append(path)
  if (!(await parentExists(target))) throw PathError.notFound(text, qualified(target))
  return await client.create(path, { createParent: false })
}

/** What was appended before a failure stays, and the file is closed with it: an append cannot be undone. */
async function appendAll(
  context: CommandContext,
  sources: readonly string[],
  file: WritableFile,
): Promise<void> {
  const { io } = context
  try {
    for (const source of sources) {
      if (source === '-') await sendStream(io.stdin, file, { signal: io.signal })
      else {
        const path = resolve(io.workingDirectory(), source)
        try {
          await sendLocalFile(path, file, { signal: io.signal })
        } catch (error) {
          throw toLocalPathError(error, source)
        }
      }
    }
  } finally {
    await file.close()
  }
}
