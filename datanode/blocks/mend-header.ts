/**
 * The header of a meta file, written anew. Sync points serve whoever takes up a replica that was being written; the name of a
 * finalized one vouches for all of it. So a header alone is no reason to condemn bytes that are good.
 */
import type { BlockStore } from './block-store.js'
import { encodeHeader, HEADER_BYTES, hashData, isHeaderWhole } from './meta-format.js'
import type { FinalizedReplica } from './replica.js'
import { ReplicaFile, readHeader } from './replica-file.js'
import { readSyncPointOrEmpty, readVerifiedTail } from './replica-repair.js'

/**
 * Writes the header of a replica anew when a bit of it has turned; durable when it returns.
 * @param replica whose data and records have been verified
 * @returns whether there was something to mend; false as well when the replica is another one meanwhile
 * @throws DfsError BLOCK_CORRUPT when the end of the replica has turned bad, and what the disk throws
 */
export async function mendHeader(store: BlockStore, replica: FinalizedReplica): Promise<boolean> {
  if (await hasWholeHeader(store, replica)) return false
  return await store.queue.run(replica.id, async () => {
    // In the queue nobody can begin to append meanwhile; who did before has left another record in the index.
    if (store.get(replica.id) !== replica || (await hasWholeHeader(store, replica))) return false
    const paths = store.pathsOf(replica)
    const file = await ReplicaFile.open(replica.volume.disk, replica.id, paths, 'read-write')
    try {
      await writeHeader(file, replica.lengthBytes)
    } finally {
      await file.close()
    }
    return true
  })
}

async function hasWholeHeader(store: BlockStore, replica: FinalizedReplica): Promise<boolean> {
  if (store.get(replica.id) !== replica) return true
  // The data were read a moment ago: only the other file is opened once more.
  const meta = await replica.volume.disk.open(store.pathsOf(replica).meta, 'read')
  try {
    return isHeaderWhole(await readHeader(meta), replica.id)
  } finally {
    await meta.close()
  }
}

/** One slot first, then all of it: after each step, and a crash within it, one slot is intact if one was before. */
async function writeHeader(file: ReplicaFile, lengthBytes: number): Promise<void> {
  const tail = await readVerifiedTail(file, lengthBytes)
  const { sequence } = await readSyncPointOrEmpty(file)
  const point = { sequence: sequence + 1, lengthBytes, tailHash: hashData(tail) }
  await file.syncUpTo(point)
  await file.meta.write(encodeHeader(file.blockId, point), 0, HEADER_BYTES, 0)
  await file.meta.sync()
}
