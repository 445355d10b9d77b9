/** `dfs touch`. */
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { PathError } from '../path-errors.js'
import { lookUp, parentExists, qualified } from '../path-items.js'

interface TouchOptions {
  readonly accessTime?: true
  readonly modificationTime?: true
  readonly timestamp?: string
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path...>', 'files')
    .option('-a, --access-time', 'change the access time only')
    .option('-m, --modification-time', 'change the modification time only')
    .option('-c, --no-create', 'do not create files')
    .option('-t, --timestamp <yyyyMMdd:HHmmss>', 'this local time instead of now')
  examples(command, ['dfs touch /data/a.csv', 'dfs touch -m -t 20261121:140500 /data/a.csv'])
  command.action(async (paths: string[], options: TouchOptions & { readonly create: boolean }) => {
    const timeMs =
      options.timestamp === undefined
        ? context.io.seams.clock.wallMs()
        : parseTimestamp(options.timestamp)
    for (const text of paths) {
      try {
        await touch(context, text, { ...options, timeMs })
      } catch (error) {
        await context.fail(error)
      }
    }
  })
}

async function touch(
  context: CommandContext,
  text: string,
  options: TouchOptions & { readonly create: boolean; readonly timeMs: number },
): Promise<void> {
  const target = await lookUp(context, text)
  const { client, path, status } = target
  if (status?.kind === 'directory') throw PathError.isDirectory(text)
  if (status === undefined) {
    if (!options.create) return
    if (!(await parentExists(target))) throw PathError.notFound(text, qualified(target))
    const file = await client.create(path)
    await file.close()
    if (options.timestamp === undefined) return
  }
  const both = options.accessTime === options.modificationTime
  await client.setTimes(path, {
    accessTimeMs: both || options.accessTime === true ? options.timeMs : undefined,
    modificationTimeMs: both || options.modificationTime === true ? options.timeMs : undefined,
  })
}

/** `20261121:140500` in local time, the form of Hadoop's shell. @throws DfsError USAGE */
export function parseTimestamp(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d):?(\d\d)(\d\d)(\d\d)$/.exec(text)
  const [year, month, day, hour, minute, second] = (match ?? []).slice(1).map(Number)
  const timeMs = new Date(
    year ?? Number.NaN,
    (month ?? 0) - 1,
    day ?? 0,
    hour ?? 0,
    minute ?? 0,
    second ?? 0,
  ).getTime()
  if (Number.isNaN(timeMs)) {
    throw new DfsError('USAGE', `Unable to parse the specified timestamp ${text}`)
  }
  return timeMs
}
