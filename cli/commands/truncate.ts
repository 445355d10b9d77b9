/** `dfs truncate`: shortens files. The sentences are those of Hadoop's shell. */
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { printLine, write } from '../io.js'
import { PathError } from '../path-errors.js'
import { forEachItem, type PathItem } from '../path-items.js'
import { sizeArgument } from '../words.js'

const WAIT_MS = 250

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<length>', 'bytes that stay, such as 1000 or 1MiB')
    .argument('<path...>', 'files or patterns')
    .option('-w, --wait', 'wait until the files have their new length and are closed')
  examples(command, ['dfs truncate 1000 /logs/a.log', 'dfs truncate -w 1MiB /data/part-*'])
  command.action(async (text: string, paths: string[], options: { readonly wait?: true }) => {
    const lengthBytes = sizeArgument(text, 'the length')
    const waiting: PathItem[] = []
    await forEachItem(context, paths, async (item) => {
      if (item.status.kind === 'directory') throw PathError.isDirectory(item.display)
      requireLonger(item, lengthBytes)
      if (await item.client.truncate(item.path, lengthBytes)) {
        await printLine(context.io, truncated(item, lengthBytes))
      } else if (options.wait === true) waiting.push(item)
      else {
        const hint = 'Wait for block recovery to complete before further updating this file.'
        await printLine(context.io, `Truncating ${item.display} to length: ${lengthBytes}. ${hint}`)
      }
    })
    for (const item of waiting) await waitFor(context, item, lengthBytes)
  })
}

/** The server would refuse too; asked first, a pattern's other files still get their turn with Hadoop's words. */
function requireLonger({ status }: PathItem, lengthBytes: number): void {
  if (lengthBytes <= status.lengthBytes) return
  throw new DfsError(
    'ILLEGAL_ARGUMENT',
    `Cannot truncate to a larger file size. Current size: ${status.lengthBytes}, truncate size: ${lengthBytes}.`,
  )
}

const truncated = ({ display }: PathItem, lengthBytes: number) =>
  `Truncated ${display} to length: ${lengthBytes}`

async function waitFor({ io }: CommandContext, item: PathItem, lengthBytes: number): Promise<void> {
  await write(io.stdout, `Waiting for ${item.display} ...`)
  while (!(await item.client.isClosed(item.path))) {
    await write(io.stdout, '.')
    await io.seams.clock.sleep(WAIT_MS, io.signal)
  }
  await printLine(io, `\n${truncated(item, lengthBytes)}`)
}
