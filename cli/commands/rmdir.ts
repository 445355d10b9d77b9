/** `dfs rmdir`. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { PathError } from '../path-errors.js'
import { children, forEachItem } from '../path-items.js'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path...>', 'empty directories')
    .option('--ignore-fail-on-non-empty', 'leave directories that hold something, without an error')
  examples(command, ['dfs rmdir /data/empty'])
  command.action(async (paths: string[], options: { readonly ignoreFailOnNonEmpty?: true }) => {
    await forEachItem(context, paths, async (item) => {
      const { client, path, display, status } = item
      if (status.kind !== 'directory') throw PathError.isNotDirectory(display)
      const first = await children(item).next()
      if (first.done !== true) {
        if (options.ignoreFailOnNonEmpty === true) return
        throw PathError.notEmpty(display)
      }
      if (!(await client.delete(path))) throw PathError.failed(display)
    })
  })
}
