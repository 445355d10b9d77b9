/** A new block from the beginning of another one: how a file is shortened whose old end a snapshot still shows. */
import { DfsError } from '../../shared/errors.js'
import type { Block } from '../../shared/ids.js'
import type { BlockStore, CopyInFlight } from './block-store.js'
import { RECORD_DATA_BYTES } from './meta-format.js'
import type { Replica } from './replica.js'
import { replicaNotFound } from './volume-scan.js'

/**
 * Copies the first `block.lengthBytes` bytes of the replica of `from`, each verified, and finalizes them as `block`. Doing it
 * twice has the effect of once.
 * @throws DfsError REPLICA_NOT_FOUND, ILLEGAL_ARGUMENT when it is shorter, BLOCK_CORRUPT, DISK_FULL
 */
export async function copyBeginning(
  store: BlockStore,
  from: Block,
  block: Block,
): Promise<Replica> {
  const present = store.get(block.id)
  const isThere =
    present?.kind === 'finalized' &&
    present.generationStamp === block.generationStamp &&
    present.lengthBytes === block.lengthBytes
  if (isThere) return present
  const source = store.get(from.id)
  const name = `block ${from.id}`
  if (source?.kind !== 'finalized' || source.generationStamp < from.generationStamp) {
    throw replicaNotFound(name)
  }
  if (source.lengthBytes < block.lengthBytes) {
    const text = `${name} has ${source.lengthBytes} bytes, fewer than the ${block.lengthBytes} wanted`
    throw new DfsError('ILLEGAL_ARGUMENT', text)
  }
  const { id, generationStamp, lengthBytes: sizeBytes } = block
  const { storageId } = source.volume
  const copy = await store.beginCopy({ id, generationStamp, storageId, sizeBytes })
  try {
    await fillCopy(store, source, copy, async () => {})
  } catch (error) {
    await store.abandonCopy(copy)
    throw error
  }
  return await store.commitCopy(copy, 'finalized')
}

/** Copies the beginning of a replica, as much as the copy is large, each byte verified. */
export async function fillCopy(
  store: BlockStore,
  source: Replica,
  copy: CopyInFlight,
  pace: (bytes: number) => Promise<void>,
): Promise<void> {
  const { writer, sizeBytes } = copy
  const reader = await store.openReader(source.id, `block ${source.id}`)
  try {
    const buffer = Buffer.allocUnsafe(2 * RECORD_DATA_BYTES)
    for (let at = 0; at < sizeBytes; ) {
      const end = Math.min(at + RECORD_DATA_BYTES, sizeBytes)
      const { data, sums } = await reader.readThoroughly(at, end, buffer)
      while (!writer.reserve(data.length)) await writer.flushSome()
      writer.append(data, sums)
      at += data.length
      await pace(data.length)
    }
  } finally {
    await reader.close()
  }
}
