/** Which datanode an HTTP client is sent to: bytes never pass the namenode (P7). */
import { DfsError } from '../../../shared/errors.js'
import type { DatanodeUuid } from '../../../shared/ids.js'
import { hostInUrl } from '../../../shared/ip-address.js'
import { placesOf } from '../../policy/reach-for-client.js'
import type { Call } from '../access/call.js'
import type { BlockManager, DatanodeView } from '../blocks/block-manager.js'
import type { LocatedBlocks } from '../files/located-blocks.js'

export interface ServingDatanodeOptions {
  readonly blockManager: BlockManager
  readonly located: LocatedBlocks
  readonly blockSizeBytes: number
  /** Nodes that the client could not use, as `host:port` of any of their ports. */
  readonly excluded?: readonly string[]
}

/** The byte of a file that will be read first. */
export interface PlannedRead {
  readonly path: string
  readonly offsetBytes: number
}

/**
 * @param read undefined for a write: then the node is one that would get the first replica
 * @returns `host:port` of the HTTP face, at an address that the caller can reach
 * @throws DfsError NO_DATANODES, and what reading may throw
 */
export function servingDatanode(
  call: Call,
  read: PlannedRead | undefined,
  options: ServingDatanodeOptions,
): string {
  const { blockManager, located, blockSizeBytes } = options
  const names = new Set(options.excluded ?? [])
  const excludedNodes = blockManager.datanodes().filter((it) => isNamed(it, names))
  const excluded = new Set(excludedNodes.map((it) => it.uuid))
  const node =
    (read === undefined ? undefined : nodeWithByte(call, read, located, excluded)) ??
    blockManager.chooseTargets({
      replicas: 1,
      blockSizeBytes,
      writerAddress: call.clientAddress,
      excluded,
      existing: [],
    })[0]?.datanode ??
    blockManager.datanodes().find((it) => it.liveness === 'live' && !excluded.has(it.uuid))
  if (node === undefined) {
    throw new DfsError(
      'NO_DATANODES',
      `Failed to find datanode, suggest to check cluster health. excludeDatanodes=${[...names]}`,
    )
  }
  const { address, httpPort } = located.reachOf(call, node)
  return `${hostInUrl(address)}:${httpPort}`
}

function nodeWithByte(
  call: Call,
  { path, offsetBytes }: PlannedRead,
  located: LocatedBlocks,
  excluded: ReadonlySet<DatanodeUuid>,
): DatanodeView | undefined {
  const [block] = located.file(call, path, offsetBytes, 1).blocks
  return block?.replicas.find((it) => !excluded.has(it.datanode.uuid))?.datanode
}

function isNamed(node: DatanodeView, names: ReadonlySet<string>): boolean {
  return names.size > 0 && placesOf(node).some((place) => names.has(place))
}
