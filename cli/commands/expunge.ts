/** `dfs expunge`: lets one's trash grow older. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'

export function register(command: Command, context: CommandContext): void {
  command.option('--immediate', 'delete all checkpoints now (also: -immediate)')
  examples(command, ['dfs expunge', 'dfs expunge --immediate'])
  command.action(async (options: { readonly immediate?: true }) => {
    await context.client().expungeTrash({ immediately: options.immediate === true })
  })
}
