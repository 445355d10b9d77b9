/**
 * Edits: what a change turned out to be, with every id, name and time resolved. Applying the same edits to an empty
 * store gives the same store, row for row; so an edit says what to do, never what to decide. Paths and users ride
 * along for those who read the log (audit, event stream); applying does not look at them.
 */
import type { BlockId, DatanodeUuid, GenerationStamp, InodeId } from '../../../shared/ids.js'
import type { XAttrName } from '../../../shared/xattr.js'
import type { NodeOrder } from '../../policy/admin-state.js'
import type { Quota } from '../../policy/quotas.js'
import type { DeletingOperation } from '../../storage/deletion-store.js'

export interface NewDirectory {
  readonly id: InodeId
  readonly parent: InodeId
  readonly name: string
  readonly mode: number
  readonly owner: string
  readonly group: string
  /** As in its row (storage/acl-texts.ts); absent for most. */
  readonly acl?: string
}

export type NewFile = NewDirectory & {
  readonly replication: number
  readonly blockSize: number
  /** Id of its own storage policy; absent for most. */
  readonly policy?: number
}

/**
 * How an inode leaves the tree. `remove`: with all it has, for what is small. `detach`: unlinked at once, taken apart
 * later, so that deleting a million files is as quick as deleting one. `keep`: unlinked, and can be brought back.
 */
export interface Removal {
  readonly id: InodeId
  readonly how: 'remove' | 'detach' | 'keep'
  /** With `keep`: what says how to bring it back. */
  readonly kept?: {
    readonly path: string
    readonly user: string
    readonly operation: DeletingOperation
    readonly untilMs: number
  }
  /** Snapshottable directories, without snapshots, that go with it. */
  readonly disallowed?: readonly InodeId[]
}

/** Final length of a block; its state becomes committed. */
export interface BlockCommit {
  readonly id: BlockId
  readonly length: number
}

interface Holder {
  readonly holder: string
  readonly machine: string
}

/** `user` made the change; absent for the namenode itself. */
type Named = { readonly path: string; readonly user: string }

export type Edit =
  | {
      readonly op: 'format'
      readonly clusterId: string
      readonly blockPoolId: string
      readonly owner: string
      readonly group: string
    }
  | { readonly op: 'open'; readonly epoch: number }
  /** The namespace goes on from an older state; ids up to these may have been given out in the life that was lost. */
  | {
      readonly op: 'restored'
      readonly epoch: number
      readonly transaction: number
      readonly nextInode: number
      readonly nextBlock: number
      readonly nextGeneration: number
    }
  | (Named & { readonly op: 'mkdirs'; readonly directories: readonly NewDirectory[] })
  | (Named &
      Holder & {
        readonly op: 'create'
        readonly directories: readonly NewDirectory[]
        readonly file: NewFile
        readonly replaced?: Removal
        /** The client would have replaced a file, whether there was one or not. */
        readonly overwrite?: boolean
      })
  | {
      readonly op: 'allocate'
      readonly inode: InodeId
      readonly id: BlockId
      readonly index: number
      readonly generation: GenerationStamp
      readonly previous?: BlockCommit
    }
  | { readonly op: 'abandon'; readonly inode: InodeId; readonly id: BlockId }
  | (Named & {
      readonly op: 'close'
      readonly inode: InodeId
      readonly last?: BlockCommit
      /** Length of the file, for readers of the log; absent in old ones. */
      readonly size?: number
    })
  | {
      readonly op: 'extend'
      readonly inode: InodeId
      readonly id: BlockId
      readonly length: number
    }
  | { readonly op: 'stamp'; readonly generation: GenerationStamp }
  | {
      readonly op: 'pipeline'
      readonly inode: InodeId
      readonly id: BlockId
      readonly generation: GenerationStamp
      readonly length: number
    }
  | (Named &
      Holder & {
        readonly op: 'append'
        readonly inode: InodeId
        readonly reopened?: BlockId
        /** The client asked for a block of its own. */
        readonly newBlock?: boolean
      })
  | (Named &
      Holder & {
        readonly op: 'truncate'
        readonly inode: InodeId
        /** Length that the file is to have in the end. */
        readonly size: number
        /** So many blocks stay, with so many bytes in all. */
        readonly keep: number
        readonly length: number
        /** The last one that stays is still to be cut: to `length`, fenced by `generation`. */
        readonly cut?: BlockCommit & {
          readonly generation: GenerationStamp
          /** A snapshot shows the block: its beginning is copied into this one. */
          readonly copy?: BlockId
        }
      })
  | (Named & {
      readonly op: 'concat'
      readonly inode: InodeId
      readonly sources: readonly InodeId[]
      readonly sourcePaths: readonly string[]
    })
  | (Named & {
      readonly op: 'rename'
      readonly to: string
      readonly inode: InodeId
      readonly parent: InodeId
      readonly name: string
      readonly replaced?: Removal
    })
  | (Named & { readonly op: 'delete'; readonly removed: Removal })
  | (Named & {
      readonly op: 'undelete'
      /** Where it was; `path` is where it comes. */
      readonly from: string
      readonly deletion: number
      readonly inode: InodeId
      readonly parent: InodeId
      readonly name: string
      readonly replaced?: Removal
      /** What it is, for readers of the log. */
      readonly kind: 'file' | 'directory'
      readonly owner: string
      readonly group: string
      readonly mode: number
      readonly replication: number
      readonly blockSize: number
      readonly size: number
    })
  | { readonly op: 'giveUp'; readonly deletions: readonly number[] }
  | (Named & {
      readonly op: 'setReplication'
      readonly inode: InodeId
      readonly replication: number
    })
  | (Named & {
      readonly op: 'setStoragePolicy'
      readonly inode: InodeId
      /** 0: none of its own any more. */
      readonly policy: number
    })
  /** The replicas of a file, or of all files below a directory, are to be where its policy wants them. */
  | (Named & { readonly op: 'satisfyStoragePolicy'; readonly inode: InodeId })
  | { readonly op: 'policySatisfied'; readonly inode: InodeId }
  | (Named & { readonly op: 'setPermission'; readonly inode: InodeId; readonly mode: number })
  | (Named & {
      readonly op: 'setAcl'
      readonly inode: InodeId
      readonly mode: number
      /** null: none any more. */
      readonly acl: string | null
    })
  | (Named &
      XAttrName & { readonly op: 'setXAttr'; readonly inode: InodeId; readonly value: string })
  | (Named & XAttrName & { readonly op: 'removeXAttr'; readonly inode: InodeId })
  | (Named & {
      readonly op: 'setQuota'
      readonly inode: InodeId
      /** null: no limit. */
      readonly names: number | null
      readonly space: number | null
      readonly typeSpace: Quota['typeSpaceBytes']
    })
  | (Named & {
      readonly op: 'setOwner'
      readonly inode: InodeId
      readonly owner: string
      readonly group: string
    })
  | (Named & {
      readonly op: 'setTimes'
      readonly inode: InodeId
      readonly modified: number
      readonly accessed: number
    })
  | (Holder & {
      readonly op: 'recover'
      readonly inode: InodeId
      readonly generation: GenerationStamp
    })
  | {
      readonly op: 'recovered'
      readonly inode: InodeId
      /** Absent for a file that was deleted meanwhile: nobody is told that it was closed. */
      readonly path?: string
      /** The last block; length 0 drops it. Absent when there is none to recover. */
      readonly last?: BlockCommit & {
        readonly generation: GenerationStamp
        /** The last block until now, whose beginning this new one is. */
        readonly replaces?: BlockId
      }
      /** As for `close`. */
      readonly size?: number
    }
  | { readonly op: 'forget'; readonly blocks: readonly BlockId[] }
  | {
      readonly op: 'purge'
      readonly removed: readonly InodeId[]
      readonly detached: readonly InodeId[]
      /** Files too large for one slice: their blocks from an index on go now. */
      readonly trimmed: readonly { readonly id: InodeId; readonly fromIndex: number }[]
    }
  | (Named & { readonly op: 'allowSnapshot' | 'disallowSnapshot'; readonly inode: InodeId })
  | (Named & {
      readonly op: 'createSnapshot'
      readonly inode: InodeId
      readonly name: string
      readonly number: number
    })
  | (Named & {
      readonly op: 'renameSnapshot'
      readonly inode: InodeId
      readonly taken: number
      readonly from: string
      readonly name: string
    })
  | (Named & {
      readonly op: 'deleteSnapshot'
      readonly inode: InodeId
      readonly taken: number
      readonly name: string
      /** Versions that ended up to this transaction, and that nothing shows any more, go with it; none in old edits. */
      readonly freedUpTo?: number
    })
  | {
      readonly op: 'freeSnapshot'
      readonly inode: InodeId
      readonly taken: number
      /** Versions that ended after the first of these transactions, up to the second, and that nothing shows any more. */
      readonly after: number
      readonly upTo: number
      readonly isLast: boolean
    }
  | {
      readonly op: 'orderNode'
      readonly user: string
      readonly node: DatanodeUuid
      /** null: taken back. */
      readonly order: NodeOrder | null
    }
  | { readonly op: 'pruneRequests'; readonly beforeMs: number }
  | { readonly op: 'skip'; readonly nextBlock: number; readonly nextGeneration: number }

/** The request that an edit answers: kept with the edit, so that a replay restores the answers too. */
export interface AnsweredRequest {
  readonly client: string
  readonly call: number
  readonly user: string
  readonly operation: string
  readonly result: unknown
}

/** The row of the edit log is this as JSON, without `op`. */
export type LoggedEdit = Edit & { readonly request?: AnsweredRequest }

/** @param request the client's request that this answers */
export function encodeEdit(edit: LoggedEdit, request = edit.request): string {
  const text = JSON.stringify(edit)
  // Cutting and joining texts: copying an object to change one field costs more than writing all of them.
  const begin = `{"op":"${edit.op}",`
  const isPlain = text.startsWith(begin) && edit.request === undefined
  if (!isPlain) return JSON.stringify({ ...edit, op: undefined, request })
  const fields = text.slice(begin.length, -1)
  return request === undefined ? `{${fields}}` : `{${fields},"request":${JSON.stringify(request)}}`
}

/** The inverse of `encodeEdit`, for rows of our own log. */
export function decodeEdit(operation: string, text: string): LoggedEdit {
  return { op: operation, ...JSON.parse(text) } as LoggedEdit
}
