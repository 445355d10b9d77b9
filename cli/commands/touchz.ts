/** `dfs touchz`: an empty file with the present time; an existing one must be empty. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { PathError } from '../path-errors.js'
import { lookUp, parentExists, qualified } from '../path-items.js'

export function register(command: Command, context: CommandContext): void {
  command.argument('<path...>', 'files to create')
  examples(command, ['dfs touchz /data/_SUCCESS'])
  command.action(async (paths: string[]) => {
    for (const text of paths) {
      try {
        await createEmpty(context, text)
      } catch (error) {
        await context.fail(error)
      }
    }
  })
}

async function createEmpty(context: CommandContext, text: string): Promise<void> {
  const target = await lookUp(context, text)
  const { client, path, status } = target
  if (status?.kind === 'directory') throw PathError.isDirectory(text)
  if (status !== undefined && status.lengthBytes !== 0) {
    throw PathError.failed(text, 'Not a zero-length file')
  }
  if (status === undefined && !(await parentExists(target))) {
    throw PathError.notFound(text, qualified(target))
  }
  const file = await client.create(path, { overwrite: true })
  await file.close()
}
