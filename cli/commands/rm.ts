/** `dfs rm`: into the trash when the cluster keeps one, else for good. */
import type { Command } from 'commander'
import { DfsError, toDfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { printLine } from '../io.js'
import { PathError } from '../path-errors.js'
import { expand, type PathItem, qualified } from '../path-items.js'

interface RmOptions {
  readonly force?: true
  readonly recursive?: true
  readonly R?: true
  readonly skipTrash?: true
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path...>', 'files, directories or patterns')
    .option('-f, --force', 'say nothing, and succeed, when there is nothing to delete')
    .option('-r, --recursive', 'delete directories and what they hold')
    .option('-R', 'the same')
    .option('--skip-trash', 'delete for good at once (also: -skipTrash)')
  examples(command, [
    'dfs rm /data/old.csv',
    "dfs rm -r -f '/tmp/job-*'",
    'dfs rm -r -skipTrash /x',
  ])
  command.action(async (paths: string[], options: RmOptions) => {
    const recursive = options.recursive === true || options.R === true
    for (const text of paths) {
      try {
        for (const item of await findAll(context, text, options.force === true)) {
          await removeOne(context, item, { recursive, skipTrash: options.skipTrash === true })
        }
      } catch (error) {
        await context.fail(error)
      }
    }
  })
}

async function findAll(context: CommandContext, text: string, force: boolean): Promise<PathItem[]> {
  try {
    return await expand(context, text)
  } catch (error) {
    if (force && toDfsError(error).code === 'NOT_FOUND') return []
    throw error
  }
}

async function removeOne(
  context: CommandContext,
  item: PathItem,
  options: { readonly recursive: boolean; readonly skipTrash: boolean },
): Promise<void> {
  try {
    const { client, path, display, status } = item
    if (status.kind === 'directory' && !options.recursive) throw PathError.isDirectory(display)
    const trashed = options.skipTrash ? undefined : await moveToTrash(item)
    if (trashed !== undefined) {
      const where = qualified({ client, path: trashed })
      await printLine(context.io, `Moved: '${qualified(item)}' to trash at: ${where}`)
      return
    }
    if (!(await client.delete(path, { recursive: options.recursive }))) {
      throw PathError.failed(display)
    }
    await printLine(context.io, `Deleted ${display}`)
  } catch (error) {
    await context.fail(error)
  }
}

async function moveToTrash({ client, path }: PathItem): Promise<string | undefined> {
  try {
    return await client.moveToTrash(path)
  } catch (error) {
    const { code, message } = toDfsError(error)
    if (code === 'NOT_FOUND' || code === 'CONNECTION_REFUSED' || code === 'INTERRUPTED') throw error
    const hint = message.endsWith('.') ? '' : '.'
    throw new DfsError(code, `${message}${hint} Consider using -skipTrash option`, { cause: error })
  }
}
