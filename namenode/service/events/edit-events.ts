/**
 * What each edit means to those who follow the namespace: the one place where edits become events. Pure. As Apache's
 * InotifyFSEditLogOpTranslator has it; what it leaves out (quotas, policies, snapshots, blocks) has no event here either.
 */
import { fullAcl } from '../../../shared/acl.js'
import { assertNever } from '../../../shared/assert.js'
import type { CreateEvent, EventBatch, NamespaceEvent } from '../../../shared/events.js'
import { decodeAcl } from '../../storage/acl-texts.js'
import type { StoredEdit } from '../../storage/edit-store.js'
import { decodeEdit, type Edit, type NewDirectory } from '../namespace/namespace-edit.js'

/** The events of a row of the log; undefined when nothing that has an event happened in it. */
export function eventsOfEdit(stored: StoredEdit): EventBatch | undefined {
  const edit = decodeEdit(stored.operation, stored.arguments)
  const events = translate(edit, stored.timeMs)
  if (events.length === 0) return undefined
  const user = 'user' in edit ? { user: edit.user } : {}
  return { transactionId: stored.id, ...user, events }
}

function translate(edit: Edit, timeMs: number): readonly NamespaceEvent[] {
  switch (edit.op) {
    case 'mkdirs':
      return directoriesMade(edit.directories, splitNames(edit.path), timeMs)
    case 'create': {
      const { file, path } = edit
      const { replication, blockSize: blockSizeBytes } = file
      const overwrite = edit.overwrite ?? edit.replaced !== undefined
      const parents = directoriesMade(edit.directories, splitNames(path).slice(0, -1), timeMs)
      const made = { ...created(file, path, timeMs), kind: 'file' } as const
      return [...parents, { ...made, replication, blockSizeBytes, overwrite }]
    }
    case 'close':
    case 'recovered': {
      const { path, size: lengthBytes = -1 } = edit
      return path === undefined ? [] : [{ type: 'close', path, lengthBytes, timeMs }]
    }
    case 'append':
      return [{ type: 'append', path: edit.path, newBlock: edit.newBlock ?? false, timeMs }]
    case 'rename':
      return [{ type: 'rename', path: edit.path, to: edit.to, timeMs }]
    case 'delete':
      return [{ type: 'unlink', path: edit.path, timeMs }]
    case 'undelete':
      return reappeared(edit, timeMs)
    case 'truncate':
      return [{ type: 'truncate', path: edit.path, lengthBytes: edit.size, timeMs }]
    case 'concat':
      return [
        { type: 'append', path: edit.path, newBlock: true, timeMs },
        ...edit.sourcePaths.map((path) => ({ type: 'unlink', path, timeMs }) as const),
        { type: 'close', path: edit.path, lengthBytes: -1, timeMs },
      ]
    case 'setReplication':
    case 'setPermission':
    case 'setOwner':
    case 'setTimes':
    case 'setAcl':
    case 'setXAttr':
    case 'removeXAttr':
      return [attributeChanged(edit, timeMs)]
    case 'format':
    case 'open':
    case 'restored':
    case 'allocate':
    case 'abandon':
    case 'extend':
    case 'stamp':
    case 'pipeline':
    case 'recover':
    case 'forget':
    case 'purge':
    case 'giveUp':
    case 'setQuota':
    case 'setStoragePolicy':
    case 'satisfyStoragePolicy':
    case 'policySatisfied':
    case 'allowSnapshot':
    case 'disallowSnapshot':
    case 'createSnapshot':
    case 'renameSnapshot':
    case 'deleteSnapshot':
    case 'freeSnapshot':
    case 'orderNode':
    case 'pruneRequests':
    case 'skip':
      return []
    default:
      return assertNever(edit)
  }
}

type AttributeEdit = Extract<
  Edit,
  {
    op:
      | 'setReplication'
      | 'setPermission'
      | 'setOwner'
      | 'setTimes'
      | 'setAcl'
      | 'setXAttr'
      | 'removeXAttr'
  }
>

function attributeChanged(edit: AttributeEdit, timeMs: number): NamespaceEvent {
  const about = { type: 'metadata', path: edit.path, timeMs } as const
  switch (edit.op) {
    case 'setReplication':
      return { ...about, change: 'replication', replication: edit.replication }
    case 'setPermission':
      return { ...about, change: 'permission', permission: edit.mode }
    case 'setOwner':
      return { ...about, change: 'owner', owner: edit.owner, group: edit.group }
    case 'setTimes': {
      const { modified: modificationTimeMs, accessed: accessTimeMs } = edit
      return { ...about, change: 'times', modificationTimeMs, accessTimeMs }
    }
    case 'setAcl': {
      const acl = edit.acl === null ? [] : fullAcl(edit.mode, decodeAcl(edit.acl))
      return { ...about, change: 'acl', acl }
    }
    case 'setXAttr':
    case 'removeXAttr': {
      const xattr = { namespace: edit.namespace, name: edit.name }
      const value = edit.op === 'setXAttr' ? { value: edit.value } : {}
      return { ...about, change: 'xattr', xattr, ...value }
    }
    default:
      return assertNever(edit)
  }
}

/** HDFS knows no such thing: to its followers a file is made and closed, or a directory made with all that is in it. */
function reappeared(
  edit: Extract<Edit, { op: 'undelete' }>,
  timeMs: number,
): readonly NamespaceEvent[] {
  const { path, kind, owner, group, mode: permission, replication } = edit
  const about = { path, kind, owner, group, permission, replication, timeMs }
  const overwrite = edit.replaced !== undefined
  const made = { type: 'create', ...about, blockSizeBytes: edit.blockSize, overwrite } as const
  if (kind === 'directory') return [made]
  return [made, { type: 'close', path, lengthBytes: edit.size, timeMs }]
}

const splitNames = (path: string): string[] => path.split('/').filter((name) => name !== '')

/** New directories are a chain that ends at `names`. */
function directoriesMade(
  directories: readonly NewDirectory[],
  names: readonly string[],
  timeMs: number,
): CreateEvent[] {
  const above = names.length - directories.length
  return directories.map((directory, index) =>
    created(directory, `/${names.slice(0, above + index + 1).join('/')}`, timeMs),
  )
}

function created(inode: NewDirectory, path: string, timeMs: number): CreateEvent {
  const { owner, group, mode: permission } = inode
  return {
    type: 'create',
    kind: 'directory',
    path,
    owner,
    group,
    permission,
    replication: 0,
    blockSizeBytes: 0,
    overwrite: false,
    timeMs,
  }
}
