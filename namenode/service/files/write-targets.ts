/** Small decisions about the targets of a write that several use cases share. */
import { DfsError } from '../../../shared/errors.js'
import type { Block } from '../../../shared/ids.js'
import { orderPipeline } from '../../policy/cache-affinity.js'
import type { Call } from '../access/call.js'
import type { BlockManager, Replica } from '../blocks/block-manager.js'
import type { ReplicaTarget } from '../namespace/namespace-model.js'

/** Same number and version; lengths may differ while a block is written. */
export function isSameBlock(one: Block | undefined, other: Block | undefined): boolean {
  return one !== undefined && one.id === other?.id && one.generationStamp === other.generationStamp
}

/** Where a block was placed, in the order in which its bytes will pass. */
export function inPipelineOrder(
  call: Call,
  block: Block,
  placed: readonly Replica[],
): readonly Replica[] {
  const nodes = placed.map((replica) => {
    const { uuid, rack, addresses, storages } = replica.datanode
    const isLocal = addresses.includes(call.clientAddress)
    const isSlow = storages.some((it) => it.storageId === replica.storageId && it.isSlow)
    return { replica, uuid, rack, isLocal, isSlow }
  })
  return orderPipeline(block.id, nodes).map((it) => it.replica)
}

export function targetsOf(replicas: readonly Replica[]): readonly ReplicaTarget[] {
  return replicas.map((it) => ({ datanodeUuid: it.datanode.uuid, storageId: it.storageId }))
}

/** The refusal that clients know when a block finds no room: no node, none with space, or all of them excluded. */
export function notPlaced(
  blockManager: BlockManager,
  path: string,
  counts: { readonly found: number; readonly needed: number; readonly excluded: number },
): DfsError {
  const running = blockManager.datanodes().filter((it) => it.liveness !== 'dead').length
  return new DfsError(
    'NO_DATANODES',
    `File ${path} could only be written to ${counts.found} of the ${counts.needed} minReplication nodes. ` +
      `There are ${running} datanode(s) running and ${counts.excluded} node(s) are excluded in this operation.`,
    { details: { running, ...counts } },
  )
}
