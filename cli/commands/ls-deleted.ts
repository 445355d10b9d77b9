/** `dfs ls --deleted`: what can be brought back with `dfs undo`, and until when. */
import type { DeletedEntry } from '../../shared/client/deletions.js'
import type { CommandContext } from '../command.js'
import { printLine } from '../io.js'
import { locate } from '../path-items.js'
import { localMinute } from '../rendering/file-status.js'
import { JsonArrayWriter } from '../rendering/json-array.js'
import { sizeFormat } from '../rendering/sizes.js'
import { renderTable } from '../rendering/table.js'

/** Lines that share their column widths. */
const GROUP = 500

/** Lists what was deleted at or below each path. */
export async function listDeleted(
  context: CommandContext,
  paths: readonly string[],
  options: { readonly human?: true; readonly json?: true; readonly paths?: true },
): Promise<void> {
  const json = options.json === true ? new JsonArrayWriter(context.io) : undefined
  let group: DeletedEntry[] = []
  const show = async () => {
    for (const line of lines(group, options)) await printLine(context.io, line)
    group = []
  }
  for (const text of paths) {
    try {
      const { client, path } = locate(context, text)
      for await (const entry of client.deleted(path)) {
        if (json === undefined) group.push(entry)
        else await json.add(entry)
        if (group.length >= GROUP) await show()
      }
    } catch (error) {
      await context.fail(error)
    }
  }
  await show()
  await json?.end()
}

function lines(
  entries: readonly DeletedEntry[],
  options: { readonly human?: true; readonly paths?: true },
): string[] {
  if (options.paths === true) return entries.map(({ path }) => path)
  const size = sizeFormat(options.human)
  const rows = entries.map((it) => [
    String(it.number),
    size(it.lengthBytes),
    it.deletedBy,
    localMinute(it.deletedMs),
    localMinute(it.keptUntilMs),
    it.kind === 'directory' ? `${it.path}/` : it.path,
  ])
  const head = ['NUMBER', 'SIZE', 'DELETED BY', 'DELETED', 'KEPT UNTIL', 'PATH']
  return rows.length === 0 ? [] : renderTable([head, ...rows], { right: [0, 1] })
}
