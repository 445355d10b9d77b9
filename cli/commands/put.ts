/** `dfs put`: a file appears under its name only when it is complete and durable. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { type UploadOptions, uploadAll } from '../uploads.js'
import { splitOptionalDestination } from '../words.js'

/** Flags that put shares with the commands that are named after it. */
export function uploadFlags(command: Command): Command {
  return command
    .argument('<localsrc...>', 'local files or folders, or - for standard input')
    .usage('[options] <localsrc...> [destination]')
    .option('-f, --force', 'replace existing files')
    .option('-p, --preserve', 'keep times and permissions')
    .option('-d, --direct', 'write under the final name at once, without name._COPYING_')
    .option('-t, --threads <count>', 'files on the way at a time (default: 4)')
    .option('--replication <count>', "replicas of each block (default: the cluster's)")
    .option('--block-size <size>', "as 1048576, 1MiB or 128m (default: the cluster's)")
}

export function register(command: Command, context: CommandContext): void {
  uploadFlags(command)
  examples(command, [
    'dfs put report.csv /data',
    'dfs put -f a.bin b.bin folder /backup',
    'tar cz src | dfs put - /backup/src.tar.gz',
  ])
  command.action(async (words: string[], options: UploadOptions) => {
    const { sources, destination } = splitOptionalDestination(words)
    await uploadAll(context, sources, destination, options)
  })
}
