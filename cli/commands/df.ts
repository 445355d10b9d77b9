/** `dfs df`. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { forEachItem } from '../path-items.js'
import { percent, sizeFormat } from '../rendering/sizes.js'
import { renderTable } from '../rendering/table.js'

const HEADER = ['Filesystem', 'Size', 'Used', 'Available', 'Use%']

export function register(command: Command, context: CommandContext): void {
  command
    .argument('[path...]', 'any path of the cluster (default: /)')
    .option('-h, --human', 'sizes as 1.5 K instead of bytes')
    .option('--json', 'print a JSON array')
  examples(command, ['dfs df -h', 'dfs df --json'])
  command.action(
    async (paths: string[], options: { readonly human?: true; readonly json?: true }) => {
      const size = sizeFormat(options.human)
      const rows: string[][] = []
      const documents: object[] = []
      await forEachItem(context, paths.length > 0 ? paths : ['/'], async ({ client }) => {
        const { capacityBytes, usedBytes, remainingBytes } = await client.fsStats()
        documents.push({ filesystem: client.fs, capacityBytes, usedBytes, remainingBytes })
        const share = percent(usedBytes, capacityBytes)
        rows.push([client.fs, size(capacityBytes), size(usedBytes), size(remainingBytes), share])
      })
      if (options.json === true) await printJson(context.io, documents)
      else if (rows.length > 0) {
        for (const line of renderTable([HEADER, ...rows], { right: [1, 2, 3, 4] })) {
          await printLine(context.io, line)
        }
      }
    },
  )
}
