/** `dfs version`. */
import type { Command } from 'commander'
import { readVersion } from '../../shared/version.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'

export function register(command: Command, { io }: CommandContext): void {
  examples(command, ['dfs version', 'dfs version --json'])
  command.option('--json', 'print as JSON').action(async (options: { readonly json?: boolean }) => {
    const version = readVersion()
    const node = process.versions.node
    if (options.json === true) await printJson(io, { version, node })
    else await printLine(io, `dfs ${version} (Node ${node})`)
  })
}
