/** What a setting is: how its text becomes a value, how the value is shown, and what people are told about it. */
import { isIP } from 'node:net'
import { formatDuration, formatSize, parseDurationMs, parseSize } from './quantities.js'

export type ServerProcess = 'namenode' | 'datanode'

/** Thrown by `parse` with the end of a sentence that begins with the key: "must be …". */
export class UnusableValue extends Error {
  override readonly name = 'UnusableValue'
}

export interface Setting<T> {
  readonly description: string
  /** Who reads it. */
  readonly processes: readonly ServerProcess[]
  readonly defaultValue: T
  /** HDFS's name for the same thing, accepted in its place. */
  readonly hdfsName: string | undefined
  /** Never printed. */
  readonly isSecret: boolean
  /** A relative path is relative to the folder of the file that it stands in. */
  readonly isPath: boolean
  /** For people: `size`, `duration`, `port`… */
  readonly typeName: string
  /** @throws UnusableValue */
  parse(text: string, underHdfsName: boolean): T
  format(value: T): string
}

interface About<T> {
  readonly about: string
  readonly for: readonly ServerProcess[]
  readonly default: T
  readonly hdfs?: string
}

function setting<T>(
  about: About<T>,
  kind: Pick<Setting<T>, 'typeName' | 'parse' | 'format'> & { isSecret?: true; isPath?: true },
): Setting<T> {
  return {
    description: about.about,
    processes: about.for,
    defaultValue: about.default,
    hdfsName: about.hdfs,
    isSecret: kind.isSecret ?? false,
    isPath: kind.isPath ?? false,
    typeName: kind.typeName,
    parse: kind.parse,
    format: kind.format,
  }
}

/** Bytes; the default is written as in a file, so that the table reads like one. */
export function size(
  about: About<string> & { readonly min?: string; readonly max?: string },
): Setting<number> {
  const limits = { min: sizeOf(about.min ?? '0'), max: sizeOf(about.max ?? '1PiB') }
  return setting(
    { ...about, default: sizeOf(about.default) },
    {
      typeName: 'size',
      parse: (text) =>
        within(
          parseSize(text) ?? unusable('must be a size such as 1048576, 1MiB or 128m'),
          limits,
          formatSize,
        ),
      format: formatSize,
    },
  )
}

/** Milliseconds. `hdfsUnit` is what a bare number means under HDFS's name. */
export function duration(
  about: About<string> & {
    readonly min?: string
    readonly max?: string
    readonly hdfsUnit?: 'ms' | 's' | 'm' | 'h'
  },
): Setting<number> {
  const limits = { min: durationOf(about.min ?? '0'), max: durationOf(about.max ?? '3650d') }
  return setting(
    { ...about, default: durationOf(about.default) },
    {
      typeName: 'duration',
      parse: (text, underHdfsName) =>
        within(
          parseDurationMs(text, underHdfsName ? about.hdfsUnit : undefined) ??
            unusable('must be a duration with its unit, such as 500ms, 15s or 10m'),
          limits,
          formatDuration,
        ),
      format: formatDuration,
    },
  )
}

export function integer(
  about: About<number> & { readonly min?: number; readonly max?: number },
): Setting<number> {
  return setting(about, {
    typeName: 'integer',
    parse: (text) =>
      within(/^\d+$/.test(text) ? Number(text) : unusable('must be a whole number'), about, String),
    format: String,
  })
}

/** 0 takes a free port. */
export function port(about: About<number>): Setting<number> {
  return setting(about, {
    typeName: 'port',
    parse: (text) =>
      /^\d+$/.test(text) && Number(text) <= 65_535
        ? Number(text)
        : unusable('must be a port from 1 to 65535, or 0 for a free one'),
    format: String,
  })
}

/** 0 to 1; `5%` is read as 0.05. */
export function fraction(about: About<number>): Setting<number> {
  return setting(about, {
    typeName: 'fraction',
    parse: (text) => {
      const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text)
      const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1)
      return value >= 0 && value <= 1
        ? value
        : unusable('must be a share from 0 to 1, or 0% to 100%')
    },
    format: String,
  })
}

/** Bytes, or a share of a whole: `10GiB` is read as a number from 1 upwards, `5%` as 0.05. */
export function sizeOrShare(about: About<string>): Setting<number> {
  const read = (written: string): number => {
    const share = /^(\d+(?:\.\d+)?)%$/.exec(written)
    const value = share === null ? parseSize(written) : Number(share[1]) / 100
    const isShareOfAll = share !== null && value !== undefined && value >= 1
    if (value !== undefined && !isShareOfAll) return value
    return unusable('must be a size such as 10GiB, or a share below 100% such as 5%')
  }
  return setting(
    { ...about, default: read(about.default) },
    {
      typeName: 'size or share',
      parse: read,
      format: (value) => (value > 0 && value < 1 ? `${value * 100}%` : formatSize(value)),
    },
  )
}

export function flag(about: About<boolean>): Setting<boolean> {
  return setting(about, {
    typeName: 'boolean',
    parse: (text) => {
      if (text === 'true') return true
      return text === 'false' ? false : unusable('must be true or false')
    },
    format: String,
  })
}

/** One of some words. `hdfsWords` are those that HDFS's setting has for them. */
export function choice<const T extends string>(
  about: About<NoInfer<T>> & { readonly hdfsWords?: Readonly<Record<string, NoInfer<T>>> },
  values: readonly T[],
): Setting<T> {
  const words = new Map(Object.entries<T>(about.hdfsWords ?? {}))
  return setting<T>(about, {
    typeName: values.join(' | '),
    parse: (text, underHdfsName) =>
      (underHdfsName ? words.get(text) : undefined) ??
      values.find((value) => value === text) ??
      unusable(`must be one of ${values.join(', ')}`),
    format: String,
  })
}

/** Text; empty means that the program chooses. */
export function text(
  about: About<string> & { readonly pattern?: RegExp; readonly example?: string },
): Setting<string> {
  return setting(about, {
    typeName: 'text',
    parse: (value) =>
      about.pattern === undefined || about.pattern.test(value)
        ? value
        : unusable(`must look like ${about.example}`),
    format: String,
  })
}

export function secret(about: About<string> & { readonly minLength: number }): Setting<string> {
  return setting(about, {
    typeName: 'secret',
    isSecret: true,
    parse: (value) =>
      value.length >= about.minLength
        ? value
        : unusable(`must have at least ${about.minLength} characters`),
    format: (value) => (value === '' ? '' : '(hidden)'),
  })
}

export function path(about: About<string>): Setting<string> {
  return setting(about, {
    typeName: 'path',
    isPath: true,
    parse: (value) => (value !== '' && !value.includes('\0') ? value : unusable('must be a path')),
    format: String,
  })
}

/** Separated by commas in one text; a sequence in the file. */
export function list(
  about: About<readonly string[]> & {
    readonly isPath?: true
    readonly pattern?: RegExp
    readonly accepts?: (item: string) => boolean
    readonly example?: string
  },
): Setting<readonly string[]> {
  return setting<readonly string[]>(about, {
    typeName: 'list',
    ...(about.isPath === undefined ? {} : { isPath: about.isPath }),
    parse: (value) => {
      const items = value.split(',').map((item) => item.trim())
      const used = items.filter((item) => item !== '')
      const isGood = used.every(
        (item) => about.pattern?.test(item) !== false && about.accepts?.(item) !== false,
      )
      return isGood ? used : unusable(`must be a list of items like ${about.example}`)
    },
    format: (value) => value.join(','),
  })
}

/** A host name or an IP address. */
export function host(about: About<string>): Setting<string> {
  return setting(about, {
    typeName: 'host',
    parse: (value) =>
      isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$/i.test(value)
        ? value
        : unusable('must be a host name or an IP address'),
    format: String,
  })
}

function within(
  value: number,
  limits: { readonly min?: number; readonly max?: number },
  format: (value: number) => string,
): number {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = limits
  if (value >= min && value <= max) return value
  return unusable(`must be between ${format(min)} and ${format(max)}`)
}

function unusable(complaint: string): never {
  throw new UnusableValue(complaint)
}

function sizeOf(written: string): number {
  return parseSize(written) ?? unusable(`has an unreadable size in the table: ${written}`)
}

function durationOf(written: string): number {
  return parseDurationMs(written) ?? unusable(`has an unreadable duration in the table: ${written}`)
}
