/** Where the bytes of a file are: GETFILEBLOCKLOCATIONS as documented, GET_BLOCK_LOCATIONS as older clients ask. */
import type { DatanodeView } from '../../service/blocks/block-manager.js'
import type { LocatedBlock, LocatedFile } from '../../service/files/located-blocks.js'
import {
  json,
  type OperationRequest,
  type Operations,
  type OperationTable,
  type WebhdfsOptions,
} from './operation.js'

/** A token with nothing in it, in the form of Hadoop's URLs. */
const EMPTY_TOKEN = { urlString: 'AAAAAA' } as const

type PlacedReplica = LocatedBlock['replicas'][number]

export function locationOperations(options: WebhdfsOptions): OperationTable {
  return { GET: reads(options) }
}

function reads({ services }: WebhdfsOptions): Operations {
  const { located, namespace } = services
  const { blockPoolId } = namespace.identity
  const find = ({ call, path, parameters }: OperationRequest) => {
    const offset = parameters.long('offset', 0) ?? 0
    return located.file(call, path, offset, parameters.long('length', 0) ?? Number.MAX_SAFE_INTEGER)
  }
  return {
    GETFILEBLOCKLOCATIONS: (request) =>
      json({ BlockLocations: { BlockLocation: find(request).blocks.map(blockLocation) } }),
    GET_BLOCK_LOCATIONS: (request) =>
      json({ LocatedBlocks: locatedBlocks(find(request), blockPoolId) }),
  }
}

function blockLocation(block: LocatedBlock): object {
  const names = block.replicas.map(transferName)
  return {
    topologyPaths: block.replicas.map((it) => `${it.datanode.rack}/${transferName(it)}`),
    corrupt: block.isCorrupt,
    cachedHosts: [],
    names,
    offset: block.offsetBytes,
    hosts: block.replicas.map((it) => it.reach.hostname),
    length: block.block.lengthBytes,
    storageTypes: block.replicas.map((it) => it.storageType),
  }
}

function locatedBlocks(file: LocatedFile, blockPoolId: string): object {
  const { lastBlock } = file
  return {
    fileLength: file.lengthBytes,
    isLastBlockComplete: file.isLastBlockComplete,
    isUnderConstruction: file.isUnderConstruction,
    lastLocatedBlock: lastBlock === undefined ? null : locatedBlock(lastBlock, blockPoolId),
    locatedBlocks: file.blocks.map((it) => locatedBlock(it, blockPoolId)),
  }
}

function locatedBlock({ block, ...located }: LocatedBlock, blockPoolId: string): object {
  return {
    block: {
      blockId: block.id,
      blockPoolId,
      generationStamp: block.generationStamp,
      numBytes: block.lengthBytes,
    },
    blockToken: EMPTY_TOKEN,
    cachedLocations: [],
    isCorrupt: located.isCorrupt,
    locations: located.replicas.map(datanodeInfo),
    startOffset: located.offsetBytes,
    storageTypes: located.replicas.map((it) => it.storageType),
  }
}

function datanodeInfo(replica: PlacedReplica): object {
  const { datanode, reach } = replica
  const sum = (of: (storage: DatanodeView['storages'][number]) => number) =>
    datanode.storages.reduce((total, it) => total + of(it), 0)
  const dfsUsed = sum((it) => it.usedBytes)
  return {
    adminState: 'NORMAL',
    blockPoolUsed: dfsUsed,
    cacheCapacity: 0,
    cacheUsed: 0,
    capacity: sum((it) => it.capacityBytes),
    dfsUsed,
    hostName: reach.hostname,
    infoPort: reach.httpPort,
    infoSecurePort: 0,
    ipAddr: reach.address,
    ipcPort: reach.ipcPort,
    lastBlockReportMonotonic: 0,
    lastBlockReportTime: datanode.lastFullReportWallMs,
    lastUpdate: datanode.lastHeartbeatWallMs,
    lastUpdateMonotonic: 0,
    name: transferName(replica),
    networkLocation: datanode.rack,
    remaining: sum((it) => it.remainingBytes),
    storageID: datanode.uuid,
    xceiverCount: datanode.activeTransfers,
    xferPort: reach.transferPort,
  }
}

function transferName({ reach }: PlacedReplica): string {
  return `${reach.address}:${reach.transferPort}`
}
