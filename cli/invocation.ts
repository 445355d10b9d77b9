/**
 * Reads a command line in either spelling: `dfs ls -R /` or, out of Hadoop's habit, `dfs dfs -ls -R /`, `dfs -ls /`,
 * `dfs dfsadmin -report`, with Hadoop's generic options (`-fs URI`, `-D key=value`) before the verb.
 */
import { DfsError } from '../shared/errors.js'

export interface Invocation {
  /** undefined when the line names no verb. */
  readonly verb: string | undefined
  readonly arguments: readonly string[]
  readonly fs: string | undefined
  /** From `-D key=value`. */
  readonly properties: Readonly<Record<string, string>>
}

/** `admin` stands before the administrator's commands, as `dfsadmin` does. */
const HADOOP_TOOLS = new Set(['dfs', 'fs', 'dfsadmin', 'admin'])
const GENERIC_HELP = new Set(['--help', '-help', 'help', '-h', '-usage', 'usage'])
/** Verbs that Hadoop replaced long ago, and scripts did not. */
const OLD_VERBS: Readonly<Record<string, readonly [verb: string, option: string]>> = {
  lsr: ['ls', '-R'],
  rmr: ['rm', '-r'],
  dus: ['du', '-s'],
}
const VERSION = new Set(['--version', '-version', '-V', '-v'])

/**
 * Splits a command line into generic options, verb and the verb's own arguments.
 * @throws DfsError USAGE for an option without its value
 */
export function parseInvocation(argv: readonly string[]): Invocation {
  const rest = [...argv]
  const properties: Record<string, string> = {}
  let fs: string | undefined
  let toolSeen = false
  const valueAfter = (option: string): string => {
    const value = rest.shift()
    if (value === undefined) throw new DfsError('USAGE', `option ${option} needs a value`)
    return value
  }
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--fs' || word === '-fs') fs = valueAfter(word)
    else if (word.startsWith('--fs=')) fs = word.slice('--fs='.length)
    else if (word === '-D') addProperty(properties, valueAfter(word))
    else if (word.startsWith('-D') && word.includes('=')) addProperty(properties, word.slice(2))
    else if (!toolSeen && HADOOP_TOOLS.has(word)) toolSeen = true
    else return { ...parseVerb(word, rest), fs: fs ?? properties['fs.defaultFS'], properties }
  }
  return { verb: undefined, arguments: [], fs, properties }
}

function parseVerb(
  word: string,
  rest: readonly string[],
): { verb: string; arguments: readonly string[] } {
  if (GENERIC_HELP.has(word)) {
    const topic = rest[0]?.replace(/^-/, '')
    return topic === undefined || topic === ''
      ? { verb: 'help', arguments: [] }
      : { verb: topic, arguments: ['--help'] }
  }
  if (VERSION.has(word)) return { verb: 'version', arguments: rest }
  const bare = word.replace(/^-/, '')
  const old = Object.hasOwn(OLD_VERBS, bare) ? OLD_VERBS[bare] : undefined
  if (old !== undefined) return { verb: old[0], arguments: [old[1], ...rest] }
  return { verb: bare, arguments: rest }
}

function addProperty(properties: Record<string, string>, assignment: string): void {
  const equals = assignment.indexOf('=')
  if (equals <= 0) throw new DfsError('USAGE', `-D needs key=value, not '${assignment}'`)
  properties[assignment.slice(0, equals)] = assignment.slice(equals + 1)
}

/** Of `cp`: the one option of Hadoop's shell whose value is glued to it, `-ptopax`. */
const PRESERVE = '--preserve-attributes'

/**
 * Rewrites Hadoop's long options with one dash (`-skipTrash`, `-name x`) to the declared ones (`--skip-trash`).
 * Clusters of short options (`-rf`) stay as they are, as does everything behind `--`.
 * @param longOptions declared names with their dashes: `--skip-trash`
 */
export function withDoubleDashes(
  argv: readonly string[],
  longOptions: ReadonlySet<string>,
): string[] {
  const end = argv.indexOf('--')
  return argv.map((word, index) => {
    if (!/^-{1,2}[A-Za-z]{2}/.test(word) || (end >= 0 && index > end)) return word
    const letters = /^-p([topax]+)$/.exec(word)?.[1]
    if (letters !== undefined && longOptions.has(PRESERVE)) return `${PRESERVE}=${letters}`
    const [name = '', value] = word.split(/=(.*)/s, 2)
    const bare = name.replace(/^--?/, '')
    const kebab = bare.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    for (const candidate of [`--${bare}`, `--${kebab}`]) {
      if (longOptions.has(candidate)) {
        return value === undefined ? candidate : `${candidate}=${value}`
      }
    }
    return word
  })
}
