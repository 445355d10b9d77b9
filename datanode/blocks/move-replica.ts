/**
 * Moves a replica to another volume of the same node: to the type of storage that its policy wants, or to where there is
 * more room. The new files have their names on stable storage before the old ones go, so a crash leaves one or both;
 * a start keeps one of two and sets the other aside (FORMAT.md). A hard link or rename was no alternative: volumes are
 * different disks.
 */
import { DfsError } from '../../shared/errors.js'
import type { Block, StorageId } from '../../shared/ids.js'
import type { BlockStore, CopyInFlight } from './block-store.js'
import { fillCopy } from './copy-beginning.js'
import type { FinalizedReplica } from './replica.js'
import { replicaPaths } from './replica-file.js'
import { condemn, removeCondemned } from './replica-removal.js'
import { replicaNotFound } from './volume-scan.js'

export interface MovedReplica {
  /** undefined when the replica was there already: a repeated order. */
  readonly from: FinalizedReplica | undefined
  readonly to: FinalizedReplica
}

/**
 * @param pace waits after so many bytes were copied: the budget of copies; what it throws ends the move
 * @throws DfsError REPLICA_NOT_FOUND, BLOCK_CORRUPT, DISK_FULL when that volume has no room, STALE_GENERATION when the
 *   replica changed meanwhile
 */
export async function moveReplica(
  store: BlockStore,
  block: Block,
  storageId: StorageId,
  pace: (bytes: number) => Promise<void>,
): Promise<MovedReplica> {
  const source = store.get(block.id)
  if (source?.kind !== 'finalized' || source.generationStamp !== block.generationStamp) {
    throw replicaNotFound(`block ${block.id}`)
  }
  if (source.volume.storageId === storageId) return { from: undefined, to: source }
  const { id, generationStamp, lengthBytes: sizeBytes } = source
  const copy = await store.beginCopy({
    id,
    generationStamp,
    storageId,
    sizeBytes,
    isMove: true,
    dropBehind: true,
  })
  try {
    if (copy.volume.storageId !== storageId) {
      throw new DfsError('DISK_FULL', `storage ${storageId} has no room for ${sizeBytes} bytes`)
    }
    await fillCopy(store, source, copy, pace)
    await copy.writer.sync()
    await copy.writer.close()
    const moved = await store.queue.run(id, () => replace(store, source, copy))
    store.endCopy(copy)
    return moved
  } catch (error) {
    await store.abandonCopy(copy)
    throw error
  }
}

/** Inside the block's queue: the new files get their names, then the old ones go. */
async function replace(
  store: BlockStore,
  source: FinalizedReplica,
  copy: CopyInFlight,
): Promise<MovedReplica> {
  const { id, generationStamp, lengthBytes } = source
  const { disk } = copy.volume
  if (store.get(id) !== source || store.isCorrupt(id)) {
    throw new DfsError('STALE_GENERATION', `block ${id} changed while it was being moved`)
  }
  const target = replicaPaths(copy.volume.folder, id, generationStamp, 'meta')
  await copy.volume.inBlockFolder(id, () => disk.rename(copy.paths.data, target.data))
  await disk.rename(copy.paths.meta, target.meta)
  await disk.syncFolder(target.folder)
  const to = { kind: 'finalized', id, generationStamp, lengthBytes, volume: copy.volume } as const
  const old = store.pathsOf(source)
  store.index.set(to)
  await removeCondemned(source, old, await condemn(source, old))
  return { from: source, to }
}
