/** `dfs undo`: brings back what was deleted or overwritten. */
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { locate } from '../path-items.js'
import { numberArgument } from '../words.js'

interface UndoOptions {
  readonly to?: string
  readonly number?: string
  readonly overwrite?: true
  readonly json?: true
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('[path]', 'where it was (default: what you deleted last)')
    .option('--to <path>', 'bring it back to another place')
    .option('--number <n>', 'one of several that were there: as `dfs ls --deleted` numbers them')
    .option('--overwrite', 'replace the file or empty directory that is there now')
    .option('--json', 'print a JSON document')
  examples(command, [
    'dfs undo',
    'dfs undo /data/report.csv',
    'dfs undo /data/report.csv --to /data/report-old.csv',
    'dfs ls --deleted /data',
    'dfs undo --number 4711',
  ])
  command.action(async (text: string | undefined, options: UndoOptions) => {
    const place = text === undefined ? undefined : locate(context, text)
    const target = options.to === undefined ? undefined : locate(context, options.to)
    if (place !== undefined && target !== undefined && target.client !== place.client) {
      throw new DfsError('USAGE', 'what was deleted comes back in its own cluster')
    }
    const client = (place ?? target)?.client ?? context.client()
    const { from, path } = await client.undo({
      path: place?.path,
      number: options.number === undefined ? undefined : numberArgument(options.number, '--number'),
      to: target?.path,
      overwrite: options.overwrite,
    })
    if (options.json === true) await printJson(context.io, { from, path })
    else await printLine(context.io, from === path ? `Back: ${path}` : `Back: ${from} as ${path}`)
  })
}
