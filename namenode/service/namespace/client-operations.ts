/**
 * What a client can ask of the namespace, each operation described once: what the audit log calls it (as HDFS's does) and
 * with which words safe mode refuses it. The compiler asks for a row when the namespace gets another operation.
 */
import type { AuditedCall } from '../access/audited-call.js'
import type { Call } from '../access/call.js'
import type { AclChange, Namespace, NamespaceChanges } from './namespace.js'
import type { FileStatus } from './namespace-model.js'

/** @typeParam R result of the operation */
export interface DescribedChange<R> {
  /** Absent for the steps of a write: its beginning has the line. */
  readonly audit?: AuditedCall | undefined
  /** How the refusal in safe mode begins, with Hadoop's irregular spaces. Absent for what safe mode does not stop. */
  readonly refusal?: string
  /** It goes on with a write that was accepted before: only an administrator's safe mode stops it. */
  readonly isContinuation?: true
  /** Where the audit log finds the owner and the mode of what was made. */
  readonly made?: (result: R) => FileStatus
}

/** Operations that are made for a caller, by their first parameter. */
type OfCallers<N> = {
  [K in keyof N]: N[K] extends (...parameters: infer P) => unknown
    ? P extends [Call, ...unknown[]]
      ? K
      : never
    : never
}[keyof N]

export type ClientChange = OfCallers<NamespaceChanges>
/** `openFile` is a step of a write, `snapshotContent` of a content summary, `wasCarriedOut` a question of safe mode. */
export type ClientRead = Exclude<
  OfCallers<Namespace>,
  ClientChange | 'openFile' | 'snapshotContent' | 'wasCarriedOut'
>

type Asked<K extends ClientChange | ClientRead> = Parameters<Namespace[K]>[1]

export const CLIENT_READS: { readonly [K in ClientRead]: (asked: Asked<K>) => AuditedCall } = {
  status: (path) => ({ command: 'getfileinfo', path }),
  list: (path) => ({ command: 'listStatus', path }),
  contentSummary: (path) => ({ command: 'contentSummary', path }),
  quotaUsage: (path) => ({ command: 'quotaUsage', path }),
  fileBlocks: (path) => ({ command: 'open', path }),
  checkAccess: (path) => ({ command: 'checkAccess', path }),
  isFileClosed: (path) => ({ command: 'isFileClosed', path }),
  storagePolicy: (path) => ({ command: 'getStoragePolicy', path }),
  aclStatus: (path) => ({ command: 'getAclStatus', path }),
  xattrs: (path) => ({ command: 'getXAttrs', path }),
  deletions: ({ path }) => ({ command: 'listDeleted', path }),
  snapshottableDirectories: () => ({ command: 'listSnapshottableDirectory' }),
  snapshots: (path) => ({ command: 'ListSnapshot', path }),
  snapshotDiff: ({ path }) => ({ command: 'computeSnapshotDiff', path }),
  snapshotDiffPage: ({ path }) => ({ command: 'computeSnapshotDiff', path }),
}

const ACL_ACTIONS = {
  modify: { command: 'modifyAclEntries', refusal: 'Cannot modify ACL entries' },
  remove: { command: 'removeAclEntries', refusal: 'Cannot remove ACL entries' },
  replace: { command: 'setAcl', refusal: 'Cannot set ACL' },
  'remove-all': { command: 'removeAcl', refusal: 'Cannot remove ACL' },
  'remove-default': {
    command: 'removeDefaultAcl',
    refusal: 'Cannot remove default ACL entries',
  },
} as const satisfies Record<AclChange['action'], { command: string; refusal: string }>

export const CLIENT_CHANGES: {
  readonly [K in ClientChange]: (
    asked: Asked<K>,
  ) => DescribedChange<Awaited<ReturnType<NamespaceChanges[K]>>>
} = {
  mkdirs: ({ path }) => ({
    audit: { command: 'mkdirs', path },
    refusal: `Cannot create directory ${path}`,
  }),
  create: ({ path }) => ({
    audit: { command: 'create', path },
    refusal: `Cannot create file${path}`,
    made: (status) => status,
  }),
  append: ({ path }) => ({
    audit: { command: 'append', path },
    refusal: `Cannot append to file${path}`,
  }),
  truncate: ({ path }) => ({
    audit: { command: 'truncate', path },
    refusal: `Cannot truncate for ${path}`,
  }),
  concat: ({ sources, target }) => ({
    audit: { command: 'concat', path: `[${sources.join(', ')}]`, target },
    refusal: `Cannot concat ${target}`,
  }),
  rename: ({ from, to }) => ({
    audit: { command: 'rename', path: from, target: to },
    refusal: `Cannot rename ${from}`,
  }),
  renameStrictly: ({ from, to, overwrite, toTrash }) => ({
    audit: {
      command: `rename (options=[${renameOptions(overwrite, toTrash)}])`,
      path: from,
      target: to,
    },
    refusal: `Cannot rename ${from}`,
  }),
  delete: ({ path }) => ({
    audit: { command: 'delete', path },
    refusal: `Cannot delete ${path}`,
  }),
  undelete: ({ path, to }) => ({
    audit: { command: 'undelete', path, target: to },
    refusal: `Cannot undo the deletion of ${path ?? 'a file'}`,
  }),

  allocateBlock: ({ path }) => ({ refusal: `Cannot add block to ${path}` }),
  abandonBlock: ({ path, block }) => ({
    refusal: `Cannot abandon block blk_${block.id}_${block.generationStamp} for file${path}`,
    isContinuation: true,
  }),
  completeFile: ({ path }) => ({ refusal: `Cannot complete file ${path}`, isContinuation: true }),
  completeEmptyFile: ({ path }) => ({
    refusal: `Cannot complete file ${path}`,
    isContinuation: true,
  }),
  fsync: ({ path }) => ({ refusal: `Cannot fsync file ${path}`, isContinuation: true }),
  reserveGenerationStamp: ({ block }) => ({
    refusal: `Cannot get a new GS for block blk_${block.id}`,
    isContinuation: true,
  }),
  updatePipeline: () => ({ refusal: 'Pipeline not updated', isContinuation: true }),
  // A writer that waits for the end of safe mode must not lose its files meanwhile.
  renewLease: () => ({}),

  setReplication: ({ path }) => ({
    audit: { command: 'setReplication', path },
    refusal: `Cannot set replication for ${path}`,
  }),
  setPermission: ({ path }) => ({
    audit: { command: 'setPermission', path },
    refusal: `Cannot set permission for ${path}`,
  }),
  setOwner: ({ path }) => ({
    audit: { command: 'setOwner', path },
    refusal: `Cannot set owner for ${path}`,
  }),
  setTimes: ({ path }) => ({
    audit: { command: 'setTimes', path },
    refusal: `Cannot set times ${path}`,
  }),
  changeAcl: ({ path, action }) => ({
    audit: { command: ACL_ACTIONS[action].command, path },
    refusal: `${ACL_ACTIONS[action].refusal} on ${path}`,
  }),
  setXAttr: ({ path }) => ({
    audit: { command: 'setXAttr', path },
    refusal: `Cannot set XAttr on ${path}`,
  }),
  removeXAttr: ({ path }) => ({
    audit: { command: 'removeXAttr', path },
    refusal: `Cannot remove XAttr entry on ${path}`,
  }),
  setQuota: ({ path }) => ({
    audit: { command: 'setQuota', path },
    refusal: `Cannot set quota on ${path}`,
  }),
  setStoragePolicy: ({ path, policy }) => ({
    audit: { command: 'setStoragePolicy', path },
    refusal: `Cannot ${policy === undefined ? 'unset' : 'set'} storage policy for ${path}`,
  }),
  satisfyStoragePolicy: ({ path }) => ({
    audit: { command: 'satisfyStoragePolicy', path },
    refusal: `Cannot satisfy storage policy for ${path}`,
  }),
  // Nothing of the namespace changes: what was ordered takes effect when safe mode ends.
  orderNode: ({ node }) => ({ audit: { command: 'orderNode', target: node } }),

  allowSnapshot: ({ path }) => ({
    audit: { command: 'allowSnapshot', path },
    refusal: `Cannot allow snapshot for ${path}`,
  }),
  disallowSnapshot: ({ path }) => ({
    audit: { command: 'disallowSnapshot', path },
    refusal: `Cannot disallow snapshot for ${path}`,
  }),
  createSnapshot: ({ path, name }) => ({
    audit: { command: 'createSnapshot', path: snapshotPath(path, name) },
    refusal: `Cannot create snapshot for ${path}`,
  }),
  renameSnapshot: ({ path, from, to }) => ({
    audit: {
      command: 'renameSnapshot',
      path: snapshotPath(path, from),
      target: snapshotPath(path, to),
    },
    refusal: `Cannot rename snapshot for ${path}`,
  }),
  deleteSnapshot: ({ path, name }) => ({
    audit: { command: 'deleteSnapshot', path: snapshotPath(path, name) },
    refusal: `Cannot delete snapshot for ${path}`,
  }),
}

const snapshotPath = (path: string, name: string): string => `${path}/.snapshot/${name}`

/** As Apache lists them. */
function renameOptions(overwrite: boolean, toTrash = false): string {
  const options = [...(overwrite ? ['OVERWRITE'] : []), ...(toTrash ? ['TO_TRASH'] : [])]
  return options.length === 0 ? 'NONE' : options.join(', ')
}
