/** `dfs setQuota` and its like: limits on names and space below directories, in the words of `hdfs dfsadmin`. */
import type { Command } from 'commander'
import { parseSize } from '../../shared/config/quantities.js'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, type CommandModule, examples } from '../command.js'
import { forEachItem } from '../path-items.js'

interface Limits {
  readonly names?: number | null
  readonly spaceBytes?: number | null
}

interface QuotaOptions {
  readonly storageType?: string
}

export const setQuota = setting('<number>', 'names of files and directories, itself counted', {
  example: 'dfs setQuota 1000 /data',
  limits: (text) => ({ names: positiveNumber(text) }),
})

export const setSpaceQuota = setting('<size>', 'bytes of all replicas, as 10g', {
  example: 'dfs setSpaceQuota 10g /data',
  limits: (text) => ({ spaceBytes: sizeOf(text) }),
  isOfSpace: true,
})

export const clrQuota = clearing('dfs clrQuota /data', { names: null })
export const clrSpaceQuota = clearing('dfs clrSpaceQuota /data', { spaceBytes: null })

function setting(
  name: string,
  about: string,
  what: {
    readonly example: string
    readonly limits: (text: string) => Limits
    readonly isOfSpace?: true
  },
): CommandModule {
  return {
    register: (command, context) => {
      command.argument(name, about).argument('<path...>', 'directories or patterns')
      if (what.isOfSpace === true) offerTypes(command)
      examples(command, [what.example])
      command.action((text: string, paths: string[], options: QuotaOptions) =>
        apply(context, paths, { ...what.limits(text), ...options }),
      )
    },
  }
}

function clearing(example: string, limits: Limits): CommandModule {
  return {
    register: (command: Command, context) => {
      command.argument('<path...>', 'directories or patterns')
      if (limits.spaceBytes !== undefined) offerTypes(command)
      examples(command, [example])
      command.action((paths: string[], options: QuotaOptions) =>
        apply(context, paths, { ...limits, ...options }),
      )
    },
  }
}

function offerTypes(command: Command): void {
  const text = 'of what belongs on one type of storage: DISK, SSD, ARCHIVE (also: -storageType)'
  command.option('--storage-type <type>', text)
}

async function apply(
  context: CommandContext,
  paths: readonly string[],
  limits: Limits & QuotaOptions,
) {
  await forEachItem(context, paths, async ({ client, path }) => {
    await client.attributes.setQuota(path, limits)
  })
}

function sizeOf(text: string): number {
  const bytes = parseSize(text)
  if (bytes !== undefined) return bytes
  throw new DfsError('USAGE', `a quota of space is a size such as 10g, not '${text}'`)
}

function positiveNumber(text: string): number {
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return Number(text)
  throw new DfsError('USAGE', `a quota is a positive number, not '${text}'`)
}
