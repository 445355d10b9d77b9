/**
 * What to make of a replica that could not be read: an error alone proves nothing (HDFS-16985 and HDFS-17342 dropped
 * good replicas on a race or a sick mount). Only a replica that is still the same one, on a volume that still works,
 * and that is bad again when looked at once more, is reported. Its files stay.
 */

import { crashPoint } from '../../shared/crash-point.js'
import { errnoOf, toDfsError } from '../../shared/errors.js'
import { mendHeader } from '../blocks/mend-header.js'
import { RECORD_DATA_BYTES } from '../blocks/meta-format.js'
import type { Replica } from '../blocks/replica.js'
import { MAX_PIECE_BYTES, type ReplicaReader } from '../blocks/replica-reader.js'
import type { TransferContext } from './transfer-context.js'

type DamageContext = Pick<TransferContext, 'store' | 'events' | 'statistics' | 'seams'>

/** Whether an error may mean that the replica's files are damaged or gone. */
export function mayBeDamage(error: unknown): boolean {
  const errno = errnoOf(error)
  return (
    toDfsError(error).code === 'BLOCK_CORRUPT' ||
    errno === 'ENOENT' ||
    errno === 'ELOOP' ||
    errno === 'EIO'
  )
}

/**
 * Looks again and reports the replica when it is damaged.
 * @param offset where the damage was seen; that record is read again
 * @returns whether it was reported
 */
export async function confirmDamage(
  context: DamageContext,
  replica: Replica,
  offset: number,
): Promise<boolean> {
  const { store, events, statistics, seams } = context
  if (store.get(replica.id) !== replica || replica.volume.hasFailed) return false
  // In the block's queue: a deletion under way would look like a replica whose files are gone.
  const isBad = await store.queue.run(replica.id, async () => {
    const isSame = () => store.get(replica.id) === replica && !replica.volume.hasFailed
    return isSame() && (await readsBadly(context, replica, offset)) && isSame()
  })
  if (!isBad) return false
  if (!store.isCorrupt(replica.id)) {
    store.markCorrupt(replica.id, true)
    statistics.corruptReplicas += 1
    seams.log.error({ blockId: replica.id, offset }, 'replica is corrupt')
  }
  events.corrupt(replica)
  crashPoint('corrupt.confirmed')
  return true
}

/** Runs what reads a replica on the way to something else: damage that it meets is confirmed and reported. */
export async function noticingDamage<T>(
  context: DamageContext,
  id: number,
  run: () => Promise<T>,
): Promise<T> {
  const before = context.store.get(id)
  try {
    return await run()
  } catch (error) {
    if (before !== undefined && mayBeDamage(error)) {
      await confirmDamage(context, before, damagedOffset(error))
    }
    throw error
  }
}

async function readsBadly(
  { store, seams }: DamageContext,
  replica: Replica,
  offset: number,
): Promise<boolean> {
  let reader: ReplicaReader | undefined
  try {
    reader = await store.openReader(replica.id, `block ${replica.id}`)
    const from = offset - (offset % RECORD_DATA_BYTES)
    const to = Math.min(from + RECORD_DATA_BYTES, reader.visibleBytes)
    if (from < to) await reader.readThoroughly(from, to, Buffer.allocUnsafe(2 * RECORD_DATA_BYTES))
    return false
  } catch (error) {
    seams.log.warn({ blockId: replica.id, err: error }, 'replica could not be read')
    return mayBeDamage(error)
  } finally {
    await reader?.close()
  }
}

/** The offset that a BLOCK_CORRUPT error names; 0 for others. */
export function damagedOffset(error: unknown): number {
  const { offset } = toDfsError(error).details
  return typeof offset === 'number' ? offset : 0
}

/**
 * Reads all of a replica: damage is confirmed and reported; a header that alone is damaged is written anew, since nobody
 * needs it for the bytes, and without it no append could go on with them after a crash.
 * @param pace as of `findDamage`
 * @returns `changed` when it is another replica meanwhile, or was good when it was looked at once more
 */
export async function examineReplica(
  context: DamageContext,
  replica: Replica,
  pace: (bytes: number) => Promise<void>,
): Promise<'sound' | 'corrupt' | 'changed'> {
  const { store, events, statistics, seams } = context
  const offset = await findDamage(context, replica, pace)
  if (offset !== undefined) {
    const isCorrupt = await confirmDamage(context, replica, offset)
    // Bad bytes were read as well: a disk full of them is not read faster than one of good ones.
    await pace(Math.min(MAX_PIECE_BYTES, replica.lengthBytes))
    return isCorrupt ? 'corrupt' : 'changed'
  }
  if (store.get(replica.id) !== replica) return 'changed'
  if (replica.kind === 'finalized' && (await mendHeader(store, replica))) {
    statistics.mendedHeaders += 1
    seams.log.warn({ blockId: replica.id }, 'header of a replica was damaged and is written anew')
    events.mended(replica)
  }
  return 'sound'
}

/**
 * Reads all of a replica, data and records.
 * @param pace called after each piece with its size: throttles and yields
 * @returns the offset of the first damage; undefined when there is none, or when the replica changed meanwhile
 */
export async function findDamage(
  context: DamageContext,
  replica: Replica,
  pace: (bytes: number) => Promise<void>,
): Promise<number | undefined> {
  let reader: ReplicaReader | undefined
  try {
    reader = await context.store.openReader(replica.id, `block ${replica.id}`)
    const { visibleBytes } = reader
    const buffer = Buffer.allocUnsafe(Math.min(MAX_PIECE_BYTES, visibleBytes) + RECORD_DATA_BYTES)
    for (let at = 0; at < visibleBytes; ) {
      const piece = await reader.readThoroughly(at, visibleBytes, buffer)
      at += piece.data.length
      await pace(piece.data.length)
    }
    return undefined
  } catch (error) {
    const isSame = context.store.get(replica.id) === replica && !replica.volume.hasFailed
    if (!isSame) return undefined
    if (mayBeDamage(error)) return damagedOffset(error)
    throw error
  } finally {
    await reader?.close()
  }
}
