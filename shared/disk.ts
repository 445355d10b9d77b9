/**
 * The few calls of the block store to a disk, as a dependency: a simulation gives torn and lost writes, bit flips and
 * errors through the same interface. Paths are absolute and come from our own layout, never from a client.
 */
import {
  type BigIntStats,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  type StatsFs,
} from 'node:fs'
import * as fs from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { closeDescriptor, closeNow, openDescriptor, syncAll } from './descriptors.js'
import { DfsError } from './errors.js'
import { SystemFile } from './system-file.js'

/** Through the page cache, or past it where alignment and system allow; the bytes are the same for all who read. */
export type WriteRoute = 'cached' | 'past-cache'

export interface DiskFile {
  /** Reads up to `lengthBytes`; returns how many came, fewer only at the end of the file. */
  read(buffer: Uint8Array, offset: number, lengthBytes: number, position: number): Promise<number>
  /** Writes all of the range or throws. @param route default: cached */
  write(
    buffer: Uint8Array,
    offset: number,
    lengthBytes: number,
    position: number,
    route?: WriteRoute,
  ): Promise<void>
  truncate(lengthBytes: number): Promise<void>
  /** Returns when data and length are on stable storage. An error here must never be retried as if it could succeed. */
  sync(): Promise<void>
  sizeBytes(): Promise<number>
  close(): Promise<void>
}

export type OpenMode = 'read' | 'read-write' | 'create-new'

export interface DiskUsage {
  readonly capacityBytes: number
  readonly freeBytes: number
  readonly freeInodes: number
}

export interface Disk {
  /**
   * Opens a regular file; never follows a symbolic link at the end of the path, and never waits for the other end of a
   * named pipe.
   * @throws what the system throws; DfsError BLOCK_CORRUPT for what is no regular file
   */
  open(path: string, mode: OpenMode): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  /** Removes a file; succeeds when it is already gone. */
  remove(path: string): Promise<void>
  makeFolder(path: string): Promise<void>
  list(path: string): Promise<Dirent[]>
  /** undefined when there is nothing at `path`. */
  stat(path: string): Promise<BigIntStats | undefined>
  /** Makes names in a folder durable: after a rename, or for a new file. */
  syncFolder(path: string): Promise<void>
  usage(path: string): Promise<DiskUsage>
}

export const systemDisk: Disk = {
  open: openFile,
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.rm(path, { force: true }),
  makeFolder: async (path) => {
    await fs.mkdir(path, { recursive: true })
  },
  list: (path) => fs.readdir(path, { withFileTypes: true }),
  stat: async (path) => {
    try {
      return await fs.lstat(path, { bigint: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  },
  syncFolder,
  usage: async (path) => usageOf(await fs.statfs(path)),
}

/** Rename that survives a power cut: rename, then sync the folder (HDFS-5042 lost files for want of the second). */
export async function renameDurably(disk: Disk, from: string, to: string): Promise<void> {
  await disk.rename(from, to)
  await disk.syncFolder(dirname(to))
}

/** Opening a named pipe would hold one of the few threads for disks until somebody opens its other end. */
const SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY | SAFELY,
  'read-write': constants.O_RDWR | SAFELY,
  'create-new': constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
}

async function openFile(path: string, mode: OpenMode): Promise<DiskFile> {
  const descriptor = await orExplain(path, openDescriptor(path, FLAGS[mode], 0o644))
  if (mode !== 'create-new') await requireRegular(descriptor, path)
  return new SystemFile(descriptor, mode === 'read' ? 'read' : 'read-write')
}

/** A Unix socket in the place of a file answers ENXIO, as a disk does that is gone: that says nothing about the disk. */
async function orExplain<T>(path: string, opening: Promise<T>): Promise<T> {
  try {
    return await opening
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    if (!(await fs.lstat(path)).isSocket()) throw error
    throw notRegular(path)
  }
}

/** Closes what is no regular file: a folder, pipe or device that somebody put in its place. */
async function requireRegular(descriptor: number, path: string): Promise<void> {
  // Not a trip to the thread pool: what this asks for is in memory since the file was opened.
  if (fstatSync(descriptor).isFile()) return
  await closeDescriptor(descriptor)
  throw notRegular(path)
}

const notRegular = (path: string) =>
  new DfsError('BLOCK_CORRUPT', `${basename(path)} is not a regular file`)

async function syncFolder(path: string): Promise<void> {
  // Opening and closing are no trips to the thread pool: the system has a folder in memory in which a name was just changed.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await syncAll(descriptor)
  } finally {
    await closeNow(descriptor)
  }
}

function usageOf(statistics: StatsFs): DiskUsage {
  return {
    capacityBytes: statistics.blocks * statistics.bsize,
    freeBytes: statistics.bavail * statistics.bsize,
    freeInodes: statistics.ffree,
  }
}
