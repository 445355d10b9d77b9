/** `dfs find`: the expressions of Hadoop's shell, all of which must hold. */
import type { Command } from 'commander'
import type { FileStatus } from '../../shared/client/file-status.js'
import { componentPattern } from '../../shared/client/glob-pattern.js'
import { parseSize } from '../../shared/config/quantities.js'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { write } from '../io.js'
import { PathError } from '../path-errors.js'
import { descendants, forEachItem, lookUp, type PathItem } from '../path-items.js'
import { statusJson } from '../rendering/file-status.js'
import { JsonArrayWriter } from '../rendering/json-array.js'

interface FindOptions {
  readonly name?: string[]
  readonly iname?: string[]
  readonly type?: string
  readonly size?: string[]
  readonly mtime?: string[]
  readonly newer?: string
  readonly print0?: true
  readonly json?: true
}

const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value]

export function register(command: Command, context: CommandContext): void {
  command
    .argument('[path...]', 'where to start (default: your home directory)')
    .option('--name <pattern>', 'the last component matches (also: -name)', collect)
    .option('--iname <pattern>', 'the same, whatever the case', collect)
    .option('--type <f|d>', 'files or directories only')
    .option('--size <[+-]size>', 'files above (+10m), below (-10m) or of this size', collect)
    .option('--mtime <[+-]days>', 'modified longer ago than (+7), within (-7) these days', collect)
    .option('--newer <path>', 'modified after this was')
    .option('--print', 'print each path on a line, which is the default')
    .option('--print0', 'end each path with a NUL instead of a line end')
    .option('-a, --and', 'between two expressions; it goes without saying')
    .option('--json', 'print a JSON array')
    .usage('[options] [path...] [expression...]')
  examples(command, [
    "dfs find / -name '*.parquet'",
    "dfs find /logs -iname 'err*' -print0 | xargs -0 dfs rm",
    'dfs find /tmp -type f -size +1g -mtime +30',
  ])
  command.action(async (paths: string[], options: FindOptions) => {
    const nowMs = context.io.seams.clock.wallMs()
    const tests = [...testsOf(options, nowMs), ...(await newerThan(context, options.newer))]
    const json = options.json === true ? new JsonArrayWriter(context.io) : undefined
    const end = options.print0 === true ? '\0' : '\n'
    const print = async ({ display, status }: PathItem): Promise<void> => {
      if (!tests.every((test) => test(status))) return
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

type Test = (status: FileStatus) => boolean

/** Pure. @throws DfsError USAGE */
export function testsOf(options: Omit<FindOptions, 'newer'>, nowMs: number): Test[] {
  const { name = [], iname = [], size = [], mtime = [], type } = options
  const named = (pattern: RegExp) => (status: FileStatus) => pattern.test(status.name)
  if (type !== undefined && type !== 'f' && type !== 'd') {
    throw new DfsError('USAGE', `--type is f or d, not '${type}'`)
  }
  const kind = type === 'f' ? 'file' : 'directory'
  return [
    ...name.map((pattern) => named(componentPattern(pattern))),
    ...iname.map((pattern) => named(insensitive(pattern))),
    ...(type === undefined ? [] : [(status: FileStatus) => status.kind === kind]),
    ...size.map((text) => {
      const isRight = comparison(text, parseSize)
      return (status: FileStatus) => status.kind === 'file' && isRight(status.lengthBytes)
    }),
    ...mtime.map((text) => {
      const isRight = comparison(text, wholeNumber)
      return (status: FileStatus) =>
        isRight(Math.floor((nowMs - status.modificationTimeMs) / DAY_MS))
    }),
  ]
}

/** `+n`: more than n, `-n`: less, `n`: exactly. @throws DfsError USAGE */
function comparison(
  text: string,
  parse: (text: string) => number | undefined,
): (value: number) => boolean {
  const sign = /^[+-]/.exec(text)?.[0]
  const limit = parse(sign === undefined ? text : text.slice(1))
  if (limit === undefined) throw new DfsError('USAGE', `'${text}' is no number to compare with`)
  if (sign === undefined) return (value) => value === limit
  return sign === '+' ? (value) => value > limit : (value) => value < limit
}

const DAY_MS = 86_400_000

const wholeNumber = (text: string): number | undefined =>
  /^\d{1,6}$/.test(text) ? Number(text) : undefined

/** @throws PathError when it is not there */
async function newerThan(context: CommandContext, path: string | undefined): Promise<Test[]> {
  if (path === undefined) return []
  const { status } = await lookUp(context, path)
  if (status === undefined) throw PathError.notFound(path)
  return [(it) => it.modificationTimeMs > status.modificationTimeMs]
}

function insensitive(pattern: string): RegExp {
  const { source, flags } = componentPattern(pattern)
  return new RegExp(source, `${flags}i`)
}
