/** The datanodes of a pipeline as a WRITE_BLOCK names them (reference 3.4). */
import type { Decoded, Input } from '../hadoop/message.js'
import type { OpWriteBlockProto } from '../hadoop/schema/data-transfer.js'
import type {
  DatanodeInfoProto,
  ExtendedBlockProto,
  LocatedBlockProto,
  TokenProto,
} from '../hadoop/schema/hdfs.js'
import { StorageTypeEnum } from '../hadoop/schema/hdfs.js'
import type { HostPort } from '../network.js'

export type DatanodeInfo = Decoded<typeof DatanodeInfoProto>
export type ExtendedBlock = Decoded<typeof ExtendedBlockProto>
export type LocatedBlock = Decoded<typeof LocatedBlockProto>
export type BlockToken = Decoded<typeof TokenProto>

/** A datanode, and the storage on it that the namenode chose. */
export interface PipelineNode {
  readonly info: DatanodeInfo
  readonly storageId: string
  readonly storageType: number
}

/** What all clients send where security is off. */
export const EMPTY_TOKEN: BlockToken = {
  identifier: new Uint8Array(0),
  password: new Uint8Array(0),
  kind: '',
  service: '',
}

/** The nodes of a located block, in its order. */
export function pipelineNodes(located: LocatedBlock): PipelineNode[] {
  return located.locs.map((info, index) => ({
    info,
    storageId: located.storageIDs[index] ?? '',
    storageType: located.storageTypes[index] ?? StorageTypeEnum.DISK,
  }))
}

/** `ip:port`: how datanodes name each other in `firstBadLink`, and how logs and errors name them. */
export function transferName(node: { readonly info: DatanodeInfo }): string {
  return `${node.info.id.ipAddr}:${node.info.id.xferPort}`
}

/** Where to connect for block streaming. @param byHostname as Java's dfs.client.use.datanode.hostname */
export function transferAddress(info: DatanodeInfo, byHostname = false): HostPort {
  return { host: byHostname ? info.id.hostName : info.id.ipAddr, port: info.id.xferPort }
}

export interface WriteBlockRequest {
  /** Its generation stamp is the current one, also in recoveries, where `latestGenerationStamp` is the new one. */
  readonly block: ExtendedBlock
  readonly token: BlockToken
  readonly clientName: string
  /** `BlockConstructionStage`. */
  readonly stage: number
  /** All nodes of the pipeline, the one that is connected to first. */
  readonly nodes: readonly PipelineNode[]
  /** The datanode that sends, between datanodes. */
  readonly source?: DatanodeInfo
  readonly minBytesReceived: number
  readonly maxBytesReceived: number
  readonly latestGenerationStamp: number
  readonly checksum: { readonly type: number; readonly bytesPerChecksum: number }
  /** The receivers are to keep no copy in their page caches; default: as each is set. */
  readonly dropBehind?: boolean
}

/** The operation as it is sent to the first of the request's nodes. */
export function writeBlockMessage(request: WriteBlockRequest): Input<typeof OpWriteBlockProto> {
  const [first, ...targets] = request.nodes
  return {
    header: {
      baseHeader: { block: request.block, token: request.token },
      clientName: request.clientName,
    },
    targets: targets.map(({ info }) => info),
    ...(request.source === undefined ? {} : { source: request.source }),
    stage: request.stage,
    pipelineSize: request.nodes.length,
    minBytesRcvd: request.minBytesReceived,
    maxBytesRcvd: request.maxBytesReceived,
    latestGenerationStamp: request.latestGenerationStamp,
    requestedChecksum: {
      type: request.checksum.type,
      bytesPerChecksum: request.checksum.bytesPerChecksum,
    },
    cachingStrategy: request.dropBehind === undefined ? {} : { dropBehind: request.dropBehind },
    storageType: first?.storageType ?? StorageTypeEnum.DISK,
    targetStorageTypes: targets.map(({ storageType }) => storageType),
    allowLazyPersist: false,
    pinning: false,
    targetPinnings: targets.map(() => false),
    ...(first === undefined || first.storageId === '' ? {} : { storageId: first.storageId }),
    targetStorageIds: targets.map(({ storageId }) => storageId),
  }
}
