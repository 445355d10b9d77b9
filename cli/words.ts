/** Takes apart the words of commands that end with a destination, and numbers and sizes among the words. */
import { parseDurationMs, parseSize } from '../shared/config/quantities.js'
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

/** `30s`, `10m`, `2d` as whole milliseconds, at least one. @throws DfsError USAGE */
export function durationArgument(text: string, what: string): number {
  const durationMs = parseDurationMs(text)
  if (durationMs === undefined || durationMs <= 0) {
    throw new DfsError('USAGE', `${what} '${text}' is not a time such as 30s, 10m, 2h or 7d`)
  }
  return Math.ceil(durationMs)
}

/** A whole number from `minimum`. @throws DfsError USAGE */
export function countArgument(text: string, what: string, minimum = 1): number {
  return wholeNumber(text, what, { minimum, digits: 9 })
}

/** The number of a transaction or of a deletion. @throws DfsError USAGE */
export function numberArgument(text: string, what: string, minimum = 1): number {
  return wholeNumber(text, what, { minimum, digits: 15 })
}

function wholeNumber(
  text: string,
  what: string,
  { minimum, digits }: { readonly minimum: number; readonly digits: number },
): number {
  const isNumber = /^\d+$/.test(text) && text.length <= digits
  if (isNumber && Number(text) >= minimum) return Number(text)
  throw new DfsError('USAGE', `${what} '${text}' is not a whole number from ${minimum}`)
}

/** What the first word of a command may be, with the words that follow it: `<needed>`, `[optional]`. */
export type Actions<Run> = Readonly<Record<string, { readonly words: string; readonly run: Run }>>

/** @throws DfsError USAGE for an unknown action, and for too few or too many words behind it */
export function chosenAction<Run>(
  actions: Actions<Run>,
  name: string,
  words: readonly string[],
): Run {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (action === undefined) {
    throw new DfsError('USAGE', `unknown action '${name}': ${Object.keys(actions).join(', ')}`)
  }
  const expected = action.words.split(' ').filter((it) => it !== '')
  const fewest = expected.filter((it) => it.startsWith('<')).length
  if (words.length < fewest || words.length > expected.length) {
    const after = action.words === '' ? 'nothing' : action.words
    throw new DfsError('USAGE', `${name} is followed by ${after}`)
  }
  return action.run
}
