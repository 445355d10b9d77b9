/** `dfs setrep`: the number of replicas of files, of all files below directories. */
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { printLine, write } from '../io.js'
import { descendants, forEachItem, type PathItem } from '../path-items.js'
import { countArgument } from '../words.js'

const WAIT_MS = 1_000

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<replication>', 'replicas of each block')
    .argument('<path...>', 'files, directories or patterns')
    .option('-w, --wait', 'wait until every block has so many')
    .option('-R', 'accepted for old scripts: directories are always walked')
  examples(command, ['dfs setrep 2 /data/a.csv', 'dfs setrep -w 3 /data'])
  command.action(async (text: string, paths: string[], options: { readonly wait?: true }) => {
    const replication = countArgument(text, 'the replication')
    const changed: PathItem[] = []
    const change = async (item: PathItem): Promise<void> => {
      if (item.status.kind === 'directory') return
      if (!(await item.client.setReplication(item.path, replication))) {
        throw new DfsError('IO', `Could not set replication for: ${item.display}`)
      }
      await printLine(context.io, `Replication ${replication} set: ${item.display}`)
      if (options.wait === true) changed.push(item)
    }
    await forEachItem(context, paths, async (item) => {
      await change(item)
      if (item.status.kind !== 'directory') return
      for await (const child of descendants(item)) await changeOrFail(context, child, change)
    })
    for (const item of changed) await waitFor(context, item, replication)
  })
}

async function changeOrFail(
  context: CommandContext,
  item: PathItem,
  change: (item: PathItem) => Promise<void>,
): Promise<void> {
  try {
    await change(item)
  } catch (error) {
    await context.fail(error)
  }
}

/** The words and dots of Hadoop's shell, with a shorter pause between the looks. */
async function waitFor(
  context: CommandContext,
  { client, path, display }: PathItem,
  replication: number,
): Promise<void> {
  const { io } = context
  await write(io.stdout, `Waiting for ${display} ...`)
  let isWarned = false
  for (;;) {
    const counts = await client.replicaCounts(path)
    if (counts.every((count) => count === replication)) break
    if (!isWarned && counts.some((count) => count > replication)) {
      isWarned = true
      const warning = 'the waiting time may be long for DECREASING the number of replications.'
      await write(io.stdout, `\nWARNING: ${warning}\n`)
    }
    await write(io.stdout, '.')
    await io.seams.clock.sleep(WAIT_MS, io.signal)
  }
  await printLine(io, ' done')
}
