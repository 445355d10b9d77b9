/**
 * What a volume holds at start: names are read, each case that a crash may leave is resolved (FORMAT.md has the table),
 * everything else is moved to quarantine. Nothing that we do not recognise is ever deleted, and a listing that fails
 * fails the volume instead of passing for an empty one.
 */
import type { Dirent } from 'node:fs'
import { join } from 'node:path'
import { DfsError } from '../../shared/errors.js'
import type { Log } from '../../shared/log.js'
import {
  BLOCKS_FOLDER,
  blockFolder,
  isTemporaryName,
  type MetaSuffix,
  parseBlockFileName,
  TEMPORARY_FOLDER,
} from './layout.js'
import { HEADER_BYTES } from './meta-format.js'
import { type FinalizedReplica, OpenReplica, type Replica } from './replica.js'
import { ReplicaFile } from './replica-file.js'
import { cutReplica, measureReplica } from './replica-repair.js'
import type { Volume } from './volume.js'

const FOLDER_NAME = /^[0-9a-f]{2}$/

interface MetaEntry {
  readonly name: string
  readonly generationStamp: number
  readonly suffix: MetaSuffix
}

/** What the names say about one block. */
interface BlockEntry {
  readonly id: number
  readonly folder: string
  dataName: string | undefined
  readonly metas: MetaEntry[]
}

/**
 * Resolves with the replicas of the volume; drops copies that were in flight.
 * @throws what the disk throws: the volume cannot be used
 */
export async function scanVolume(volume: Volume, log: Log): Promise<Replica[]> {
  await dropTemporaries(volume)
  const replicas: Replica[] = []
  const root = join(volume.folder, BLOCKS_FOLDER)
  for (const first of await subfolders(volume, root)) {
    for (const second of await subfolders(volume, join(root, first))) {
      const folder = join(root, first, second)
      const blocks = await readFolder(volume, folder, join(BLOCKS_FOLDER, first, second))
      // A few blocks at a time: the volume's disk admits four calls, more would only queue.
      for (let start = 0; start < blocks.length; start += 4) {
        const found = await Promise.all(
          blocks.slice(start, start + 4).map((block) => resolveBlock(volume, block, log)),
        )
        for (const replica of found) if (replica !== undefined) replicas.push(replica)
      }
    }
  }
  return replicas
}

async function dropTemporaries(volume: Volume): Promise<void> {
  const folder = join(volume.folder, TEMPORARY_FOLDER)
  for (const entry of await volume.disk.list(folder)) {
    const path = join(folder, entry.name)
    if (entry.isFile() && isTemporaryName(entry.name)) await volume.disk.remove(path)
    else await volume.quarantine(path, entry.name)
  }
}

async function subfolders(volume: Volume, folder: string): Promise<string[]> {
  const names: string[] = []
  for (const entry of await volume.disk.list(folder)) {
    if (entry.isDirectory() && FOLDER_NAME.test(entry.name)) names.push(entry.name)
    else await volume.quarantine(join(folder, entry.name), entry.name)
  }
  return names
}

async function readFolder(volume: Volume, folder: string, relative: string): Promise<BlockEntry[]> {
  const blocks = new Map<number, BlockEntry>()
  for (const entry of await volume.disk.list(folder)) {
    const file = ownName(entry, relative)
    if (file === undefined) {
      await volume.quarantine(join(folder, entry.name), entry.name)
      continue
    }
    let block = blocks.get(file.id)
    if (block === undefined) {
      block = { id: file.id, folder, dataName: undefined, metas: [] }
      blocks.set(file.id, block)
    }
    if (file.kind === 'data') block.dataName = entry.name
    else block.metas.push({ name: entry.name, ...file })
  }
  return [...blocks.values()]
}

/** Regular files only, with a name of ours, in the folder where that block belongs (hostile input 49). */
function ownName(entry: Dirent, relative: string) {
  if (!entry.isFile()) return undefined
  const file = parseBlockFileName(entry.name)
  return file !== undefined && blockFolder(file.id) === relative ? file : undefined
}

async function resolveBlock(
  volume: Volume,
  block: BlockEntry,
  log: Log,
): Promise<Replica | undefined> {
  const deleting = block.metas.filter(({ suffix }) => suffix === 'deleting')
  const [newest, ...older] = block.metas
    .filter(({ suffix }) => suffix !== 'deleting')
    .sort((a, b) => b.generationStamp - a.generationStamp)
  for (const meta of older) await volume.quarantine(join(block.folder, meta.name), meta.name)
  if (deleting.length > 0) {
    await finishDeletion(volume, block, deleting, newest !== undefined)
    if (newest === undefined) return undefined
  }
  if (newest === undefined) return await setAsideData(volume, block)
  if (block.dataName === undefined) return await setAsideMeta(volume, block, newest)
  if (newest.suffix === 'meta') return await takeFinalized(volume, block, newest)
  return await takeBeingWritten(volume, block, newest, log)
}

async function finishDeletion(
  volume: Volume,
  block: BlockEntry,
  deleting: readonly MetaEntry[],
  isReplaced: boolean,
): Promise<void> {
  if (!isReplaced && block.dataName !== undefined) {
    await volume.disk.remove(join(block.folder, block.dataName))
  }
  for (const meta of deleting) await volume.disk.remove(join(block.folder, meta.name))
}

/** Data without a meta file are no replica. An empty file is what a crash in `create` leaves. */
async function setAsideData(volume: Volume, block: BlockEntry): Promise<undefined> {
  if (block.dataName === undefined) return
  const path = join(block.folder, block.dataName)
  const statistics = await volume.disk.stat(path)
  if (statistics?.size === 0n) await volume.disk.remove(path)
  else await volume.quarantine(path, block.dataName)
}

async function setAsideMeta(
  volume: Volume,
  block: BlockEntry,
  meta: MetaEntry,
): Promise<undefined> {
  const path = join(block.folder, meta.name)
  const statistics = await volume.disk.stat(path)
  const isFresh = meta.suffix === 'writing' && (statistics?.size ?? 0n) <= BigInt(HEADER_BYTES)
  if (isFresh) await volume.disk.remove(path)
  else await volume.quarantine(path, meta.name)
}

async function takeFinalized(
  volume: Volume,
  block: BlockEntry,
  meta: MetaEntry,
): Promise<FinalizedReplica | undefined> {
  const statistics = await volume.disk.stat(join(block.folder, block.dataName ?? ''))
  if (statistics === undefined) return undefined
  // The length is the file's: a truncated block is reported with its wrong length, and the namenode knows what to do.
  return {
    kind: 'finalized',
    id: block.id,
    generationStamp: meta.generationStamp,
    lengthBytes: Number(statistics.size),
    volume,
  }
}

async function takeBeingWritten(
  volume: Volume,
  block: BlockEntry,
  meta: MetaEntry,
  log: Log,
): Promise<OpenReplica> {
  const paths = {
    data: join(block.folder, block.dataName ?? ''),
    meta: join(block.folder, meta.name),
  }
  const file = await ReplicaFile.open(volume.disk, block.id, paths, 'read-write')
  try {
    const { lengthBytes, syncPoint } = await measureReplica(file)
    const dataBytes = await file.data.sizeBytes()
    await cutReplica(file, lengthBytes, syncPoint)
    log.info({ blockId: block.id, lengthBytes, dataBytes }, 'replica waits for recovery')
    return new OpenReplica({
      id: block.id,
      volume,
      generationStamp: meta.generationStamp,
      lengthBytes,
      visibleBytes: 0,
      promisedBytes: 0,
      writer: undefined,
    })
  } finally {
    await file.close()
  }
}

/** The one of two replicas of a block on this node that is kept in the index: newer, then longer. */
export function preferredReplica(a: Replica, b: Replica): Replica {
  if (a.generationStamp !== b.generationStamp) return a.generationStamp > b.generationStamp ? a : b
  if (a.kind !== b.kind) return a.kind === 'finalized' ? a : b
  return a.lengthBytes >= b.lengthBytes ? a : b
}

/** For callers that must have a replica. @throws DfsError REPLICA_NOT_FOUND */
export function replicaNotFound(blockName: string): DfsError {
  return new DfsError(
    'REPLICA_NOT_FOUND',
    `Replica not found for ${blockName}. The block may have been removed recently by the balancer or by intentionally reducing the replication factor. This condition is usually harmless. To be certain, please check the preceding datanode log messages for signs of a more serious issue.`,
  )
}
