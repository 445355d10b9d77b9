/** Renaming: the lenient form that answers false, and the strict one that says why not (protocol reference 2.5). */
import { DfsError } from '../../../../shared/errors.js'
import { checkNameLength, joinPath } from '../../../policy/path-name.js'
import { checkAccess, WRITE } from '../../../policy/permissions.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import type { Edit } from '../namespace-edit.js'
import type { WalkedPath } from '../namespace-tree.js'
import { checkMayEmpty, checkMayUnlink, checkRoomFor, removalOf } from './namespace-directories.js'
import { checkQuotas, usageDifference, usageOf, usageOfMove } from './namespace-quotas.js'
import { checkNoSnapshots, checkNotNested } from './namespace-snapshottables.js'

export const renameRule: ChangeRule<'rename'> = {
  decide: (context, change) => {
    const { principal } = context.call
    const wanted = context.tree.componentsToMake(change.to, 'rename', principal)
    const source = context.tree.find(change.from, principal, 'using')
    const found = context.tree.walk(joinPath(wanted), wanted, principal, 'naming')
    // Onto an existing directory means into it.
    const name = source.components.at(-1)
    const destination =
      found.target?.kind === 'directory' && name !== undefined
        ? walkTo(context, [...wanted, name])
        : found
    checkMayRename(context, source, destination)
    const no = { result: () => false }
    if (source.target === undefined || source.components.length === 0) return no
    const relation = relate(source, destination)
    if (relation === 'same') return { result: () => true }
    if (relation === 'below' || destination.target !== undefined || !destination.hasParent) {
      return no
    }
    const edit = renameEdit(context, source, source.target, destination, undefined)
    return { edit, result: () => true, remember: true }
  },
  answerAgain: () => true,
}

export const renameStrictlyRule: ChangeRule<'renameStrictly'> = {
  decide: (context, change) => {
    const { principal } = context.call
    const wanted = context.tree.componentsToMake(change.to, 'rename', principal)
    const source = context.tree.find(change.from, principal, 'using')
    const destination = context.tree.walk(joinPath(wanted), wanted, principal, 'naming')
    checkMayRename(context, source, destination)
    const from = joinPath(source.components)
    const to = joinPath(destination.components)
    const inode = source.target
    if (change.toTrash === true) checkMayEmpty(context, source)
    if (inode === undefined) throw new DfsError('NOT_FOUND', `rename source ${from} is not found.`)
    if (source.components.length === 0) {
      throw new DfsError('IO', 'rename source cannot be the root')
    }
    const relation = relate(source, destination)
    if (relation === 'same') {
      const text = `The source ${from} and destination ${to} are the same`
      throw new DfsError('ALREADY_EXISTS', text)
    }
    if (relation === 'below') {
      const text = `Rename destination ${to} is a directory or file under source ${from}`
      throw new DfsError('IO', text)
    }
    if (destination.components.length === 0) {
      throw new DfsError('IO', 'rename destination cannot be the root')
    }
    const replaced = destination.target
    if (replaced !== undefined) {
      checkReplace(context, { inode, path: from }, destination, replaced, change.overwrite)
    }
    if (!destination.hasParent) {
      throw new DfsError('NOT_FOUND', `rename destination parent ${to} not found.`)
    }
    const edit = renameEdit(context, source, inode, destination, replaced)
    return { edit, result: () => undefined, remember: true }
  },
  answerAgain: () => undefined,
}

/** Write on the source's parent (and its sticky bit), write where the destination will hang. */
function checkMayRename(context: ChangeContext, source: WalkedPath, destination: WalkedPath) {
  checkMayUnlink(source, context)
  const { ancestor, ancestorPath } = destination
  checkAccess(ancestor, ancestorPath, context.call.principal, WRITE)
}

function checkReplace(
  context: ChangeContext,
  source: { readonly inode: Inode; readonly path: string },
  destination: WalkedPath,
  replaced: Inode,
  overwrite: boolean,
): void {
  const to = joinPath(destination.components)
  if (source.inode.kind !== replaced.kind) {
    const text = `Source ${source.path} and destination ${to} must both be directories`
    throw new DfsError('IO', text)
  }
  if (!overwrite) throw new DfsError('ALREADY_EXISTS', `rename destination ${to} already exists`)
  if (replaced.children > 0) {
    throw new DfsError('IO', `rename destination directory is not empty: ${to}`)
  }
  // Stricter than HDFS, which lets a rename replace what the sticky bit forbids to delete.
  checkMayUnlink(destination, context)
}

function renameEdit(
  context: ChangeContext,
  source: WalkedPath,
  inode: Inode,
  destination: WalkedPath,
  replaced: Inode | undefined,
): Edit {
  const { components, ancestor, ancestorPath } = destination
  const name = components.at(-1) ?? ''
  checkNameLength(name, ancestorPath)
  const from = joinPath(source.components)
  checkNotNested(checkNoSnapshots(context, inode, from), source, destination)
  if (replaced === undefined && ancestor.id !== inode.parent) checkRoomFor(context, destination)
  checkQuotasOfMove(context, source, destination, replaced)
  return {
    op: 'rename',
    path: from,
    to: joinPath(components),
    user: context.call.principal.user,
    inode: inode.id,
    parent: ancestor.id,
    name,
    ...(replaced === undefined
      ? {}
      : { replaced: removalOf(context, replaced, joinPath(components), 'rename') }),
  }
}

/** Directories above both places have what moves already. */
function checkQuotasOfMove(
  context: ChangeContext,
  source: WalkedPath,
  destination: WalkedPath,
  replaced: Inode | undefined,
): void {
  const { stores, settleTotals } = context
  if (!stores.quotas.isUsed) return
  settleTotals()
  const settled = (inode: Inode | undefined) => inode && stores.inodes.get(inode.id)
  const inode = settled(source.target)
  if (inode === undefined) return
  const common = source.inodes.findLast((it, depth) => destination.inodes[depth]?.id === it.id)
  const move = { inode, above: destination.ancestor }
  const added = usageOfMove(context, move, settled(replaced))
  checkQuotas(context, destination.ancestor.id, added, { until: common?.id })
  // But below another storage policy it may be of other types.
  if (common === undefined || !stores.inodes.hasPolicies) return
  const changed = usageDifference(usageOfMove(context, move, undefined), usageOf(context, inode))
  checkQuotas(context, common.id, changed)
}

function walkTo(context: ChangeContext, components: readonly string[]): WalkedPath {
  return context.tree.walk(joinPath(components), components, context.call.principal, 'naming')
}

/** Where the destination is, seen from the source; by components, so it holds for what does not exist too. */
function relate(source: WalkedPath, destination: WalkedPath): 'same' | 'below' | 'elsewhere' {
  const isBelow = source.components.every((name, index) => destination.components[index] === name)
  if (!isBelow) return 'elsewhere'
  return source.components.length === destination.components.length ? 'same' : 'below'
}
