/** Opening and closing files: decisions of create, append and complete (protocol reference 2.6). */
import { present } from '../../../../shared/assert.js'
import { DfsError } from '../../../../shared/errors.js'
import { type InodeId, inodeId } from '../../../../shared/ids.js'
import { inheritedAcl } from '../../../policy/acl-of-inode.js'
import { checkLabel, checkMaxBlockSize } from '../../../policy/argument-limits.js'
import { checkNameLength, joinPath } from '../../../policy/path-name.js'
import { checkAccess, PERMISSION_MASK, WRITE } from '../../../policy/permissions.js'
import { policyOfId, requirePolicy } from '../../../policy/storage-policies.js'
import { decodeAcl } from '../../../storage/acl-texts.js'
import type { Inode } from '../../../storage/inode-store.js'
import { isShownHere } from '../apply/past-value.js'
import type { CreateArguments } from '../namespace.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import type { FileStatus } from '../namespace-model.js'
import { isSameVersion, toFileStatus } from '../namespace-status.js'
import { policyOnPath, type WalkedPath } from '../namespace-tree.js'
import { checkReservation, commitOf } from './namespace-blocks.js'
import {
  checkMayUnlink,
  checkRoomFor,
  editedAcl,
  maskedBits,
  newDirectories,
  removalOf,
  requireParent,
} from './namespace-directories.js'
import { alreadyOpen, findReferenced, requireHeldFile } from './namespace-leases.js'
import { checkQuotas } from './namespace-quotas.js'

const OWNER_WRITE_EXECUTE = 0o300

export const createRule: ChangeRule<'create'> = {
  decide: (context, change) => {
    const components = context.tree.componentsToMake(change.path, 'create', context.call.principal)
    checkLabel('client name', change.holder)
    const path = joinPath(components)
    const { principal, clientAddress } = context.call
    const walked = context.tree.walk(path, components, principal, 'naming')
    const { target } = walked
    if (target?.kind === 'directory') {
      throw new DfsError('ALREADY_EXISTS', `${path} already exists as a directory`)
    }
    if (!change.createParent) requireParent(walked)
    if (!change.create && target === undefined) {
      throw new DfsError('NOT_FOUND', `Can't overwrite non-existent ${path}`)
    }
    checkCreateArguments(context, change, path)
    if (target === undefined) {
      checkAccess(walked.ancestor, walked.ancestorPath, principal, WRITE)
    } else {
      checkReplace(context, walked, target, change, path)
    }
    const created = newFile(context, walked, target, change)
    // What is replaced counts on where a snapshot shows it.
    const isOneMore = target === undefined || isShownHere(context, target)
    const names = created.directories.length + (isOneMore ? 1 : 0)
    const added = { names, spaceBytes: 0, typeSpaceBytes: {} }
    checkQuotas(context, walked.ancestor.id, added, { isOneByOne: true })
    const edit = {
      op: 'create',
      path,
      user: principal.user,
      holder: change.holder,
      machine: clientAddress,
      ...created,
      ...(change.overwrite ? { overwrite: true } : {}),
      ...(target === undefined ? {} : { replaced: removalOf(context, target, path, 'create') }),
    } as const
    const { id } = created.file
    return { edit, result: () => statusOf(context, id), remember: id }
  },
  answerAgain: (context, remembered) => statusOf(context, inodeId(Number(remembered))),
}

export const appendRule: ChangeRule<'append'> = {
  decide: (context, change) => {
    const { call, stores, tree } = context
    checkLabel('client name', change.holder)
    const { target: file, components } = tree.find(change.path, call.principal, 'using')
    const path = joinPath(components)
    if (file === undefined) {
      const text = `Failed to append to non-existent file ${path} for client ${call.clientAddress}`
      throw new DfsError('NOT_FOUND', text)
    }
    if (file.kind === 'directory') {
      const text = `Cannot append to directory ${path}; already exists as a directory.`
      throw new DfsError('ALREADY_EXISTS', text)
    }
    checkAccess(file, path, call.principal, WRITE)
    if (file.isOpen) {
      const lease = present(stores.leases.get(file.id), 'an open file has a lease')
      throw alreadyOpen('APPEND_FILE', path, change.holder, call, lease)
    }
    const last = stores.blocks.lastOfFile(file.id, 1)[0]
    const isPartial = last !== undefined && last.lengthBytes < file.blockSizeBytes
    const reopens = isPartial && !change.newBlock
    if (reopens) checkReservation(context, file, file.blockSizeBytes - last.lengthBytes)
    const edit = {
      op: 'append',
      path,
      user: call.principal.user,
      inode: file.id,
      holder: change.holder,
      machine: call.clientAddress,
      ...(reopens ? { reopened: last.id } : {}),
      ...(change.newBlock ? { newBlock: true } : {}),
    } as const
    const shown = reopens || change.newBlock ? last?.id : undefined
    const remember = [file.id, shown ?? null]
    return { edit, remember, result: () => appendAnswer(context, remember) }
  },
  answerAgain: (context, remembered) =>
    appendAnswer(context, Array.isArray(remembered) ? remembered : []),
}

export const completeRule: ChangeRule<'completeFile'> = {
  decide: (context, change) => {
    const { call, stores } = context
    const closed = findReferenced(context, change, call.principal)
    if (closed?.kind === 'file' && !closed.isOpen) {
      const last = stores.blocks.lastOfFile(closed.id, 1)[0]
      const isRepeat = change.last === undefined || isSameVersion(change.last, last)
      if (isRepeat) return { result: () => toFileStatus(closed, context.tree.policyOf(closed)) }
    }
    const { file } = requireHeldFile(context, change, call.principal)
    const last = stores.blocks.lastOfFile(file.id, 1)[0]
    const commit = commitOf(context, file, last, change.last)
    const addedBytes = commit === undefined ? 0 : commit.length - (last?.lengthBytes ?? 0)
    const edit = {
      op: 'close',
      path: context.tree.pathOf(file.id) ?? change.path,
      user: call.principal.user,
      inode: file.id,
      ...(commit === undefined ? {} : { last: commit }),
      size: file.lengthBytes + addedBytes,
    } as const
    return { edit, result: () => statusOf(context, file.id) }
  },
}

export const completeEmptyRule: ChangeRule<'completeEmptyFile'> = {
  decide: (context, change) => {
    const file = findReferenced(context, change, context.call.principal)
    const hasBlocks = file !== undefined && context.stores.blocks.hasAny(file.id)
    if (hasBlocks) return { result: () => false }
    const { edit } = completeRule.decide(context, { ...change, last: undefined })
    return { ...(edit === undefined ? {} : { edit }), result: () => true }
  },
}

/** @throws NOT_FOUND in the words of the calls that work on the content of a file */
export function requireFile(inode: Inode | undefined, path: string): Inode {
  if (inode === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
  if (inode.kind === 'directory') throw new DfsError('NOT_FOUND', `Path is not a file: ${path}`)
  return inode
}

function checkCreateArguments(context: ChangeContext, change: CreateArguments, path: string) {
  const { minBlockSizeBytes } = context.limits
  if (!(change.blockSizeBytes >= minBlockSizeBytes && change.blockSizeBytes > 0)) {
    throw new DfsError(
      'IO',
      'Specified block size is less than configured minimum value ' +
        `(dfs.namenode.fs-limits.min-block-size): ${change.blockSizeBytes} < ${minBlockSizeBytes}`,
    )
  }
  checkMaxBlockSize(change.blockSizeBytes)
  checkReplication(context, change.replication, path, `, clientName=${context.call.clientAddress}`)
}

/** @param tail how the text goes on after the path: create also names the client */
export function checkReplication(
  { limits }: ChangeContext,
  replication: number,
  path: string,
  tail = '',
): void {
  const prefix = `Requested replication factor of ${replication}`
  if (replication > limits.maxReplication) {
    const text = `${prefix} exceeds maximum of ${limits.maxReplication} for ${path}${tail}`
    throw new DfsError('IO', text)
  }
  if (!(Number.isInteger(replication) && replication >= 1)) {
    throw new DfsError('IO', `${prefix} is less than the required minimum of 1 for ${path}${tail}`)
  }
}

/** The file exists: it may be replaced, also while somebody writes it, by whoever may overwrite it. */
function checkReplace(
  context: ChangeContext,
  walked: WalkedPath,
  target: Inode,
  change: CreateArguments,
  path: string,
): void {
  const { call, stores } = context
  if (change.overwrite) {
    checkAccess(target, path, call.principal, WRITE)
    checkMayUnlink(walked, context)
    return
  }
  if (target.isOpen) {
    const lease = present(stores.leases.get(target.id), 'an open file has a lease')
    throw alreadyOpen('CREATE_FILE', path, change.holder, call, lease)
  }
  throw new DfsError('ALREADY_EXISTS', `${path} for client ${call.clientAddress} already exists`)
}

function newFile(
  context: ChangeContext,
  walked: WalkedPath,
  target: Inode | undefined,
  change: CreateArguments,
) {
  const { components, ancestor } = walked
  const name = components.at(-1) ?? ''
  // Missing parents take the mode of the directory they grow from, not that of the file.
  const parentMode = (ancestor.permission & 0o777) | OWNER_WRITE_EXECUTE
  const depth = components.length - 1
  if (target === undefined) checkRoomFor(context, walked)
  const directories = walked.hasParent
    ? []
    : newDirectories(context, walked, depth, { mode: parentMode, parentMode, unmasked: undefined })
  checkNameLength(name, joinPath(components, depth))
  const made = directories.at(-1)
  const parentAcl = made === undefined ? ancestor.acl : decodeAcl(made.acl ?? '[]')
  const kept = inheritedAcl({ acl: parentAcl }, 'file', {
    masked: change.permission & PERMISSION_MASK,
    unmasked: maskedBits(change.unmaskedPermission),
  })
  const file = {
    id: inodeId(context.state.nextInode + directories.length),
    parent: made?.id ?? ancestor.id,
    name,
    ...editedAcl(kept),
    owner: context.call.principal.user,
    group: ancestor.group,
    replication: change.replication,
    blockSize: change.blockSizeBytes,
    ...ownPolicy(walked, change),
  }
  return { directories, file }
}

/** The policy that the creator names, or one that a file takes over from above when it is made. */
function ownPolicy(walked: WalkedPath, { policy: name }: CreateArguments): { policy?: number } {
  if (name !== undefined && name !== '') return { policy: requirePolicy(name).id }
  const inherited = policyOnPath(walked.inodes)
  return policyOfId(inherited).copyOnCreateFile ? { policy: inherited } : {}
}

function appendAnswer(context: ChangeContext, [id, block]: readonly unknown[]) {
  const blocks = context.stores.blocks.ofFile(inodeId(Number(id)))
  return {
    status: statusOf(context, inodeId(Number(id))),
    lastBlock: blocks.find((it) => it.id === block),
  }
}

/** @throws NOT_FOUND when the file of a repeated request has been deleted since */
function statusOf({ stores, tree }: ChangeContext, id: InodeId): FileStatus {
  const inode = stores.inodes.get(id)
  if (inode === undefined) throw new DfsError('NOT_FOUND', `File does not exist: inode ${id}`)
  return toFileStatus(inode, tree.policyOf(inode))
}
