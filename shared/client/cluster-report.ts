/** Capacity, health and datanodes of a cluster, as a namenode reports them. */
import type { Decoded } from '../hadoop/message.js'
import { DatanodeReportType } from '../hadoop/schema/cluster.js'
import { AdminState, type DatanodeInfoProto } from '../hadoop/schema/hdfs.js'
import type { NamenodeCalls } from './namenode-calls.js'

export interface FsStatistics {
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly remainingBytes: number
  readonly underReplicatedBlocks: number
  readonly corruptBlocks: number
  readonly missingBlocks: number
  readonly missingBlocksWithReplicationOne: number
  readonly pendingDeletionBlocks: number
}

export type AdministrativeState =
  | 'in service'
  | 'decommissioning'
  | 'decommissioned'
  | 'entering maintenance'
  | 'in maintenance'

export interface DatanodeDescription {
  readonly uuid: string
  readonly address: string
  readonly hostName: string
  readonly transferPort: number
  readonly httpPort: number
  readonly ipcPort: number
  readonly isAlive: boolean
  readonly state: AdministrativeState
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly otherUsedBytes: number
  readonly remainingBytes: number
  readonly blockCount: number
  readonly activeTransfers: number
  readonly rack: string
  /** When the namenode last heard of it. */
  readonly lastContactMs: number
  readonly lastBlockReportMs: number
}

/** @throws DfsError as the call does */
export async function readFsStatistics(
  namenode: Pick<NamenodeCalls, 'getFsStats'>,
  signal?: AbortSignal,
): Promise<FsStatistics> {
  const stats = await namenode.getFsStats({}, signal)
  return {
    capacityBytes: stats.capacity,
    usedBytes: stats.used,
    remainingBytes: stats.remaining,
    underReplicatedBlocks: stats.under_replicated,
    corruptBlocks: stats.corrupt_blocks,
    missingBlocks: stats.missing_blocks,
    missingBlocksWithReplicationOne: stats.missing_repl_one_blocks ?? 0,
    pendingDeletionBlocks: stats.pending_deletion_blocks ?? 0,
  }
}

/** All datanodes, living ones first. @throws DfsError PERMISSION_DENIED on clusters that ask for a superuser */
export async function readDatanodes(
  namenode: Pick<NamenodeCalls, 'getDatanodeReport'>,
  signal?: AbortSignal,
): Promise<DatanodeDescription[]> {
  const live = await namenode.getDatanodeReport({ type: DatanodeReportType.LIVE }, signal)
  const dead = await namenode.getDatanodeReport({ type: DatanodeReportType.DEAD }, signal)
  return [
    ...live.di.map((info) => describe(info, true)),
    ...dead.di.map((info) => describe(info, false)),
  ]
}

const STATES: Readonly<Record<number, AdministrativeState>> = {
  [AdminState.NORMAL]: 'in service',
  [AdminState.DECOMMISSION_INPROGRESS]: 'decommissioning',
  [AdminState.DECOMMISSIONED]: 'decommissioned',
  [AdminState.ENTERING_MAINTENANCE]: 'entering maintenance',
  [AdminState.IN_MAINTENANCE]: 'in maintenance',
}

function describe(info: Decoded<typeof DatanodeInfoProto>, isAlive: boolean): DatanodeDescription {
  const { id } = info
  return {
    uuid: id.datanodeUuid,
    address: `${id.ipAddr}:${id.xferPort}`,
    hostName: id.hostName,
    transferPort: id.xferPort,
    httpPort: id.infoPort,
    ipcPort: id.ipcPort,
    isAlive,
    state: STATES[info.adminState ?? AdminState.NORMAL] ?? 'in service',
    capacityBytes: info.capacity ?? 0,
    usedBytes: info.dfsUsed ?? 0,
    otherUsedBytes: info.nonDfsUsed ?? 0,
    remainingBytes: info.remaining ?? 0,
    blockCount: info.numBlocks ?? 0,
    activeTransfers: info.xceiverCount ?? 0,
    rack: info.location ?? '/default-rack',
    lastContactMs: info.lastUpdate ?? 0,
    lastBlockReportMs: info.lastBlockReportTime ?? 0,
  }
}
