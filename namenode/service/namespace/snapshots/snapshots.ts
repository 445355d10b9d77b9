/** Snapshots as the faces see them. */
import type { Call } from '../../access/call.js'
import type { FileStatus } from '../namespace-model.js'

export interface SnapshottableDirectory {
  /** Called by its own name. */
  readonly status: FileStatus
  /** Of the directory above it; empty for the root itself. */
  readonly parentPath: string
  readonly snapshotCount: number
  readonly snapshotLimit: number
}

export interface SnapshotDescription {
  /** The directory as the snapshot shows it, called like the snapshot. */
  readonly status: FileStatus
  readonly number: number
  /** Path of the directory. */
  readonly directoryPath: string
}

/** Which two states are compared: names of snapshots, empty for the current state. */
export interface DiffQuestion {
  readonly path: string
  readonly from: string
  readonly to: string
}

/** What happened to something between the two states; paths are relative to the one in the question. */
export interface Difference {
  readonly kind: 'modified' | 'created' | 'deleted' | 'renamed'
  readonly path: string
  /** Where it was renamed to. */
  readonly target?: string
}

/** A difference as seen from the earlier state, for clients that put the report together themselves. */
export interface ListedDifference {
  readonly list: 'modified' | 'created' | 'deleted'
  readonly path: string
  /** The directory in which it is; of a modified directory, itself. */
  readonly directoryId: number
  readonly fileId: number
  readonly isDirectory: boolean
  /** Of something deleted: where it was renamed to. */
  readonly target?: string
}

/** Where a page of differences ended: meaningful only to the next call. */
export interface DiffCursor {
  readonly path: string
  readonly index: number
}

/** Differences of one page, as Hadoop's default. */
export const DIFFERENCES_PER_PAGE = 1000

/** Whether Hadoop's listing marks it as a reference: directories whose entries follow, and what was renamed. */
export function isReference({ list, isDirectory, target }: ListedDifference): boolean {
  return list === 'modified' ? isDirectory : target !== undefined
}

export interface DiffPage {
  readonly differences: readonly ListedDifference[]
  readonly isFromEarlier: boolean
  /** undefined at the end. */
  readonly next: DiffCursor | undefined
}

/** What a content summary counts beside the current tree, because snapshots show it. */
export interface SnapshotContent {
  readonly lengthBytes: number
  readonly fileCount: number
  readonly directoryCount: number
  /** With all replicas. */
  readonly spaceConsumedBytes: number
  /** Of blocks and replicas that snapshots show of files that are still there: HDFS counts them with the files. */
  readonly keptOfFilesBytes: number
}

export interface SnapshotReads {
  /**
   * For content summaries, which have checked the permissions. Works in slices: what changes meanwhile is in it or not,
   * as in HDFS. Costs a look-up or two where there are no snapshots.
   */
  snapshotContent(call: Call, path: string): Promise<SnapshotContent>
  /** Those of the caller; all of them for a superuser. */
  snapshottableDirectories(call: Call): readonly SnapshottableDirectory[]
  /** @throws SNAPSHOT when the directory is not snapshottable */
  snapshots(call: Call, path: string): readonly SnapshotDescription[]
  /** @throws SNAPSHOT when a name is unknown, or when there are more differences than one answer holds */
  snapshotDiff(call: Call, question: DiffQuestion): readonly Difference[]
  snapshotDiffPage(
    call: Call,
    question: DiffQuestion & { readonly after: DiffCursor | undefined; readonly limit: number },
  ): DiffPage
}

/** Each is one transaction; a rejected promise means that nothing happened. */
export interface SnapshotChanges {
  /** Superusers only. */
  allowSnapshot(call: Call, change: { path: string }): Promise<void>
  disallowSnapshot(call: Call, change: { path: string }): Promise<void>
  /** @param change.name empty for one made of the time @returns the path below which the snapshot is */
  createSnapshot(call: Call, change: { path: string; name: string }): Promise<string>
  renameSnapshot(call: Call, change: { path: string; from: string; to: string }): Promise<void>
  deleteSnapshot(call: Call, change: { path: string; name: string }): Promise<void>
}
