/**
 * Taking a replica up again: append, pipeline recovery, close recovery (protocol reference 3.4), and the recovery that
 * the namenode directs when a writer is gone for good. All of them raise the generation stamp, which fences whoever
 * wrote before; stamp and state change with the same rename.
 */

import { crashPoint } from '../../shared/crash-point.js'
import { DfsError } from '../../shared/errors.js'
import type { Block } from '../../shared/ids.js'
import { blockId, generationStamp as stamp } from '../../shared/ids.js'
import type { BlockStore } from './block-store.js'
import { hashData, RECORD_DATA_BYTES, recordStart, type SyncPoint } from './meta-format.js'
import { type FinalizedReplica, OpenReplica, type Replica } from './replica.js'
import { ReplicaFile } from './replica-file.js'
import {
  cutReplica,
  readSyncPointOrEmpty,
  readVerifiedTail,
  verifyBeginning,
} from './replica-repair.js'
import { ReplicaWriter } from './replica-writer.js'
import { replicaNotFound } from './volume-scan.js'

export type ResumeStage = 'append' | 'append-recovery' | 'streaming-recovery' | 'close-recovery'

export interface ResumeRequest {
  readonly id: number
  /** `BP-…:blk_…`, for messages. */
  readonly blockName: string
  readonly stage: ResumeStage
  /** What the client believes the replica to have. */
  readonly generationStamp: number
  readonly newGenerationStamp: number
  /** Bytes that the client saw acknowledged. */
  readonly minBytes: number
  /** Bytes that the client sent. */
  readonly maxBytes: number
  readonly sizeBytes: number
  /** As in `NewReplica`. */
  readonly dropBehind?: boolean
}

/**
 * Reopens a replica for a writer, fencing the one before.
 * @throws DfsError REPLICA_NOT_FOUND, STALE_GENERATION, ILLEGAL_ARGUMENT (state or length do not fit), BLOCK_CORRUPT
 */
export function resumeReplica(store: BlockStore, request: ResumeRequest): Promise<OpenReplica> {
  return store.queue.run(request.id, async () => {
    const replica = await takeOver(store, request)
    const lengthBytes = await settleLength(store, replica, request)
    crashPoint('resume.settled')
    await store.renameMeta(replica, request.newGenerationStamp, 'writing')
    crashPoint('resume.renamed')
    return await openForWriting(store, replica, request, lengthBytes)
  })
}

/** Close recovery: no bytes follow; the replica gets the new stamp and is finalized. */
export function closeReplica(store: BlockStore, request: ResumeRequest): Promise<FinalizedReplica> {
  return store.queue.run(request.id, async () => {
    const replica = await takeOver(store, request)
    await settleLength(store, replica, request)
    return await store.completeFiles(replica, request.newGenerationStamp)
  })
}

/**
 * What a recovery gives a new stamp makes all replicas of the old one worthless: bytes that turned bad unnoticed must not
 * win over good ones on a node that is away for a moment (found by the simulation; HDFS does not look). An append is not
 * made to read all of its block: it goes on with every replica that there is.
 */
async function requireIntact(
  store: BlockStore,
  replica: Replica,
  lengthBytes: number,
): Promise<void> {
  const file = await ReplicaFile.open(
    replica.volume.disk,
    replica.id,
    store.pathsOf(replica),
    'read',
  )
  try {
    await verifyBeginning(file, lengthBytes)
  } finally {
    await file.close()
  }
}

/** Checks stamp and state, and stops the writer before. */
async function takeOver(store: BlockStore, request: ResumeRequest): Promise<Replica> {
  const replica = store.get(request.id)
  if (replica === undefined) throw replicaNotFound(request.blockName)
  const { newGenerationStamp, stage } = request
  const fencedBelow = replica.kind === 'being-written' ? replica.recoveryStamp : 0
  if (
    replica.generationStamp < request.generationStamp ||
    newGenerationStamp < replica.generationStamp ||
    newGenerationStamp < fencedBelow
  ) {
    throw new DfsError(
      'STALE_GENERATION',
      `block ${request.id} has generation stamp ${replica.generationStamp}: ${request.generationStamp} to ${newGenerationStamp} does not fit`,
    )
  }
  if (stage === 'append' && replica.kind !== 'finalized') {
    throw unfit(request, 'is being written and cannot be appended to')
  }
  if (replica.kind === 'being-written') await replica.owner?.stop()
  return replica
}

/**
 * The length that the replica goes on with: what was acknowledged, within what the client knows; cut to it. In a recovery all
 * of it is verified, before it is cut: cutting writes new sums for the end, which would make damaged bytes right for ever.
 */
async function settleLength(
  store: BlockStore,
  replica: Replica,
  request: ResumeRequest,
): Promise<number> {
  const { minBytes, stage } = request
  const maxBytes = stage === 'append' ? minBytes : Math.max(minBytes, request.maxBytes)
  if (replica.lengthBytes < minBytes) {
    throw unfit(
      request,
      `has ${replica.lengthBytes} bytes, fewer than the ${minBytes} of its writer`,
    )
  }
  if (replica.kind === 'finalized') {
    if (replica.lengthBytes > maxBytes) {
      throw unfit(
        request,
        `has ${replica.lengthBytes} bytes, more than the ${maxBytes} of its writer`,
      )
    }
    if (stage !== 'append') await requireIntact(store, replica, replica.lengthBytes)
    return replica.lengthBytes
  }
  // Bytes that were not acknowledged may differ between replicas; those that were are the same everywhere.
  const keepBytes = Math.min(Math.max(replica.visibleBytes, minBytes), maxBytes)
  await requireIntact(store, replica, keepBytes)
  if (keepBytes < replica.lengthBytes) await cutTo(store, replica, keepBytes)
  return keepBytes
}

async function cutTo(store: BlockStore, replica: OpenReplica, lengthBytes: number): Promise<void> {
  const paths = store.pathsOf(replica)
  const file = await ReplicaFile.open(replica.volume.disk, replica.id, paths, 'read-write')
  try {
    await cutReplica(file, lengthBytes, await readSyncPointOrEmpty(file))
  } finally {
    await file.close()
  }
  replica.release(lengthBytes)
}

async function openForWriting(
  store: BlockStore,
  old: Replica,
  request: ResumeRequest,
  lengthBytes: number,
): Promise<OpenReplica> {
  const { id, volume } = old
  const promisedBytes = Math.max(0, request.sizeBytes - lengthBytes)
  const parts = { id, volume, generationStamp: request.newGenerationStamp, lengthBytes }
  const visible = { visibleBytes: lengthBytes, promisedBytes }
  const reopened = new OpenReplica({ ...parts, ...visible, writer: undefined })
  // The rename has happened: the index follows at once, whatever opening the files brings.
  store.index.set(reopened)
  const paths = store.pathsOf(reopened)
  const file = await ReplicaFile.open(volume.disk, id, paths, 'read-write')
  try {
    const tail = await readVerifiedTail(file, lengthBytes)
    const syncPoint = await makeCurrent(file, { lengthBytes, tailHash: hashData(tail) })
    const writer = new ReplicaWriter({
      file,
      syncPoint,
      tail,
      lengthBytes,
      syncInBackground: store.config.syncOnClose,
      pastCache: request.dropBehind ?? false,
      syncNames: () => volume.disk.syncFolder(paths.folder),
    })
    const writable = new OpenReplica({ ...parts, ...visible, writer })
    store.index.set(writable)
    return writable
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * A finalized replica's sync point lags behind, or says nothing: its name vouches for it. From now on what is there
 * must outlive what is written behind it, into its last chunk too.
 */
async function makeCurrent(
  file: ReplicaFile,
  { lengthBytes, tailHash }: Omit<SyncPoint, 'sequence'>,
): Promise<SyncPoint> {
  const header = await readSyncPointOrEmpty(file)
  if (header.lengthBytes === lengthBytes && header.tailHash === tailHash) return header
  const point = { sequence: header.sequence + 1, lengthBytes, tailHash }
  await file.syncUpTo(point)
  return point
}

/**
 * First half of a recovery by the namenode: stops the writer, fences older ones, and says what the replica holds.
 * @param truncateBytes where the block is to be cut: what is behind is not looked at
 * @returns undefined when there is no replica of that version or a newer one
 * @throws DfsError STALE_GENERATION when a later recovery has begun or the replica is already newer, BLOCK_CORRUPT
 */
export function prepareRecovery(
  store: BlockStore,
  block: Block,
  newGenerationStamp: number,
  truncateBytes = Number.POSITIVE_INFINITY,
): Promise<Block | undefined> {
  return store.queue.run(block.id, async () => {
    const replica = store.get(block.id)
    if (replica === undefined || replica.generationStamp < block.generationStamp) return undefined
    if (replica.generationStamp >= newGenerationStamp) {
      throw new DfsError(
        'STALE_GENERATION',
        `block ${block.id} has generation stamp ${replica.generationStamp} already`,
      )
    }
    if (replica.kind === 'being-written') {
      replica.beginRecovery(newGenerationStamp)
      await replica.owner?.stop()
    }
    await requireIntact(store, replica, Math.min(replica.lengthBytes, truncateBytes))
    crashPoint('recovery.prepared')
    return {
      id: blockId(replica.id),
      generationStamp: stamp(replica.generationStamp),
      lengthBytes: replica.lengthBytes,
    }
  })
}

/**
 * Second half: the replica is cut to the agreed length, gets the new stamp and is finalized. Doing it twice has the
 * effect of once.
 * @throws DfsError REPLICA_NOT_FOUND, STALE_GENERATION, ILLEGAL_ARGUMENT when it is shorter than agreed
 */
export function finishRecovery(store: BlockStore, block: Block): Promise<FinalizedReplica> {
  return store.queue.run(block.id, async () => {
    const replica = store.get(block.id)
    const name = `block ${block.id}`
    if (replica === undefined) throw replicaNotFound(name)
    const isNewer = replica.generationStamp > block.generationStamp
    const isFenced =
      replica.kind === 'being-written' && replica.recoveryStamp > block.generationStamp
    if (isNewer || isFenced) {
      throw new DfsError('STALE_GENERATION', `${name} is in a later version than this recovery`)
    }
    if (replica.lengthBytes < block.lengthBytes) {
      throw new DfsError(
        'ILLEGAL_ARGUMENT',
        `${name} has ${replica.lengthBytes} bytes, fewer than the agreed ${block.lengthBytes}`,
      )
    }
    if (replica.kind === 'being-written') {
      await replica.owner?.stop()
      if (replica.lengthBytes > block.lengthBytes) await cutTo(store, replica, block.lengthBytes)
      return await store.completeFiles(replica, block.generationStamp)
    }
    if (replica.lengthBytes === block.lengthBytes) {
      if (replica.generationStamp === block.generationStamp) return replica
      return await store.completeFiles(replica, block.generationStamp)
    }
    return await cutFinalized(store, replica, block)
  })
}

/**
 * A finalized replica is reopened before it is cut, so that a crash in between leaves a replica that is measured. What is
 * to be its end is verified first: cutting writes new sums for it, which would make damaged bytes right for ever.
 */
async function cutFinalized(
  store: BlockStore,
  replica: FinalizedReplica,
  block: Block,
): Promise<FinalizedReplica> {
  const { id, volume, lengthBytes } = replica
  await verifyEnd(store, replica, block.lengthBytes)
  await store.renameMeta(replica, block.generationStamp, 'writing')
  const reopened = new OpenReplica({
    id,
    volume,
    generationStamp: block.generationStamp,
    lengthBytes,
    visibleBytes: 0,
    promisedBytes: 0,
    writer: undefined,
  })
  store.index.set(reopened)
  crashPoint('recovery.reopened')
  await cutTo(store, reopened, block.lengthBytes)
  return await store.completeFiles(reopened, block.generationStamp)
}

/** Verifies the record in which a cut to `lengthBytes` falls. @throws DfsError BLOCK_CORRUPT */
async function verifyEnd(
  store: BlockStore,
  replica: FinalizedReplica,
  lengthBytes: number,
): Promise<void> {
  const start = recordStart(lengthBytes)
  if (start === lengthBytes) return
  const reader = await store.openReader(replica.id, `block ${replica.id}`)
  try {
    const end = Math.min(start + RECORD_DATA_BYTES, replica.lengthBytes)
    await reader.readThoroughly(start, end, Buffer.allocUnsafe(2 * RECORD_DATA_BYTES))
  } finally {
    await reader.close()
  }
}

function unfit(request: ResumeRequest, how: string): DfsError {
  return new DfsError('ILLEGAL_ARGUMENT', `${request.blockName} ${how}`)
}
