/** Walks what chmod, chown and chgrp change: the named items and, with -R, everything below them. */
import { DfsError, toDfsError } from '../shared/errors.js'
import type { CommandContext } from './command.js'
import { descendants, forEachItem, type PathItem } from './path-items.js'

/**
 * Calls `change` for each item, each directory before what it holds. A failure is printed as
 * `verb: changing WHAT of 'PATH': reason`, and the next item is tried.
 */
export async function changeEach(
  context: CommandContext,
  paths: readonly string[],
  options: { readonly recursive: boolean; readonly what: string },
  change: (item: PathItem) => Promise<void>,
): Promise<void> {
  const attempt = async (item: PathItem): Promise<void> => {
    try {
      await change(item)
    } catch (error) {
      const { code, message } = toDfsError(error)
      const text = `changing ${options.what} of '${item.display}': ${message}`
      await context.fail(
        code === 'INTERRUPTED' ? error : new DfsError(code, text, { cause: error }),
      )
    }
  }
  await forEachItem(context, paths, async (item) => {
    await attempt(item)
    if (!options.recursive || item.status.kind !== 'directory') return
    for await (const child of descendants(item)) await attempt(child)
  })
}
