/** Bringing back what was deleted: calls of our own, beyond HDFS. */
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { DFS_PROTOCOL } from '../../shared/hadoop/schema/dfs-protocol.js'
import type { DeletedEntry } from '../service/namespace/deletions.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, protectedCallOf } from './call.js'

const PAGE_ENTRIES = 500

export function deletions({ namespace, principals }: NamenodeServices) {
  return {
    listDeleted: rpcMethod(DFS_PROTOCOL.listDeleted, ({ path, after }, context) => {
      const page = namespace.deletions(callOf(context, principals), {
        path,
        after: after && { path: after.path, id: after.number },
        limit: PAGE_ENTRIES,
      })
      const { next } = page
      return {
        entries: page.entries.map(entryMessage),
        ...(next && { next: { path: next.path, number: next.id } }),
      }
    }),
    getDeletionTotals: rpcMethod(DFS_PROTOCOL.getDeletionTotals, () => {
      const { deletions, spaceBytes: spaceConsumed } = namespace.deletionTotals()
      return { deletions, spaceConsumed }
    }),
    undelete: rpcMethod(DFS_PROTOCOL.undelete, async (request, context) => {
      const { path, number: id, to, overwrite = false } = request
      const call = protectedCallOf(context, principals)
      return { ...(await namespace.undelete(call, { path, id, to, overwrite })) }
    }),
  }
}

const entryMessage = (entry: DeletedEntry) => ({
  number: entry.id,
  path: entry.path,
  isDirectory: entry.kind === 'directory',
  length: entry.lengthBytes,
  spaceConsumed: entry.spaceBytes,
  fileCount: entry.fileCount,
  directoryCount: entry.directoryCount,
  owner: entry.owner,
  group: entry.group,
  permission: entry.permission,
  modificationTime: entry.modificationTimeMs,
  deletedBy: entry.deletedBy,
  operation: entry.operation,
  deletionTime: entry.deletedMs,
  keptUntil: entry.untilMs,
})
