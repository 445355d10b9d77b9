/**
 * Writes of one file past the page cache (O_DIRECT), where the system can: the bytes go from our memory to the disk, no
 * copy is made, and what is cached for readers is not pushed out. Where it cannot (tmpfs, some network disks, macOS)
 * nothing is written here, and the caller goes through the cache.
 */
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { errnoOf } from './errors.js'

/** Position, length and place in memory must be multiples of this: a page, and the largest sector of any disk. */
export const DIRECT_UNIT_BYTES = 4096

/** Refusals of the way, not of the bytes. ENOENT and ENOTDIR: no /proc here. */
const NOT_POSSIBLE: ReadonlySet<string> = new Set(['EINVAL', 'ENOENT', 'ENOTDIR', 'EOPNOTSUPP'])

export class DirectWrites {
  readonly #cached: fs.FileHandle
  #direct: Promise<fs.FileHandle | undefined> | undefined
  #isPossible = constants.O_DIRECT !== undefined

  /** @param cached the open file; it stays the caller's */
  constructor(cached: fs.FileHandle) {
    this.#cached = cached
  }

  /**
   * Writes as much of the range as goes this way, from its beginning on.
   * @returns how many bytes are on their disk; the caller writes the rest through the cache
   * @throws what the system throws for the bytes themselves, such as ENOSPC and EIO
   */
  async write(
    buffer: Uint8Array,
    offset: number,
    lengthBytes: number,
    position: number,
  ): Promise<number> {
    const place = buffer.byteOffset + offset
    if (!this.#isPossible || !isWhole(position) || !isWhole(lengthBytes) || !isWhole(place)) {
      return 0
    }
    try {
      this.#direct ??= this.#open()
      const handle = await this.#direct
      if (handle === undefined) return 0
      return (await handle.write(buffer, offset, lengthBytes, position)).bytesWritten
    } catch (error) {
      if (!NOT_POSSIBLE.has(errnoOf(error) ?? '')) throw error
      this.#isPossible = false
      return 0
    }
  }

  async close(): Promise<void> {
    const handle = await this.#direct?.catch(() => undefined)
    await handle?.close()
  }

  /** By its descriptor: the name may be another file's by now. */
  #open(): Promise<fs.FileHandle> {
    const path = `/proc/self/fd/${this.#cached.fd}`
    return fs.open(path, constants.O_WRONLY | constants.O_DIRECT)
  }
}

const isWhole = (bytes: number) => bytes % DIRECT_UNIT_BYTES === 0
