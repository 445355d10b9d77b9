/** `dfs moveFromLocal`: the local file goes only when its copy is complete and durable. */
import { rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { type UploadOptions, uploadAll } from '../uploads.js'
import { splitOptionalDestination } from '../words.js'
import { uploadFlags } from './put.js'

export function register(command: Command, context: CommandContext): void {
  uploadFlags(command)
  examples(command, ['dfs moveFromLocal report.csv /data'])
  command.action(async (words: string[], options: UploadOptions) => {
    const { sources, destination } = splitOptionalDestination(words)
    if (sources.includes('-')) throw new DfsError('USAGE', 'standard input cannot be moved')
    await uploadAll(context, sources, destination, options, (localPath) =>
      rm(localPath, { recursive: true }),
    )
  })
}
