/** What a check says of deletions that are kept for undo: the operator's answer to where the space is. */
import type { Call } from '../access/call.js'
import type { DeletedEntry } from '../namespace/deletions.js'
import type { Namespace } from '../namespace/namespace.js'
import { FileWalk } from './file-walk.js'
import type { FsckKeptForUndo } from './fsck-model.js'

const PAGE_ENTRIES = 500

type KeptReads = Pick<Namespace, 'deletions' | 'keptChildrenOf' | 'blocksOfFile'>

/**
 * Sums up what `dfs ls --deleted` lists at and below `path`. Sizes are those that were noted at the deletion; blocks are
 * counted by a walk through the deleted trees, which a check can afford since it walks through all the others as well.
 * @param giveWay called between files, so that other work gets its turn
 * @returns undefined when nothing is kept there
 */
export async function keptForUndo(
  namespace: KeptReads,
  call: Call,
  path: string,
  giveWay: () => Promise<void>,
): Promise<FsckKeptForUndo | undefined> {
  let sum: FsckKeptForUndo | undefined
  let page = namespace.deletions(call, { path, limit: PAGE_ENTRIES })
  for (;;) {
    for (const entry of page.entries) {
      sum = added(sum, entry, await blocksOf(namespace, entry, giveWay))
    }
    if (page.next === undefined) return sum
    await giveWay()
    page = namespace.deletions(call, { path, limit: PAGE_ENTRIES, after: page.next })
  }
}

async function blocksOf(
  namespace: KeptReads,
  { inode }: DeletedEntry,
  giveWay: () => Promise<void>,
): Promise<number> {
  const walk = new FileWalk(
    { childrenOf: (id, after, limit) => namespace.keptChildrenOf(id, after, limit) },
    inode,
  )
  let blocks = 0
  for (let file = walk.next(); file !== undefined; file = walk.next()) {
    blocks += namespace.blocksOfFile(file).length
    await giveWay()
  }
  return blocks
}

const added = (
  sum: FsckKeptForUndo | undefined,
  { fileCount, lengthBytes, spaceBytes, untilMs }: DeletedEntry,
  blocks: number,
): FsckKeptForUndo => ({
  deletions: (sum?.deletions ?? 0) + 1,
  files: (sum?.files ?? 0) + fileCount,
  blocks: (sum?.blocks ?? 0) + blocks,
  lengthBytes: (sum?.lengthBytes ?? 0) + lengthBytes,
  spaceBytes: (sum?.spaceBytes ?? 0) + spaceBytes,
  firstUntilMs: Math.min(sum?.firstUntilMs ?? untilMs, untilMs),
  lastUntilMs: Math.max(sum?.lastUntilMs ?? untilMs, untilMs),
})
