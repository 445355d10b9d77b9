/** `dfs head`. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { write } from '../io.js'
import { forEachItem } from '../path-items.js'
import { printFile } from '../print-file.js'

const HEAD_BYTES = 1024

export function register(command: Command, context: CommandContext): void {
  command.argument('<path>', 'file')
  examples(command, ['dfs head /data/report.csv'])
  command.action(async (path: string) => {
    await forEachItem(context, [path], (item) =>
      printFile(context, item, write, { positionBytes: 0, lengthBytes: HEAD_BYTES }),
    )
  })
}
