/** What one datanode is told to copy a block to another, whoever wants the copy. */
import type { Block, DatanodeUuid } from '../../../shared/ids.js'
import type { ReplicaPlace } from '../../policy/plan-moves.js'
import { reachableAddress } from '../../policy/reachable-address.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { CommandBody } from './command-outbox.js'

/** undefined when the target is gone, or out of reach from there. */
export function copyCommand(
  registry: ClusterRegistry,
  { id, generationStamp, lengthBytes }: Block,
  from: DatanodeUuid,
  { datanodeUuid, storageId }: ReplicaPlace,
): CommandBody | undefined {
  const target = registry.node(datanodeUuid)
  const storageType = target?.storages.get(storageId)?.type
  const host = reachableAddress(target?.addresses ?? [], registry.node(from)?.addresses ?? [])
  if (target === undefined || host === undefined || storageType === undefined) return undefined
  return {
    kind: 'copy',
    block: { id, generationStamp, lengthBytes },
    targets: [{ datanodeUuid, storageId, storageType, host, port: target.transferPort }],
  }
}
