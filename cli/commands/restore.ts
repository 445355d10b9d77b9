/** `dfs restore`: a new data folder for a namenode, from backups, as of a chosen transaction. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { restoreNamespace } from '../../namenode/offline.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { numberArgument } from '../words.js'

interface RestoreOptions {
  readonly from: string
  readonly data: string
  readonly toTransaction?: string
  readonly json?: true
}

export function register(command: Command, context: CommandContext): void {
  command
    .requiredOption('--from <folder>', 'folder of backups, or a volume of a datanode')
    .requiredOption('--data <folder>', 'the new data folder of the namenode: empty or not there')
    .option('--to-transaction <n>', 'the last transaction to keep (default: the last of all)')
    .option('--json', 'print a JSON document')
  examples(command, [
    'dfs restore --from /var/backups/dfs --data /srv/dfs/namenode-2',
    'dfs restore --from /var/backups/dfs --to-transaction 4711 --data /srv/dfs/namenode-2',
  ])
  command.action(async (options: RestoreOptions) => {
    const folder = context.io.workingDirectory()
    const restored = await restoreNamespace({
      from: resolve(folder, options.from),
      dataFolder: resolve(folder, options.data),
      toTransaction:
        options.toTransaction === undefined
          ? undefined
          : numberArgument(options.toTransaction, '--to-transaction'),
      clock: context.io.seams.clock,
    })
    if (options.json === true) {
      await printJson(context.io, restored)
      return
    }
    const passedOver = restored.damaged.map((it) => `Passed over, since it is damaged: ${it}`)
    const lines = [
      ...passedOver,
      `Cluster ${restored.clusterId} as of transaction ${restored.transactionId}: ${restored.files} files`,
      `From ${restored.base} and ${restored.replayedEdits} edits after it`,
      `Start a namenode with namenode.data-folder=${resolve(folder, options.data)}; never start the old one again`,
    ]
    for (const line of lines) await printLine(context.io, line)
  })
}
