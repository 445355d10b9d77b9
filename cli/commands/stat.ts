/** `dfs stat`: the format sequences of Hadoop's shell. */
import type { Command } from 'commander'
import type { FileStatus } from '../../shared/client/file-status.js'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { printLine } from '../io.js'
import { forEachItem } from '../path-items.js'
import { permissionText, statusJson, utcSecond } from '../rendering/file-status.js'
import { JsonArrayWriter } from '../rendering/json-array.js'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path...>', 'files, directories or patterns; a first word with % is the format')
    .option('--json', 'print a JSON array')
    .usage('[options] [format] <path...>')
  command.addHelpText(
    'after',
    `
Format:
  %b size in bytes    %o block size      %r replication    %F kind
  %n name             %u owner           %g group          %a %A mode (octal, letters)
  %y %Y modification time (UTC, milliseconds)    %x %X access time`,
  )
  examples(command, ['dfs stat /data', "dfs stat '%n %b bytes, %r replicas' '/data/*.csv'"])
  command.action(async (words: string[], options: { readonly json?: true }) => {
    const [first = '', ...rest] = words
    const hasFormat = first.includes('%')
    const paths = hasFormat ? rest : words
    if (paths.length === 0) {
      throw new DfsError('USAGE', 'Not enough arguments: expected 1 but got 0')
    }
    const json = options.json === true ? new JsonArrayWriter(context.io) : undefined
    await forEachItem(context, paths, async ({ status }) => {
      if (json !== undefined) await json.add(statusJson(status))
      else await printLine(context.io, formatStatus(hasFormat ? first : '%y', status))
    })
    await json?.end()
  })
}

const SEQUENCES: Readonly<Record<string, (status: FileStatus) => string>> = {
  a: ({ permission }) => permission.toString(8),
  A: ({ permission }) => permissionText(permission),
  b: ({ lengthBytes }) => `${lengthBytes}`,
  F: ({ kind }) => (kind === 'file' ? 'regular file' : kind),
  g: ({ group }) => group,
  n: ({ name }) => name,
  o: ({ blockSizeBytes }) => `${blockSizeBytes}`,
  r: ({ replication }) => `${replication}`,
  u: ({ owner }) => owner,
  x: ({ accessTimeMs }) => utcSecond(accessTimeMs),
  X: ({ accessTimeMs }) => `${accessTimeMs}`,
  y: ({ modificationTimeMs }) => utcSecond(modificationTimeMs),
  Y: ({ modificationTimeMs }) => `${modificationTimeMs}`,
}

/** Pure. An unknown sequence loses its percent sign, so `%%` is a percent sign; one at the end is dropped, as in Hadoop. */
export function formatStatus(format: string, status: FileStatus): string {
  return format.replace(/%(.?)/gsu, (_whole, letter: string) => {
    const sequence = SEQUENCES[letter]
    return sequence === undefined ? letter : sequence(status)
  })
}
