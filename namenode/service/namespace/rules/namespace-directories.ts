/** Making and deleting: decisions of mkdirs and delete (protocol reference 2.5). */
import { DfsError } from '../../../../shared/errors.js'
import { inodeId } from '../../../../shared/ids.js'
import { inheritedAcl, type KeptAcl } from '../../../policy/acl-of-inode.js'
import { checkDirectoryItems, checkNameLength, joinPath } from '../../../policy/path-name.js'
import {
  ALL,
  checkAccess,
  checkSticky,
  PERMISSION_MASK,
  WRITE,
} from '../../../policy/permissions.js'
import { encodeAcl } from '../../../storage/acl-texts.js'
import type { DeletingOperation } from '../../../storage/deletion-store.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { Stores } from '../../../storage/stores.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import type { NewDirectory, Removal } from '../namespace-edit.js'
import type { WalkedPath } from '../namespace-tree.js'
import { isReservedDirectory } from '../reserved-directory.js'
import { keptUntil } from './namespace-kept.js'
import { checkQuotas } from './namespace-quotas.js'
import { checkNoSnapshots } from './namespace-snapshottables.js'

/** Files with more blocks than this are taken apart later, in slices. */
const BLOCKS_REMOVED_AT_ONCE = 100
/** Directories whose rights are checked before a tree is deleted; a larger tree is checked that far, top down. */
const DIRECTORIES_CHECKED = 20_000
const OWNER_WRITE_EXECUTE = 0o300

export const mkdirsRule: ChangeRule<'mkdirs'> = {
  decide: (context, change) => {
    const components = context.tree.componentsToMake(change.path, 'mkdirs', context.call.principal)
    const path = joinPath(components)
    const { principal } = context.call
    const walked = context.tree.walk(path, components, principal, 'naming')
    if (walked.target?.kind === 'directory') return { result: () => true }
    if (walked.target !== undefined) {
      throw new DfsError('ALREADY_EXISTS', `Path is not a directory: ${path}`)
    }
    checkAccess(walked.ancestor, walked.ancestorPath, principal, WRITE)
    if (!change.createParent) requireParent(walked)
    const directories = newDirectories(context, walked, components.length, {
      mode: change.permission & PERMISSION_MASK,
      parentMode: (change.permission & 0o777) | OWNER_WRITE_EXECUTE,
      unmasked: maskedBits(change.unmaskedPermission),
    })
    checkQuotas(
      context,
      walked.ancestor.id,
      { names: directories.length, spaceBytes: 0, typeSpaceBytes: {} },
      { isOneByOne: true },
    )
    const edit = { op: 'mkdirs', path, user: principal.user, directories } as const
    return { edit, result: () => true }
  },
}

export const deleteRule: ChangeRule<'delete'> = {
  decide: (context, change) => {
    const { principal } = context.call
    if (isReservedDirectory(change.path)) {
      throw new DfsError('INVALID_PATH', `Invalid path name ${change.path}`)
    }
    const walked = context.tree.find(change.path, principal, 'using')
    const { target, components } = walked
    const path = joinPath(components)
    checkMayUnlink(walked, context)
    if (target === undefined) return { result: () => false }
    if (target.kind === 'directory') {
      checkMayEmpty(context, walked)
      if (target.children > 0 && !change.recursive) {
        throw new DfsError('NOT_EMPTY', `\`${path} is non empty': Directory is not empty`)
      }
    }
    if (components.length === 0) return { result: () => false }
    const removed = removalOf(context, target, path, change.isFinal ? undefined : 'delete')
    const edit = { op: 'delete', path, user: principal.user, removed } as const
    return { edit, result: () => true, remember: true }
  },
  answerAgain: () => true,
}

/** Rights to take a name out of its directory: write on it, and the sticky rule. */
export function checkMayUnlink(walked: WalkedPath, { call }: ChangeContext): void {
  const { target, ancestor, ancestorPath, components } = walked
  if (components.length === 0 || !walked.hasParent) return
  checkAccess(ancestor, ancestorPath, call.principal, WRITE)
  if (target === undefined) return
  const entry = { inode: target, path: joinPath(components) }
  checkSticky(entry, { inode: ancestor, path: ancestorPath }, call.principal)
}

/** Rights to delete all that is below a directory. */
export function checkMayEmpty(context: ChangeContext, { target, components }: WalkedPath): void {
  if (target?.kind !== 'directory' || context.call.principal.isSuperuser) return
  checkSubtree(context, target, joinPath(components))
}

/** @throws NOT_FOUND in the words of create and mkdirs */
export function requireParent(walked: WalkedPath): void {
  if (walked.hasParent) return
  const parent = joinPath(walked.components, walked.components.length - 1)
  throw new DfsError('NOT_FOUND', `Parent directory doesn't exist: ${parent}`)
}

/**
 * The directories that are missing between the walk's end and `depth` components, with the next ids. The group of each
 * is its parent's (BSD rule), hence that of the directory where the walk ended.
 */
export function newDirectories(
  context: ChangeContext,
  walked: WalkedPath,
  depth: number,
  modes: {
    readonly mode: number
    readonly parentMode: number
    readonly unmasked: number | undefined
  },
): NewDirectory[] {
  const { components, ancestor, inodes } = walked
  const existing = inodes.length - 1
  checkRoomFor(context, walked)
  const directories: NewDirectory[] = []
  let parent = ancestor.id
  let { acl } = ancestor
  for (let index = existing; index < depth; index += 1) {
    const name = components[index] ?? ''
    checkNameLength(name, joinPath(components, index))
    const id = inodeId(context.state.nextInode + directories.length)
    const masked = index === components.length - 1 ? modes.mode : modes.parentMode
    const kept = inheritedAcl({ acl }, 'directory', { masked, unmasked: modes.unmasked })
    const owner = context.call.principal.user
    const { group } = ancestor
    directories.push({ id, parent, name, owner, group, ...editedAcl(kept) })
    parent = id
    acl = kept.acl
  }
  return directories
}

/** Mode and ACL of a new inode, as its edit has them. */
export function editedAcl({ permission, acl }: KeptAcl): Pick<NewDirectory, 'mode' | 'acl'> {
  return { mode: permission, ...(acl === undefined ? {} : { acl: encodeAcl(acl) }) }
}

/** The bits of a mode that a client tells or not. */
export const maskedBits = (permission: number | undefined): number | undefined =>
  permission === undefined ? undefined : permission & PERMISSION_MASK

/** @throws TOO_MANY_ITEMS when the directory in which the walk ended is full */
export function checkRoomFor(context: ChangeContext, walked: WalkedPath): void {
  const { maxDirectoryItems } = context.limits
  checkDirectoryItems(walked.ancestor.children, walked.ancestorPath, maxDirectoryItems)
}

/**
 * What can be undone is unlinked and kept. Of what cannot, small things go at once, others are unlinked now and taken
 * apart later.
 * @param by what takes it away; undefined when it is not to be kept
 * @throws SNAPSHOT when something in the tree has snapshots
 */
export function removalOf(
  context: ChangeContext,
  inode: Inode,
  path: string,
  by: DeletingOperation | undefined,
): Removal {
  const { stores } = context
  const disallowed = checkNoSnapshots(context, inode, path)
  const kept = by && keptUntil(context, inode, path, by)
  const removal: Removal =
    kept === undefined
      ? { id: inode.id, how: isSmall(stores, inode) ? 'remove' : 'detach' }
      : { id: inode.id, how: 'keep', kept }
  return disallowed.length === 0 ? removal : { ...removal, disallowed }
}

/** Whether it can be taken apart within the change that deletes it. */
const isSmall = ({ blocks }: Stores, { id, kind, children }: Inode): boolean =>
  kind === 'directory' ? children === 0 : blocks.countOfFile(id) <= BLOCKS_REMOVED_AT_ONCE

/** All rights on every non-empty directory of the tree, as HDFS asks of whoever deletes one. */
function checkSubtree({ stores, call }: ChangeContext, top: Inode, topPath: string): void {
  const waiting: { readonly inode: Inode; readonly path: string }[] = [
    { inode: top, path: topPath },
  ]
  for (let next = 0; next < waiting.length; next += 1) {
    const directory = waiting[next]
    if (directory === undefined) return
    const { inode, path } = directory
    if (inode.children === 0) continue
    checkAccess(inode, path, call.principal, ALL)
    const room = DIRECTORIES_CHECKED - waiting.length
    if (room <= 0) continue
    for (const child of stores.inodes.childDirectories(inode.id, room)) {
      waiting.push({ inode: child, path: `${path === '/' ? '' : path}/${child.name}` })
    }
  }
}
