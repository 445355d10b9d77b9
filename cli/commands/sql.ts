/** `dfs sql`: questions about the namespace in SQL. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { printErrorLine, printJson, printLine } from '../io.js'
import { askForDocument, HTTP_OPTION } from '../namenode-http.js'
import { printable } from '../rendering/printable.js'
import { renderTable } from '../rendering/table.js'
import { countArgument, durationArgument } from '../words.js'

interface SqlCommandOptions {
  readonly limit?: string
  readonly timeout: string
  readonly http?: string
  readonly json?: true
  readonly csv?: true
}

/** What an answer may take beside the time of the statement itself. */
const ANSWER_MS = 60_000

type Value = string | number | null

interface Result {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Value[])[]
  readonly isTruncated: boolean
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument(
      '<statement>',
      'one SELECT over files, directories, blocks, replicas, nodes and audit',
    )
    .option('--limit <rows>', 'at most so many rows (default: 1000)')
    .option('--timeout <duration>', 'give up after this time', '30s')
    .option(...HTTP_OPTION)
    .option('--json', 'print a JSON document: a list of objects')
    .option('--csv', 'print comma-separated values')
  examples(command, [
    'dfs sql "select path, length from files order by length desc limit 10"',
    'dfs sql "select owner, count(*), sum(length) from files group by owner" --csv',
  ])
  command.action(async (sql: string, options: SqlCommandOptions) => {
    const result = await ask(context, sql, options)
    if (options.json === true) await printJson(context.io, objectsOf(result))
    else {
      const lines = options.csv === true ? csvLines(result) : tableLines(result)
      for (const line of lines) await printLine(context.io, line)
    }
    if (result.isTruncated) {
      await printErrorLine(context.io, `sql: only the first ${result.rows.length} rows are shown`)
    }
  })
}

function ask(
  context: CommandContext,
  sql: string,
  { limit, timeout, http }: SqlCommandOptions,
): Promise<Result> {
  const timeLimitMs = durationArgument(timeout, '--timeout')
  const maxRows = limit === undefined ? undefined : countArgument(limit, '--limit')
  return askForDocument(context, {
    path: '/api/v1/sql',
    method: 'POST',
    body: { sql, maxRows, timeLimitMs },
    http,
    timeLimitMs: timeLimitMs + ANSWER_MS,
  })
}

/** Pure: rows as objects; of columns with the same name the last one counts. */
export const objectsOf = ({ columns, rows }: Result): object[] =>
  rows.map((row) => Object.fromEntries(row.map((value, index) => [columns[index], value])))

/** Pure: numbers stand at the right; control characters are shown as escapes. */
export function tableLines({ columns, rows }: Result): string[] {
  const right = columns.flatMap((_, index) =>
    rows.every((row) => typeof row[index] !== 'string') ? [index] : [],
  )
  const texts = rows.map((row) => row.map((value) => printable(value === null ? '' : `${value}`)))
  return renderTable([columns, ...texts], { right })
}

/** Pure: as RFC 4180 has it; NULL is empty, and an empty text is in quotes. */
export function csvLines({ columns, rows }: Result): string[] {
  return [columns, ...rows].map((row) => row.map(csvValue).join(','))
}

function csvValue(value: Value): string {
  if (value === null) return ''
  const text = String(value)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
