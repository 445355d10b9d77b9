/** What can be done to a namespace that nobody serves: the door for commands that need no running namenode. */
export { type Restored, restoreNamespace } from './service/backup/restore-namespace.js'
export { type Verification, verifyNamespace } from './service/backup/verify-namespace.js'
