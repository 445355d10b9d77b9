/** Snapshots (protocol reference 2.5, 4.3). */
import {
  DIFFERENCES_PER_PAGE,
  type Difference,
  isReference,
  type ListedDifference,
  type SnapshotDescription,
} from '../../service/namespace/snapshots/snapshots.js'
import { fileStatusJson } from './file-status.js'
import {
  EMPTY,
  json,
  type Operations,
  type OperationTable,
  type WebhdfsOptions,
} from './operation.js'

const TYPES = {
  modified: 'MODIFY',
  created: 'CREATE',
  deleted: 'DELETE',
  renamed: 'RENAME',
} as const satisfies Record<Difference['kind'], string>

export function snapshotOperations(options: WebhdfsOptions): OperationTable {
  return {
    GET: { ...lists(options), ...differences(options) },
    PUT: changes(options),
    DELETE: removals(options),
  }
}

function lists({ services }: WebhdfsOptions): Operations {
  const { namespace } = services
  return {
    GETSNAPSHOTTABLEDIRECTORYLIST: ({ call }) => {
      const directories = namespace.snapshottableDirectories(call).map((it) => ({
        dirStatus: fileStatusJson(it.status, it.status.name, 'without-flags'),
        parentFullPath: it.parentPath,
        snapshotNumber: it.snapshotCount,
        snapshotQuota: it.snapshotLimit,
      }))
      return json({ SnapshottableDirectoryList: nullIfEmpty(directories) })
    },
    GETSNAPSHOTLIST: ({ call, path }) =>
      json({ SnapshotList: nullIfEmpty(namespace.snapshots(call, path).map(snapshotJson)) }),
  }
}

function differences({ services }: WebhdfsOptions): Operations {
  const { namespace } = services
  return {
    GETSNAPSHOTDIFF: ({ call, path, parameters }) => {
      const from = parameters.text('oldsnapshotname') ?? ''
      const to = parameters.text('snapshotname') ?? ''
      const diffList = namespace.snapshotDiff(call, { path, from, to }).map((it) => ({
        sourcePath: it.path,
        ...(it.target === undefined ? {} : { targetPath: it.target }),
        type: TYPES[it.kind],
      }))
      return json({
        SnapshotDiffReport: { diffList, fromSnapshot: from, snapshotRoot: path, toSnapshot: to },
      })
    },
    GETSNAPSHOTDIFFLISTING: ({ call, path, parameters }) => {
      const index = parameters.integer('snapshotdiffindex') ?? -1
      const startPath = parameters.text('snapshotdiffstartpath') ?? ''
      const page = namespace.snapshotDiffPage(call, {
        path,
        from: parameters.text('oldsnapshotname') ?? '',
        to: parameters.text('snapshotname') ?? '',
        after: index < 0 ? undefined : { path: startPath, index },
        limit: DIFFERENCES_PER_PAGE,
      })
      const ofList = (list: ListedDifference['list']) =>
        page.differences.filter((it) => it.list === list).map(listedJson)
      return json({
        SnapshotDiffReportListing: {
          createList: ofList('created'),
          deleteList: ofList('deleted'),
          isFromEarlier: page.isFromEarlier,
          lastIndex: page.next?.index ?? -1,
          lastPath: page.next?.path ?? '',
          modifyList: ofList('modified'),
        },
      })
    },
  }
}

function changes({ services }: WebhdfsOptions): Operations {
  const { namespace } = services
  return {
    ALLOWSNAPSHOT: async ({ call, path }) => {
      await namespace.allowSnapshot(call, { path })
      return EMPTY
    },
    DISALLOWSNAPSHOT: async ({ call, path }) => {
      await namespace.disallowSnapshot(call, { path })
      return EMPTY
    },
    CREATESNAPSHOT: async ({ call, path, parameters }) => {
      const name = parameters.text('snapshotname') ?? ''
      return json({ Path: await namespace.createSnapshot(call, { path, name }) })
    },
    RENAMESNAPSHOT: async ({ call, path, parameters, operation }) => {
      const from = parameters.required('oldsnapshotname', operation)
      const to = parameters.required('snapshotname', operation)
      await namespace.renameSnapshot(call, { path, from, to })
      return EMPTY
    },
  }
}

function removals({ services }: WebhdfsOptions): Operations {
  return {
    DELETESNAPSHOT: async ({ call, path, parameters, operation }) => {
      const name = parameters.required('snapshotname', operation)
      await services.namespace.deleteSnapshot(call, { path, name })
      return EMPTY
    },
  }
}

function snapshotJson({ status, directoryPath, number }: SnapshotDescription): object {
  const above = directoryPath === '/' ? '' : directoryPath
  return {
    deletionStatus: 'ACTIVE',
    dirStatus: fileStatusJson(status, status.name, 'without-flags'),
    fullPath: `${above}/.snapshot/${status.name}`,
    snapshotID: number,
  }
}

function listedJson(difference: ListedDifference): object {
  const { path, directoryId, fileId, target } = difference
  return {
    dirId: directoryId,
    fileId,
    isReference: isReference(difference),
    sourcePath: path,
    ...(target === undefined ? {} : { targetPath: target }),
  }
}

/** Java takes null for "none". */
function nullIfEmpty<T>(items: readonly T[]): readonly T[] | null {
  return items.length === 0 ? null : items
}
