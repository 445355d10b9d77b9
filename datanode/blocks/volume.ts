/** One volume: its folder, its identity, its lock, and what is known of its room. */
import { join } from 'node:path'
import type { DiskUsage } from '../../shared/disk.js'
import { DfsError, errnoOf } from '../../shared/errors.js'
import type { StorageId } from '../../shared/ids.js'
import { storageId } from '../../shared/ids.js'
import type { Seams } from '../../shared/seams.js'
import type { VolumeConfig } from '../config.js'
import { type FolderLock, type LockFolder, lockFolder } from './folder-lock.js'
import { BLOCKS_FOLDER, blockFolder, QUARANTINE_FOLDER, TEMPORARY_FOLDER } from './layout.js'
import { readVersion, type VolumeVersion, writeVersion } from './version-file.js'
import { VolumeDisk } from './volume-disk.js'

/** New blocks need this many free inodes: data, meta, folders. */
const MIN_FREE_INODES = 16

export interface VolumeEvents {
  readonly onFailed: (volume: Volume, reason: DfsError) => void
}

export class Volume {
  readonly folder: string
  readonly type: VolumeConfig['type']
  readonly storageId: StorageId
  readonly disk: VolumeDisk
  readonly #seams: Seams
  readonly #lock: FolderLock
  readonly #reservedBytes: number
  readonly #knownFolders = new Set<string>()
  #version: VolumeVersion
  #usage: DiskUsage
  #blockCount = 0
  #usedBytes = 0
  #promisedBytes = 0

  constructor(parts: {
    readonly config: VolumeConfig
    readonly seams: Seams
    readonly disk: VolumeDisk
    readonly lock: FolderLock
    readonly version: VolumeVersion
    readonly usage: DiskUsage
    readonly reservedBytes: number
  }) {
    this.folder = parts.config.path
    this.type = parts.config.type
    this.storageId = storageId(parts.version.storageId)
    this.disk = parts.disk
    this.#seams = parts.seams
    this.#lock = parts.lock
    this.#version = parts.version
    this.#usage = parts.usage
    this.#reservedBytes = parts.reservedBytes
  }

  get version(): VolumeVersion {
    return this.#version
  }

  get hasFailed(): boolean {
    return this.disk.failure !== undefined
  }

  get blockCount(): number {
    return this.hasFailed ? 0 : this.#blockCount
  }

  get usedBytes(): number {
    return this.hasFailed ? 0 : this.#usedBytes
  }

  get capacityBytes(): number {
    return this.hasFailed ? 0 : Math.max(0, this.#usage.capacityBytes - this.#reservedBytes)
  }

  /** What new blocks may take: free space less the reserve and less what open replicas may still grow by. */
  get remainingBytes(): number {
    if (this.hasFailed || this.#usage.freeInodes < MIN_FREE_INODES) return 0
    return Math.max(0, this.#usage.freeBytes - this.#reservedBytes - this.#promisedBytes)
  }

  get reservedBytes(): number {
    return this.#reservedBytes
  }

  get promisedBytes(): number {
    return this.#promisedBytes
  }

  /** Counts a replica in (or out, with negative numbers). Meta files are not counted: under one per cent. */
  count(blocks: number, bytes: number): void {
    this.#blockCount += blocks
    this.#usedBytes += bytes
  }

  /** Sets room aside for a replica that is being written; negative gives it back. */
  promise(bytes: number): void {
    this.#promisedBytes = Math.max(0, this.#promisedBytes + bytes)
  }

  /** Asks the file system for its room; called in the background only, never by a heartbeat. */
  async refreshUsage(): Promise<void> {
    this.#usage = await this.disk.usage(this.folder)
  }

  /** A full disk is known at once, not at the next sample. */
  noteFull(): void {
    this.#usage = { ...this.#usage, freeBytes: 0 }
  }

  /** The folder of a block, made and made durable when it is new. */
  async #ensureBlockFolder(id: number): Promise<string> {
    const relative = blockFolder(id)
    const folder = join(this.folder, relative)
    if (this.#knownFolders.has(relative)) return folder
    await this.disk.makeFolder(folder)
    await this.disk.syncFolder(join(folder, '..'))
    await this.disk.syncFolder(join(this.folder, BLOCKS_FOLDER))
    this.#knownFolders.add(relative)
    return folder
  }

  /** Runs `action` in the folder of a block; made anew when somebody has removed it under the running node. */
  async inBlockFolder<T>(id: number, action: (folder: string) => Promise<T>): Promise<T> {
    const folder = await this.#ensureBlockFolder(id)
    try {
      return await action(folder)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || (await this.disk.stat(folder)) !== undefined) throw error
      this.#knownFolders.clear()
      return await action(await this.#ensureBlockFolder(id))
    }
  }

  /** Moves something that we do not recognise, or do not trust, out of the way. Nothing is overwritten. */
  async quarantine(path: string, name: string): Promise<void> {
    const target = join(this.folder, QUARANTINE_FOLDER, `${name}.${this.#seams.random.uuid()}`)
    await this.disk.rename(path, target)
    this.#seams.log.warn({ path, target }, 'quarantined')
  }

  /** Replaces the version file when something changed. */
  async updateVersion(change: Partial<VolumeVersion>): Promise<void> {
    const next = { ...this.#version, ...change }
    await writeVersion(this.disk, this.folder, next)
    this.#version = next
  }

  release(): void {
    this.#lock.release()
  }
}

/**
 * Opens a volume: makes its folder, takes its lock, reads or writes its version file.
 * @param identity the node's UUID when another volume has it already
 * @throws DfsError DATA_FOLDER_LOCKED, DATA_FOLDER_NEWER; others mean that this volume cannot be used
 */
export async function openVolume(
  config: VolumeConfig,
  seams: Seams,
  options: {
    readonly reservedBytes: number
    readonly newDatanodeUuid: () => string
    readonly events: VolumeEvents
    readonly lockFolder?: LockFolder | undefined
  },
): Promise<Volume> {
  await seams.disk.makeFolder(config.path)
  const lock = (options.lockFolder ?? lockFolder)(config.path)
  try {
    let opened: Volume | undefined
    const disk = new VolumeDisk({
      disk: seams.disk,
      clock: seams.clock,
      onFailed: (reason) => {
        if (opened !== undefined) options.events.onFailed(opened, reason)
      },
    })
    const version = await readOrFormat(disk, config.path, seams, options.newDatanodeUuid)
    for (const folder of [BLOCKS_FOLDER, TEMPORARY_FOLDER, QUARANTINE_FOLDER]) {
      await disk.makeFolder(join(config.path, folder))
    }
    await disk.syncFolder(config.path)
    const usage = await disk.usage(config.path)
    const { reservedBytes } = options
    opened = new Volume({ config, seams, disk, lock, version, usage, reservedBytes })
    return opened
  } catch (error) {
    lock.release()
    throw error
  }
}

async function readOrFormat(
  disk: VolumeDisk,
  folder: string,
  seams: Seams,
  newDatanodeUuid: () => string,
): Promise<VolumeVersion> {
  const found = await readVersion(disk, folder)
  if (found !== undefined) return found
  // Blocks without a version file belong to we do not know whom: a lost mount point or a damaged folder, never a new one.
  if ((await listOrEmpty(disk, join(folder, BLOCKS_FOLDER))).length > 0) {
    throw new DfsError('IO', `${folder} holds blocks but no version file; it is left untouched`)
  }
  const version: VolumeVersion = {
    formatVersion: 1,
    datanodeUuid: newDatanodeUuid(),
    storageId: `DS-${seams.random.uuid()}`,
    epoch: 0,
  }
  await writeVersion(disk, folder, version)
  return version
}

async function listOrEmpty(disk: VolumeDisk, folder: string) {
  try {
    return await disk.list(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
