/** `dfs du`: length, space with all replicas, path; one level deep unless -s. */
import type { Command } from 'commander'
import { withoutSnapshots } from '../../shared/client/content-summary.js'
import type { ContentSummary } from '../../shared/client/dfs-client.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { children, forEachItem, type PathItem } from '../path-items.js'
import { sizeFormat } from '../rendering/sizes.js'
import { renderTable } from '../rendering/table.js'

interface DuOptions {
  readonly summary?: true
  readonly human?: true
  readonly header?: true
  /** Leave out snapshots. */
  readonly x?: true
  readonly json?: true
}

const HEADER = ['SIZE', 'DISK_SPACE_CONSUMED_WITH_ALL_REPLICAS', 'FULL_PATH_NAME']

export function register(command: Command, context: CommandContext): void {
  command
    .argument('[path...]', 'files, directories or patterns (default: your home directory)')
    .option('-s, --summary', 'one line for each path instead of one for each entry')
    .option('-h, --human', 'sizes as 1.5 K instead of bytes')
    .option('-v, --header', 'print a header')
    .option('-x', 'leave out what only snapshots show')
    .option('--json', 'print a JSON array')
  examples(command, ['dfs du -h /data', 'dfs du -s -h /data /logs', 'dfs du --json /'])
  command.action(async (paths: string[], options: DuOptions) => {
    const found: { readonly item: PathItem; readonly summary: ContentSummary }[] = []
    const measure = async (item: PathItem) => {
      const summary = await item.client.contentSummary(item.path)
      found.push({ item, summary: options.x === true ? withoutSnapshots(summary) : summary })
    }
    await forEachItem(context, paths.length > 0 ? paths : ['.'], async (item) => {
      if (options.summary === true || item.status.kind !== 'directory') await measure(item)
      else for await (const child of children(item)) await measureOrFail(context, child, measure)
    })
    if (options.json === true) {
      const rows = found.map(({ item, summary }) => ({
        path: item.path,
        lengthBytes: summary.lengthBytes,
        spaceConsumedBytes: summary.spaceConsumedBytes,
      }))
      await printJson(context.io, rows)
      return
    }
    const size = sizeFormat(options.human)
    const rows = found.map(({ item, summary }) => [
      size(summary.lengthBytes),
      size(summary.spaceConsumedBytes),
      item.display,
    ])
    if (rows.length === 0) return
    for (const line of renderTable(options.header === true ? [HEADER, ...rows] : rows)) {
      await printLine(context.io, line)
    }
  })
}

async function measureOrFail(
  context: CommandContext,
  item: PathItem,
  measure: (item: PathItem) => Promise<void>,
): Promise<void> {
  try {
    await measure(item)
  } catch (error) {
    await context.fail(error)
  }
}
