/** What becomes of a replica whose writer is gone, well or with an error: everything that was flushed is kept for a recovery. */
import { DfsError, toDfsError } from '../../shared/errors.js'
import type { BlockStore } from './block-store.js'
import type { OpenReplica } from './replica.js'
import { ReplicaFile } from './replica-file.js'
import { restoreEnd } from './replica-repair.js'

/**
 * Syncs what was flushed and closes the files. Not queued: a recovery that waits for this holds the queue.
 *
 * Data and sums of a batch are written side by side, and one of the two may fail alone: with a full disk the sums of a
 * longer end are there and its bytes are not. What was acknowledged of that record would look damaged, and a recovery
 * that finds no other replica would have lost it (found by the simulation).
 */
export async function releaseReplica(store: BlockStore, replica: OpenReplica): Promise<void> {
  const { writer } = replica
  if (writer === undefined) return
  const { log } = store.seams
  try {
    await writer.flush()
    if (store.config.syncOnClose) await writer.sync()
  } catch (error) {
    log.warn({ blockId: replica.id, err: error }, 'replica left unsynced')
  }
  await writer.close()
  if (replica.writer !== writer) return
  const { endAtFailure: end, flushedBytes } = writer
  if (end !== undefined) {
    try {
      await restore(store, replica, flushedBytes, end)
    } catch (error) {
      log.warn({ blockId: replica.id, err: toDfsError(error) }, 'end of a replica not restored')
    }
  }
  if (replica.writer === writer) replica.release(flushedBytes)
}

async function restore(
  store: BlockStore,
  replica: OpenReplica,
  lengthBytes: number,
  end: Uint8Array,
): Promise<void> {
  const { disk } = replica.volume
  const file = await ReplicaFile.open(disk, replica.id, store.pathsOf(replica), 'read-write')
  try {
    if (await restoreEnd(file, lengthBytes, end)) return
    throw new DfsError('BLOCK_CORRUPT', `block ${replica.id} does not end as it was written`)
  } finally {
    await file.close()
  }
}
