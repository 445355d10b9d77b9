/** What a check of the file system finds: values only, rendered elsewhere (HDFS's text, JSON). */
import type { BlockId, GenerationStamp } from '../../../shared/ids.js'
import type { AdminState } from '../../policy/admin-state.js'
import type { Risk } from '../../policy/assess-block.js'
import type { ReplicaJudgement } from '../../policy/judge-replica.js'
import type { Liveness } from '../../policy/liveness.js'
import type { StorageType } from '../../policy/storage-types.js'

export interface FsckReplica {
  readonly datanodeUuid: string
  readonly hostname: string
  /** `ip:transferPort`. */
  readonly address: string
  readonly storageId: string
  readonly storageType: StorageType
  readonly rack: string
  readonly liveness: Liveness
  readonly adminState: AdminState
  readonly judgement: ReplicaJudgement
  readonly isConfirmed: boolean
  readonly isLeaving: boolean
}

export interface FsckBlock {
  readonly id: BlockId
  readonly generationStamp: GenerationStamp
  readonly lengthBytes: number
  readonly index: number
  readonly state: 'under-construction' | 'committed'
  readonly expectedReplicas: number
  /** Nodes with a good replica that are not dead. */
  readonly liveReplicas: number
  readonly risk: Risk | 'none'
  readonly pendingCopies: number
  readonly replicas: readonly FsckReplica[]
  /** One sentence for people; empty when all is well. */
  readonly remark: string
}

export type FsckProblem =
  | 'missing'
  | 'corrupt'
  | 'under-replicated'
  | 'over-replicated'
  | 'badly-placed'
  | 'open'

export interface FsckFile {
  readonly kind: 'file'
  readonly path: string
  readonly lengthBytes: number
  readonly replication: number
  readonly owner: string
  readonly group: string
  readonly permission: number
  readonly isOpen: boolean
  /** Name of the policy that holds for it. */
  readonly storagePolicy: string
  readonly blocks: readonly FsckBlock[]
  /** Each at most once, worst first. */
  readonly problems: readonly FsckProblem[]
}

export interface FsckDirectory {
  readonly kind: 'directory'
  readonly path: string
}

/** A broken invariant (reliability A2): a bug of ours or damage, never the normal loss of a node. */
export interface FsckViolation {
  readonly kind: 'violation'
  readonly invariant: 'I6' | 'I7' | 'I8'
  readonly path: string
  readonly blockId: BlockId | undefined
  readonly message: string
}

/** A replica of a block that the namespace does not know: kept, counted, never deleted. */
export interface FsckOrphan {
  readonly kind: 'orphan'
  readonly blockId: BlockId
  readonly replicas: readonly FsckReplica[]
}

/** What was deleted at or below the path, may be brought back by the caller, and takes space until then. */
export interface FsckKeptForUndo {
  readonly deletions: number
  readonly files: number
  readonly blocks: number
  readonly lengthBytes: number
  /** With all replicas. */
  readonly spaceBytes: number
  /** Wall time in ms at which the first of them is let go, and the last. */
  readonly firstUntilMs: number
  readonly lastUntilMs: number
}

export interface FsckSummary {
  readonly kind: 'summary'
  readonly path: string
  readonly isHealthy: boolean
  readonly files: number
  readonly directories: number
  readonly openFiles: number
  /** Of the open files. */
  readonly openLengthBytes: number
  /** Being written: not in `blocks`, since there is nothing to check yet. */
  readonly openBlocks: number
  readonly lengthBytes: number
  /** Committed blocks. */
  readonly blocks: number
  readonly minimallyReplicatedBlocks: number
  readonly underReplicatedBlocks: number
  readonly overReplicatedBlocks: number
  readonly badlyPlacedBlocks: number
  readonly missingBlocks: number
  /** Files with missing blocks, and the bytes of these blocks. */
  readonly missingFiles: number
  readonly missingBytes: number
  /** Blocks with a replica that is known to be bad. */
  readonly corruptBlocks: number
  readonly missingReplicas: number
  readonly liveReplicas: number
  readonly orphanBlocks: number
  /** Badly placed blocks that this check had looked at for copies. */
  readonly queuedBlocks: number
  readonly violations: number
  /** undefined when nothing is kept, or when it was not asked for. */
  readonly keptForUndo: FsckKeptForUndo | undefined
  readonly defaultReplication: number
  readonly minReplication: number
  readonly datanodes: number
  readonly racks: number
  readonly durationMs: number
}

/** A file with missing blocks that could not be deleted or moved as was asked; the check goes on. */
export interface FsckFailure {
  readonly kind: 'failure'
  readonly path: string
  readonly message: string
}

export type FsckItem =
  | FsckDirectory
  | FsckFile
  | FsckViolation
  | FsckOrphan
  | FsckFailure
  | FsckSummary
