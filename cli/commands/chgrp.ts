/** `dfs chgrp`. */
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { changeOwners } from './chown.js'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<group>', 'name of the group')
    .argument('<path...>', 'files, directories or patterns')
    .option('-R, --recursive', 'everything below directories, too')
  examples(command, ['dfs chgrp staff /data', 'dfs chgrp -R staff /data'])
  command.action(async (group: string, paths: string[], options: { readonly recursive?: true }) => {
    if (!/^[-_./@a-zA-Z0-9]+$/.test(group)) {
      throw new DfsError('USAGE', `'${group}' does not match expected pattern for group`)
    }
    await changeOwners(context, paths, { owner: undefined, group }, options.recursive === true)
  })
}
