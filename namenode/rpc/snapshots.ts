/** Snapshots (protocol reference 2.5). */
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import type { Input } from '../../shared/hadoop/message.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import type {
  SnapshotDiffReportCursorProto,
  SnapshotDiffReportListingEntryProto,
} from '../../shared/hadoop/schema/snapshots.js'
import {
  DIFFERENCES_PER_PAGE,
  type Difference,
  isReference,
  type ListedDifference,
} from '../service/namespace/snapshots/snapshots.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, protectedCallOf } from './call.js'
import { fileStatusMessage } from './translate.js'

/** The cursor of a beginning and of an end. */
const NO_CURSOR = { startPath: new Uint8Array(0), index: -1 }
const LABELS = { modified: 'M', created: '+', deleted: '-', renamed: 'R' } as const

export function snapshots(services: NamenodeServices) {
  return { ...snapshotChanges(services), ...snapshotLists(services), ...diffReports(services) }
}

function snapshotChanges({ namespace, principals }: NamenodeServices) {
  return {
    allowSnapshot: rpcMethod(CLIENT_PROTOCOL.allowSnapshot, async (request, context) => {
      await namespace.allowSnapshot(callOf(context, principals), { path: request.snapshotRoot })
      return {}
    }),
    disallowSnapshot: rpcMethod(CLIENT_PROTOCOL.disallowSnapshot, async (request, context) => {
      await namespace.disallowSnapshot(callOf(context, principals), { path: request.snapshotRoot })
      return {}
    }),
    createSnapshot: rpcMethod(CLIENT_PROTOCOL.createSnapshot, async (request, context) => ({
      snapshotPath: await namespace.createSnapshot(protectedCallOf(context, principals), {
        path: request.snapshotRoot,
        name: request.snapshotName ?? '',
      }),
    })),
    renameSnapshot: rpcMethod(CLIENT_PROTOCOL.renameSnapshot, async (request, context) => {
      await namespace.renameSnapshot(protectedCallOf(context, principals), {
        path: request.snapshotRoot,
        from: request.snapshotOldName,
        to: request.snapshotNewName,
      })
      return {}
    }),
    deleteSnapshot: rpcMethod(CLIENT_PROTOCOL.deleteSnapshot, async (request, context) => {
      await namespace.deleteSnapshot(protectedCallOf(context, principals), {
        path: request.snapshotRoot,
        name: request.snapshotName,
      })
      return {}
    }),
  }
}

function snapshotLists({ namespace, principals }: NamenodeServices) {
  return {
    getSnapshottableDirListing: rpcMethod(
      CLIENT_PROTOCOL.getSnapshottableDirListing,
      (_, context) => {
        const directories = namespace.snapshottableDirectories(callOf(context, principals))
        // Java takes an absent list for "none".
        if (directories.length === 0) return {}
        const snapshottableDirListing = directories.map((it) => ({
          // In these two lists Hadoop leaves the flags out.
          dirStatus: { ...fileStatusMessage(it.status, it.status.name), flags: 0 },
          snapshot_quota: it.snapshotLimit,
          snapshot_number: it.snapshotCount,
          parent_fullpath: Buffer.from(it.parentPath),
        }))
        return { snapshottableDirList: { snapshottableDirListing } }
      },
    ),
    getSnapshotListing: rpcMethod(CLIENT_PROTOCOL.getSnapshotListing, (request, context) => {
      const found = namespace.snapshots(callOf(context, principals), request.snapshotRoot)
      const snapshotListing = found.map((it) => ({
        dirStatus: { ...fileStatusMessage(it.status, it.status.name), flags: 0 },
        snapshotID: it.number,
        parent_fullpath: Buffer.from(it.directoryPath),
        isDeleted: false,
      }))
      return { snapshotList: { snapshotListing } }
    }),
  }
}

function diffReports({ namespace, principals }: NamenodeServices) {
  return {
    getSnapshotDiffReport: rpcMethod(CLIENT_PROTOCOL.getSnapshotDiffReport, (request, context) => {
      const { snapshotRoot, fromSnapshot, toSnapshot } = request
      const question = { path: snapshotRoot, from: fromSnapshot, to: toSnapshot }
      const report = namespace.snapshotDiff(callOf(context, principals), question)
      const diffReportEntries = report.map(reportEntry)
      return { diffReport: { snapshotRoot, fromSnapshot, toSnapshot, diffReportEntries } }
    }),
    getSnapshotDiffReportListing: rpcMethod(
      CLIENT_PROTOCOL.getSnapshotDiffReportListing,
      (request, context) => {
        const { cursor } = request
        const isStart = cursor === undefined || cursor.index < 0
        const { differences, isFromEarlier, next } = namespace.snapshotDiffPage(
          callOf(context, principals),
          {
            path: request.snapshotRoot,
            from: request.fromSnapshot,
            to: request.toSnapshot,
            after: isStart
              ? undefined
              : { path: Buffer.from(cursor.startPath).toString('utf8'), index: cursor.index },
            limit: DIFFERENCES_PER_PAGE,
          },
        )
        const ofList = (list: ListedDifference['list']) =>
          differences.filter((it) => it.list === list).map(listingEntry)
        const end: Input<typeof SnapshotDiffReportCursorProto> =
          next === undefined ? NO_CURSOR : { startPath: Buffer.from(next.path), index: next.index }
        return {
          diffReport: {
            modifiedEntries: ofList('modified'),
            createdEntries: ofList('created'),
            deletedEntries: ofList('deleted'),
            isFromEarlier,
            cursor: end,
          },
        }
      },
    ),
  }
}

function reportEntry({ kind, path, target }: Difference) {
  return {
    fullpath: Buffer.from(path),
    modificationLabel: LABELS[kind],
    ...(target === undefined ? {} : { targetPath: Buffer.from(target) }),
  }
}

function listingEntry(
  difference: ListedDifference,
): Input<typeof SnapshotDiffReportListingEntryProto> {
  const { path, directoryId, fileId, target } = difference
  return {
    fullpath: Buffer.from(path),
    dirId: directoryId,
    isReference: isReference(difference),
    targetPath: Buffer.from(target ?? ''),
    fileId,
  }
}
