/** What the namespace says about files, directories and blocks. Values only; storage rows are mapped to these. */

import type { AclEntry } from '../../../shared/acl.js'
import type { Block, BlockId, DatanodeUuid, InodeId, StorageId } from '../../../shared/ids.js'
import type { Quota } from '../../policy/quotas.js'
import type { TypeSpace } from '../../policy/type-usage.js'
import type { SnapshotPoint } from '../../storage/snapshot-store.js'

export interface FileStatus {
  readonly kind: 'file' | 'directory'
  readonly id: InodeId
  /** Last component; empty for the root. Valid UTF-8, at most 255 bytes. */
  readonly name: string
  readonly lengthBytes: number
  /** Octal bits 0..01777. */
  readonly permission: number
  readonly owner: string
  readonly group: string
  readonly modificationTimeMs: number
  readonly accessTimeMs: number
  /** 0 for directories. */
  readonly replication: number
  /** 0 for directories. */
  readonly blockSizeBytes: number
  /** Number of entries of a directory, 0 for files. */
  readonly childrenCount: number
  readonly isUnderConstruction: boolean
  /** Whether there are ACL entries beside the permission bits. */
  readonly hasAcl: boolean
  readonly isSnapshottable: boolean
  /** Id of the storage policy that holds, its own or that of a directory above; 0: none was set. */
  readonly storagePolicy: number
  /** Where the status was found, when that was below a `.snapshot`. */
  readonly snapshot?: SnapshotPoint
}

export interface AclStatus {
  readonly owner: string
  readonly group: string
  /** Octal bits 0..01777; with access entries the group bits are the mask. */
  readonly permission: number
  /** What the bits cannot say; empty for most. */
  readonly entries: readonly AclEntry[]
}

/**
 * `under-construction`: a pipeline may still write it; its length is what the namenode was last told.
 * `committed`: length and generation stamp are final.
 */
export type BlockState = 'under-construction' | 'committed'

export interface BlockRecord extends Block {
  readonly inodeId: InodeId
  /** Position in its file, from 0. */
  readonly index: number
  readonly state: BlockState
  /** How many replicas its file asks for. */
  readonly replication: number
}

export interface PlacedBlock extends BlockRecord {
  /** Where the block starts in its file. */
  readonly offsetBytes: number
}

/** The answer to "where are the bytes of this range": section 2.4 of the protocol reference has the table of cases. */
export interface FileBlocks {
  readonly status: FileStatus
  /** Blocks that overlap the range, in file order. */
  readonly blocks: readonly PlacedBlock[]
  /** The last block of the file, whether or not the range reaches it. */
  readonly lastBlock: PlacedBlock | undefined
}

export interface DirectoryPage {
  readonly entries: readonly FileStatus[]
  /** How many entries follow the last one of this page. */
  readonly remainingEntries: number
}

export interface ContentSummary {
  readonly lengthBytes: number
  readonly fileCount: number
  /** Counts the directory itself. */
  readonly directoryCount: number
  /** Sum of length times replication; a block being written counts as a whole one. */
  readonly spaceConsumedBytes: number
  /** The same on each type of storage, as the policies of the files want it; empty in a snapshot. */
  readonly typeSpaceBytes: TypeSpace
  /** Limits of the directory itself. */
  readonly quota: Quota
}

/** What a path counts for, of what its limits are about. */
export interface QuotaUsage {
  readonly fileAndDirectoryCount: number
  readonly spaceConsumedBytes: number
  readonly typeSpaceBytes: TypeSpace
  readonly quota: Quota
}

export interface OpenFile {
  readonly inodeId: InodeId
  readonly path: string
  readonly holder: string
  readonly clientMachine: string
}

/** A replica that the namenode asked for or knows. */
export interface ReplicaTarget {
  readonly datanodeUuid: DatanodeUuid
  readonly storageId: StorageId
}

/** A block whose file is gone; its replicas are to be deleted. */
export interface DeletedBlock {
  readonly blockId: BlockId
  readonly generationStamp: number
}

/** The highest numbers that a datanode was found to hold. */
export interface SeenNumbers {
  readonly blockId: number
  readonly generationStamp: number
}
