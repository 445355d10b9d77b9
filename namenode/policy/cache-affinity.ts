/**
 * Which node's page cache a block belongs to. With nothing nearer and nobody busy, all readers of a block go to one node, and
 * its writer's pipeline begins there: the bytes are cached once, not once for each replica. A hash decides, so nothing
 * has to be remembered, and the blocks of a large file belong to different nodes.
 */
import type { BlockId, DatanodeUuid } from '../../shared/ids.js'

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** The node with the largest number comes first (rendezvous hashing). @returns an unsigned number of 32 bits */
export function cacheAffinity(block: BlockId, datanode: DatanodeUuid): number {
  let hash = FNV_OFFSET ^ (block % 2 ** 32) ^ Math.floor(block / 2 ** 32)
  for (let index = 0; index < datanode.length; index += 1) {
    hash = Math.imul(hash ^ datanode.charCodeAt(index), FNV_PRIME)
  }
  // The last characters would hardly reach the upper bits.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) >>> 0
}

export interface PipelineNode {
  readonly uuid: DatanodeUuid
  readonly rack: string
  /** It runs on the writer's machine. */
  readonly isLocal: boolean
  /** Readers are sent there last. */
  readonly isSlow: boolean
}

/**
 * The order in which the nodes that were placed for a new block form its pipeline: one of the writer's machine first, as
 * placed; among several of those, or without any, the one whose cache the block belongs to, if its disk is not slow. Then
 * its rack, then the others.
 */
export function orderPipeline<N extends PipelineNode>(
  block: BlockId,
  nodes: readonly N[],
): readonly N[] {
  const local = nodes.filter((it) => it.isLocal)
  const candidates = local.length > 0 ? local : nodes
  const first = candidates.toSorted(
    (a, b) =>
      Number(a.isSlow) - Number(b.isSlow) ||
      cacheAffinity(block, b.uuid) - cacheAffinity(block, a.uuid),
  )[0]
  if (first === undefined) return nodes
  const others = nodes.filter((it) => it !== first)
  const isNear = (it: N) => it.rack === first.rack
  return [first, ...others.filter(isNear), ...others.filter((it) => !isNear(it))]
}
