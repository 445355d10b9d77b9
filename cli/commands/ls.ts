/** `dfs ls`: the columns, the order and the "Found n items" of Hadoop's shell. */
import type { Command } from 'commander'
import { compareNames } from '../../shared/client/directory-reads.js'
import { type CommandContext, examples } from '../command.js'
import { printLine } from '../io.js'
import { childItem, children, forEachItem, type PathItem } from '../path-items.js'
import { LsColumns, statusJson } from '../rendering/file-status.js'
import { JsonArrayWriter } from '../rendering/json-array.js'
import { sizeFormat } from '../rendering/sizes.js'

interface LsOptions {
  readonly paths?: true
  readonly directory?: true
  readonly human?: true
  readonly quote?: true
  readonly recursive?: true
  readonly time?: true
  readonly size?: true
  readonly reverse?: true
  readonly accessTime?: true
  readonly deleted?: true
  readonly json?: true
}

/** Lines of a recursive listing share their column widths by groups of so many. */
const RECURSIVE_GROUP = 100

export function register(command: Command, context: CommandContext): void {
  command
    .argument('[path...]', 'files, directories or patterns (default: your home directory)')
    .option('-C, --paths', 'print paths only')
    .option('-d, --directory', 'list directories themselves, not what they hold')
    .option('-h, --human', 'sizes as 1.5 K instead of bytes')
    .option('-q, --quote', 'print ? for characters that cannot be printed')
    .option('-R, --recursive', 'list everything below')
    .option('-t, --time', 'newest first')
    .option('-S, --size', 'largest first')
    .option('-r, --reverse', 'reverse the order')
    .option('-u, --access-time', 'show and sort by the time of last access')
    .option('--deleted', 'what was deleted there and can be brought back (default: everywhere)')
    .option('--json', 'print a JSON array')
  examples(command, [
    'dfs ls /',
    'dfs ls -h -S /data',
    "dfs ls -R '/logs/2026-*'",
    'dfs ls --json /',
    'dfs ls --deleted',
  ])
  command.action(async (paths: string[], options: LsOptions) => {
    if (options.deleted === true) {
      const { listDeleted } = await import('./ls-deleted.js')
      return listDeleted(context, paths.length > 0 ? paths : ['/'], options)
    }
    const listing = new Listing(context, options)
    await forEachItem(context, paths.length > 0 ? paths : ['.'], (item) => listing.show(item))
    await listing.end()
  })
}

class Listing {
  readonly #context: CommandContext
  readonly #options: LsOptions
  readonly #columns = new LsColumns()
  readonly #json: JsonArrayWriter | undefined

  constructor(context: CommandContext, options: LsOptions) {
    this.#context = context
    this.#options = options
    this.#json = options.json === true ? new JsonArrayWriter(context.io) : undefined
  }

  async show(item: PathItem): Promise<void> {
    const { directory, recursive } = this.#options
    if (item.status.kind !== 'directory' || directory === true) await this.#print([item])
    else if (recursive === true) await this.#showTree(item)
    else await this.#showDirectory(item)
  }

  async end(): Promise<void> {
    await this.#json?.end()
  }

  async #showDirectory(folder: PathItem): Promise<void> {
    const items: PathItem[] = []
    for await (const item of children(folder)) items.push(item)
    const { paths, json } = this.#options
    if (items.length > 0 && paths !== true && json !== true) {
      await printLine(this.#context.io, `Found ${items.length} items`)
    }
    await this.#print(items.toSorted(comparison(this.#options)))
  }

  /** Sorted, a directory at a time, when an order was asked for; otherwise as the server lists, in flat memory. */
  async #showTree(folder: PathItem): Promise<void> {
    const { time, size, reverse } = this.#options
    if (time === true || size === true || reverse === true) {
      const items: PathItem[] = []
      for await (const item of children(folder)) items.push(item)
      for (const item of items.toSorted(comparison(this.#options))) {
        await this.#print([item])
        if (item.status.kind === 'directory') await this.#showTree(item)
      }
      return
    }
    let group: PathItem[] = []
    const open = [{ folder, entries: folder.client.list(folder.path)[Symbol.asyncIterator]() }]
    for (let deepest = open.at(-1); deepest !== undefined; deepest = open.at(-1)) {
      const next = await this.#nextEntry(deepest.entries)
      if (next === undefined) {
        open.pop()
        continue
      }
      const item = childItem(deepest.folder, next)
      group.push(item)
      if (group.length >= RECURSIVE_GROUP) {
        await this.#print(group)
        group = []
      }
      if (next.kind === 'directory') {
        const entries = item.client.list(item.path)[Symbol.asyncIterator]()
        open.push({ folder: item, entries })
      }
    }
    await this.#print(group)
  }

  /** The next entry of a directory; one that cannot be read is reported and passed over. */
  async #nextEntry(entries: AsyncIterator<PathItem['status']>) {
    try {
      const { value, done } = await entries.next()
      return done === true ? undefined : value
    } catch (error) {
      await this.#context.fail(error)
      return undefined
    }
  }

  async #print(items: readonly PathItem[]): Promise<void> {
    const { paths, human, quote, accessTime } = this.#options
    this.#columns.fit(items)
    const format = { size: sizeFormat(human), useAccessTime: accessTime === true }
    for (const item of items) {
      const display = quote === true ? printable(item.display) : item.display
      if (this.#json !== undefined) await this.#json.add(statusJson(item.status))
      else {
        const line = paths === true ? display : this.#columns.line(item, display, format)
        await printLine(this.#context.io, line)
      }
    }
  }
}

function comparison(options: LsOptions): (a: PathItem, b: PathItem) => number {
  const sign = options.reverse === true ? -1 : 1
  const byName = (a: PathItem, b: PathItem) => compareNames(a.path, b.path)
  if (options.time === true) {
    const key = options.accessTime === true ? 'accessTimeMs' : 'modificationTimeMs'
    return (a, b) => sign * (b.status[key] - a.status[key] || byName(a, b))
  }
  if (options.size === true) {
    return (a, b) => sign * (b.status.lengthBytes - a.status.lengthBytes || byName(a, b))
  }
  return (a, b) => sign * byName(a, b)
}

const printable = (text: string): string => text.replace(/\p{C}/gu, '?')
