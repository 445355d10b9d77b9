/** One question of `dfs sql` and its answer: what may be asked, and how much of an answer is given. Runs in a process of its own. */
import { toDfsError } from '../../../shared/errors.js'
import { type NodeRow, openSqlTables, type SqlPlaces } from './sql-views.js'

export interface SqlQuestion {
  readonly sql: string
  /** Rows beyond it are left out. */
  readonly maxRows: number
  readonly timeLimitMs: number
  readonly places: SqlPlaces
  readonly nodes: readonly NodeRow[]
}

export type SqlValue = string | number | null

export type SqlAnswer =
  | {
      readonly kind: 'rows'
      readonly columns: readonly string[]
      readonly rows: readonly (readonly SqlValue[])[]
      /** There are more rows than were asked for, or than fit into an answer. */
      readonly isTruncated: boolean
    }
  | { readonly kind: 'refused'; readonly message: string }

/** Text and names of one answer. */
const MAX_ANSWER_CHARACTERS = 16 * 1024 * 1024
/** Comments and spaces, then the first word. */
const READING = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(select|with|values|explain)\b/i

/** Runs one reading statement. Never throws for what the statement is. */
export function answerQuestion(question: SqlQuestion): SqlAnswer {
  if (!READING.test(question.sql)) {
    return { kind: 'refused', message: 'only SELECT, WITH, VALUES and EXPLAIN are answered' }
  }
  try {
    const database = openSqlTables(question.places, question.nodes)
    const statement = database.prepare<[], SqlValue[]>(question.sql)
    if (!statement.reader || !statement.readonly) {
      return { kind: 'refused', message: 'only statements that change nothing are answered' }
    }
    const columns = statement.columns().map(({ name }) => name)
    const rows: SqlValue[][] = []
    let characters = 0
    for (const row of statement.raw().iterate()) {
      const values = row.map(plainValue)
      for (const value of values) characters += typeof value === 'string' ? value.length : 8
      if (rows.length >= question.maxRows || characters > MAX_ANSWER_CHARACTERS) {
        return { kind: 'rows', columns, rows, isTruncated: true }
      }
      rows.push(values)
    }
    return { kind: 'rows', columns, rows, isTruncated: false }
  } catch (error) {
    return { kind: 'refused', message: toDfsError(error).message }
  }
}

const plainValue = (value: unknown): SqlValue =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : (value as SqlValue)
