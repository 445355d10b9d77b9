/** Snapshots (protocol reference 2.1, 2.5). */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'
import { HdfsFileStatusProto } from './hdfs.js'

export const SnapshottableDirectoryStatusProto = message('SnapshottableDirectoryStatusProto', {
  dirStatus: required(1, HdfsFileStatusProto),
  snapshot_quota: required(2, 'u32'),
  snapshot_number: required(3, 'u32'),
  parent_fullpath: required(4, 'bytes'),
})

export const SnapshottableDirectoryListingProto = message('SnapshottableDirectoryListingProto', {
  snapshottableDirListing: repeated(1, SnapshottableDirectoryStatusProto),
})

export const SnapshotStatusProto = message('SnapshotStatusProto', {
  dirStatus: required(1, HdfsFileStatusProto),
  snapshotID: required(2, 'u32'),
  parent_fullpath: required(3, 'bytes'),
  isDeleted: required(4, 'bool'),
})

export const SnapshotListingProto = message('SnapshotListingProto', {
  snapshotListing: repeated(1, SnapshotStatusProto),
})

/** `modificationLabel` is one of `M`, `+`, `-`, `R`. */
export const SnapshotDiffReportEntryProto = message('SnapshotDiffReportEntryProto', {
  fullpath: required(1, 'bytes'),
  modificationLabel: required(2, 'string'),
  targetPath: optional(3, 'bytes'),
})

export const SnapshotDiffReportProto = message('SnapshotDiffReportProto', {
  snapshotRoot: required(1, 'string'),
  fromSnapshot: required(2, 'string'),
  toSnapshot: required(3, 'string'),
  diffReportEntries: repeated(4, SnapshotDiffReportEntryProto),
})

export const SnapshotDiffReportListingEntryProto = message('SnapshotDiffReportListingEntryProto', {
  fullpath: required(1, 'bytes'),
  dirId: required(2, 'u64'),
  isReference: required(3, 'bool'),
  targetPath: optional(4, 'bytes'),
  fileId: optional(5, 'u64'),
})

/** An `index` of -1 is the start or the end. */
export const SnapshotDiffReportCursorProto = message('SnapshotDiffReportCursorProto', {
  startPath: required(1, 'bytes'),
  index: required(2, 'i32'),
})

export const SnapshotDiffReportListingProto = message('SnapshotDiffReportListingProto', {
  modifiedEntries: repeated(1, SnapshotDiffReportListingEntryProto),
  createdEntries: repeated(2, SnapshotDiffReportListingEntryProto),
  deletedEntries: repeated(3, SnapshotDiffReportListingEntryProto),
  isFromEarlier: required(4, 'bool'),
  cursor: optional(5, SnapshotDiffReportCursorProto),
})

const snapshotRoot = required(1, 'string')
const fromSnapshot = required(2, 'string')
const toSnapshot = required(3, 'string')

export const SNAPSHOT_METHODS = rpcMethods({
  createSnapshot: {
    request: { snapshotRoot, snapshotName: optional(2, 'string') },
    response: { snapshotPath: required(1, 'string') },
  },
  deleteSnapshot: {
    request: { snapshotRoot, snapshotName: required(2, 'string') },
    response: {},
  },
  renameSnapshot: {
    request: {
      snapshotRoot,
      snapshotOldName: required(2, 'string'),
      snapshotNewName: required(3, 'string'),
    },
    response: {},
  },
  allowSnapshot: { request: { snapshotRoot }, response: {} },
  disallowSnapshot: { request: { snapshotRoot }, response: {} },
  getSnapshottableDirListing: {
    request: {},
    response: { snapshottableDirList: optional(1, SnapshottableDirectoryListingProto) },
  },
  getSnapshotListing: {
    request: { snapshotRoot },
    response: { snapshotList: optional(1, SnapshotListingProto) },
  },
  getSnapshotDiffReport: {
    request: { snapshotRoot, fromSnapshot, toSnapshot },
    response: { diffReport: required(1, SnapshotDiffReportProto) },
  },
  getSnapshotDiffReportListing: {
    request: {
      snapshotRoot,
      fromSnapshot,
      toSnapshot,
      cursor: optional(4, SnapshotDiffReportCursorProto),
    },
    response: { diffReport: required(1, SnapshotDiffReportListingProto) },
  },
})
