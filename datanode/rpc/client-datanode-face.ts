/** ClientDatanodeProtocol (protocol reference 2.9): what readers of open files and administrators ask of a datanode. */
import { DfsError } from '../../shared/errors.js'
import { type AnyRpcHandler, rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_DATANODE_PROTOCOL } from '../../shared/hadoop/schema/client-datanode-protocol.js'
import { StorageTypeEnum } from '../../shared/hadoop/schema/hdfs.js'
import { blockName } from '../../shared/transfer/block-writer.js'
import type { BlockStore } from '../blocks/block-store.js'
import { replicaNotFound } from '../blocks/volume-scan.js'

export interface ClientDatanodeFaceOptions {
  readonly store: BlockStore
  readonly softwareVersion: string
  /** Seconds since the start. */
  readonly uptimeSeconds: () => number
  readonly copyBytesPerSecond: number
  readonly requestFullReport: () => void
  /** undefined until the node has registered once. */
  readonly blockPoolId: () => string | undefined
}

export function clientDatanodeFace(
  options: ClientDatanodeFaceOptions,
): Readonly<Record<string, AnyRpcHandler>> {
  const { store } = options
  const protocol = CLIENT_DATANODE_PROTOCOL
  return {
    getReplicaVisibleLength: rpcMethod(protocol.getReplicaVisibleLength, ({ block }) => {
      const isForeign = block.poolId !== (options.blockPoolId() ?? block.poolId)
      const replica = isForeign ? undefined : store.get(block.blockId)
      if (replica === undefined) throw replicaNotFound(blockName(block))
      // After a restart nobody knows what was acknowledged: the reader asks another node.
      if (replica.kind === 'being-written' && replica.visibleBytes === 0 && !replica.writer) {
        throw replicaNotFound(blockName(block))
      }
      const length = replica.kind === 'finalized' ? replica.lengthBytes : replica.visibleBytes
      return { length }
    }),
    getDatanodeInfo: rpcMethod(protocol.getDatanodeInfo, () => ({
      localInfo: {
        softwareVersion: options.softwareVersion,
        configVersion: 'core-1.0.0,hdfs-1',
        uptime: options.uptimeSeconds(),
      },
    })),
    getVolumeReport: rpcMethod(protocol.getVolumeReport, () => ({
      volumeInfo: store.volumes.map((volume) => ({
        path: volume.folder,
        storageType: StorageTypeEnum[volume.type],
        usedSpace: volume.usedBytes,
        freeSpace: volume.remainingBytes,
        reservedSpace: volume.reservedBytes,
        reservedSpaceForReplicas: volume.promisedBytes,
        numBlocks: volume.blockCount,
      })),
    })),
    triggerBlockReport: rpcMethod(protocol.triggerBlockReport, ({ incremental }) => {
      // Incremental reports are never held back, so there is nothing to trigger.
      if (!incremental) options.requestFullReport()
      return {}
    }),
    getBalancerBandwidth: rpcMethod(protocol.getBalancerBandwidth, () => ({
      bandwidth: options.copyBytesPerSecond,
    })),
    evictWriters: rpcMethod(protocol.evictWriters, () => refuse('evictWriters')),
    refreshNamenodes: rpcMethod(protocol.refreshNamenodes, () => refuse('refreshNamenodes')),
    shutdownDatanode: rpcMethod(protocol.shutdownDatanode, () => refuse('shutdownDatanode')),
    deleteBlockPool: rpcMethod(protocol.deleteBlockPool, () => refuse('deleteBlockPool')),
    getBlockLocalPathInfo: rpcMethod(protocol.getBlockLocalPathInfo, () =>
      refuse('getBlockLocalPathInfo'),
    ),
  }
}

/** Nobody may end a datanode or see its paths through a port without authentication. */
function refuse(method: string): never {
  throw new DfsError('UNSUPPORTED', `${method} is not offered by this datanode`)
}
