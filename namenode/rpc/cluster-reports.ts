/** The state of the cluster, as `df`, `dfsadmin -report`, monitors and balancers ask for it (protocol reference 2.3). */
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import { DatanodeReportType, OpenFilesType } from '../../shared/hadoop/schema/cluster.js'
import { StorageState, StorageTypeEnum } from '../../shared/hadoop/schema/hdfs.js'
import { inodeId } from '../../shared/ids.js'
import { audited } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { DatanodeView, StorageView } from '../service/blocks/block-manager.js'
import type { OpenFile } from '../service/namespace/namespace-model.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, requireSuperuser } from './call.js'
import { datanodeInfoMessage } from './translate.js'

const PAGE_OPEN_FILES = 1000

export function clusterReports(services: NamenodeServices) {
  return { ...statistics(services), ...datanodeReports(services), ...fileReports(services) }
}

function statistics({ blockManager }: NamenodeServices) {
  return {
    getFsStats: rpcMethod(CLIENT_PROTOCOL.getFsStats, () => {
      const now = blockManager.statistics()
      return {
        capacity: now.capacityBytes,
        used: now.usedBytes,
        remaining: now.remainingBytes,
        under_replicated: now.underReplicatedBlocks,
        corrupt_blocks: now.corruptBlocks,
        missing_blocks: now.missingBlocks,
        missing_repl_one_blocks: 0,
        blocks_in_future: 0,
        pending_deletion_blocks: now.pendingDeletions,
      }
    }),
    getFsReplicatedBlockStats: rpcMethod(CLIENT_PROTOCOL.getFsReplicatedBlockStats, () => {
      const now = blockManager.statistics()
      return {
        low_redundancy: now.underReplicatedBlocks,
        corrupt_blocks: now.corruptBlocks,
        missing_blocks: now.missingBlocks,
        missing_repl_one_blocks: 0,
        blocks_in_future: 0,
        pending_deletion_blocks: now.pendingDeletions,
        highest_prio_low_redundancy_blocks: now.singleReplicaBlocks,
      }
    }),
    // There are no erasure-coded files.
    getFsECBlockGroupStats: rpcMethod(CLIENT_PROTOCOL.getFsECBlockGroupStats, () => ({
      low_redundancy: 0,
      corrupt_blocks: 0,
      missing_blocks: 0,
      blocks_in_future: 0,
      pending_deletion_blocks: 0,
      highest_prio_low_redundancy_blocks: 0,
    })),
  }
}

function datanodeReports(services: NamenodeServices) {
  const { located, principals } = services
  const describe = (call: Call, node: DatanodeView) =>
    datanodeInfoMessage(node, located.reachOf(call, node))
  return {
    getDatanodeReport: rpcMethod(CLIENT_PROTOCOL.getDatanodeReport, (request, context) => {
      const call = callOf(context, principals)
      return auditedRead(services, call, 'datanodeReport', () => ({
        di: datanodesOf(services, request.type).map((it) => describe(call, it)),
      }))
    }),
    getDatanodeStorageReport: rpcMethod(
      CLIENT_PROTOCOL.getDatanodeStorageReport,
      (request, context) => {
        const call = callOf(context, principals)
        return auditedRead(services, call, 'getDatanodeStorageReport', () => ({
          datanodeStorageReports: datanodesOf(services, request.type).map((it) => ({
            datanodeInfo: describe(call, it),
            storageReports: it.storages.map(storageReport),
          })),
        }))
      },
    ),
    getSlowDatanodeReport: rpcMethod(CLIENT_PROTOCOL.getSlowDatanodeReport, (_, context) => {
      const call = callOf(context, principals)
      requireSuperuser(call, 'getSlowDatanodeReport')
      const slow = new Set(services.status.slowStorages().map((it) => it.datanodeUuid))
      const nodes = services.blockManager.datanodes().filter((it) => slow.has(it.uuid))
      return { datanodeInfoProto: nodes.map((it) => describe(call, it)) }
    }),
  }
}

/** A stale node still counts as live; as in HDFS, the dead that are leaving or in maintenance are listed too. */
function datanodesOf({ blockManager }: NamenodeServices, type: number): readonly DatanodeView[] {
  const nodes = blockManager.datanodes()
  switch (type) {
    case DatanodeReportType.ALL:
      return nodes
    case DatanodeReportType.LIVE:
      return nodes.filter((it) => it.liveness !== 'dead')
    case DatanodeReportType.DEAD:
      return nodes.filter((it) => it.liveness === 'dead')
    case DatanodeReportType.DECOMMISSIONING:
      return nodes.filter((it) => it.adminState === 'decommissioning')
    case DatanodeReportType.ENTERING_MAINTENANCE:
      return nodes.filter((it) => it.adminState === 'entering-maintenance')
    case DatanodeReportType.IN_MAINTENANCE:
      return nodes.filter((it) => it.adminState === 'in-maintenance')
    default:
      return []
  }
}

function storageReport(storage: StorageView) {
  const { storageId, capacityBytes, usedBytes, remainingBytes } = storage
  return {
    storageUuid: storageId,
    failed: storage.hasFailed,
    capacity: capacityBytes,
    dfsUsed: usedBytes,
    remaining: remainingBytes,
    blockPoolUsed: usedBytes,
    storage: {
      storageUuid: storageId,
      state: StorageState.NORMAL,
      storageType: StorageTypeEnum[storage.type],
    },
    nonDfsUsed: Math.max(0, capacityBytes - usedBytes - remainingBytes),
  }
}

function fileReports(services: NamenodeServices) {
  const { principals } = services
  return {
    listOpenFiles: rpcMethod(CLIENT_PROTOCOL.listOpenFiles, (request, context) =>
      auditedRead(services, callOf(context, principals), 'listOpenFiles', () => {
        const { files, hasMore } = openFilesOf(services, request)
        const entries = files.map((it) => ({
          id: it.inodeId,
          path: it.path,
          clientName: it.holder,
          clientMachine: it.clientMachine,
        }))
        return { entries, hasMore, types: request.types }
      }),
    ),
    listCorruptFileBlocks: rpcMethod(CLIENT_PROTOCOL.listCorruptFileBlocks, (request, context) => {
      const call = callOf(context, principals)
      return auditedRead(services, call, 'listCorruptFileBlocks', () => {
        const { files, cookie } = services.corruptFiles.page(request.path, request.cookie)
        return { corrupt: { files, cookie } }
      })
    }),
  }
}

interface OpenFilesRequest {
  readonly id: number
  readonly path?: string | undefined
  readonly types: readonly number[]
}

/** Java stops at an empty page, so pages without a match are skipped here. */
function openFilesOf(services: NamenodeServices, { id, path = '/', types }: OpenFilesRequest) {
  const { namespace } = services
  const prefix = path.endsWith('/') ? path : `${path}/`
  const isAsked = types.length === 0 || types.includes(OpenFilesType.ALL)
  const isShown = isAsked ? () => true : blockingDecommission(services)
  let last = inodeId(Math.max(0, id))
  for (;;) {
    const page = namespace.openFilesAfter(last, PAGE_OPEN_FILES)
    const files: readonly OpenFile[] = page.filter(
      (it) => (it.path === path || it.path.startsWith(prefix)) && isShown(it),
    )
    const hasMore = page.length === PAGE_OPEN_FILES
    const end = page.at(-1)
    if (files.length > 0 || !hasMore || end === undefined) return { files, hasMore }
    last = end.inodeId
  }
}

/** Whether a file's last block is being written to a node that is being decommissioned and must wait for it. */
function blockingDecommission({ namespace, blockManager }: NamenodeServices) {
  const nodes = blockManager.datanodes().filter((it) => it.adminState === 'decommissioning')
  const leaving = new Set(nodes.map((it) => it.uuid))
  return ({ inodeId: id }: OpenFile): boolean => {
    const last = leaving.size === 0 ? undefined : namespace.blocksOfFile(id).at(-1)
    if (last?.state !== 'under-construction') return false
    return blockManager.locate(last, '').replicas.some((it) => leaving.has(it.datanode.uuid))
  }
}

/** For superusers, with a line in the audit log. */
function auditedRead<T>(
  { audit }: NamenodeServices,
  call: Call,
  command: string,
  read: () => T,
): Promise<T> {
  return audited(audit, call, { command, isRead: true }, () => {
    requireSuperuser(call, command)
    return read()
  })
}
