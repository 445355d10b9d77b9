/** The protocol between clients and the IPC port of a datanode (protocol reference 2.9). */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'
import { ExtendedBlockProto, TokenProto } from './hdfs.js'
import { RECONFIGURATION_METHODS } from './reconfiguration.js'

export const CLIENT_DATANODE_PROTOCOL_NAME =
  'org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol'

export const DatanodeLocalInfoProto = message('DatanodeLocalInfoProto', {
  softwareVersion: required(1, 'string'),
  configVersion: required(2, 'string'),
  uptime: required(3, 'u64'),
})

export const DatanodeVolumeInfoProto = message('DatanodeVolumeInfoProto', {
  path: required(1, 'string'),
  storageType: required(2, 'enum'),
  usedSpace: required(3, 'u64'),
  freeSpace: required(4, 'u64'),
  reservedSpace: required(5, 'u64'),
  reservedSpaceForReplicas: required(6, 'u64'),
  numBlocks: required(7, 'u64'),
})

export const CLIENT_DATANODE_PROTOCOL = rpcMethods({
  ...RECONFIGURATION_METHODS,
  /** Bytes of a replica that were acknowledged by it and by everything behind it in the pipeline. */
  getReplicaVisibleLength: {
    request: { block: required(1, ExtendedBlockProto) },
    response: { length: required(1, 'u64') },
  },
  getDatanodeInfo: { request: {}, response: { localInfo: required(1, DatanodeLocalInfoProto) } },
  getVolumeReport: { request: {}, response: { volumeInfo: repeated(1, DatanodeVolumeInfoProto) } },
  triggerBlockReport: {
    request: { incremental: required(1, 'bool'), nnAddress: optional(2, 'string') },
    response: {},
  },
  getBalancerBandwidth: { request: {}, response: { bandwidth: required(1, 'u64') } },
  evictWriters: { request: {}, response: {} },
  refreshNamenodes: { request: {}, response: {} },
  shutdownDatanode: { request: { forUpgrade: required(1, 'bool') }, response: {} },
  deleteBlockPool: {
    request: { blockPool: required(1, 'string'), force: required(2, 'bool') },
    response: {},
  },
  getBlockLocalPathInfo: {
    request: { block: required(1, ExtendedBlockProto), token: required(2, TokenProto) },
    response: {
      block: required(1, ExtendedBlockProto),
      localPath: required(2, 'string'),
      localMetaPath: required(3, 'string'),
    },
  },
})
