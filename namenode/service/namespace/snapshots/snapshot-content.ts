/**
 * What content summaries count beside the current tree (as HDFS does): entries that a directory has no more but a snapshot
 * shows, each stay of an inode at a name once, as the last snapshot saw it. What was renamed is therefore counted at its
 * old place too, and what was deleted below a deleted directory before that one with it. Found by descending from the top
 * into what has old versions or something counted as past below it: the work grows with what the snapshots of the tree
 * hold, not with the tree. A generator, so that other work gets its turn; what changes meanwhile is seen or not.
 */
import type { InodeId } from '../../../../shared/ids.js'
import { type Inode, NO_PARENT } from '../../../storage/inode-store.js'
import type { PastEntry } from '../../../storage/past-entry-store.js'
import type { Stores } from '../../../storage/stores.js'
import { sumOfPast } from '../apply/past-weight.js'
import type { SnapshotContent } from './snapshots.js'

export const NO_SNAPSHOT_CONTENT: SnapshotContent = {
  lengthBytes: 0,
  fileCount: 0,
  directoryCount: 0,
  spaceConsumedBytes: 0,
  keptOfFilesBytes: 0,
}

/** Yields when other work may have its turn. */
export type ContentWork = Generator<undefined, SnapshotContent, undefined>
type ContentSteps = Generator<undefined, void, undefined>
type ContentStores = Pick<
  Stores,
  'inodes' | 'snapshots' | 'pastEntries' | 'pastTotals' | 'keptFiles'
>

/** Rows looked at before other work gets its turn: about 3 ms. */
const SLICE_ROWS = 500
/** What looking into a directory costs, in rows. */
const ROWS_OF_DIRECTORY = 10
/** The current state is later than any transaction. */
const NOW = Number.MAX_SAFE_INTEGER

/** A directory to look into, as it was at a transaction. */
interface Level {
  readonly directory: InodeId
  /** The directories whose snapshots may show something of it. */
  readonly roots: readonly InodeId[]
  readonly at: number
}

interface Seen {
  /** Where several directories' snapshots show the same. */
  readonly stays: Set<string>
  /** Directories that were looked into. */
  readonly entered: Set<InodeId>
}

/**
 * @param path the inodes from the root to the one in question, as they are now
 * @returns undefined where nothing can be found: a look-up or two, for the many trees without snapshots
 */
export function snapshotContent(
  stores: ContentStores,
  path: readonly Inode[],
): ContentWork | undefined {
  const { snapshots, pastTotals } = stores
  const target = path.at(-1)
  // Whatever is to be found has been counted for it, in what has left all trees with snapshots, too.
  if (target === undefined || pastTotals.of(target.id).size === 0) return undefined
  return contentOf(stores, target, rootsOf(snapshots, path))
}

/** Goes on with the work, on the committed state of the moment, until it is done. */
export async function inSlices(
  next: () => IteratorResult<undefined, SnapshotContent>,
): Promise<SnapshotContent> {
  for (;;) {
    const { done, value } = next()
    if (done === true) return value
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function* contentOf(stores: ContentStores, target: Inode, roots: readonly InodeId[]): ContentWork {
  const walk = new ContentWalk(stores)
  if (target.kind === 'file') walk.addKeptOf(target.id)
  else yield* walk.into({ directory: target.id, roots, at: NOW })
  return walk.content
}

const rootsOf = (snapshots: Stores['snapshots'], path: readonly Pick<Inode, 'id'>[]) => [
  ...new Set(path.flatMap(({ id }) => snapshots.tracesOf(id)).map(({ root }) => root)),
]

class ContentWalk {
  readonly #stores: ContentStores
  #content: SnapshotContent = NO_SNAPSHOT_CONTENT
  #rowsInSlice = 0

  constructor(stores: ContentStores) {
    this.#stores = stores
  }

  get content(): SnapshotContent {
    return this.#content
  }

  *into(level: Level): ContentSteps {
    const seen: Seen = { stays: new Set(), entered: new Set() }
    yield* this.#giveWay(ROWS_OF_DIRECTORY)
    for (const root of level.roots) {
      for (const stay of this.#stays(root, level)) {
        yield* this.#giveWay(stay.length)
        yield* this.#stay(stay, level, seen)
      }
    }
    yield* this.#intoMovedIn(level, seen)
    if (level.at === NOW) yield* this.#keptIn(level.directory)
  }

  /** What came here, or has something below it that did, with old versions of entries may have none in this place. */
  *#intoMovedIn(level: Level, { entered }: Seen): ContentSteps {
    let after: InodeId | 0 = 0
    for (;;) {
      const { pastEntries } = this.#stores
      const page = pastEntries.directories(level.directory, after, SLICE_ROWS)
      for (const { id, arrived, hasPast } of page) {
        after = id
        const wasThere = arrived > 0 && arrived <= level.at
        const isNow = level.at === NOW && hasPast
        if ((wasThere || isNow) && !entered.has(id))
          yield* this.into(this.#below(id, level, level.at))
      }
      yield* this.#giveWay(page.length)
      if (page.length < SLICE_ROWS) return
    }
  }

  /** Versions of one stay, oldest first. */
  *#stays(root: InodeId, { directory }: Level): Generator<PastEntry[], void, undefined> {
    let after = { name: '', until: 0 }
    let stay: PastEntry[] = []
    for (;;) {
      const question = { root, directory, after, limit: SLICE_ROWS }
      const page = this.#stores.pastEntries.page(question)
      for (const entry of page) {
        after = entry
        const [first] = stay
        if (first !== undefined && !isSameStay(first, entry)) {
          yield stay
          stay = []
        }
        stay.push(entry)
      }
      if (page.length < SLICE_ROWS) break
    }
    if (stay.length > 0) yield stay
  }

  *#stay(stay: readonly PastEntry[], level: Level, seen: Seen): ContentSteps {
    const shown = stay.filter((it) => it.shownAt !== undefined)
    const last = shown.at(-1)
    if (last?.shownAt === undefined) return
    if (level.roots.length > 1) {
      const key = `${last.id}/${last.arrived}/${last.name}`
      if (seen.stays.has(key)) return
      seen.stays.add(key)
    }
    const end = stay.at(-1)
    if (end?.stays === true || (end?.until ?? 0) > level.at) {
      yield* this.#present(stay, last, level, seen)
      return
    }
    this.#add(last)
    // What has moved is somewhere, and what was deleted in it before is counted there.
    const current = this.#stores.inodes.get(last.id)
    const hasMoved = current !== undefined && current.parent !== NO_PARENT
    if (last.kind === 'file' || hasMoved) return
    const below = this.#below(last.id, level, last.shownAt)
    if (this.#hasEarlier(below)) yield* this.into(below)
  }

  /** Wherever files have come from: what snapshots keep of them counts where they are. */
  *#keptIn(directory: InodeId): ContentSteps {
    let after: InodeId | 0 = 0
    for (;;) {
      const page = this.#stores.keptFiles.in(directory, after, SLICE_ROWS)
      for (const id of page) {
        after = id
        this.addKeptOf(id)
      }
      yield* this.#giveWay(page.length)
      if (page.length < SLICE_ROWS) return
    }
  }

  /** The oldest snapshot shows all that there is to see of what was deleted after it. */
  #hasEarlier({ roots, at }: Level): boolean {
    return roots.some((root) => this.#stores.snapshots.hasBetween(root, 0, at - 1))
  }

  /** An entry that is there at the time in question: something of it, or below it, may be gone. */
  *#present(
    stay: readonly PastEntry[],
    { id, kind, arrived }: PastEntry,
    level: Level,
    seen: Seen,
  ): ContentSteps {
    if (kind === 'file') return
    const hasChanged = stay.some(({ until }) => until <= level.at)
    if (!hasChanged && arrived === 0) return
    seen.entered.add(id)
    yield* this.into(this.#below(id, level, level.at))
  }

  #below(id: InodeId, { roots }: Level, at: number): Level {
    const own = rootsOf(this.#stores.snapshots, [{ id }]).filter((it) => !roots.includes(it))
    return { directory: id, roots: own.length === 0 ? roots : [...roots, ...own], at }
  }

  #add({ lengthBytes, fileCount, directoryCount, spaceBytes }: PastEntry): void {
    const sum = this.#content
    this.#content = {
      ...sum,
      lengthBytes: sum.lengthBytes + lengthBytes,
      fileCount: sum.fileCount + fileCount,
      directoryCount: sum.directoryCount + directoryCount,
      spaceConsumedBytes: sum.spaceConsumedBytes + spaceBytes,
    }
  }

  /** All blocks that a file has now or in a snapshot count with the highest replication of them all. */
  addKeptOf(file: InodeId): void {
    const { keptOfFilesBytes } = this.#content
    const { spaceBytes } = sumOfPast(this.#stores.pastTotals.of(file))
    this.#content = { ...this.#content, keptOfFilesBytes: keptOfFilesBytes + spaceBytes }
  }

  *#giveWay(rows: number): ContentSteps {
    this.#rowsInSlice += rows
    if (this.#rowsInSlice < SLICE_ROWS) return
    this.#rowsInSlice = 0
    yield
  }
}

const isSameStay = (left: PastEntry, right: PastEntry) =>
  left.id === right.id && left.name === right.name && left.arrived === right.arrived
