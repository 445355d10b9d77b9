/** Storage policies of files and directories: setting one, and asking that replicas follow it (protocol reference 2.5). */
import { DfsError } from '../../../../shared/errors.js'
import { joinPath } from '../../../policy/path-name.js'
import { checkAccess, WRITE } from '../../../policy/permissions.js'
import {
  checkPolicyChange,
  MAX_POLICY_REQUESTS,
  NO_POLICY,
  requirePolicy,
} from '../../../policy/storage-policies.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'

export const setStoragePolicyRule: ChangeRule<'setStoragePolicy'> = {
  decide: (context, { path: wanted, policy: name }) => {
    const policy = name === undefined ? NO_POLICY : requirePolicy(name).id
    const { inode, path } = writable(context, wanted)
    checkPolicyChange(inode, policy)
    const { user } = context.call.principal
    const edit = { op: 'setStoragePolicy', path, user, inode: inode.id, policy } as const
    return { edit, result: () => undefined }
  },
}

export const satisfyStoragePolicyRule: ChangeRule<'satisfyStoragePolicy'> = {
  decide: (context, { path: wanted }) => {
    const { policyRequests, blocks } = context.stores
    if (policyRequests.count >= MAX_POLICY_REQUESTS) {
      const text = `Outstanding satisfier queue limit: ${MAX_POLICY_REQUESTS} exceeded, try later!`
      throw new DfsError('IO', text)
    }
    const { inode, path } = writable(context, wanted)
    const isEmptyFile = inode.kind === 'file' && blocks.countOfFile(inode.id) === 0
    // Nothing to move, or asked for already.
    if (isEmptyFile || policyRequests.has(inode.id)) return { result: () => undefined }
    const { user } = context.call.principal
    const edit = { op: 'satisfyStoragePolicy', path, user, inode: inode.id } as const
    return { edit, result: () => undefined, remember: true }
  },
  answerAgain: () => undefined,
}

/** The mover has no more to do for a request. */
export const endPolicyRequestRule: ChangeRule<'endPolicyRequest'> = {
  decide: (context, { fileId }) => {
    if (!context.stores.policyRequests.has(fileId)) return { result: () => undefined }
    return { edit: { op: 'policySatisfied', inode: fileId }, result: () => undefined }
  },
}

/** @throws NOT_FOUND in Hadoop's words, PERMISSION_DENIED */
function writable(
  context: ChangeContext,
  wanted: string,
): { readonly inode: Inode; readonly path: string } {
  const { principal } = context.call
  const { target: inode, components } = context.tree.find(wanted, principal, 'using')
  const path = joinPath(components)
  if (inode === undefined) {
    throw new DfsError('NOT_FOUND', `File/Directory does not exist: ${path}`)
  }
  checkAccess(inode, path, principal, WRITE)
  return { inode, path }
}
