/** Where the blocks of a file are, as its namenode sees it. */
import type { NamenodeClient } from '../shared/client/namenode-client.js'
import { DfsError } from '../shared/errors.js'

export interface BlockView {
  readonly blockId: number
  readonly lengthBytes: number
  /** UUIDs of the datanodes that serve it, nearest first. */
  readonly datanodes: readonly string[]
}

/** @throws DfsError NOT_FOUND */
export async function findBlocks(
  namenode: Pick<NamenodeClient, 'getBlockLocations'>,
  path: string,
): Promise<readonly BlockView[]> {
  const request = { src: path, offset: 0, length: Number.MAX_SAFE_INTEGER }
  const { locations } = await namenode.getBlockLocations(request)
  if (locations === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
  return locations.blocks.map(({ b, locs }) => ({
    blockId: b.blockId,
    lengthBytes: b.numBytes ?? 0,
    datanodes: locs.map(({ id }) => id.datanodeUuid),
  }))
}
