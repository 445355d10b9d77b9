/** What administrators ask of a datanode (`dfsadmin -getDatanodeInfo`, `-evictWriters`, `-shutdownDatanode`, …). */
import type { Reconfiguration } from '../../shared/config/reconfiguration.js'
import { DfsError } from '../../shared/errors.js'
import { type AnyRpcHandler, rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { reconfigurationFace } from '../../shared/hadoop/reconfiguration-face.js'
import type { RpcContext } from '../../shared/hadoop/rpc-handler.js'
import { CLIENT_DATANODE_PROTOCOL } from '../../shared/hadoop/schema/client-datanode-protocol.js'
import { StorageTypeEnum } from '../../shared/hadoop/schema/hdfs.js'
import type { BlockStore } from '../blocks/block-store.js'
import { evictWriters } from '../blocks/evict-writers.js'

export interface AdministrationOptions {
  readonly store: BlockStore
  readonly softwareVersion: string
  /** Seconds since the start. */
  readonly uptimeSeconds: () => number
  readonly copyBytesPerSecond: () => number
  readonly requestFullReport: () => void
  /** Ends the server in order, after this call has been answered. */
  readonly shutDown: (reason: string) => void
  readonly isAdministrator: (user: string) => boolean
  readonly reconfiguration: Reconfiguration
  /** undefined until the node has registered once. */
  readonly blockPoolId: () => string | undefined
}

export function administration(
  options: AdministrationOptions,
): Readonly<Record<string, AnyRpcHandler>> {
  const { store, isAdministrator } = options
  const protocol = CLIENT_DATANODE_PROTOCOL
  const requireAdministrator = ({ user }: RpcContext) => {
    if (!isAdministrator(user)) throw new DfsError('PERMISSION_DENIED', 'Permission denied.')
  }
  return {
    getDatanodeInfo: rpcMethod(protocol.getDatanodeInfo, () => ({
      localInfo: {
        softwareVersion: options.softwareVersion,
        configVersion: 'core-1.0.0,hdfs-1',
        uptime: options.uptimeSeconds(),
      },
    })),
    getVolumeReport: rpcMethod(protocol.getVolumeReport, (_, context) => {
      requireAdministrator(context)
      return { volumeInfo: store.volumes.map(volumeInfo) }
    }),
    triggerBlockReport: rpcMethod(protocol.triggerBlockReport, ({ incremental }, context) => {
      requireAdministrator(context)
      // Incremental reports are never held back, so there is nothing to trigger.
      if (!incremental) options.requestFullReport()
      return {}
    }),
    getBalancerBandwidth: rpcMethod(protocol.getBalancerBandwidth, () => ({
      bandwidth: options.copyBytesPerSecond(),
    })),
    evictWriters: rpcMethod(protocol.evictWriters, (_, context) => {
      requireAdministrator(context)
      evictWriters(store)
      return {}
    }),
    // There is one namenode, and its address is not a setting that changes live.
    refreshNamenodes: rpcMethod(protocol.refreshNamenodes, (_, context) => {
      requireAdministrator(context)
      return {}
    }),
    shutdownDatanode: rpcMethod(protocol.shutdownDatanode, (_, context) => {
      requireAdministrator(context)
      options.shutDown(`${context.user} asked for it`)
      return {}
    }),
    deleteBlockPool: rpcMethod(protocol.deleteBlockPool, ({ blockPool }, context) => {
      requireAdministrator(context)
      if (blockPool === options.blockPoolId()) {
        throw new DfsError(
          'IO',
          'The block pool is still running. First do a refreshNamenodes to shutdown the block pool service',
        )
      }
      // Of another pool nothing is here, and nothing was to be deleted.
      return {}
    }),
    ...reconfigurationFace(options.reconfiguration, requireAdministrator),
  }
}

function volumeInfo(volume: BlockStore['volumes'][number]) {
  return {
    path: volume.folder,
    storageType: StorageTypeEnum[volume.type],
    usedSpace: volume.usedBytes,
    freeSpace: volume.remainingBytes,
    reservedSpace: volume.reservedBytes,
    reservedSpaceForReplicas: volume.promisedBytes,
    numBlocks: volume.blockCount,
  }
}
