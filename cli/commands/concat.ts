/** `dfs concat`: files become one, without copying a byte. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { locate } from '../path-items.js'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<target>', 'the file that grows')
    .argument(
      '<source...>',
      'files of the same directory, appended in this order; they are gone afterwards',
    )
  examples(command, ['dfs concat /data/all.csv /data/part-1.csv /data/part-2.csv'])
  command.action(async (target: string, sources: string[]) => {
    const { client, path } = locate(context, target)
    await client.concat(
      path,
      sources.map((it) => locate(context, it).path),
    )
  })
}
