/** What becomes of a replica whose writer is gone, well or with an error: everything that was flushed is kept for a recovery. */
import { DfsError, toDfsError } from '../../shared/errors.js'
import type { BlockStore } from './block-store.js'
import { recordStart } from './meta-format.js'
import type { OpenReplica } from './replica.js'
import { ReplicaFile } from './replica-file.js'
import { cutUnverified, restoreEnd } from './replica-repair.js'
import type { ReplicaWriter } from './replica-writer.js'

/**
 * Syncs what was flushed and closes the files. Not queued: a recovery that waits for this holds the queue.
 *
 * What nobody has verified yet is verified now, and cut off where it is bad: what is left of a replica agrees with its sums,
 * as if this node had looked at each packet.
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
    if (store.config.syncOnClose && writer.isVerified) await writer.sync()
  } catch (error) {
    log.warn({ blockId: replica.id, err: error }, 'replica left unsynced')
  }
  await writer.close()
  if (replica.writer !== writer) return
  let lengthBytes = writer.flushedBytes
  try {
    lengthBytes = await settle(store, replica, writer)
  } catch (error) {
    log.warn({ blockId: replica.id, err: toDfsError(error) }, 'end of a replica not restored')
  }
  if (replica.writer === writer) replica.release(lengthBytes)
}

/** Makes the files end where data and sums agree. @returns where that is */
async function settle(
  store: BlockStore,
  replica: OpenReplica,
  { endAtFailure, flushedBytes, verifiedBytes }: ReplicaWriter,
): Promise<number> {
  if (endAtFailure === undefined && verifiedBytes >= flushedBytes) return flushedBytes
  const { disk } = replica.volume
  const file = await ReplicaFile.open(disk, replica.id, store.pathsOf(replica), 'read-write')
  try {
    let lengthBytes = flushedBytes
    if (endAtFailure !== undefined) {
      lengthBytes = recordStart(flushedBytes) + endAtFailure.length
      if (!(await restoreEnd(file, lengthBytes, endAtFailure))) {
        throw new DfsError('BLOCK_CORRUPT', `block ${replica.id} does not end as it was written`)
      }
    }
    if (verifiedBytes >= lengthBytes) return lengthBytes
    return await cutUnverified(file, verifiedBytes, lengthBytes)
  } finally {
    await file.close()
  }
}
