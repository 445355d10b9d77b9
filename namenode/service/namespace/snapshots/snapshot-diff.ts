/**
 * What happened in a directory between two states (protocol reference 2.5, getSnapshotDiffReport). Found by descending
 * from the top into what has a version that ended between them: every kept version has kept versions above it, so the
 * work grows with what changed, not with the tree. The order is that of a walk, names bytewise, and any place in it can
 * be returned to: pages remember nothing.
 */
import type { InodeId } from '../../../../shared/ids.js'
import { type Inode, NO_PARENT } from '../../../storage/inode-store.js'
import type { VersionStore } from '../../../storage/version-store.js'
import type { NamespaceState } from '../namespace-views.js'
import type { DiffCursor, ListedDifference } from './snapshots.js'

export interface ComparedStates {
  readonly versions: VersionStore
  readonly root: InodeId
  /** The directory to look at: the root of the snapshots, or one below it. */
  readonly scope: InodeId
  readonly earlier: NamespaceState & { readonly taken: number }
  readonly later: NamespaceState & { readonly taken: number }
}

export interface LocatedDifference {
  readonly difference: ListedDifference
  /** It was renamed within the scope: the source reports it too, or alone. */
  readonly isRename: boolean
  /** Where the walk goes on after it. */
  readonly after: DiffCursor
}

/** Where in a directory the walk is to go on: behind a name in one of its parts. */
const PART = { created: 1, deleted: 2, below: 3 } as const
type Part = (typeof PART)[keyof typeof PART]
const PAGE = 500

interface Resume {
  readonly components: readonly string[]
  readonly part: number
}

/** All differences behind `from`, or all. */
export function* differencesOf(
  states: ComparedStates,
  from: DiffCursor | undefined,
): Generator<LocatedDifference, void, undefined> {
  const top = states.earlier.get(states.scope)
  const now = states.later.get(states.scope)
  if (top === undefined || now === undefined) return
  const resume = from && { components: from.path.split('/'), part: from.index }
  yield* inDirectory(states, { before: top, now, path: [] }, resume)
}

interface Pair {
  readonly before: Inode
  readonly now: Inode
  /** In the earlier state, from the scope. */
  readonly path: readonly string[]
}

function* inDirectory(
  states: ComparedStates,
  pair: Pair,
  resume: Resume | undefined,
): Generator<LocatedDifference, void, undefined> {
  const { path, before } = pair
  // A place inside this directory has one component more than the directory; a deeper one is for the entries.
  const isHere = resume !== undefined && resume.components.length === path.length + 1
  const name = resume?.components[path.length] ?? ''
  const part = resume === undefined ? 0 : isHere ? resume.part : PART.below
  if (part === 0) yield* itself(states, pair)
  if (part <= PART.created) yield* createdIn(states, pair, part === PART.created ? name : '')
  if (part <= PART.deleted) yield* deletedIn(states, pair, part === PART.deleted ? name : '')
  const deeper = resume !== undefined && !isHere ? resume : undefined
  const startAfter = part === PART.below && deeper === undefined ? name : ''
  for (const child of changedIn(states, before.id, startAfter)) {
    if (deeper !== undefined && compareNames(child.name, name) < 0) continue
    const now = counterpart(states, child)
    if (now === undefined) continue
    const childPair = { before: child, now, path: [...path, child.name] }
    if (child.kind === 'file') {
      if (!isSameFile(states, child, now)) yield fileDifference(childPair)
    } else {
      yield* inDirectory(states, childPair, child.name === name ? deeper : undefined)
    }
  }
}

/** The directory itself is modified when its entries or its own attributes are. */
function* itself(states: ComparedStates, pair: Pair): Generator<LocatedDifference> {
  const isModified =
    !isSameInode(states, pair.before, pair.now) ||
    createdIn(states, pair, '').next().done === false ||
    deletedIn(states, pair, '').next().done === false
  if (!isModified) return
  const { id } = pair.before
  const path = pair.path.join('/')
  yield {
    difference: { list: 'modified', path, directoryId: id, fileId: id, isDirectory: true },
    isRename: false,
    after: cursor([...pair.path, ''], PART.created),
  }
}

/** Entries of the later state that the earlier one does not have in that place. */
function* createdIn(
  states: ComparedStates,
  { before, path }: Pair,
  startAfter: string,
): Generator<LocatedDifference> {
  const { versions, root, earlier, later } = states
  const pages = (after: string) =>
    versions.appearedIn({ root, after: earlier.taken, upTo: later.taken }, before.id, after, PAGE)
  for (const inode of paged(pages, startAfter)) {
    const old = earlier.get(inode.id)
    if (old?.parent === before.id && old.name === inode.name) continue
    const full = [...path, inode.name]
    yield {
      difference: {
        list: 'created',
        path: full.join('/'),
        directoryId: before.id,
        fileId: inode.id,
        isDirectory: inode.kind === 'directory',
      },
      isRename: old !== undefined && isWalked(states, old),
      after: cursor(full, PART.created),
    }
  }
}

/** Entries of the earlier state that the later one does not have in that place. */
function* deletedIn(
  states: ComparedStates,
  { before, path }: Pair,
  startAfter: string,
): Generator<LocatedDifference> {
  for (const inode of changedIn(states, before.id, startAfter)) {
    const now = states.later.get(inode.id)
    if (now?.parent === before.id && now.name === inode.name) continue
    const target = now && pathIn(states.later, now, states.scope)?.join('/')
    const full = [...path, inode.name]
    yield {
      difference: {
        list: 'deleted',
        path: full.join('/'),
        directoryId: before.id,
        fileId: inode.id,
        isDirectory: inode.kind === 'directory',
        ...(target === undefined ? {} : { target }),
      },
      isRename: target !== undefined,
      after: cursor(full, PART.deleted),
    }
  }
}

/** Entries of the earlier state that have changed in any way. */
function changedIn(states: ComparedStates, directory: InodeId, startAfter: string) {
  const { versions, root, earlier, later } = states
  const range = { root, after: earlier.taken, upTo: later.taken }
  return paged((after) => versions.changedIn(range, directory, after, PAGE), startAfter)
}

/** The same inode in the later state, when it is still within the scope. */
function counterpart({ later, scope }: ComparedStates, before: Inode): Inode | undefined {
  const now = later.get(before.id)
  if (now === undefined) return undefined
  const isInPlace = now.parent === before.parent && now.name === before.name
  return isInPlace || pathIn(later, now, scope) !== undefined ? now : undefined
}

/** Whether the walk comes by it: not below a directory that is gone, of which nothing more is said. */
function isWalked(states: ComparedStates, before: Inode): boolean {
  let current = before
  while (current.id !== states.scope) {
    const parent = current.parent === NO_PARENT ? undefined : states.earlier.get(current.parent)
    if (parent === undefined || counterpart(states, parent) === undefined) return false
    current = parent
  }
  return true
}

/** Names from `top` down to the inode; undefined when it is elsewhere. */
function pathIn(state: NamespaceState, inode: Inode, top: InodeId): string[] | undefined {
  const names: string[] = []
  let current: Inode | undefined = inode
  while (current !== undefined && current.id !== top) {
    if (current.parent === NO_PARENT) return undefined
    names.push(current.name)
    current = state.get(current.parent)
  }
  return current === undefined ? undefined : names.reverse()
}

function fileDifference({ before, path }: Pair): LocatedDifference {
  return {
    difference: {
      list: 'modified',
      path: path.join('/'),
      directoryId: before.id,
      fileId: before.id,
      isDirectory: false,
    },
    isRename: false,
    after: cursor(path, PART.below),
  }
}

/** As HDFS compares: attributes that somebody sets, but no times. */
const isSameInode = ({ earlier, later }: ComparedStates, left: Inode, right: Inode) =>
  left.permission === right.permission &&
  left.owner === right.owner &&
  left.group === right.group &&
  JSON.stringify(left.acl) === JSON.stringify(right.acl) &&
  JSON.stringify(earlier.xattrsOf(left.id)) === JSON.stringify(later.xattrsOf(right.id))

const isSameFile = (states: ComparedStates, left: Inode, right: Inode) =>
  isSameInode(states, left, right) &&
  left.lengthBytes === right.lengthBytes &&
  left.replication === right.replication &&
  left.blockSizeBytes === right.blockSizeBytes

const cursor = (components: readonly string[], part: Part): DiffCursor => ({
  path: components.join('/'),
  index: part,
})

const compareNames = (left: string, right: string) =>
  Buffer.compare(Buffer.from(left), Buffer.from(right))

function* paged(page: (after: string) => readonly Inode[], startAfter: string) {
  let after = startAfter
  for (;;) {
    const inodes = page(after)
    yield* inodes
    const last = inodes.at(-1)
    if (last === undefined || inodes.length < PAGE) return
    after = last.name
  }
}
