/** The one list of changes: what each is decided by. A new change is a type in namespace-change.ts and a line here. */

import type { ChangeRules } from '../namespace-change.js'
import { changeAclRule } from './namespace-acls.js'
import {
  setOwnerRule,
  setPermissionRule,
  setReplicationRule,
  setTimesRule,
  touchAccessTimeRule,
} from './namespace-attributes.js'
import {
  abandonRule,
  allocateRule,
  fsyncRule,
  reserveStampRule,
  updatePipelineRule,
} from './namespace-blocks.js'
import { concatRule } from './namespace-concat.js'
import { giveUpDeletionsRule, undeleteRule } from './namespace-deletions.js'
import { deleteRule, mkdirsRule } from './namespace-directories.js'
import { appendRule, completeEmptyRule, completeRule, createRule } from './namespace-files.js'
import { orderNodeRule } from './namespace-nodes.js'
import {
  endPolicyRequestRule,
  satisfyStoragePolicyRule,
  setStoragePolicyRule,
} from './namespace-policies.js'
import { setQuotaRule } from './namespace-quotas.js'
import { renameRule, renameStrictlyRule } from './namespace-rename.js'
import {
  allowSnapshotRule,
  createSnapshotRule,
  deleteSnapshotRule,
  disallowSnapshotRule,
  freeSnapshotsRule,
  renameSnapshotRule,
} from './namespace-snapshots.js'
import { truncateRule } from './namespace-truncate.js'
import {
  beginLeaseRecoveryRule,
  finishLeaseRecoveryRule,
  forgetDeletedBlocksRule,
  pruneRequestsRule,
  purgeDeletedTreesRule,
  skipNumbersRule,
} from './namespace-upkeep.js'
import { removeXAttrRule, setXAttrRule } from './namespace-xattrs.js'

export const CHANGE_RULES: ChangeRules = {
  mkdirs: mkdirsRule,
  create: createRule,
  append: appendRule,
  completeFile: completeRule,
  completeEmptyFile: completeEmptyRule,
  truncate: truncateRule,
  concat: concatRule,
  allocateBlock: allocateRule,
  abandonBlock: abandonRule,
  fsync: fsyncRule,
  reserveGenerationStamp: reserveStampRule,
  updatePipeline: updatePipelineRule,
  rename: renameRule,
  renameStrictly: renameStrictlyRule,
  delete: deleteRule,
  undelete: undeleteRule,
  giveUpDeletions: giveUpDeletionsRule,
  setReplication: setReplicationRule,
  setPermission: setPermissionRule,
  changeAcl: changeAclRule,
  setXAttr: setXAttrRule,
  removeXAttr: removeXAttrRule,
  setQuota: setQuotaRule,
  setStoragePolicy: setStoragePolicyRule,
  satisfyStoragePolicy: satisfyStoragePolicyRule,
  endPolicyRequest: endPolicyRequestRule,
  setOwner: setOwnerRule,
  setTimes: setTimesRule,
  touchAccessTime: touchAccessTimeRule,
  allowSnapshot: allowSnapshotRule,
  disallowSnapshot: disallowSnapshotRule,
  createSnapshot: createSnapshotRule,
  renameSnapshot: renameSnapshotRule,
  deleteSnapshot: deleteSnapshotRule,
  freeSnapshots: freeSnapshotsRule,
  orderNode: orderNodeRule,
  beginLeaseRecovery: beginLeaseRecoveryRule,
  finishLeaseRecovery: finishLeaseRecoveryRule,
  forgetDeletedBlocks: forgetDeletedBlocksRule,
  purgeDeletedTrees: purgeDeletedTreesRule,
  pruneRequests: pruneRequestsRule,
  skipNumbers: skipNumbersRule,
}
