/** `dfs datanode`: runs a datanode in this process. */
import type { Command } from 'commander'
import { runDatanode } from '../../datanode/main.js'
import { type CommandContext, examples } from '../command.js'
import { addSettingsOptions, flagAssignment, serverSurroundings } from '../server-settings.js'

interface Options {
  readonly data?: string
  readonly namenode?: string
  readonly config?: string
  readonly set: readonly string[]
}

export function register(command: Command, context: CommandContext): void {
  const { io } = context
  addSettingsOptions(command)
    .option('--data <folders>', 'folders for blocks, separated by commas (datanode.volumes)')
    .option('--namenode <host>', 'where the namenode runs (namenode.host)')
    .action(async (options: Options) => {
      const flags = [
        ...flagAssignment('datanode.volumes', '--data', options.data, io),
        ...flagAssignment('namenode.host', '--namenode', options.namenode, io),
      ]
      const exitCode = await runDatanode(serverSurroundings(io, options, flags))
      context.setExitCode(exitCode)
    })
  examples(command, [
    'dfs datanode --data /disk1/dfs,[SSD]/disk2/dfs --namenode nn1 --config /etc/dfs/dfs.yaml',
  ])
}
