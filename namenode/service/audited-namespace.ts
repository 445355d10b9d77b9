/**
 * The namespace as the faces get it: every operation of a client leaves a line in the audit log, whatever face it came
 * through and however it ended. A wrapper and not a line in each handler, so that no face can forget it. Commands are
 * called as in HDFS's log.
 */
import { toDfsError } from '../../shared/errors.js'
import { symbolicPermission } from '../policy/permissions.js'
import type { Audit } from './audit.js'
import type { Call } from './call.js'
import type { AclChange, Namespace } from './namespace.js'
import type { FileStatus } from './namespace-model.js'

const ACL_COMMANDS = {
  modify: 'modifyAclEntries',
  remove: 'removeAclEntries',
  replace: 'setAcl',
  'remove-all': 'removeAcl',
  'remove-default': 'removeDefaultAcl',
} as const satisfies Record<AclChange['action'], string>

/** What an operation was about. */
interface About {
  readonly command: string
  readonly path?: string | undefined
  readonly target?: string | undefined
}

class Recorder {
  readonly #audit: Audit

  constructor(audit: Audit) {
    this.#audit = audit
  }

  read<T>(call: Call, about: About, run: () => T): T {
    try {
      const result = run()
      this.#record(call, about, true, 'success')
      return result
    } catch (error) {
      this.#record(call, about, true, toDfsError(error).code)
      throw error
    }
  }

  async change<T>(
    call: Call,
    about: About,
    run: () => Promise<T>,
    made?: (result: T) => FileStatus,
  ): Promise<T> {
    try {
      const result = await run()
      this.#record(call, about, false, 'success', made?.(result))
      return result
    } catch (error) {
      this.#record(call, about, false, toDfsError(error).code)
      throw error
    }
  }

  #record(
    { principal, clientAddress, face }: Call,
    { command, path, target }: About,
    isRead: boolean,
    outcome: string,
    made?: FileStatus,
  ): void {
    const permission = made === undefined ? undefined : permissionText(made)
    this.#audit.record(
      {
        user: principal.user,
        address: clientAddress,
        command,
        path,
        target,
        permission,
        face: face ?? 'internal',
        outcome,
      },
      isRead,
    )
  }
}

const permissionText = ({ owner, group, permission, kind }: FileStatus): string =>
  `${owner}:${group}:${symbolicPermission(permission, kind).slice(1)}`

/** Operations that are made for a caller, by their first parameter. */
type OfCallers = {
  [K in keyof Namespace]: Namespace[K] extends (...parameters: infer P) => unknown
    ? P extends [Call, ...unknown[]]
      ? K
      : never
    : never
}[keyof Namespace]

/** Steps of a write whose beginning has its line. */
type Steps =
  | 'openFile'
  | 'allocateBlock'
  | 'abandonBlock'
  | 'completeFile'
  | 'fsync'
  | 'reserveGenerationStamp'
  | 'updatePipeline'
  | 'renewLease'

/** What must have a line: the compiler asks for one when the namespace gets another operation. */
type Audited = Pick<Namespace, Exclude<OfCallers, Steps>>

/** @param namespace with plain methods: what is not made for a caller is passed on as it is */
export function auditedNamespace(namespace: Namespace, audit: Audit): Namespace {
  const recorder = new Recorder(audit)
  const audited: Audited = {
    ...reads(namespace, recorder),
    ...contentChanges(namespace, recorder),
    ...attributeChanges(namespace, recorder),
    ...snapshotOperations(namespace, recorder),
  }
  return { ...namespace, ...audited }
}

function reads(namespace: Namespace, recorder: Recorder) {
  return {
    status: (call, path) =>
      recorder.read(call, { command: 'getfileinfo', path }, () => namespace.status(call, path)),
    list: (call, path, startAfter, limit) =>
      recorder.read(call, { command: 'listStatus', path }, () =>
        namespace.list(call, path, startAfter, limit),
      ),
    contentSummary: (call, path) =>
      recorder.read(call, { command: 'contentSummary', path }, () =>
        namespace.contentSummary(call, path),
      ),
    fileBlocks: (call, path, offsetBytes, lengthBytes) =>
      recorder.read(call, { command: 'open', path }, () =>
        namespace.fileBlocks(call, path, offsetBytes, lengthBytes),
      ),
    checkAccess: (call, path, access) =>
      recorder.read(call, { command: 'checkAccess', path }, () =>
        namespace.checkAccess(call, path, access),
      ),
    isFileClosed: (call, path) =>
      recorder.read(call, { command: 'isFileClosed', path }, () =>
        namespace.isFileClosed(call, path),
      ),
    storagePolicy: (call, path) =>
      recorder.read(call, { command: 'getStoragePolicy', path }, () =>
        namespace.storagePolicy(call, path),
      ),
    deletions: (call, question) =>
      recorder.read(call, { command: 'listDeleted', path: question.path }, () =>
        namespace.deletions(call, question),
      ),
    aclStatus: (call, path) =>
      recorder.read(call, { command: 'getAclStatus', path }, () => namespace.aclStatus(call, path)),
    xattrs: (call, path, wanted) =>
      recorder.read(call, { command: 'getXAttrs', path }, () =>
        namespace.xattrs(call, path, wanted),
      ),
  } satisfies Partial<Namespace>
}

function contentChanges(namespace: Namespace, recorder: Recorder) {
  return {
    mkdirs: (call, change) =>
      recorder.change(call, { command: 'mkdirs', path: change.path }, () =>
        namespace.mkdirs(call, change),
      ),
    create: (call, change) =>
      recorder.change(
        call,
        { command: 'create', path: change.path },
        () => namespace.create(call, change),
        (made) => made,
      ),
    append: (call, change) =>
      recorder.change(call, { command: 'append', path: change.path }, () =>
        namespace.append(call, change),
      ),
    truncate: (call, change) =>
      recorder.change(call, { command: 'truncate', path: change.path }, () =>
        namespace.truncate(call, change),
      ),
    concat: (call, change) => {
      const about = { command: 'concat', path: `[${change.sources.join(', ')}]` }
      return recorder.change(call, { ...about, target: change.target }, () =>
        namespace.concat(call, change),
      )
    },
    rename: (call, change) =>
      recorder.change(call, { command: 'rename', path: change.from, target: change.to }, () =>
        namespace.rename(call, change),
      ),
    renameStrictly: (call, change) => {
      const command = `rename (options=[${change.overwrite ? 'OVERWRITE' : 'NONE'}])`
      return recorder.change(call, { command, path: change.from, target: change.to }, () =>
        namespace.renameStrictly(call, change),
      )
    },
    undelete: (call, change) =>
      recorder.change(call, { command: 'undelete', path: change.path, target: change.to }, () =>
        namespace.undelete(call, change),
      ),
    delete: (call, change) =>
      recorder.change(call, { command: 'delete', path: change.path }, () =>
        namespace.delete(call, change),
      ),
  } satisfies Partial<Namespace>
}

function attributeChanges(namespace: Namespace, recorder: Recorder) {
  return {
    setReplication: (call, change) =>
      recorder.change(call, { command: 'setReplication', path: change.path }, () =>
        namespace.setReplication(call, change),
      ),
    setPermission: (call, change) =>
      recorder.change(call, { command: 'setPermission', path: change.path }, () =>
        namespace.setPermission(call, change),
      ),
    changeAcl: (call, change) =>
      recorder.change(call, { command: ACL_COMMANDS[change.action], path: change.path }, () =>
        namespace.changeAcl(call, change),
      ),
    setQuota: (call, change) =>
      recorder.change(call, { command: 'setQuota', path: change.path }, () =>
        namespace.setQuota(call, change),
      ),
    setStoragePolicy: (call, change) =>
      recorder.change(call, { command: 'setStoragePolicy', path: change.path }, () =>
        namespace.setStoragePolicy(call, change),
      ),
    satisfyStoragePolicy: (call, change) =>
      recorder.change(call, { command: 'satisfyStoragePolicy', path: change.path }, () =>
        namespace.satisfyStoragePolicy(call, change),
      ),
    orderNode: (call, change) =>
      recorder.change(call, { command: 'orderNode', target: change.node }, () =>
        namespace.orderNode(call, change),
      ),
    setXAttr: (call, change) =>
      recorder.change(call, { command: 'setXAttr', path: change.path }, () =>
        namespace.setXAttr(call, change),
      ),
    removeXAttr: (call, change) =>
      recorder.change(call, { command: 'removeXAttr', path: change.path }, () =>
        namespace.removeXAttr(call, change),
      ),
    setOwner: (call, change) =>
      recorder.change(call, { command: 'setOwner', path: change.path }, () =>
        namespace.setOwner(call, change),
      ),
    setTimes: (call, change) =>
      recorder.change(call, { command: 'setTimes', path: change.path }, () =>
        namespace.setTimes(call, change),
      ),
  } satisfies Partial<Namespace>
}

function snapshotOperations(namespace: Namespace, recorder: Recorder) {
  const about = (command: string, path: string, name?: string) => ({
    command,
    path: name === undefined ? path : `${path}/.snapshot/${name}`,
  })
  return {
    allowSnapshot: (call, change) =>
      recorder.change(call, about('allowSnapshot', change.path), () =>
        namespace.allowSnapshot(call, change),
      ),
    disallowSnapshot: (call, change) =>
      recorder.change(call, about('disallowSnapshot', change.path), () =>
        namespace.disallowSnapshot(call, change),
      ),
    createSnapshot: (call, change) =>
      recorder.change(call, about('createSnapshot', change.path, change.name), () =>
        namespace.createSnapshot(call, change),
      ),
    renameSnapshot: (call, change) => {
      const target = `${change.path}/.snapshot/${change.to}`
      const renamed = about('renameSnapshot', change.path, change.from)
      return recorder.change(call, { ...renamed, target }, () =>
        namespace.renameSnapshot(call, change),
      )
    },
    deleteSnapshot: (call, change) =>
      recorder.change(call, about('deleteSnapshot', change.path, change.name), () =>
        namespace.deleteSnapshot(call, change),
      ),
    snapshottableDirectories: (call) =>
      recorder.read(call, { command: 'listSnapshottableDirectory' }, () =>
        namespace.snapshottableDirectories(call),
      ),
    snapshots: (call, path) =>
      recorder.read(call, about('ListSnapshot', path), () => namespace.snapshots(call, path)),
    snapshotDiff: (call, question) =>
      recorder.read(call, about('computeSnapshotDiff', question.path), () =>
        namespace.snapshotDiff(call, question),
      ),
    snapshotDiffPage: (call, question) =>
      recorder.read(call, about('computeSnapshotDiff', question.path), () =>
        namespace.snapshotDiffPage(call, question),
      ),
  } satisfies Partial<Namespace>
}
