/** The log of a process: pino, as JSON for machines or as lines for people. Only composition roots make one. */
import { type DestinationStream, pino } from 'pino'
import type { Log } from './log.js'

export interface SystemLogOptions {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** `auto` is text on a terminal and JSON elsewhere. */
  readonly format: 'auto' | 'text' | 'json'
  /** The process, as in `namenode`. */
  readonly name: string
  readonly stream: { write(text: string): unknown; readonly isTTY?: boolean | undefined }
}

/** A log that writes each line at once: what it says last before a crash is what one wants to read. */
export function createSystemLog(options: SystemLogOptions): Log {
  const { stream, format } = options
  const isText = format === 'text' || (format === 'auto' && stream.isTTY === true)
  const destination: DestinationStream = {
    write: (line) => {
      stream.write(isText ? readable(line) : line)
    },
  }
  return pino(
    {
      level: options.level,
      base: { process: options.name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {
        error: pino.stdSerializers.errWithCause,
        err: pino.stdSerializers.errWithCause,
      },
    },
    destination,
  )
}

const HIDDEN_FIELDS = new Set(['time', 'level', 'process', 'msg'])

/** One JSON line of ours as text: time of day, level, process, event, fields. */
export function readable(line: string): string {
  const entry: Readonly<Record<string, unknown>> = JSON.parse(line)
  const fields = Object.entries(entry)
    .filter(([key]) => !HIDDEN_FIELDS.has(key))
    .map(([key, value]) => `${key}=${fieldText(value)}`)
  const time = String(entry['time']).slice(11, 23)
  const level = String(entry['level']).toUpperCase().padEnd(5)
  return `${[time, level, `${entry['process']}:`, entry['msg'], ...fields].join(' ')}\n`
}

function fieldText(value: unknown): string {
  if (typeof value === 'string') return /[\s="]/.test(value) ? JSON.stringify(value) : value
  if (isErrorLike(value)) return JSON.stringify(value.message)
  return JSON.stringify(value)
}

function isErrorLike(value: unknown): value is { readonly message: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string'
  )
}
