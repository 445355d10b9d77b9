/**
 * Hadoop's patterns: `*` and `?` within a component, `[abc]`, `[a-z]`, `[^abc]`, `{a,b}` (which may span slashes) and
 * `\` before a character that stands for itself. Pure: text in, text and expressions out.
 */
import { DfsError } from '../errors.js'

const SPECIAL = /[*?[{\\]/

/** Whether `text` is more than a plain name. */
export const hasGlob = (text: string): boolean => SPECIAL.test(text)

/**
 * Replaces each `{a,b}` that contains a slash by its alternatives, so that the results can be split at slashes.
 * `/{a/b,c}/d` becomes `/a/b/d` and `/c/d`; braces within a component stay for `componentPattern`.
 * @throws DfsError ILLEGAL_ARGUMENT for an unclosed brace or more than 1000 alternatives
 */
export function expandSpanningBraces(pattern: string): string[] {
  const done: string[] = []
  const waiting = [pattern]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const span = findSpanningBrace(next)
    if (span === undefined) done.push(next)
    else {
      const before = next.slice(0, span.start)
      const after = next.slice(span.end + 1)
      waiting.push(...span.alternatives.map((alternative) => before + alternative + after))
    }
    if (done.length + waiting.length > 1000) {
      throw new DfsError('ILLEGAL_ARGUMENT', `pattern ${pattern} has more than 1000 alternatives`)
    }
  }
  return done
}

interface BraceSpan {
  readonly start: number
  readonly end: number
  readonly alternatives: readonly string[]
}

function findSpanningBrace(pattern: string): BraceSpan | undefined {
  for (let at = 0; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1
    else if (pattern[at] === '{') {
      const span = readBraces(pattern, at)
      if (span.alternatives.some((alternative) => alternative.includes('/'))) return span
      at = span.end
    }
  }
  return undefined
}

function readBraces(pattern: string, start: number): BraceSpan {
  const alternatives: string[] = []
  let depth = 0
  let from = start + 1
  for (let at = start; at < pattern.length; at += 1) {
    const character = pattern[at]
    if (character === '\\') at += 1
    else if (character === '{') depth += 1
    else if (character === ',' && depth === 1) {
      alternatives.push(pattern.slice(from, at))
      from = at + 1
    } else if (character === '}') {
      depth -= 1
      if (depth === 0) {
        return { start, end: at, alternatives: [...alternatives, pattern.slice(from, at)] }
      }
    }
  }
  throw illegal(pattern, 'an opened { is not closed')
}

/**
 * Splits an absolute pattern into components, leaving escaped characters escaped.
 * A component without special characters is returned unescaped as `name`.
 */
export function parseComponents(
  pattern: string,
): readonly (
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pattern'; readonly expression: RegExp }
)[] {
  return pattern
    .split('/')
    .filter((component) => component !== '')
    .map((component) =>
      /[*?[{]/.test(component.replace(/\\./gsu, ''))
        ? { kind: 'pattern', expression: componentPattern(component) }
        : { kind: 'name', name: component.replace(/\\(.)/gsu, '$1') },
    )
}

/**
 * The expression that matches whole names.
 * @throws DfsError ILLEGAL_ARGUMENT for unclosed brackets or braces
 */
export function componentPattern(component: string): RegExp {
  let source = ''
  let braces = 0
  const characters = [...component]
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? ''
    switch (character) {
      case '*':
        source += '.*'
        break
      case '?':
        source += '.'
        break
      case '{':
        braces += 1
        source += '(?:'
        break
      case '}':
        source += braces > 0 ? ')' : '\\}'
        braces = Math.max(0, braces - 1)
        break
      case ',':
        source += braces > 0 ? '|' : ','
        break
      case '\\':
        at += 1
        if (at >= characters.length) throw illegal(component, 'it ends with a backslash')
        source += quoted(characters[at] ?? '')
        break
      case '[': {
        const set = readSet(component, characters, at)
        source += set.source
        at = set.end
        break
      }
      default:
        source += quoted(character)
    }
  }
  if (braces > 0) throw illegal(component, 'an opened { is not closed')
  return new RegExp(`^${source}$`, 'su')
}

/** `[...]` from `start`; a `]` or `-` at the first place stands for itself. */
function readSet(
  component: string,
  characters: readonly string[],
  start: number,
): { readonly source: string; readonly end: number } {
  let at = start + 1
  let source = '['
  if (characters[at] === '^' || characters[at] === '!') {
    source += '^'
    at += 1
  }
  for (let first = true; at < characters.length; at += 1, first = false) {
    const character = characters[at] ?? ''
    if (character === ']' && !first) return closeSet(component, `${source}]`, at)
    if (character === '\\') {
      at += 1
      source += quotedInSet(characters[at] ?? '')
    } else source += character === '-' && !first ? '-' : quotedInSet(character)
  }
  throw illegal(component, 'an opened [ is not closed')
}

/** Checks the finished set here, so that a reversed range is our error and not the engine's. */
function closeSet(component: string, source: string, end: number): { source: string; end: number } {
  const text = source.endsWith('-]') ? `${source.slice(0, -2)}\\-]` : source
  try {
    new RegExp(text, 'u')
  } catch (error) {
    throw new DfsError('ILLEGAL_ARGUMENT', `Illegal file pattern: ${component}`, { cause: error })
  }
  return { source: text, end }
}

const quoted = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
const quotedInSet = (character: string): string => character.replace(/[\\\]^[-]/, '\\$&')

const illegal = (pattern: string, reason: string): DfsError =>
  new DfsError('ILLEGAL_ARGUMENT', `Illegal file pattern: ${pattern}: ${reason}`)
