/** Allowing, making, renaming and deleting snapshots: decisions and their texts (protocol reference 2.5). */
import { DfsError } from '../../../../shared/errors.js'
import type { InodeId } from '../../../../shared/ids.js'
import {
  checkNameLength,
  isName,
  joinPath,
  refuseSnapshotFolder,
  SNAPSHOT_FOLDER,
} from '../../../policy/path-name.js'
import { checkOwner, checkSuperuser } from '../../../policy/permissions.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { DeletedSnapshot } from '../../../storage/snapshot-store.js'
import { TRACES_FORGOTTEN_AT_ONCE } from '../apply/namespace-apply-snapshots.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import {
  MAX_SNAPSHOTS,
  requireDirectory,
  requireSnapshottable,
} from '../snapshots/snapshot-checks.js'
import { defaultSnapshotName } from '../snapshots/snapshot-name.js'
import { isBelow, snapshottablesWithin } from './namespace-snapshottables.js'

const CUTS_AT_ONCE = 1000
/** Versions that go with the snapshot itself, about: what is more is freed later, in slices. */
const FREED_WITH_SNAPSHOT = 200

export const allowSnapshotRule: ChangeRule<'allowSnapshot'> = {
  decide: (context, change) => {
    const { principal } = context.call
    checkSuperuser(principal, 'allowSnapshot')
    const { inode, path, walked } = findDirectory(context, change.path)
    if (inode.isSnapshottable) return { result: () => undefined }
    const above = walked.inodes.findIndex((it) => it.id !== inode.id && it.isSnapshottable)
    if (above >= 0) throw nested(path, 'ancestor', joinPath(walked.components, above))
    const [below] = snapshottablesWithin(context, inode)
    if (below !== undefined) {
      throw nested(path, 'subdirectory', context.tree.pathOf(below.id) ?? '')
    }
    const edit = { op: 'allowSnapshot', path, user: principal.user, inode: inode.id } as const
    return { edit, result: () => undefined }
  },
}

export const disallowSnapshotRule: ChangeRule<'disallowSnapshot'> = {
  decide: (context, change) => {
    const { principal } = context.call
    checkSuperuser(principal, 'disallowSnapshot')
    const { inode, path } = findDirectory(context, change.path)
    if (!inode.isSnapshottable) return { result: () => undefined }
    if (context.stores.snapshots.countOf(inode.id) > 0) {
      const text = `The directory ${path} has snapshot(s). Please redo the operation after removing all the snapshots.`
      throw new DfsError('SNAPSHOT', text)
    }
    const edit = { op: 'disallowSnapshot', path, user: principal.user, inode: inode.id } as const
    return { edit, result: () => undefined }
  },
}

export const createSnapshotRule: ChangeRule<'createSnapshot'> = {
  decide: (context, change) => {
    const { snapshots } = context.stores
    const { inode, path } = findOwned(context, change.path)
    const name = change.name === '' ? defaultSnapshotName(context.nowMs) : change.name
    if (!isName(name) || name.includes('/') || name === SNAPSHOT_FOLDER) {
      throw new DfsError('INVALID_PATH', `Invalid path name Invalid snapshot name: ${name}`)
    }
    checkNameLength(name, path)
    requireSnapshottable(inode, path)
    const limit = inode.isSnapshottable ? MAX_SNAPSHOTS : 0
    const count = snapshots.countOf(inode.id)
    if (count >= limit) {
      const text = `Failed to add snapshot: there are already ${count} snapshot(s) and the snapshot quota is ${limit}`
      throw new DfsError('SNAPSHOT', text)
    }
    if (snapshots.byName(inode.id, name) !== undefined) {
      const text = `Failed to add snapshot: there is already a snapshot with the same name "${name}".`
      throw new DfsError('SNAPSHOT', text)
    }
    checkNothingIsCut(context, inode, path)
    const { user } = context.call.principal
    const number = snapshots.nextNumber()
    const edit = { op: 'createSnapshot', path, user, inode: inode.id, name, number } as const
    const snapshotPath = `${path === '/' ? '' : path}/.snapshot/${name}`
    return { edit, result: () => snapshotPath, remember: snapshotPath }
  },
  answerAgain: (_, remembered) => String(remembered),
}

export const renameSnapshotRule: ChangeRule<'renameSnapshot'> = {
  decide: (context, change) => {
    const { from, to } = change
    const { inode, path } = findOwned(context, change.path)
    if (to.includes('/')) {
      throw new DfsError('ILLEGAL_ARGUMENT', 'Snapshot name cannot contain "/"')
    }
    refuseSnapshotFolder([to])
    if (!isName(to)) {
      throw new DfsError('INVALID_PATH', `Invalid path name Invalid snapshot name: ${to}`)
    }
    checkNameLength(to, path)
    requireSnapshottable(inode, path)
    if (from === to) return { result: () => undefined }
    const { snapshots } = context.stores
    const snapshot = snapshots.byName(inode.id, from)
    if (snapshot === undefined) {
      const text = `The snapshot ${from} does not exist for directory ${path}`
      throw new DfsError('SNAPSHOT', text)
    }
    if (snapshots.byName(inode.id, to) !== undefined) {
      throw new DfsError('SNAPSHOT', `The snapshot ${to} already exists for directory ${path}`)
    }
    const { user } = context.call.principal
    const { taken } = snapshot
    const renamed = { op: 'renameSnapshot', path, user, inode: inode.id, taken, from } as const
    return { edit: { ...renamed, name: to }, result: () => undefined, remember: true }
  },
  answerAgain: () => undefined,
}

export const deleteSnapshotRule: ChangeRule<'deleteSnapshot'> = {
  decide: (context, { path: wanted, name }) => {
    const { inode, path } = findOwned(context, wanted)
    requireSnapshottable(inode, path)
    const snapshot = context.stores.snapshots.byName(inode.id, name)
    if (snapshot === undefined) {
      const text = `Cannot delete snapshot ${name} from path ${path}: the snapshot does not exist.`
      throw new DfsError('SNAPSHOT', text)
    }
    const { user } = context.call.principal
    const { taken } = snapshot
    const { upTo } = sliceToFree(context, { ...snapshot, done: taken }, FREED_WITH_SNAPSHOT)
    const deleted = { op: 'deleteSnapshot', path, user, inode: inode.id, taken, name } as const
    return { edit: { ...deleted, freedUpTo: upTo }, result: () => undefined, remember: true }
  },
  answerAgain: () => undefined,
}

/** Frees a slice of what only a deleted snapshot showed. */
export const freeSnapshotsRule: ChangeRule<'freeSnapshots'> = {
  decide: (context, { limit }) => {
    const { snapshots } = context.stores
    const deleted = snapshots.someDeleted()
    if (deleted === undefined) return { result: () => false }
    const { root, taken, done } = deleted
    const { upTo, isRest } = sliceToFree(context, deleted, limit)
    const isLast =
      isRest &&
      snapshots.countUselessTraces(root, TRACES_FORGOTTEN_AT_ONCE + 1) <= TRACES_FORGOTTEN_AT_ONCE
    return {
      edit: { op: 'freeSnapshot', inode: root, taken, after: done, upTo, isLast },
      result: () => snapshots.someDeleted() !== undefined,
    }
  },
}

/** Up to which transaction about `limit` versions end that a deleted snapshot may have been the last to show. */
function sliceToFree(
  { stores, state }: ChangeContext,
  deleted: DeletedSnapshot,
  limit: number,
): { readonly upTo: number; readonly isRest: boolean } {
  const { root, done } = deleted
  // What was there at the next snapshot too ends after it.
  const end = stores.snapshots.nextAfter(deleted) ?? state.lastTransaction
  const range = { root, after: done, upTo: Math.max(done, end) }
  const upTo = stores.versions.cut(range, limit) ?? range.upTo
  return { upTo, isRest: upTo === range.upTo }
}

/** @throws NOT_FOUND, NOT_A_DIRECTORY */
function findDirectory(context: ChangeContext, wanted: string) {
  const walked = context.tree.find(wanted, context.call.principal, 'using')
  return { ...requireDirectory(walked), walked }
}

function findOwned(context: ChangeContext, wanted: string) {
  const found = findDirectory(context, wanted)
  checkOwner(found.inode, found.path, context.call.principal)
  return found
}

/**
 * A cut that began before the directory could have snapshots, or elsewhere, makes no copy: a snapshot that showed the
 * block would soon show bytes that nobody has (found by the simulation). Rejected: forbidding to rename what is being cut, which
 * meets people who want no snapshot.
 * @throws RETRIABLE it takes its datanodes a moment
 */
function checkNothingIsCut({ stores, tree }: ChangeContext, directory: Inode, path: string): void {
  let page: InodeId[] = stores.leases.cutInPlaceAfter(0, CUTS_AT_ONCE)
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    const cut = page.find((it) => isBelow(stores, it, directory.id))
    if (cut !== undefined) {
      throw new DfsError(
        'RETRIABLE',
        `Failed to add snapshot of ${path}: ${tree.pathOf(cut) ?? cut} is being truncated. Try again later.`,
      )
    }
    page = stores.leases.cutInPlaceAfter(last, CUTS_AT_ONCE)
  }
}

function nested(path: string, which: 'ancestor' | 'subdirectory', other: string): DfsError {
  return new DfsError(
    'SNAPSHOT',
    `Nested snapshottable directories not allowed: path=${path}, the ${which} ${other} ` +
      'is already a snapshottable directory.',
  )
}
