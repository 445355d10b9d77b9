/** `dfs count`: directories, files and bytes, in Hadoop's columns. */
import type { Command } from 'commander'
import type { ContentSummary, QuotaUsage } from '../../shared/client/client-options.js'
import { withoutSnapshots } from '../../shared/client/content-summary.js'
import { DfsError } from '../../shared/errors.js'
import { QUOTA_STORAGE_TYPES } from '../../shared/quota-types.js'
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
  /** Types of storage, with commas; `all` or nothing for all. */
  readonly types?: string
  /** Leave out snapshots. */
  readonly x?: true
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
    .option('-t, --types <types>', 'with -q or -u: quotas by type of storage, as SSD,DISK or all')
    .option('-x', 'leave out what only snapshots show')
    .option('--json', 'print a JSON array')
  examples(command, ['dfs count -v /data', 'dfs count -q -h -v /data', 'dfs count -q -t SSD /data'])
  command.action(async (paths: string[], options: CountOptions) => {
    const json = options.json === true ? new JsonArrayWriter(context.io) : undefined
    if (options.header === true && json === undefined) {
      const types = typesOf(options)
      const header = types === undefined ? headerLine(partsOf(options)) : typeHeader(types)
      await printLine(context.io, `${header}PATHNAME`)
    }
    const size = sizeFormat(options.human)
    await forEachItem(context, paths, async ({ client, path, display }) => {
      if (json === undefined && isAboutLimits(options)) {
        const usage = await client.attributes.quotaUsage(path)
        return await printLine(context.io, limitColumns(usage, options, size) + display)
      }
      const full = await client.contentSummary(path)
      const summary = options.x === true ? withoutSnapshots(full) : full
      if (json !== undefined) await json.add({ path, ...summary })
      else {
        await printLine(context.io, columnsOf(summary, options, size) + display)
      }
    })
    await json?.end()
  })
}

/** Whether nothing is to be shown but limits, for which no snapshot has to be looked through. */
const isAboutLimits = (options: CountOptions): boolean =>
  !partsOf(options).counts || typesOf(options) !== undefined

function limitColumns(usage: QuotaUsage, options: CountOptions, size: Size): string {
  const types = typesOf(options)
  return types === undefined ? quotaColumns(usage, size) : typeColumns(usage, types, size)
}

function columnsOf(summary: ContentSummary, options: CountOptions, size: Size): string {
  const nameCount = summary.directoryCount + summary.fileCount
  const quotas = partsOf(options).quotas ? quotaColumns({ ...summary, nameCount }, size) : ''
  return quotas + countColumns(summary, size)
}

/** Cells of fixed widths, at the right, each with a space behind it. */
const cells = (widths: readonly number[], texts: readonly string[]): string =>
  texts.map((text, column) => `${text.padStart(widths[column] ?? 0)} `).join('')

const COUNT_WIDTHS = [12, 12, 18]
const QUOTA_WIDTHS = [12, 15, 15, 15]
const TYPE_WIDTHS = [13, 17]

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
export function quotaColumns(usage: QuotaUsage, size: Size): string {
  const { quota, spaceQuotaBytes, nameCount, spaceConsumedBytes } = usage
  return cells(QUOTA_WIDTHS, [
    quota === undefined ? 'none' : size(quota),
    quota === undefined ? 'inf' : size(quota - nameCount),
    spaceQuotaBytes === undefined ? 'none' : size(spaceQuotaBytes),
    spaceQuotaBytes === undefined ? 'inf' : size(spaceQuotaBytes - spaceConsumedBytes),
  ])
}

/** undefined: not asked for. As in Hadoop, types count only where quotas are asked for. @throws DfsError USAGE */
function typesOf({ quota, usage, types: text }: CountOptions): readonly string[] | undefined {
  if (text === undefined || (quota !== true && usage !== true)) return undefined
  if (text === '' || text.toLowerCase() === 'all') return QUOTA_STORAGE_TYPES
  return text.split(',').map((word) => {
    const name = word.trim().toUpperCase()
    if (QUOTA_STORAGE_TYPES.some((it) => it === name)) return name
    const types = QUOTA_STORAGE_TYPES.join(', ')
    throw new DfsError('USAGE', `'${word}' is no type of storage with quotas: ${types}`)
  })
}

/** Pure: the names of the columns by type. */
export const typeHeader = (types: readonly string[]): string =>
  types.map((type) => cells(TYPE_WIDTHS, [`${type}_QUOTA`, `REM_${type}_QUOTA`])).join('')

/** Pure: quotas by type of storage and what is left of them. */
export function typeColumns(
  { typeQuotas }: QuotaUsage,
  types: readonly string[],
  size: Size,
): string {
  const columns = types.map((type) => {
    const found = typeQuotas.find((it) => it.storageType === type)
    if (found?.quotaBytes === undefined) return cells(TYPE_WIDTHS, ['none', 'inf'])
    const left = found.quotaBytes - found.consumedBytes
    return cells(TYPE_WIDTHS, [size(found.quotaBytes), size(left)])
  })
  return columns.join('')
}
