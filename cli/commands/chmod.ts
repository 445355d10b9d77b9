/** `dfs chmod`. */
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { changeEach } from '../attribute-changes.js'
import { type CommandContext, examples } from '../command.js'
import { parseMode } from '../mode.js'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<mode>', 'as 755, 1777, u=rwx,g-w or +X')
    .argument('<path...>', 'files, directories or patterns')
    .option('-R, --recursive', 'everything below directories, too')
    // Modes such as -w look like options.
    .allowUnknownOption()
  examples(command, [
    'dfs chmod 750 /data',
    'dfs chmod -R g+rwX,o-rwx /data',
    'dfs chmod 1777 /tmp',
  ])
  command.action(
    async (_mode: string, _paths: string[], options: { readonly recursive?: true }) => {
      const [mode = '', ...paths] = command.args
      if (paths.length === 0) {
        throw new DfsError(
          'USAGE',
          `Not enough arguments: expected 2 but got ${command.args.length}`,
        )
      }
      const change = parseMode(mode)
      const choice = { recursive: options.recursive === true, what: 'permissions' }
      await changeEach(context, paths, choice, async ({ client, path, status }) => {
        const { permission, kind } = status
        const wanted = change({ permission, isDirectory: kind === 'directory' })
        if (wanted !== permission) await client.chmod(path, wanted)
      })
    },
  )
}
