/** Which datanode an HTTP client is sent to: bytes never pass the namenode (P7). */
import { DfsError } from '../../shared/errors.js'
import type { BlockManager, DatanodeView } from './block-manager.js'
import type { Call } from './call.js'
import type { LocatedBlocks } from './located-blocks.js'

export interface ServingDatanodeOptions {
  readonly blockManager: BlockManager
  readonly located: LocatedBlocks
  readonly blockSizeBytes: number
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
  const node =
    (read === undefined ? undefined : nodeWithByte(call, read, located)) ??
    blockManager.chooseTargets({
      replicas: 1,
      blockSizeBytes,
      writerAddress: call.clientAddress,
      excluded: new Set(),
      existing: [],
    })[0]?.datanode ??
    blockManager.datanodes().find((it) => it.liveness === 'live')
  if (node === undefined) {
    throw new DfsError('NO_DATANODES', 'There are 0 datanode(s) running: no file can be served.')
  }
  const address = located.addressOf(call, node)
  return `${address.includes(':') ? `[${address}]` : address}:${node.httpPort}`
}

function nodeWithByte(
  call: Call,
  { path, offsetBytes }: PlannedRead,
  located: LocatedBlocks,
): DatanodeView | undefined {
  const [block] = located.file(call, path, offsetBytes, 1).blocks
  return block?.replicas[0]?.datanode
}
