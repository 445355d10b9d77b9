/** `dfs checksum`: the same lines as `hdfs dfs -checksum`, so that two clusters can be compared. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { printLine } from '../io.js'
import { PathError } from '../path-errors.js'
import { forEachItem } from '../path-items.js'
import { JsonArrayWriter } from '../rendering/json-array.js'

export function register(command: Command, context: CommandContext): void {
  command.argument('<path...>', 'files or patterns').option('--json', 'print a JSON array')
  examples(command, ['dfs checksum /data/a.csv', "dfs checksum '/data/*.parquet'"])
  command.action(async (paths: string[], options: { readonly json?: true }) => {
    const json = options.json === true ? new JsonArrayWriter(context.io) : undefined
    await forEachItem(context, paths, async ({ client, path, display, status }) => {
      if (status.kind === 'directory') throw PathError.isDirectory(display)
      const { algorithm, bytes } = await client.checksum(path)
      const hex = bytes.toString('hex')
      if (json !== undefined) await json.add({ path, algorithm, checksum: hex })
      else await printLine(context.io, `${display}\t${algorithm}\t${hex}`)
    })
    await json?.end()
  })
}
