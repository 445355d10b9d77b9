/** `dfs cp`: within a cluster or between two; directories with all they hold. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { PRESERVABLE, type Preservable } from '../../shared/client/preserve.js'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { openDestination, refuseNesting, targetFor } from '../destination.js'
import { PathError } from '../path-errors.js'
import { forEachItem } from '../path-items.js'
import { Progress } from '../rendering/progress.js'
import { asTargetError } from '../uploads.js'
import { countArgument, splitDestination } from '../words.js'

interface CpOptions {
  readonly force?: true
  readonly preserve?: true
  readonly preserveAttributes?: string
  readonly direct?: true
  readonly threads?: string
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<source...>', 'files, directories or patterns, then where to')
    .usage('[options] <source...> <destination>')
    .option('-f, --force', 'replace existing files')
    .option('-p, --preserve', 'keep times, owner, group and permissions')
    .option(
      '--preserve-attributes <letters>',
      'keep times, ownership, permissions, ACLs, xattrs (also: -ptopax)',
    )
    .option('-d, --direct', 'write under the final name at once, without name._COPYING_')
    .option('-t, --threads <count>', 'files on the way at a time (default: 4)')
  examples(command, ['dfs cp /data/a.csv /backup', 'dfs cp -ptopax hdfs://old:8020/data /data'])
  command.action(async (words: string[], options: CpOptions) => {
    const { sources, destination: text } = splitDestination(words)
    const overwrite = options.force === true
    const choice = { sourceCount: sources.length, overwrite }
    const destination = await openDestination(context, text, choice)
    const progress = new Progress(context.io, undefined)
    try {
      await forEachItem(context, sources, async (item) => {
        const target = await targetFor(destination, item.status.name)
        refuseNesting(item, target)
        refuseKindMismatch(item.status.kind, target.status?.kind, target.display, overwrite)
        await item.client.copy(item.path, target.path, {
          target: target.client,
          overwrite,
          preserve: preservedBy(options),
          direct: options.direct === true,
          concurrency: countArgument(options.threads ?? '4', 'the number of threads'),
          onFile: ({ lengthBytes }) => progress.expectMore(lengthBytes),
          onBytes: (count) => progress.add(count),
          onError: async (error, { relativePath }) => {
            progress.end()
            await context.fail(
              asTargetError(error, { display: join(target.display, relativePath) }),
            )
          },
        })
      })
    } finally {
      progress.end()
    }
  })
}

function preservedBy({ preserve, preserveAttributes }: CpOptions): boolean | Preservable[] {
  if (preserveAttributes === undefined) return preserve === true
  return [...preserveAttributes].map((letter) => {
    const found = PRESERVABLE.find((it) => LETTERS[it] === letter)
    if (found === undefined) throw new DfsError('USAGE', `'${letter}' is none of t, o, p, a, x`)
    return found
  })
}

/** Hadoop's. */
const LETTERS: Readonly<Record<Preservable, string>> = {
  timestamps: 't',
  ownership: 'o',
  permission: 'p',
  acl: 'a',
  xattr: 'x',
}

function refuseKindMismatch(
  source: string,
  target: string | undefined,
  display: string,
  overwrite: boolean,
): void {
  if (target === undefined) return
  if (source === 'directory') {
    if (target !== 'directory') throw PathError.isNotDirectory(display)
  } else if (target === 'directory' || !overwrite) throw PathError.exists(display)
}
