/** Opening a replica for a peer, whatever is being done to it. */
import { errnoOf } from '../../shared/errors.js'
import type { BlockStore } from '../blocks/block-store.js'
import type { Freshness } from '../blocks/open-reader.js'
import type { ReplicaReader } from '../blocks/replica-reader.js'

/**
 * Opens a replica for reading. Its files take other names when the block is finalized or reopened: who meets that waits
 * for it and looks again. Not inside the block's queue: it would wait for itself.
 * @throws as `BlockStore.openReader`
 */
export async function openReplica(
  store: BlockStore,
  id: number,
  blockName: string,
  how?: Freshness,
): Promise<ReplicaReader> {
  try {
    return await store.openReader(id, blockName, how)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return await store.queue.run(id, () => store.openReader(id, blockName, how))
  }
}
