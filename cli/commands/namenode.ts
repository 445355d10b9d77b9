/** `dfs namenode`: runs a namenode in this process. */
import type { Command } from 'commander'
import { runNamenode } from '../../namenode/main.js'
import { type CommandContext, examples } from '../command.js'
import { addSettingsOptions, flagAssignment, serverSurroundings } from '../server-settings.js'

interface Options {
  readonly data?: string
  readonly rpcPort?: string
  readonly httpPort?: string
  readonly config?: string
  readonly set: readonly string[]
}

export function register(command: Command, context: CommandContext): void {
  const { io } = context
  addSettingsOptions(command)
    .option('--data <folder>', 'folder of the namespace (namenode.data-folder)')
    .option('--rpc-port <port>', 'Hadoop RPC (namenode.rpc-port)')
    .option('--http-port <port>', 'REST and metrics (namenode.http-port)')
    .action(async (options: Options) => {
      const flags = [
        ...flagAssignment('namenode.data-folder', '--data', options.data, io),
        ...flagAssignment('namenode.rpc-port', '--rpc-port', options.rpcPort, io),
        ...flagAssignment('namenode.http-port', '--http-port', options.httpPort, io),
      ]
      const exitCode = await runNamenode(serverSurroundings(io, options, flags))
      context.setExitCode(exitCode)
    })
  examples(command, ['dfs namenode --data /srv/dfs/namenode --config /etc/dfs/dfs.yaml'])
}
