/** Undoing deletions: what is kept, who may bring it back and where to, and when it is given up. */
import { DfsError } from '../../../../shared/errors.js'
import type { Principal } from '../../../../shared/principal.js'
import { checkNameLength, joinPath, splitPath } from '../../../policy/path-name.js'
import { checkAccess, WRITE } from '../../../policy/permissions.js'
import type { Deletion, DeletionPosition } from '../../../storage/deletion-store.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { Stores } from '../../../storage/stores.js'
import type { DeletedEntry, DeletedPage, UndeleteRequest } from '../deletions.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import type { WalkedPath } from '../namespace-tree.js'
import { checkMayUnlink, checkRoomFor, removalOf } from './namespace-directories.js'
import { checkQuotas, usageOfMove } from './namespace-quotas.js'

/** Kept at most; beyond, the oldest go before their time. */
const MAX_KEPT = 1_000_000
/** Rows of the list looked at for one page, whoever they belong to. */
const LOOKED_AT = 1000
/** Deletions of one path looked at for one that the caller may undo. */
const VERSIONS_LOOKED_AT = 1000

export const undeleteRule: ChangeRule<'undelete'> = {
  decide: (context, change) => {
    const { call, stores, tree } = context
    const { principal } = call
    const deletion = requireDeletion(context, change)
    context.settleTotals()
    const inode = requireInode(stores, deletion)
    const wanted = change.to ?? deletion.path
    const components = tree.componentsToMake(wanted, 'rename', principal)
    const path = joinPath(components)
    const place = tree.walk(path, components, principal, 'naming')
    const replaced = replacedBy(context, place, inode, change)
    if (!place.hasParent) throw parentMissing(context, place)
    checkAccess(place.ancestor, place.ancestorPath, principal, WRITE)
    const name = components.at(-1) ?? ''
    checkNameLength(name, place.ancestorPath)
    if (replaced === undefined) checkRoomFor(context, place)
    const added = usageOfMove(context, { inode, above: place.ancestor }, replaced)
    checkQuotas(context, place.ancestor.id, added)
    const answer = { from: deletion.path, path }
    const edit = {
      op: 'undelete',
      ...answer,
      user: principal.user,
      deletion: deletion.id,
      inode: inode.id,
      parent: place.ancestor.id,
      name,
      kind: inode.kind,
      owner: inode.owner,
      group: inode.group,
      mode: inode.permission,
      replication: inode.replication,
      blockSize: inode.blockSizeBytes,
      size: inode.lengthBytes,
      ...(replaced && { replaced: removalOf(context, replaced, path, 'undelete') }),
    } as const
    return { edit, result: () => answer, remember: [answer.from, answer.path] }
  },
  answerAgain: (_context, remembered) => {
    const [from, path] = Array.isArray(remembered) ? remembered : []
    return { from: String(from), path: String(path) }
  },
}

export const giveUpDeletionsRule: ChangeRule<'giveUpDeletions'> = {
  decide: ({ stores, nowMs }, { limit, spaceBytes }) => {
    const surplus = stores.deletions.totals().deletions - MAX_KEPT
    const given: Deletion[] = []
    let freedBytes = 0
    for (const deletion of stores.deletions.oldest(limit)) {
      const isDue = deletion.untilMs <= nowMs
      if (!isDue && freedBytes >= spaceBytes && given.length >= surplus) break
      given.push(deletion)
      freedBytes += deletion.spaceBytes
    }
    const result = () => ({ deletions: given.length, spaceBytes: freedBytes })
    if (given.length === 0) return { result }
    return { edit: { op: 'giveUp', deletions: given.map((it) => it.id) }, result }
  },
}

/** One page of the list; rows that the caller may not see are passed over. */
export function pageOfDeletions(
  stores: Stores,
  principal: Principal,
  question: { path: string; after?: DeletionPosition | undefined; limit: number },
): DeletedPage {
  const { path, after, limit } = question
  const entries: DeletedEntry[] = []
  const rows = stores.deletions.within(tidyPath(path), after, LOOKED_AT)
  for (const deletion of rows) {
    const inode = requireInode(stores, deletion)
    if (!mayUndo(deletion, inode, principal)) continue
    entries.push(toEntry(deletion, inode))
    if (entries.length >= limit) return { entries, next: deletion }
  }
  return { entries, next: rows.length < LOOKED_AT ? undefined : rows.at(-1) }
}

/** Without a slash at its end, as paths of deletions are kept. @throws INVALID_PATH */
const tidyPath = (path: string): string => {
  const components = splitPath(path)
  return components === undefined ? path : joinPath(components)
}

/** Its owner, who deleted it, or a superuser. */
const mayUndo = (deletion: Deletion, inode: Inode, principal: Principal): boolean =>
  principal.isSuperuser || deletion.user === principal.user || inode.owner === principal.user

function requireDeletion({ stores, call }: ChangeContext, change: UndeleteRequest): Deletion {
  const { id } = change
  const path = change.path && tidyPath(change.path)
  const { principal } = call
  const isAllowed = (it: Deletion) => mayUndo(it, requireInode(stores, it), principal)
  if (id !== undefined) {
    const found = stores.deletions.get(id)
    if (found !== undefined && isAllowed(found)) return found
    throw new DfsError('NOT_FOUND', `Nothing that you may bring back was deleted as number ${id}`)
  }
  if (path === undefined) {
    const found = stores.deletions.latestBy(principal.user)
    if (found !== undefined) return found
    throw new DfsError('NOT_FOUND', `Nothing that ${principal.user} deleted is kept any more`)
  }
  const found = stores.deletions.latestAt(path, VERSIONS_LOOKED_AT).find(isAllowed)
  if (found !== undefined) return found
  const above = deletedAbove(stores, path, isAllowed)
  const hint = above === undefined ? '' : `; ${above} was deleted as a whole: bring that back`
  throw new DfsError('NOT_FOUND', `Nothing that was deleted at ${path} is kept${hint}`)
}

/** The nearest directory above a path that was deleted with all it held. */
function deletedAbove(
  stores: Stores,
  path: string,
  isAllowed: (deletion: Deletion) => boolean,
): string | undefined {
  const names = path.split('/').filter((it) => it !== '')
  for (let depth = names.length - 1; depth > 0; depth -= 1) {
    const above = `/${names.slice(0, depth).join('/')}`
    if (stores.deletions.latestAt(above, 1).some(isAllowed)) return above
  }
  return undefined
}

/** What is in the place and may be replaced. @throws ALREADY_EXISTS, NOT_EMPTY, PERMISSION_DENIED */
function replacedBy(
  context: ChangeContext,
  place: WalkedPath,
  inode: Inode,
  { overwrite }: UndeleteRequest,
): Inode | undefined {
  const found = place.target
  if (found === undefined) return undefined
  const path = joinPath(place.components)
  if (!overwrite || place.components.length === 0) {
    throw new DfsError(
      'ALREADY_EXISTS',
      `${path} exists: bring the deleted one back to another place, or have it replace this one`,
    )
  }
  if (found.kind !== inode.kind) {
    throw new DfsError('ALREADY_EXISTS', `${path} exists as a ${found.kind}`)
  }
  if (found.children > 0) {
    throw new DfsError('NOT_EMPTY', `\`${path} is non empty': Directory is not empty`)
  }
  checkMayUnlink(place, context)
  return found
}

function parentMissing({ stores }: ChangeContext, place: WalkedPath): DfsError {
  const { components } = place
  const parent = joinPath(components, components.length - 1)
  const gone = stores.deletions.latestAt(parent, 1).length > 0
  const hint = gone ? ' (it was deleted, too: bring it back first)' : ''
  return new DfsError('NOT_FOUND', `Parent directory doesn't exist: ${parent}${hint}`)
}

function requireInode(stores: Stores, { id, inode }: Deletion): Inode {
  const found = stores.inodes.get(inode)
  if (found !== undefined) return found
  throw new DfsError('INTERNAL', `deletion ${id} has lost its inode ${inode}`)
}

const toEntry = (deletion: Deletion, inode: Inode): DeletedEntry => ({
  id: deletion.id,
  inode: deletion.inode,
  path: deletion.path,
  kind: inode.kind,
  lengthBytes: deletion.lengthBytes,
  spaceBytes: deletion.spaceBytes,
  fileCount: deletion.files,
  directoryCount: deletion.directories,
  owner: inode.owner,
  group: inode.group,
  permission: inode.permission,
  modificationTimeMs: inode.modificationTimeMs,
  deletedBy: deletion.user,
  operation: deletion.operation,
  deletedMs: deletion.deletedMs,
  untilMs: deletion.untilMs,
})
