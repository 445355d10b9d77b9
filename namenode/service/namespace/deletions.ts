/** Deleted things that can be brought back, as the faces see them. */
import type { InodeId } from '../../../shared/ids.js'
import type {
  DeletingOperation,
  DeletionPosition,
  DeletionTotals,
} from '../../storage/deletion-store.js'
import type { Call } from '../access/call.js'
import type { FileStatus } from './namespace-model.js'

export interface DeletedEntry {
  /** The transaction that deleted it: tells it from others that were at the same path. */
  readonly id: number
  readonly inode: InodeId
  /** Where it was. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  /** Of the file, or of all files below the directory. */
  readonly lengthBytes: number
  /** With all replicas. */
  readonly spaceBytes: number
  readonly fileCount: number
  /** Counts the directory itself. */
  readonly directoryCount: number
  readonly owner: string
  readonly group: string
  readonly permission: number
  readonly modificationTimeMs: number
  readonly deletedBy: string
  readonly operation: DeletingOperation
  readonly deletedMs: number
  /** Until then it is kept, unless space is needed before. */
  readonly untilMs: number
}

export interface DeletedPage {
  readonly entries: readonly DeletedEntry[]
  /** Where the next page begins; undefined at the end. A page may be empty and not be the last. */
  readonly next: DeletionPosition | undefined
}

/** What is to come back: the newest deletion of a path, a deletion by its number, or the caller's last one. */
export interface UndeleteRequest {
  readonly path?: string | undefined
  readonly id?: number | undefined
  /** Default: where it was. */
  readonly to?: string | undefined
  /** A file or an empty directory in its place is deleted, and kept in its turn. */
  readonly overwrite: boolean
}

export interface Undeleted {
  /** Where it was. */
  readonly from: string
  /** Where it is now. */
  readonly path: string
}

export interface DeletionReads {
  /** What the caller may bring back of `path` and below; a superuser sees all. In order of path, then of time. */
  deletions(
    call: Call,
    question: { path: string; after?: DeletionPosition | undefined; limit: number },
  ): DeletedPage
  /** Of everything that is kept. */
  deletionTotals(): DeletionTotals
  /** Whether an inode was deleted, itself or with a tree, and can be brought back. No permissions. */
  isKeptForUndo(id: InodeId): boolean
  /** As `childrenOf`, for inodes of deleted trees. No permissions. */
  keptChildrenOf(
    id: InodeId,
    after: string,
    limit: number,
  ): 'file' | readonly Pick<FileStatus, 'id' | 'name' | 'kind'>[]
}

export interface DeletionChanges {
  /** @throws NOT_FOUND · ALREADY_EXISTS · PERMISSION_DENIED · quotas, as a rename to the place */
  undelete(call: Call, change: UndeleteRequest): Promise<Undeleted>
  /**
   * For the namenode itself: lets go of up to `limit` deletions whose time is over, and of the oldest others until they
   * make up `spaceBytes`.
   */
  giveUpDeletions(request: {
    limit: number
    spaceBytes: number
  }): Promise<{ readonly deletions: number; readonly spaceBytes: number }>
}
