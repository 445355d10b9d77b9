/** `dfs setQuota` and its like: limits on names and space below directories, in the words of `hdfs dfsadmin`. */
import type { Command } from 'commander'
import { parseSize } from '../../shared/config/quantities.js'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, type CommandModule, examples } from '../command.js'
import { forEachItem } from '../path-items.js'

type Limits = { readonly names?: number | null; readonly spaceBytes?: number | null }

export const setQuota = setting('<number>', 'names of files and directories, itself counted', {
  example: 'dfs setQuota 1000 /data',
  limits: (text) => ({ names: positiveNumber(text) }),
})

export const setSpaceQuota = setting('<size>', 'bytes of all replicas, as 10g', {
  example: 'dfs setSpaceQuota 10g /data',
  limits: (text) => ({ spaceBytes: sizeOf(text) }),
})

export const clrQuota = clearing('dfs clrQuota /data', { names: null })
export const clrSpaceQuota = clearing('dfs clrSpaceQuota /data', { spaceBytes: null })

function setting(
  name: string,
  about: string,
  what: { readonly example: string; readonly limits: (text: string) => Limits },
): CommandModule {
  return {
    register: (command, context) => {
      command.argument(name, about).argument('<path...>', 'directories or patterns')
      examples(command, [what.example])
      command.action((text: string, paths: string[]) => apply(context, paths, what.limits(text)))
    },
  }
}

function clearing(example: string, limits: Limits): CommandModule {
  return {
    register: (command: Command, context) => {
      command.argument('<path...>', 'directories or patterns')
      examples(command, [example])
      command.action((paths: string[]) => apply(context, paths, limits))
    },
  }
}

async function apply(context: CommandContext, paths: readonly string[], limits: Limits) {
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
