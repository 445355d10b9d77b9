/**
 * Writes of one file past the page cache (O_DIRECT), where the system can: the bytes go from our memory to the disk, no
 * copy is made, and what is cached for readers is not pushed out. Where it cannot (tmpfs, some network disks, macOS)
 * nothing is written here, and the caller goes through the cache.
 */
import { constants } from 'node:fs'
import { closeDescriptor, openDescriptor, writeSome } from './descriptors.js'
import { errnoOf } from './errors.js'

/** Position, length and place in memory must be multiples of this: a page, and the largest sector of any disk. */
export const DIRECT_UNIT_BYTES = 4096

/** Refusals of the way, not of the bytes. ENOENT and ENOTDIR: no /proc here. */
const NOT_POSSIBLE: ReadonlySet<string> = new Set(['EINVAL', 'ENOENT', 'ENOTDIR', 'EOPNOTSUPP'])

export class DirectWrites {
  readonly #cached: number
  #direct: Promise<number> | undefined
  #isPossible = constants.O_DIRECT !== undefined

  /** @param cached the descriptor of the open file; it stays the caller's, and open until `close` has returned */
  constructor(cached: number) {
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
      return await writeSome(await this.#direct, buffer, offset, lengthBytes, position)
    } catch (error) {
      if (!NOT_POSSIBLE.has(errnoOf(error) ?? '')) throw error
      this.#isPossible = false
      return 0
    }
  }

  /** Called once, when all writes have returned. */
  async close(): Promise<void> {
    // Whoever wrote was told why it could not be opened.
    const descriptor = await this.#direct?.catch(() => undefined)
    if (descriptor !== undefined) await closeDescriptor(descriptor)
  }

  /** By its descriptor: the name may be another file's by now. */
  #open(): Promise<number> {
    const path = `/proc/self/fd/${this.#cached}`
    return openDescriptor(path, constants.O_WRONLY | constants.O_DIRECT)
  }
}

const isWhole = (bytes: number) => bytes % DIRECT_UNIT_BYTES === 0
