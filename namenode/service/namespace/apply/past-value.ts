/** What snapshots make count of one inode: of a file that is there, of something gone, of a deleted tree as a whole. */
import type { Inode } from '../../../storage/inode-store.js'
import { type StayPlace, stayOf } from '../../../storage/past-stay-store.js'
import type { PastShare } from '../../../storage/past-total-store.js'
import type { Stores } from '../../../storage/stores.js'
import { minus, NO_PAST, plus, sumOfPast } from './past-weight.js'
import type { VersionKeeper } from './version-keeper.js'

/** Inodes and blocks of a deleted tree that are looked at, at most, to know at once what snapshots show of it. */
export const COUNTED_AT_ONCE = 1000

interface ShownContext {
  readonly stores: Pick<Stores, 'pastStays'>
  readonly versions: Pick<VersionKeeper, 'isShown'>
}

interface TreeContext {
  readonly stores: Stores
  readonly versions: Pick<VersionKeeper, 'isShown' | 'isBlockShown'>
}

/**
 * What snapshots keep of a file that is there: blocks that it has no more, and all of them with the highest replication
 * that it has or had in a snapshot.
 */
export function keptOf(
  { pastStays }: Pick<Stores, 'pastStays'>,
  file: Pick<Inode, 'id' | 'lengthBytes' | 'reservedBytes' | 'replication'>,
): PastShare {
  const highest = Math.max(file.replication, pastStays.highestReplication(file.id))
  const outside = pastStays.lengthOutsideFile(file.id)
  const claimed = file.lengthBytes + file.reservedBytes
  const spaceBytes = (claimed + outside) * highest - claimed * file.replication
  return { names: 0, spaceBytes, firstBytes: outside }
}

/** Of something that is gone but for the blocks that snapshots show; what was in a directory counts for itself. */
export function goneValue(
  { pastStays }: Pick<Stores, 'pastStays'>,
  { id, kind }: Pick<Inode, 'id' | 'kind'>,
): PastShare {
  if (kind === 'directory') return { ...NO_PAST, names: 1 }
  const firstBytes = pastStays.lengthOutsideFile(id)
  return { names: 1, spaceBytes: firstBytes * pastStays.highestReplication(id), firstBytes }
}

/**
 * Of a deleted tree that is still whole, beside what its directories and files have in their own rows. Small trees are
 * counted; of a large one it is taken what the last snapshot shows, until it is taken apart.
 * @param top as it is or was before it was deleted; a snapshot shows it at `place`
 * @param otherwise what a large tree counted for until now
 */
export function wholeValue(
  context: TreeContext,
  top: Inode,
  place: StayPlace,
  otherwise?: PastShare,
): PastShare {
  return countedValue(context, top) ?? otherwise ?? estimatedValue(context.stores, top, place)
}

function countedValue(context: TreeContext, top: Inode): PastShare | undefined {
  const { stores } = context
  let room = COUNTED_AT_ONCE
  let sum: PastShare = { ...NO_PAST, names: 1 }
  const isCounted = (file: Inode): boolean => {
    room -= stores.blocks.countOfFile(file.id)
    if (room < 0) return false
    const shown = isShownHere(context, file) ? shownOf(context, file) : NO_PAST
    sum = plus(sum, minus(shown, keptOf(stores, file)))
    return true
  }
  if (top.kind === 'file') {
    room -= stores.blocks.countOfFile(top.id)
    return room < 0 ? undefined : plus(sum, minus(shownOf(context, top), keptOf(stores, top)))
  }
  const waiting = [top.id]
  for (const directory of waiting) {
    const children = stores.inodes.list(directory, '', room + 1)
    room -= children.length
    if (room < 0) return undefined
    for (const child of children) {
      const isShown = isShownHere(context, child)
      if (isShown) sum = plus(sum, { ...NO_PAST, names: 1 })
      if (child.kind === 'file') {
        if (!isCounted(child)) return undefined
      } else if (isShown) waiting.push(child.id)
      // No way leads from what is gone in there to above.
      else sum = minus(sum, sumOfPast(stores.pastTotals.of(child.id)))
    }
  }
  return sum
}

/** Whether a snapshot shows the inode at the name that it has now. */
export function isShownHere({ stores, versions }: ShownContext, inode: Inode): boolean {
  const place = stayOf(inode)
  const isOld = place !== undefined && stores.pastStays.lastShown(place) !== undefined
  return isOld || versions.isShown(inode)
}

/** Bytes of the blocks that snapshots show of a file, whether it has them still or not. */
function shownOf({ stores, versions }: TreeContext, file: Inode): PastShare {
  const own = stores.blocks
    .ofFile(file.id)
    .filter((it) => versions.isBlockShown(it.id, file))
    .reduce((sum, it) => sum + it.lengthBytes, 0)
  const firstBytes = own + stores.pastStays.lengthOutsideFile(file.id)
  const current = versions.isShown(file) ? file.replication : 0
  const replication = Math.max(current, stores.pastStays.highestReplication(file.id))
  return { names: 0, spaceBytes: firstBytes * replication, firstBytes }
}

/** Never less than what is known to be shown, and never more than what counted before the deletion. */
export function estimatedValue(
  { pastStays, pastTotals }: Pick<Stores, 'pastStays' | 'pastTotals'>,
  top: Inode,
  place: StayPlace,
): PastShare {
  const shown = pastStays.lastShown(place) ?? NO_PAST
  const past = sumOfPast(pastTotals.of(top.id))
  const now = presentValue(top)
  const own = (key: keyof PastShare) =>
    Math.min(Math.max(shown[key], past[key]), now[key] + past[key]) - past[key]
  return { names: own('names'), spaceBytes: own('spaceBytes'), firstBytes: own('firstBytes') }
}

function presentValue(inode: Inode): PastShare {
  if (inode.kind === 'file') {
    const firstBytes = inode.lengthBytes + inode.reservedBytes
    return { names: 1, spaceBytes: firstBytes * inode.replication, firstBytes }
  }
  const { files, directories, lengthBytes, reservedBytes, spaceBytes } = inode.tree
  return { names: 1 + files + directories, spaceBytes, firstBytes: lengthBytes + reservedBytes }
}
