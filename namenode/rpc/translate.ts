/** Between the messages of ClientProtocol and the values of the service (protocol reference 2.1). */
import { DfsError } from '../../shared/errors.js'
import type { Decoded, Input } from '../../shared/hadoop/message.js'
import {
  AdminState,
  type DatanodeIDProto,
  type DatanodeInfoProto,
  type ExtendedBlockProto,
  FileStatusFlag,
  FileType,
  type HdfsFileStatusProto,
  type LocatedBlockProto,
  type LocatedBlocksProto,
  StorageTypeEnum,
} from '../../shared/hadoop/schema/hdfs.js'
import { type Block, blockId, generationStamp, type InodeId, inodeId } from '../../shared/ids.js'
import type { Reach } from '../policy/reach-for-client.js'
import type { DatanodeView } from '../service/blocks/block-manager.js'
import type { LocatedBlock, LocatedFile } from '../service/files/located-blocks.js'
import type { FileStatus } from '../service/namespace/namespace-model.js'

const NO_BYTES = new Uint8Array(0)
const EMPTY_TOKEN = { identifier: NO_BYTES, password: NO_BYTES, kind: '', service: '' } as const

/**
 * @param name the bare child name in a listing, empty elsewhere: clients prefix it with the path they asked for
 * @param locations the blocks, for the calls that carry them
 */
export function fileStatusMessage(
  status: FileStatus,
  name = '',
  locations?: Input<typeof LocatedBlocksProto>,
): Input<typeof HdfsFileStatusProto> {
  const isDirectory = status.kind === 'directory'
  return {
    fileType: isDirectory ? FileType.IS_DIR : FileType.IS_FILE,
    path: name === '' ? NO_BYTES : Buffer.from(name),
    length: status.lengthBytes,
    permission: { perm: status.permission },
    owner: status.owner,
    group: status.group,
    modification_time: status.modificationTimeMs,
    access_time: status.accessTimeMs,
    block_replication: status.replication,
    blocksize: status.blockSizeBytes,
    fileId: status.id,
    childrenNum: status.childrenCount,
    storagePolicy: status.storagePolicy,
    flags: statusFlags(status),
    ...(locations === undefined ? {} : { locations }),
  }
}

function statusFlags(status: FileStatus): number {
  const snapshots = status.isSnapshottable ? FileStatusFlag.SNAPSHOT_ENABLED : 0
  return snapshots | (status.hasAcl ? FileStatusFlag.HAS_ACL : 0)
}

/** @param poolId block pool of this namenode */
export function locatedFileMessage(
  file: LocatedFile,
  poolId: string,
): Input<typeof LocatedBlocksProto> {
  const { lastBlock } = file
  return {
    fileLength: file.lengthBytes,
    blocks: file.blocks.map((it) => locatedBlockMessage(it, poolId)),
    underConstruction: file.isUnderConstruction,
    ...(lastBlock === undefined ? {} : { lastBlock: locatedBlockMessage(lastBlock, poolId) }),
    isLastBlockComplete: file.isLastBlockComplete,
  }
}

export function locatedBlockMessage(
  located: LocatedBlock,
  poolId: string,
): Input<typeof LocatedBlockProto> {
  return {
    b: extendedBlockMessage(located.block, poolId),
    offset: located.offsetBytes,
    locs: located.replicas.map((it) => datanodeInfoMessage(it.datanode, it.reach)),
    corrupt: located.isCorrupt,
    blockToken: EMPTY_TOKEN,
    isCached: located.replicas.map(() => false),
    storageTypes: located.replicas.map((it) => StorageTypeEnum[it.storageType]),
    storageIDs: located.replicas.map((it) => it.storageId),
  }
}

/** A block without places, as `updateBlockForPipeline` answers it: the offset -1 means "not known". */
export function unplacedBlockMessage(
  block: Block,
  poolId: string,
): Input<typeof LocatedBlockProto> {
  return {
    b: extendedBlockMessage(block, poolId),
    offset: -1,
    corrupt: false,
    blockToken: EMPTY_TOKEN,
  }
}

export function extendedBlockMessage(
  block: Block,
  poolId: string,
): Input<typeof ExtendedBlockProto> {
  return {
    poolId,
    blockId: block.id,
    generationStamp: block.generationStamp,
    numBytes: block.lengthBytes,
  }
}

const ADMIN_STATES = {
  normal: AdminState.NORMAL,
  decommissioning: AdminState.DECOMMISSION_INPROGRESS,
  decommissioned: AdminState.DECOMMISSIONED,
  'entering-maintenance': AdminState.ENTERING_MAINTENANCE,
  'in-maintenance': AdminState.IN_MAINTENANCE,
} as const satisfies Record<DatanodeView['adminState'], number>

/** @param reach where the caller can reach the node */
export function datanodeInfoMessage(
  node: DatanodeView,
  reach: Reach,
): Input<typeof DatanodeInfoProto> {
  const sum = (of: (storage: DatanodeView['storages'][number]) => number) =>
    node.storages.reduce((total, it) => total + of(it), 0)
  const capacity = sum((it) => it.capacityBytes)
  const dfsUsed = sum((it) => it.usedBytes)
  const remaining = sum((it) => it.remainingBytes)
  return {
    id: {
      ipAddr: reach.address,
      hostName: reach.hostname,
      datanodeUuid: node.uuid,
      xferPort: reach.transferPort,
      infoPort: reach.httpPort,
      ipcPort: reach.ipcPort,
      infoSecurePort: 0,
    },
    capacity,
    dfsUsed,
    remaining,
    blockPoolUsed: dfsUsed,
    lastUpdate: node.lastHeartbeatWallMs,
    lastBlockReportTime: node.lastFullReportWallMs,
    xceiverCount: node.activeTransfers,
    location: node.rack,
    nonDfsUsed: Math.max(0, capacity - dfsUsed - remaining),
    adminState: ADMIN_STATES[node.adminState],
    cacheCapacity: 0,
    cacheUsed: 0,
    numBlocks: sum((it) => it.blockCount),
  }
}

/**
 * The block that a client names.
 * @throws DfsError IO when it belongs to another block pool
 */
export function blockOf(message: Decoded<typeof ExtendedBlockProto>, poolId: string): Block {
  if (message.poolId !== poolId) {
    throw new DfsError('IO', `Unexpected BlockPoolId ${message.poolId} - expected ${poolId}`)
  }
  return {
    id: blockId(message.blockId),
    generationStamp: generationStamp(message.generationStamp),
    lengthBytes: message.numBytes ?? 0,
  }
}

/** What block management finds a datanode by; clients that know no UUID send the address they used. */
export function datanodeName(id: Decoded<typeof DatanodeIDProto>): string {
  return id.datanodeUuid === '' ? `${id.ipAddr}:${id.xferPort}` : id.datanodeUuid
}

/** 0 and nothing both mean that the client knows only the path. */
export function fileIdOf(value: number | undefined): InodeId | undefined {
  return value === undefined || value === 0 ? undefined : inodeId(value)
}
