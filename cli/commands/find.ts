/** `dfs find`: the expressions of Hadoop's shell, all of which must hold. */
import type { Command } from 'commander'
import { componentPattern } from '../../shared/client/glob-pattern.js'
import { type CommandContext, examples } from '../command.js'
import { write } from '../io.js'
import { descendants, forEachItem, type PathItem } from '../path-items.js'
import { statusJson } from '../rendering/file-status.js'
import { JsonArrayWriter } from '../rendering/json-array.js'

interface FindOptions {
  readonly name?: string[]
  readonly iname?: string[]
  readonly print0?: true
  readonly json?: true
}

const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value]

export function register(command: Command, context: CommandContext): void {
  command
    .argument('[path...]', 'where to start (default: your home directory)')
    .option('--name <pattern>', 'the last component matches (also: -name)', collect)
    .option('--iname <pattern>', 'the same, whatever the case', collect)
    .option('--print', 'print each path on a line, which is the default')
    .option('--print0', 'end each path with a NUL instead of a line end')
    .option('-a, --and', 'between two expressions; it goes without saying')
    .option('--json', 'print a JSON array')
    .usage('[options] [path...] [expression...]')
  examples(command, [
    "dfs find / -name '*.parquet'",
    "dfs find /logs -iname 'err*' -print0 | xargs -0 dfs rm",
  ])
  command.action(async (paths: string[], options: FindOptions) => {
    const tests = [
      ...(options.name ?? []).map((pattern) => componentPattern(pattern)),
      ...(options.iname ?? []).map((pattern) => insensitive(pattern)),
    ]
    const json = options.json === true ? new JsonArrayWriter(context.io) : undefined
    const end = options.print0 === true ? '\0' : '\n'
    const print = async ({ display, status }: PathItem): Promise<void> => {
      if (!tests.every((test) => test.test(status.name))) return
      if (json !== undefined) await json.add(statusJson(status))
      else await write(context.io.stdout, display + end)
    }
    await forEachItem(context, paths.length > 0 ? paths : ['.'], async (item) => {
      await print(item)
      if (item.status.kind !== 'directory') return
      for await (const child of descendants(item)) await print(child)
    })
    await json?.end()
  })
}

function insensitive(pattern: string): RegExp {
  const { source, flags } = componentPattern(pattern)
  return new RegExp(source, `${flags}i`)
}
