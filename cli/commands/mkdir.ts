/** `dfs mkdir`. */
import type { Command } from 'commander'
import { absolutePath, parentPath } from '../../shared/client/remote-path.js'
import { type CommandContext, examples } from '../command.js'
import { PathError } from '../path-errors.js'
import { lookUp, qualified } from '../path-items.js'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path...>', 'directories to make')
    .option('-p, --parents', 'make missing parents; an existing directory is fine')
  examples(command, ['dfs mkdir /data', 'dfs mkdir -p /data/2026/11'])
  command.action(async (paths: string[], options: { readonly parents?: true }) => {
    for (const text of paths) {
      try {
        await makeDirectory(context, text, options.parents === true)
      } catch (error) {
        await context.fail(error)
      }
    }
  })
}

async function makeDirectory(
  context: CommandContext,
  text: string,
  parents: boolean,
): Promise<void> {
  const target = await lookUp(context, text)
  const { client, path, status } = target
  if (status !== undefined) {
    if (status.kind !== 'directory') throw PathError.isNotDirectory(text)
    if (!parents) throw PathError.exists(text)
    return
  }
  const parent = parentPath(absolutePath(path)) ?? '/'
  if (!parents && !(await client.exists(parent))) {
    throw PathError.notFound(qualified({ client, path: parent }))
  }
  await client.mkdir(path)
}
