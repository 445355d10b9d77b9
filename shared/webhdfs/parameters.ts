/**
 * Query parameters as WebHDFS reads them: names in any case, the first of several counts, unknown ones are nobody's
 * business, an empty value is as good as none. The texts of refusals are Apache's (protocol reference 4.5).
 */
import { webhdfsArgumentError } from './remote-exception.js'

const MAX_PARAMETERS = 100
/** Long.MAX_VALUE, which clients send for "all" and "do not change", is no exact number here. */
const MAX_LONG = 2n ** 63n - 1n
const MIN_LONG = -(2n ** 63n)
const MAX_INT = 2n ** 31n - 1n
const MAX_SHORT = 2n ** 15n - 1n
const MAX_PERMISSION = 0o1777
const USER_NAME = /^[A-Za-z_][A-Za-z0-9._-]*[$]?$/

export class WebhdfsParameters {
  readonly #values: ReadonlyMap<string, readonly string[]>

  private constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values
  }

  /**
   * @param url as it stands in the request line
   * @throws DfsError JAVA_ILLEGAL_ARGUMENT for more parameters than any operation has
   */
  static ofUrl(url: string): WebhdfsParameters {
    const start = url.indexOf('?')
    const values = new Map<string, string[]>()
    let count = 0
    for (const [name, value] of new URLSearchParams(start < 0 ? '' : url.slice(start + 1))) {
      count += 1
      if (count > MAX_PARAMETERS) throw webhdfsArgumentError('Too many parameters')
      const key = name.toLowerCase()
      const known = values.get(key)
      if (known === undefined) values.set(key, [value])
      else known.push(value)
    }
    return new WebhdfsParameters(values)
  }

  /** undefined when the parameter is missing or empty. */
  text(name: string): string | undefined {
    const value = this.#values.get(name)?.[0]
    return value === undefined || value === '' ? undefined : value
  }

  /** Every value of a parameter that may be repeated. */
  texts(name: string): readonly string[] {
    return (this.#values.get(name) ?? []).filter((it) => it !== '')
  }

  /** @throws DfsError JAVA_ILLEGAL_ARGUMENT naming the parameter and the operation */
  required(name: string, operation: string): string {
    const value = this.text(name)
    if (value !== undefined) return value
    throw webhdfsArgumentError(`Required param ${name} for op: ${operation} is null or empty`)
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined || value === 'null') return fallback
    if (value === 'true' || value === 'false') return value === 'true'
    throw invalid(name, `Failed to parse "${this.text(name)}" to Boolean.`)
  }

  /**
   * A Java long. Beyond 2^53 it is cut to the largest exact number: no file, offset or count gets there.
   * @param limits inclusive smallest value; none means any
   */
  long(name: string, minimum?: number): number | undefined {
    return this.#whole(name, 'long integer', MIN_LONG, MAX_LONG, minimum)
  }

  /** A Java int. */
  integer(name: string, minimum?: number): number | undefined {
    return this.#whole(name, 'integer', -MAX_INT - 1n, MAX_INT, minimum)
  }

  /** A Java short, in decimal. */
  short(name: string, minimum?: number): number | undefined {
    return this.#whole(name, 'short integer', -MAX_SHORT - 1n, MAX_SHORT, minimum)
  }

  /** Octal bits 0 to 01777. */
  permission(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const isShort = /^[+-]?[0-7]+$/.test(text) && Math.abs(Number.parseInt(text, 8)) <= 0o77777
    if (!isShort) throw invalid(name, `Failed to parse "${text}" as a radix-8 short integer.`)
    const value = Number.parseInt(text, 8)
    if (value < 0) throw invalid(name, `Invalid parameter range: ${name} = ${octal(value)} < 0`)
    if (value > MAX_PERMISSION) {
      throw invalid(name, `Invalid parameter range: ${name} = ${octal(value)} > 1777`)
    }
    return value
  }

  absolutePath(name: string): string | undefined {
    const text = this.text(name)
    if (text === undefined || text.startsWith('/')) return text
    throw invalid(name, `Invalid parameter value: ${name} = "${text}" is not an absolute path.`)
  }

  /** A user's name that a request may claim. */
  userName(name: string): string | undefined {
    return this.matching(name, USER_NAME)
  }

  /** A text of a given form; refused in the words of Java's StringParam. */
  matching(name: string, domain: RegExp): string | undefined {
    const text = this.text(name)
    if (text === undefined || domain.test(text)) return text
    throw invalid(name, `Invalid value: "${text}" does not belong to the domain ${domain.source}`)
  }

  /**
   * One of the names of a Java enum, in any case.
   * @param enumClass appears in the refusal
   */
  enumeration<T extends string>(
    name: string,
    values: readonly T[],
    enumClass: string,
  ): T | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : enumValue(name, text, values, enumClass)
  }

  /** A comma-separated list of such names. */
  enumerations<T extends string>(
    name: string,
    values: readonly T[],
    enumClass: string,
  ): readonly T[] {
    const texts = this.text(name)?.split(',') ?? []
    return texts
      .filter((it) => it.trim() !== '')
      .map((it) => enumValue(name, it.trim(), values, enumClass))
  }

  #whole(
    name: string,
    kind: string,
    smallest: bigint,
    largest: bigint,
    minimum: number | undefined,
  ): number | undefined {
    const text = this.text(name)
    if (text === undefined || text === 'null') return undefined
    // The length is bounded before the digits are turned into a number.
    const digits = /^[+-]?\d{1,30}$/.test(text) ? BigInt(text.replace('+', '')) : undefined
    if (digits === undefined || digits < smallest || digits > largest) {
      throw invalid(name, `Failed to parse "${text}" as a radix-10 ${kind}.`)
    }
    const value = Math.max(
      Number.MIN_SAFE_INTEGER,
      Math.min(Number(digits), Number.MAX_SAFE_INTEGER),
    )
    if (minimum !== undefined && value < minimum) {
      throw invalid(name, `Invalid parameter range: ${name} = ${digits} < ${minimum}`)
    }
    return value
  }
}

function enumValue<T extends string>(
  name: string,
  text: string,
  values: readonly T[],
  enumClass: string,
): T {
  const upper = text.toUpperCase()
  const value = values.find((it) => it === upper)
  if (value === undefined) throw invalid(name, `No enum constant ${enumClass}.${upper}`)
  return value
}

function invalid(name: string, why: string) {
  return webhdfsArgumentError(`Invalid value for webhdfs parameter "${name}": ${why}`)
}

const octal = (value: number) => value.toString(8)
