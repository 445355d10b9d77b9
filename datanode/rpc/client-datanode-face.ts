/** ClientDatanodeProtocol (protocol reference 2.9): what readers of open files and administrators ask of a datanode. */
import { DfsError } from '../../shared/errors.js'
import { type AnyRpcHandler, rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_DATANODE_PROTOCOL } from '../../shared/hadoop/schema/client-datanode-protocol.js'
import { blockName } from '../../shared/transfer/block-writer.js'
import { replicaNotFound } from '../blocks/volume-scan.js'
import { type AdministrationOptions, administration } from './administration.js'

export function clientDatanodeFace(
  options: AdministrationOptions,
): Readonly<Record<string, AnyRpcHandler>> {
  const { store } = options
  const protocol = CLIENT_DATANODE_PROTOCOL
  return {
    ...administration(options),
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
    // Nobody sees the paths of blocks through a port without authentication.
    getBlockLocalPathInfo: rpcMethod(protocol.getBlockLocalPathInfo, () => {
      throw new DfsError('UNSUPPORTED', 'getBlockLocalPathInfo is not offered by this datanode')
    }),
  }
}
