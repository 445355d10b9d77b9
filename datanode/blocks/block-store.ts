/**
 * The replicas of this node: the only place where their state changes. Every change of a block runs in that block's
 * serial queue and checks the generation stamp there (reliability I4), and each is one rename of the meta file.
 */
import { join } from 'node:path'
import { assert, present } from '../../shared/assert.js'
import { crashPoint } from '../../shared/crash-point.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import type { Seams } from '../../shared/seams.js'
import type { DatanodeConfig } from '../config.js'
import { chooseVolume } from '../policy/choose-volume.js'
import { BlockIndex } from './block-index.js'
import { BlockQueue } from './block-queue.js'
import { KeptFiles } from './kept-files.js'
import { metaName, TEMPORARY_FOLDER, temporaryNames } from './layout.js'
import { encodeHeader } from './meta-format.js'
import { type Freshness, openReader } from './open-reader.js'
import { releaseReplica } from './release-replica.js'
import { type FinalizedReplica, OpenReplica, type Replica, type ReplicaOwner } from './replica.js'
import { ReplicaFile, type ReplicaPaths, replicaPaths } from './replica-file.js'
import type { ReplicaReader } from './replica-reader.js'
import { condemn, removeCondemned, setReplicaAside } from './replica-removal.js'
import { EMPTY_SYNC_POINT } from './replica-repair.js'
import { ReplicaWriter } from './replica-writer.js'
import type { Volume } from './volume.js'

export interface NewReplica {
  readonly id: number
  readonly generationStamp: number
  /** Where the namenode wants it; another volume is taken when that one has no room. */
  readonly storageId: string | undefined
  /** Room to set aside: the block size. */
  readonly sizeBytes: number
  /** To take the place of the replica of this version on another volume. */
  readonly isMove?: boolean
  /** Whether large writes leave no copy in the page cache (default: they leave one). */
  readonly dropBehind?: boolean
}

/** A copy in flight: not in the index, not reported, dropped by a crash. */
export interface CopyInFlight extends NewReplica {
  readonly volume: Volume
  readonly writer: ReplicaWriter
  readonly paths: { readonly data: string; readonly meta: string }
}

export class BlockStore {
  readonly queue = new BlockQueue()
  readonly volumes: readonly Volume[]
  readonly config: Pick<DatanodeConfig, 'syncOnClose' | 'cachedWrites'>
  readonly seams: Seams
  readonly index: BlockIndex
  readonly keptFiles: KeptFiles
  readonly #copies = new Set<number>()
  readonly #corrupt = new Set<number>()

  constructor(
    volumes: readonly Volume[],
    config: Pick<DatanodeConfig, 'syncOnClose' | 'cachedWrites'>,
    seams: Seams,
  ) {
    this.volumes = volumes
    this.config = config
    this.seams = seams
    this.keptFiles = new KeptFiles({
      clock: seams.clock,
      isCurrent: (replica) => this.index.get(replica.id) === replica,
      onCloseFailed: (error) => seams.log.warn({ err: error }, 'replica not closed'),
    })
    this.index = new BlockIndex((id) => this.keptFiles.forget(id))
  }

  get(id: number): Replica | undefined {
    return this.index.get(id)
  }

  isCorrupt(id: number): boolean {
    return this.#corrupt.has(id)
  }

  /** Blocks whose replicas here were found bad. */
  corruptIds(): number[] {
    return [...this.#corrupt]
  }

  markCorrupt(id: number, isCorrupt: boolean): void {
    if (isCorrupt) this.#corrupt.add(id)
    else this.#corrupt.delete(id)
  }

  /**
   * Makes an empty replica for a new block.
   * @throws DfsError ALREADY_EXISTS, DISK_FULL, VOLUME_FAILED
   */
  create(request: NewReplica): Promise<OpenReplica> {
    return this.queue.run(request.id, async () => {
      if (this.index.get(request.id) !== undefined || this.#copies.has(request.id)) {
        throw alreadyExists(request)
      }
      const { id, generationStamp } = request
      const volume = this.#pickVolume(request)
      const paths = replicaPaths(volume.folder, id, generationStamp, 'writing')
      const writer = await volume.inBlockFolder(id, () => this.#createFiles(volume, request, paths))
      const replica = new OpenReplica({
        id,
        volume,
        generationStamp,
        lengthBytes: 0,
        visibleBytes: 0,
        promisedBytes: request.sizeBytes,
        writer,
      })
      this.index.set(replica)
      return replica
    })
  }

  async #createFiles(
    volume: Volume,
    { id, dropBehind = false }: NewReplica,
    paths: Omit<ReplicaPaths, 'folder'> & { readonly folder?: string },
  ): Promise<ReplicaWriter> {
    const file = await ReplicaFile.open(volume.disk, id, paths, 'create-new')
    crashPoint('create.files-made')
    try {
      const header = encodeHeader(id, EMPTY_SYNC_POINT)
      await file.meta.write(header, 0, header.length, 0)
      crashPoint('create.header-written')
    } catch (error) {
      if (toDfsError(error).code === 'DISK_FULL') volume.noteFull()
      await file.close()
      await Promise.all([volume.disk.remove(paths.data), volume.disk.remove(paths.meta)])
      throw error
    }
    const { folder } = paths
    return new ReplicaWriter({
      file,
      syncPoint: EMPTY_SYNC_POINT,
      tail: Buffer.alloc(0),
      lengthBytes: 0,
      syncInBackground: this.config.syncOnClose,
      pastCache: dropBehind,
      syncNames: async () => {
        if (folder !== undefined) await volume.disk.syncFolder(folder)
      },
    })
  }

  /**
   * Completes a replica that `owner` writes: when this returns, data, checksums and name are on stable storage
   * (unless `syncOnClose` is off).
   * @throws DfsError STALE_GENERATION when the owner was fenced meanwhile
   */
  finalize(replica: OpenReplica, owner: ReplicaOwner): Promise<FinalizedReplica> {
    return this.queue.run(replica.id, async () => {
      const { writer } = replica
      if (this.index.get(replica.id) !== replica || replica.owner !== owner || !writer) {
        throw new DfsError('STALE_GENERATION', `block ${replica.id} has another writer now`)
      }
      assert(writer.isVerified, 'a finalized replica agrees with its sums')
      crashPoint('finalize.begun')
      if (this.config.syncOnClose) await writer.syncContent()
      else await writer.flush()
      await writer.close()
      crashPoint('finalize.closed')
      replica.release(writer.flushedBytes)
      return await this.completeFiles(replica, replica.generationStamp)
    })
  }

  /** Inside the block's queue: gives closed, synced files their final name, with a stamp that may be a new one. */
  async completeFiles(replica: Replica, generationStamp: number): Promise<FinalizedReplica> {
    await this.renameMeta(replica, generationStamp, 'meta')
    const { id, lengthBytes, volume } = replica
    const finalized = { kind: 'finalized', id, generationStamp, lengthBytes, volume } as const
    this.index.set(finalized)
    return finalized
  }

  /** Inside the block's queue: the one rename that is a change of state. Durable when it returns. */
  async renameMeta(
    replica: Replica,
    generationStamp: number,
    suffix: 'meta' | 'writing',
  ): Promise<void> {
    const from = this.pathsOf(replica)
    const to = join(from.folder, metaName(replica.id, generationStamp, suffix))
    if (from.meta !== to) await replica.volume.disk.rename(from.meta, to)
    crashPoint('meta.renamed')
    if (this.config.syncOnClose) await replica.volume.disk.syncFolder(from.folder)
    crashPoint('meta.rename-synced')
  }

  /** Makes the names in the folders of these replicas durable: once for each folder. */
  async syncNames(replicas: readonly Replica[]): Promise<void> {
    if (!this.config.syncOnClose) return
    const volumes = new Map(replicas.map((it) => [this.pathsOf(it).folder, it.volume]))
    for (const [folder, { disk }] of volumes) await disk.syncFolder(folder)
  }

  pathsOf(replica: Replica): ReplicaPaths {
    const suffix = replica.kind === 'finalized' ? 'meta' : 'writing'
    return replicaPaths(replica.volume.folder, replica.id, replica.generationStamp, suffix)
  }

  /** A writer is gone: what it flushed is kept for a recovery. */
  release(replica: OpenReplica): Promise<void> {
    return releaseReplica(this, replica)
  }

  /** Starts a copy in the temporary folder. @throws DfsError ALREADY_EXISTS, DISK_FULL, VOLUME_FAILED */
  async beginCopy(request: NewReplica): Promise<CopyInFlight> {
    this.#refuseCurrent(request)
    const volume = this.#pickVolume(request)
    this.#copies.add(request.id)
    try {
      const nonce = this.seams.random.uuid()
      const names = temporaryNames(request.id, request.generationStamp, nonce)
      const folder = join(volume.folder, TEMPORARY_FOLDER)
      const paths = { data: join(folder, names.data), meta: join(folder, names.meta) }
      const writer = await this.#createFiles(volume, request, paths)
      volume.promise(request.sizeBytes)
      crashPoint('copy.begun')
      return { ...request, volume, writer, paths }
    } catch (error) {
      this.#copies.delete(request.id)
      throw error
    }
  }

  /**
   * Makes a complete copy a replica, in the place of an older version if there is one.
   * @throws DfsError ALREADY_EXISTS when the block got a replica of this version or a newer one meanwhile
   */
  async commitCopy(copy: CopyInFlight, state: Replica['kind']): Promise<Replica> {
    try {
      if (this.config.syncOnClose) await copy.writer.sync()
      else await copy.writer.flush()
      await copy.writer.close()
      crashPoint('copy.synced')
      return await this.queue.run(copy.id, () => this.#placeCopy(copy, state))
    } catch (error) {
      await copy.writer.close()
      await this.#dropCopyFiles(copy)
      throw error
    } finally {
      this.endCopy(copy)
    }
  }

  async #placeCopy(copy: CopyInFlight, state: Replica['kind']): Promise<Replica> {
    const { id, generationStamp, volume } = copy
    const old = this.index.get(id)
    if (old !== undefined && old.generationStamp >= generationStamp) throw alreadyExists(copy)
    let leftover: string | undefined
    if (old !== undefined) {
      if (old.kind === 'being-written') await old.owner?.stop()
      leftover = await condemn(old, this.pathsOf(old))
      crashPoint('copy.old-condemned')
      this.index.delete(id)
      if (old.volume !== volume) {
        await removeCondemned(old, this.pathsOf(old), leftover)
        leftover = undefined
      }
    }
    const suffix = state === 'finalized' ? 'meta' : 'writing'
    const target = replicaPaths(volume.folder, id, generationStamp, suffix)
    // Data first: until the meta file has its name there is no replica.
    await volume.inBlockFolder(id, () => volume.disk.rename(copy.paths.data, target.data))
    crashPoint('copy.data-placed')
    await volume.disk.rename(copy.paths.meta, target.meta)
    crashPoint('copy.meta-placed')
    if (this.config.syncOnClose) await volume.disk.syncFolder(target.folder)
    crashPoint('copy.folder-synced')
    if (leftover !== undefined) await volume.disk.remove(leftover)
    const lengthBytes = copy.writer.flushedBytes
    const replica: Replica =
      state === 'finalized'
        ? { kind: 'finalized', id, generationStamp, lengthBytes, volume }
        : new OpenReplica({
            id,
            volume,
            generationStamp,
            lengthBytes,
            visibleBytes: lengthBytes,
            promisedBytes: Math.max(0, copy.sizeBytes - lengthBytes),
            writer: undefined,
          })
    this.index.set(replica)
    this.#corrupt.delete(id)
    return replica
  }

  /** Drops a copy that failed. */
  async abandonCopy(copy: CopyInFlight): Promise<void> {
    try {
      await copy.writer.close()
      await this.#dropCopyFiles(copy)
    } finally {
      this.endCopy(copy)
    }
  }

  async #dropCopyFiles({ volume, paths }: CopyInFlight): Promise<void> {
    await Promise.all([volume.disk.remove(paths.data), volume.disk.remove(paths.meta)])
  }

  /** A copy is placed or dropped: its room is free again, on disk and in memory. */
  endCopy(copy: CopyInFlight): void {
    copy.writer.forget()
    if (this.#copies.delete(copy.id)) copy.volume.promise(-copy.sizeBytes)
  }

  /**
   * Deletes a replica of that version or an older one; gone already is success. A corrupt one goes to quarantine: it
   * may be the last trace of its bytes.
   * @returns the deleted replica, undefined when there was none
   * @throws DfsError STALE_GENERATION when the replica is newer than the order, VOLUME_FAILED when nobody can tell whether
   *   it is gone
   */
  delete(id: number, generationStamp: number, storageId: string): Promise<Replica | undefined> {
    return this.queue.run(id, async () => {
      const volume = this.volumes.find((it) => it.storageId === storageId)
      if (volume === undefined || volume.hasFailed) {
        throw new DfsError('VOLUME_FAILED', `there is no volume ${storageId} to delete ${id} from`)
      }
      const replica = this.index.get(id)
      if (replica?.volume !== volume) return undefined
      if (replica.generationStamp > generationStamp) {
        throw new DfsError(
          'STALE_GENERATION',
          `block ${id} has version ${replica.generationStamp}, newer than ${generationStamp}`,
        )
      }
      if (replica.kind === 'being-written') await replica.owner?.stop()
      const paths = this.pathsOf(replica)
      if (this.#corrupt.has(id)) await setReplicaAside(replica, paths)
      else await removeCondemned(replica, paths, await condemn(replica, paths))
      this.index.delete(id)
      this.#corrupt.delete(id)
      return replica
    })
  }

  /**
   * Opens a replica for reading.
   * @param how `kept` takes the files that an earlier reader left open; whoever looks for damage wants them `fresh`
   * @throws DfsError REPLICA_NOT_FOUND, and what the disk throws when its files cannot be opened
   */
  openReader(id: number, blockName: string, how: Freshness = 'fresh'): Promise<ReplicaReader> {
    return openReader(this, id, blockName, how)
  }

  /** A volume failed: its replicas are forgotten (not deleted) and their writers stopped. */
  async dropVolume(volume: Volume): Promise<void> {
    const gone = this.index.removeVolume(volume)
    const owners = gone.map((replica) =>
      replica.kind === 'being-written' ? replica.owner : undefined,
    )
    await Promise.allSettled(owners.map((owner) => owner?.stop()))
  }

  /** A copy may replace an older version, since that one is of no use to anybody. */
  #refuseCurrent(request: NewReplica): void {
    const existing = this.index.get(request.id)
    const isCurrent = existing !== undefined && existing.generationStamp >= request.generationStamp
    if ((isCurrent && request.isMove !== true) || this.#copies.has(request.id))
      throw alreadyExists(request)
  }

  #pickVolume(request: NewReplica): Volume {
    const working = this.volumes.filter((volume) => !volume.hasFailed)
    const draw = this.seams.random.next()
    const chosen = chooseVolume(working, request.sizeBytes, request.storageId, draw)
    if (chosen === undefined) {
      throw new DfsError(
        'DISK_FULL',
        `no volume has room for ${request.sizeBytes} bytes of block ${request.id}`,
      )
    }
    return present(working[chosen], 'a chosen volume exists')
  }
}

function alreadyExists(request: NewReplica): DfsError {
  return new DfsError(
    'ALREADY_EXISTS',
    `Block ${request.id} with generation stamp ${request.generationStamp} already exists and cannot be created`,
  )
}
