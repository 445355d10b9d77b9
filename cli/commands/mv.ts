/** `dfs mv`: a rename on the namenode; no file data moves. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { openDestination, refuseNesting, targetFor } from '../destination.js'
import { PathError } from '../path-errors.js'
import { forEachItem } from '../path-items.js'
import { splitDestination } from '../words.js'

export function register(command: Command, context: CommandContext): void {
  command.argument('<source...>', 'what to move, then where to')
  command.usage('[options] <source...> <destination>')
  examples(command, ['dfs mv /a /b', "dfs mv '/logs/*.gz' /archive"])
  command.action(async (words: string[]) => {
    const { sources, destination: text } = splitDestination(words)
    const options = { sourceCount: sources.length, overwrite: false }
    const destination = await openDestination(context, text, options)
    await forEachItem(context, sources, async (item) => {
      const target = await targetFor(destination, item.status.name)
      refuseNesting(item, target)
      if (item.client !== target.client) {
        throw PathError.failed(item.display, 'Does not match target filesystem')
      }
      if (target.status !== undefined) throw PathError.exists(target.display)
      if (!(await item.client.rename(item.path, target.path))) throw PathError.failed(item.display)
    })
  })
}
