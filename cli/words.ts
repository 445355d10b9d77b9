/** Takes apart the words of commands that end with a destination, and numbers and sizes among the words. */
import { parseSize } from '../shared/config/quantities.js'
import { DfsError } from '../shared/errors.js'

/** @throws DfsError USAGE when there is only one word */
export function splitDestination(words: readonly string[]): {
  readonly sources: readonly string[]
  readonly destination: string
} {
  const destination = words.at(-1)
  if (destination === undefined || words.length < 2) {
    throw new DfsError('USAGE', `Not enough arguments: expected 2 but got ${words.length}`)
  }
  return { sources: words.slice(0, -1), destination }
}

/** As `splitDestination`; a single word goes to the current directory (`put` and `get`). */
export const splitOptionalDestination = (
  words: readonly string[],
): { readonly sources: readonly string[]; readonly destination: string } =>
  words.length < 2 ? { sources: words, destination: '.' } : splitDestination(words)

/** `1048576`, `1MiB`, `128m` as bytes. @throws DfsError USAGE */
export function sizeArgument(text: string, what: string): number {
  const bytes = parseSize(text)
  if (bytes === undefined) {
    throw new DfsError('USAGE', `${what} '${text}' is not a size such as 1048576, 1MiB or 128m`)
  }
  return bytes
}

/** A whole number from `minimum`. @throws DfsError USAGE */
export function countArgument(text: string, what: string, minimum = 1): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= minimum)) {
    throw new DfsError('USAGE', `${what} '${text}' is not a whole number from ${minimum}`)
  }
  return value
}
