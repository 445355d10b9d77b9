/** `dfs cat`. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { write } from '../io.js'
import { forEachItem } from '../path-items.js'
import { printFile } from '../print-file.js'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path...>', 'files or patterns')
    .option('--ignore-crc', 'accepted for old scripts; every byte is verified anyway')
  examples(command, ['dfs cat /data/report.csv | head', "dfs cat '/logs/2026-11-*'"])
  command.action(async (paths: string[]) => {
    await forEachItem(context, paths, (item) => printFile(context, item, write))
  })
}
