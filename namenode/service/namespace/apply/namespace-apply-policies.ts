/** The edits about storage policies. Part of applying edits. */
import { assertNever } from '../../../../shared/assert.js'
import type { Edit } from '../namespace-edit.js'
import type { EditApplier } from './namespace-apply.js'
import { negative, weightOf } from './tree-weight.js'

type PolicyOperation = 'setStoragePolicy' | 'satisfyStoragePolicy' | 'policySatisfied'
type PolicyEdit = Extract<Edit, { op: PolicyOperation }>

export function applyToPolicies(applier: EditApplier, edit: PolicyEdit): void {
  const { policyRequests } = applier.stores
  switch (edit.op) {
    case 'setStoragePolicy':
      setPolicy(applier, edit)
      return
    case 'satisfyStoragePolicy':
      policyRequests.add(edit.inode)
      return
    case 'policySatisfied':
      policyRequests.remove(edit.inode)
      return
    default:
      assertNever(edit)
  }
}

/** What is below is as it was; only what it counts for in the directories above changes. */
function setPolicy(
  applier: EditApplier,
  { inode: id, policy }: Extract<Edit, { op: 'setStoragePolicy' }>,
): void {
  const { stores, versions, totals, past } = applier
  const inode = applier.withTotals(id)
  versions.keep(inode)
  past.depart(inode)
  stores.inodes.setPolicy(id, policy)
  past.arrive(id)
  totals.add(inode.parent, negative(weightOf(stores, inode)))
  totals.add(inode.parent, weightOf(stores, { ...inode, policy }))
}
