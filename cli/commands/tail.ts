/** `dfs tail`: the last kilobyte; with -f, what is appended from then on. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { write } from '../io.js'
import { PathError } from '../path-errors.js'
import { forEachItem, type PathItem } from '../path-items.js'
import { countArgument } from '../words.js'

interface TailOptions {
  readonly follow?: true
  readonly sleep?: string
}

const TAIL_BYTES = 1024
const DEFAULT_PAUSE_MS = 5_000

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'file')
    .option('-f, --follow', 'go on printing what is appended, until interrupted')
    .option('-s, --sleep <milliseconds>', 'pause between two looks with -f (default: 5000)')
  examples(command, ['dfs tail /logs/run.log', 'dfs tail -f /logs/run.log'])
  command.action(async (path: string, options: TailOptions) => {
    const pauseMs =
      options.sleep === undefined ? DEFAULT_PAUSE_MS : countArgument(options.sleep, 'the pause')
    await forEachItem(context, [path], async (item) => {
      if (item.status.kind === 'directory') throw PathError.isDirectory(item.display)
      let position = await printFrom(context, item, 'tail')
      while (options.follow === true) {
        await context.io.seams.clock.sleep(pauseMs, context.io.signal)
        position = await printFrom(context, item, position)
      }
    })
  })
}

/**
 * Prints from a position to the present end, opening the file anew: only that tells how long it is by now.
 * @returns the position behind what was printed
 */
async function printFrom(
  context: CommandContext,
  item: PathItem,
  from: number | 'tail',
): Promise<number> {
  const file = await item.client.open(item.path)
  try {
    let position = from === 'tail' ? Math.max(0, file.lengthBytes - TAIL_BYTES) : from
    for await (const bytes of file.read(position, Math.max(0, file.lengthBytes - position))) {
      context.io.signal.throwIfAborted()
      await write(context.io.stdout, bytes)
      position += bytes.length
    }
    return position
  } finally {
    await file.close()
  }
}
