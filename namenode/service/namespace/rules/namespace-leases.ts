/** Who may write an open file, and what everybody else hears (texts: protocol reference 2.6). */
import { present } from '../../../../shared/assert.js'
import { DfsError } from '../../../../shared/errors.js'
import type { InodeId } from '../../../../shared/ids.js'
import type { Principal } from '../../../../shared/principal.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { Lease } from '../../../storage/lease-store.js'
import type { Stores } from '../../../storage/stores.js'
import type { Call } from '../../access/call.js'
import type { OpenFileReference } from '../namespace.js'
import type { Tree } from '../namespace-tree.js'

/** Where lookups happen: the writer's transaction, or a reader's snapshot. */
export interface NamespaceView {
  readonly stores: Stores
  readonly tree: Tree
}

/** The holder of a lease that the namenode took from a silent client. */
export const RECOVERY_HOLDER = 'HDFS_NameNode'

export interface HeldFile {
  readonly file: Inode
  readonly lease: Lease
}

/** The file that a reference names, by id when it has one; undefined when it is gone or was deleted. */
export function findReferenced(
  view: NamespaceView,
  reference: OpenFileReference,
  principal: Principal,
): Inode | undefined {
  if (reference.fileId === undefined) {
    return view.tree.find(reference.path, principal, 'using').target
  }
  const inode = view.stores.inodes.get(reference.fileId)
  return inode !== undefined && view.tree.isAttached(inode.id) ? inode : undefined
}

/**
 * Whether a file is on its way out. One that can be brought back, or that a snapshot shows, is not: what was acknowledged of
 * it must survive its writer like that of any other file. (HDFS leaves the block of a deleted file open for good.)
 */
export function isBeingTakenApart(
  {
    stores,
    tree,
  }: { readonly stores: Pick<Stores, 'detached'>; readonly tree: Pick<Tree, 'topOf'> },
  fileId: InodeId,
): boolean {
  const top = tree.topOf(fileId)
  return top === undefined || stores.detached.has(top)
}

/**
 * The open file, provided that `reference.holder` has its lease.
 * @throws NOT_FOUND, LEASE_EXPIRED
 */
export function requireHeldFile(
  view: NamespaceView,
  reference: OpenFileReference,
  principal: Principal,
): HeldFile {
  const file = findReferenced(view, reference, principal)
  if (file === undefined) {
    throw new DfsError('NOT_FOUND', `File does not exist: ${leaseText(view, reference)}`)
  }
  const { holder } = reference
  if (file.kind === 'directory') {
    throw expired(`INode is not a regular file: ${leaseText(view, reference)}`)
  }
  if (!file.isOpen) throw expired(`File is not open for writing: ${leaseText(view, reference)}`)
  const lease = present(view.stores.leases.get(file.id), 'an open file has a lease')
  // While its last block is being cut, nobody writes the file, not even the client that asked for it.
  if (lease.truncateBytes !== undefined && lease.holder === holder) {
    throw expired(`File is not open for writing: ${leaseText(view, reference)}`)
  }
  if (lease.holder !== holder) {
    // The parenthesis that is never closed is Hadoop's.
    throw expired(
      `Client (=${holder}) is not the lease owner (=${lease.holder}: ${leaseText(view, reference)}`,
    )
  }
  return { file, lease }
}

/** What a client wanted to open a file for, in the words of Hadoop's messages. */
export type OpeningOperation = 'CREATE_FILE' | 'APPEND_FILE' | 'TRUNCATE_FILE'

/**
 * Why `holder` may not open a file that is open already. The details name the lease for the soft limit: whoever sees
 * that its holder has been silent may start a recovery.
 */
export function alreadyOpen(
  operation: OpeningOperation,
  path: string,
  holder: string,
  call: Pick<Call, 'clientAddress'>,
  lease: Lease,
): DfsError {
  const prefix = openFailure(operation, path, holder, call)
  const details = { fileId: lease.inodeId, leaseHolder: lease.holder }
  const isTruncated = lease.truncateBytes !== undefined
  if (lease.holder === holder && (lease.recovery === undefined || isTruncated)) {
    const text = `${prefix} because ${holder} is already the current lease holder.`
    return new DfsError('ALREADY_BEING_CREATED', text)
  }
  const owner = `${lease.holder} on ${lease.clientMachine}`
  if (lease.recovery !== undefined) {
    const text = `${prefix} because another recovery is in progress by ${owner}`
    return new DfsError('RECOVERY_IN_PROGRESS', text, { details })
  }
  const text = `${prefix} because this file lease is currently owned by ${owner}`
  return new DfsError('ALREADY_BEING_CREATED', text, { details })
}

/** How every refusal to open a file for writing begins. */
export function openFailure(
  operation: OpeningOperation,
  path: string,
  holder: string,
  call: Pick<Call, 'clientAddress'>,
): string {
  return `Failed to ${operation} ${path} for ${holder} on ${call.clientAddress}`
}

function leaseText({ stores }: NamespaceView, reference: OpenFileReference): string {
  const { path, fileId, holder } = reference
  const pending = stores.leases.countOf(holder)
  const held =
    pending > 0
      ? `[Lease.  Holder: ${holder}, pending creates: ${pending}]`
      : `Holder ${holder} does not have any open files.`
  return `${path} (inode ${fileId ?? 0}) ${held}`
}

const expired = (text: string) => new DfsError('LEASE_EXPIRED', text)
