/**
 * The disks of a node, one for each top folder, which forget what was not synced. Files have what programs see and what a power cut leaves; folders are a
 * journal of changes of names, of which a power cut keeps a prefix that reaches at least to the last sync of a folder
 * concerned. Calls finish through the scheduler, after a time, with an error, or never.
 */
import type { BigIntStats, Dirent } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Disk, DiskFile } from '../../../shared/disk.js'
import { DfsError } from '../../../shared/errors.js'
import type { Random } from '../../../shared/random.js'
import type { Life } from './life.js'

/** A change of a file since its last sync, to be lost, kept or torn. */
type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly lengthBytes: number }

interface Inode {
  readonly number: number
  /** The disk on which it lies. */
  readonly volume: string
  /** What programs see. */
  data: Buffer
  /** What is on the platter. */
  durable: Buffer
  unsynced: Change[]
}

/** A change of names. `undo` puts the folder tree back as it was. */
interface NameChange {
  readonly folders: readonly string[]
  /** The disk: they share no journal. */
  readonly volume: string
  readonly undo: () => void
}

export type DiskCall = 'open' | 'read' | 'write' | 'sync' | 'rename' | 'remove' | 'list' | 'other'

const SECTOR_BYTES = 512

export class SimulatedDisk {
  readonly #random: Random
  readonly #files = new Map<string, Inode>()
  readonly #folders = new Set<string>(['/'])
  readonly #locks = new Set<string>()
  #journal: NameChange[] = []
  #nextInode = 1
  /** Of each disk. */
  capacityBytes = 1024 * 1024 * 1024
  /** There is no room on any of them. */
  isFull = false
  /** Multiplies the time of each call. */
  slowness = 1
  /** Calls fail with this errno; `hang` never returns. `volume`: the only disk that does. */
  fault:
    | { readonly call: DiskCall; readonly effect: string; readonly volume?: string | undefined }
    | undefined

  constructor(random: Random) {
    this.#random = random
  }

  /** All files as programs see them, by path. */
  files(): ReadonlyMap<string, { readonly data: Buffer; readonly durable: Buffer }> {
    return this.#files
  }

  #freeBytes(volume: string): number {
    if (this.isFull) return 0
    let used = 0
    for (const inode of this.#files.values()) {
      if (inode.volume === volume) used += inode.data.length
    }
    return Math.max(0, this.capacityBytes - used)
  }

  /** Turns one bit of a file, on the platter too. */
  flipBit(path: string): boolean {
    const inode = this.#files.get(path)
    if (inode === undefined || inode.data.length === 0) return false
    const at = this.#random.below(inode.data.length)
    const mask = 1 << this.#random.below(8)
    for (const bytes of [inode.data, inode.durable]) {
      if (at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at)
    }
    return true
  }

  /** Removes what nobody synced, or tears it: what a power cut leaves. */
  losePower(): void {
    this.#locks.clear()
    for (const volume of new Set(this.#journal.map((it) => it.volume))) {
      const journal = this.#journal.filter((it) => it.volume === volume)
      const kept = this.#random.below(journal.length + 1)
      for (const change of journal.slice(kept).reverse()) change.undo()
    }
    this.#journal = []
    for (const inode of new Set(this.#files.values())) this.#forget(inode)
  }

  /** Another disk in its place, with nothing on it. */
  replace(): void {
    this.#files.clear()
    this.#folders.clear()
    this.#folders.add('/')
    this.#locks.clear()
    this.#journal = []
  }

  /** A killed process leaves what the system has; its locks go. */
  processDied(): void {
    this.#locks.clear()
  }

  /** A lock that its process holds until it lets go or dies. */
  lock(folder: string): { release(): void } {
    if (this.#locks.has(folder)) {
      throw new DfsError('DATA_FOLDER_LOCKED', `${folder} is in use by another process`)
    }
    this.#locks.add(folder)
    return { release: () => this.#locks.delete(folder) }
  }

  /** The disk as the process of `life` sees it. */
  of(life: Life): Disk {
    const call = <T>(kind: DiskCall, path: string, run: () => T) =>
      this.#call(life, kind, path, run)
    return {
      open: async (path, mode) => {
        const inode = await call('open', path, () => this.#open(path, mode))
        return this.#handle(life, path, inode)
      },
      rename: (from, to) => call('rename', from, () => this.#rename(from, to)),
      remove: (path) => call('remove', path, () => this.#remove(path)),
      makeFolder: (path) => call('other', path, () => this.#makeFolder(path)),
      list: (path) => call('list', path, () => this.#list(path)),
      stat: (path) => call('other', path, () => this.#stat(path)),
      syncFolder: (path) => call('sync', path, () => this.#syncFolder(path)),
      usage: (path) => call('other', path, () => this.#usage(path)),
    }
  }

  #call<T>(life: Life, kind: DiskCall, path: string, run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const base = kind === 'sync' ? 1 : 0.05
      const ms = base * (0.5 + this.#random.next()) * this.slowness
      life.later(ms, `disk ${kind} ${basename(path)}`, () => {
        const { fault } = this
        const isMeant = fault?.volume === undefined || fault.volume === volumeOf(path)
        if (fault?.call === kind && isMeant) {
          if (fault.effect === 'hang') return
          reject(systemError(fault.effect, `${kind} '${path}'`))
          return
        }
        try {
          resolve(run())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  #handle(life: Life, path: string, inode: Inode): DiskFile {
    let isOpen = true
    const call = <T>(kind: DiskCall, run: () => T) =>
      this.#call(life, kind, path, () => {
        if (!isOpen) throw systemError('EBADF', kind)
        return run()
      })
    return {
      read: (buffer, offset, lengthBytes, position) =>
        call('read', () => {
          const bytes = inode.data.subarray(position, position + lengthBytes)
          buffer.set(bytes, offset)
          return bytes.length
        }),
      write: (buffer, offset, lengthBytes, position) =>
        call('write', () => {
          const bytes = Buffer.from(buffer.subarray(offset, offset + lengthBytes))
          const growth = Math.max(0, position + lengthBytes - inode.data.length)
          if (growth > 0 && growth > this.#freeBytes(volumeOf(path))) {
            throw systemError('ENOSPC', `write '${path}'`)
          }
          this.#change(inode, { kind: 'write', position, bytes })
        }),
      truncate: (lengthBytes) =>
        call('write', () => this.#change(inode, { kind: 'truncate', lengthBytes })),
      sync: () =>
        call('sync', () => {
          inode.durable = Buffer.from(inode.data)
          inode.unsynced = []
        }),
      sizeBytes: () => call('other', () => inode.data.length),
      close: async () => {
        isOpen = false
      },
    }
  }

  #change(inode: Inode, change: Change): void {
    inode.unsynced.push(change)
    inode.data = applied(inode.data, change)
  }

  #open(path: string, mode: Parameters<Disk['open']>[1]): Inode {
    const known = this.#files.get(path)
    if (mode === 'create-new') {
      if (known !== undefined) throw systemError('EEXIST', `open '${path}'`)
      this.#needFolder(dirname(path))
      const empty = { data: Buffer.alloc(0), durable: Buffer.alloc(0), unsynced: [] }
      const inode = { number: this.#nextInode++, volume: volumeOf(path), ...empty }
      this.#files.set(path, inode)
      this.#note(path, [dirname(path)], () => this.#files.delete(path))
      return inode
    }
    if (known === undefined) throw systemError('ENOENT', `open '${path}'`)
    return known
  }

  #rename(from: string, to: string): void {
    const inode = this.#files.get(from)
    if (inode === undefined) throw systemError('ENOENT', `rename '${from}'`)
    this.#needFolder(dirname(to))
    const replaced = this.#files.get(to)
    this.#files.delete(from)
    this.#files.set(to, inode)
    this.#note(to, [dirname(from), dirname(to)], () => {
      if (replaced === undefined) this.#files.delete(to)
      else this.#files.set(to, replaced)
      this.#files.set(from, inode)
    })
  }

  #remove(path: string): void {
    const inode = this.#files.get(path)
    if (inode === undefined) return
    this.#files.delete(path)
    this.#note(path, [dirname(path)], () => this.#files.set(path, inode))
  }

  #makeFolder(path: string): void {
    if (this.#folders.has(path)) return
    this.#makeFolder(dirname(path))
    this.#folders.add(path)
    this.#note(path, [dirname(path)], () => this.#folders.delete(path))
  }

  #list(path: string): Dirent[] {
    this.#needFolder(path)
    const prefix = `${path}/`
    const inside = (it: string) => it.startsWith(prefix) && !it.includes('/', prefix.length)
    const folders = [...this.#folders].filter(inside).map((it) => entry(it, true))
    const files = [...this.#files.keys()].filter(inside).map((it) => entry(it, false))
    return [...folders, ...files]
  }

  #stat(path: string): BigIntStats | undefined {
    const inode = this.#files.get(path)
    const isFolder = this.#folders.has(path)
    if (inode === undefined && !isFolder) return undefined
    const found = {
      ino: BigInt(inode?.number ?? 0),
      dev: 1n,
      size: BigInt(inode?.data.length ?? 0),
      mtimeMs: 0n,
      mtimeNs: 0n,
      isFile: () => !isFolder,
      isDirectory: () => isFolder,
      isSymbolicLink: () => false,
    }
    return found as unknown as BigIntStats
  }

  /** Everything up to the last change of this folder is durable: a journal keeps its order. */
  #syncFolder(path: string): void {
    const volume = volumeOf(path)
    const last = this.#journal.findLastIndex(({ folders }) => folders.includes(path))
    this.#journal = this.#journal.filter((it, index) => index > last || it.volume !== volume)
  }

  #note(path: string, folders: readonly string[], undo: () => void): void {
    this.#journal.push({ folders, volume: volumeOf(path), undo })
  }

  #usage(path: string) {
    const freeBytes = this.#freeBytes(volumeOf(path))
    return { capacityBytes: this.capacityBytes, freeBytes, freeInodes: 1_000_000 }
  }

  #needFolder(path: string): void {
    if (!this.#folders.has(path)) throw systemError('ENOENT', `no folder '${path}'`)
  }

  /** Each unsynced write is kept, lost or torn on its own: disks and page caches reorder. */
  #forget(inode: Inode): void {
    let data: Buffer = Buffer.from(inode.durable)
    for (const change of inode.unsynced) {
      const fate = this.#random.below(3)
      if (fate === 0) continue
      data = applied(data, fate === 1 ? change : this.#torn(change))
    }
    inode.unsynced = []
    inode.data = data
    inode.durable = Buffer.from(data)
  }

  #torn(change: Change): Change {
    if (change.kind === 'truncate') return change
    const sectors = this.#random.below(Math.ceil(change.bytes.length / SECTOR_BYTES) + 1)
    return { ...change, bytes: change.bytes.subarray(0, sectors * SECTOR_BYTES) }
  }
}

/** The disk on which a path lies. */
const volumeOf = (path: string): string => path.split('/', 2).join('/')

function applied(data: Buffer, change: Change): Buffer {
  if (change.kind === 'truncate') {
    const result = Buffer.alloc(change.lengthBytes)
    data.copy(result, 0, 0, Math.min(data.length, change.lengthBytes))
    return result
  }
  const end = change.position + change.bytes.length
  const result = end <= data.length ? data : Buffer.concat([data, Buffer.alloc(end - data.length)])
  change.bytes.copy(result, change.position)
  return result
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code })
}

function entry(path: string, isFolder: boolean): Dirent {
  const found = {
    name: basename(path),
    parentPath: dirname(path),
    isFile: () => !isFolder,
    isDirectory: () => isFolder,
    isSymbolicLink: () => false,
  }
  return found as unknown as Dirent
}
