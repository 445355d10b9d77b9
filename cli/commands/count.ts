/** `dfs count`: directories, files and bytes, in Hadoop's columns. */
import type { Command } from 'commander'
import type { ContentSummary } from '../../shared/client/dfs-client.js'
import { type CommandContext, examples } from '../command.js'
import { printLine } from '../io.js'
import { forEachItem } from '../path-items.js'
import { JsonArrayWriter } from '../rendering/json-array.js'
import { sizeFormat } from '../rendering/sizes.js'

interface CountOptions {
  readonly quota?: true
  readonly usage?: true
  readonly human?: true
  readonly header?: true
  readonly json?: true
}

type Size = (bytes: number) => string

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path...>', 'files, directories or patterns')
    .option('-q, --quota', 'quotas and what is left of them, too')
    .option('-u, --usage', 'quotas and what is left of them, nothing else')
    .option('-h, --human', 'sizes as 1.5 K instead of bytes')
    .option('-v, --header', 'print a header')
    .option('-x', 'accepted for old scripts: leave out snapshots')
    .option('--json', 'print a JSON array')
  examples(command, ['dfs count -v /data', 'dfs count -q -h -v /data'])
  command.action(async (paths: string[], options: CountOptions) => {
    const json = options.json === true ? new JsonArrayWriter(context.io) : undefined
    if (options.header === true && json === undefined) {
      await printLine(context.io, `${headerLine(partsOf(options))}PATHNAME`)
    }
    const size = sizeFormat(options.human)
    await forEachItem(context, paths, async ({ client, path, display }) => {
      const summary = await client.contentSummary(path)
      if (json !== undefined) await json.add({ path, ...summary })
      else {
        const { quotas, counts } = partsOf(options)
        const columns =
          (quotas ? quotaColumns(summary, size) : '') + (counts ? countColumns(summary, size) : '')
        await printLine(context.io, columns + display)
      }
    })
    await json?.end()
  })
}

/** Cells of fixed widths, at the right, each with a space behind it. */
const cells = (widths: readonly number[], texts: readonly string[]): string =>
  texts.map((text, column) => `${text.padStart(widths[column] ?? 0)} `).join('')

const COUNT_WIDTHS = [12, 12, 18]
const QUOTA_WIDTHS = [12, 15, 15, 15]

interface Parts {
  readonly quotas: boolean
  readonly counts: boolean
}

const partsOf = ({ quota, usage }: CountOptions): Parts => ({
  quotas: quota === true || usage === true,
  counts: usage !== true,
})

/** Pure: the names of the columns, up to the path. */
export function headerLine({ quotas: withQuotas, counts }: Parts): string {
  const quotas = cells(QUOTA_WIDTHS, ['QUOTA', 'REM_QUOTA', 'SPACE_QUOTA', 'REM_SPACE_QUOTA'])
  return (
    (withQuotas ? quotas : '') +
    (counts ? cells(COUNT_WIDTHS, ['DIR_COUNT', 'FILE_COUNT', 'CONTENT_SIZE']) : '')
  )
}

/** Pure. As in Hadoop, -h shortens the counts as well. */
export const countColumns = (summary: ContentSummary, size: Size): string =>
  cells(COUNT_WIDTHS, [
    size(summary.directoryCount),
    size(summary.fileCount),
    size(summary.lengthBytes),
  ])

/** Pure: quotas and what is left of them; `none` and `inf` where none is set. */
export function quotaColumns(summary: ContentSummary, size: Size): string {
  const { quota, spaceQuotaBytes, directoryCount, fileCount, spaceConsumedBytes } = summary
  return cells(QUOTA_WIDTHS, [
    quota === undefined ? 'none' : size(quota),
    quota === undefined ? 'inf' : size(quota - directoryCount - fileCount),
    spaceQuotaBytes === undefined ? 'none' : size(spaceQuotaBytes),
    spaceQuotaBytes === undefined ? 'inf' : size(spaceQuotaBytes - spaceConsumedBytes),
  ])
}
