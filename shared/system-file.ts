/**
 * An open file of the system, on a bare descriptor (`descriptors.ts` says why). What Node's FileHandle would see to is seen
 * to here, for reading and writing alike: no call begins after `close`, and the number is given back, perhaps to another
 * file, only when the calls under way have returned.
 */
import { fstatSync } from 'node:fs'
import {
  closeDescriptor,
  closeNow,
  readFully,
  sizeOf,
  syncData,
  truncateDescriptor,
  writeFully,
} from './descriptors.js'
import { DirectWrites } from './direct-writes.js'
import type { DiskFile, WriteRoute } from './disk.js'
import { DfsError } from './errors.js'

/** What the last close of a larger file may have to do is worth a trip to the thread pool, which is little beside its bytes. */
const LARGE_BYTES = 1024 * 1024

export class SystemFile implements DiskFile {
  readonly #descriptor: number
  readonly #isChangeable: boolean
  #direct: DirectWrites | undefined
  #underWay = 0
  /** Writes and cuts that have returned, and how many of them the last sync covered. */
  #changes = 0
  #syncedChanges = 0
  #closing: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  /** @param descriptor belongs to this file from now on */
  constructor(descriptor: number, access: 'read' | 'read-write') {
    this.#descriptor = descriptor
    this.#isChangeable = access === 'read-write'
  }

  read(buffer: Uint8Array, offset: number, lengthBytes: number, position: number): Promise<number> {
    return this.#call(() => readFully(this.#descriptor, buffer, offset, lengthBytes, position))
  }

  sizeBytes(): Promise<number> {
    return this.#call(() => sizeOf(this.#descriptor))
  }

  write(
    buffer: Uint8Array,
    offset: number,
    lengthBytes: number,
    position: number,
    route: WriteRoute = 'cached',
  ): Promise<void> {
    return this.#alter(() =>
      route === 'cached'
        ? writeFully(this.#descriptor, buffer, offset, lengthBytes, position)
        : this.#writePastCache(buffer, offset, lengthBytes, position),
    )
  }

  async #writePastCache(
    buffer: Uint8Array,
    offset: number,
    lengthBytes: number,
    position: number,
  ): Promise<void> {
    this.#direct ??= new DirectWrites(this.#descriptor)
    const done = await this.#direct.write(buffer, offset, lengthBytes, position)
    const rest = lengthBytes - done
    await writeFully(this.#descriptor, buffer, offset + done, rest, position + done)
  }

  truncate(lengthBytes: number): Promise<void> {
    return this.#alter(() => truncateDescriptor(this.#descriptor, lengthBytes))
  }

  sync(): Promise<void> {
    return this.#change(async () => {
      const changes = this.#changes
      await syncData(this.#descriptor)
      this.#syncedChanges = changes
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
    try {
      await this.#direct?.close()
    } finally {
      const close = this.#mayCloseSlowly() ? closeDescriptor : closeNow
      await close(this.#descriptor)
    }
  }

  /**
   * Closing hands nothing to a local disk and waits for none, so it is not worth a trip to the thread pool, but for: what was
   * written and not synced since (NFS brings it to its server, and tells here of what failed); a file without a name, which
   * is removed from the disk when it is closed; a large one (XFS takes back room that it had set aside behind it).
   * A network file system may still send a message that a file is closed: NFS does not wait for the answer, FUSE does.
   */
  #mayCloseSlowly(): boolean {
    if (this.#changes !== this.#syncedChanges) return true
    try {
      // Of an open file that is in memory.
      const { nlink, size } = fstatSync(this.#descriptor)
      return nlink === 0 || size > LARGE_BYTES
    } catch {
      // It must be closed all the same, and closing tells what there is to tell.
      return true
    }
  }

  /** As `#change`, of the content: what the next sync is for. */
  #alter(run: () => Promise<void>): Promise<void> {
    return this.#change(async () => {
      try {
        await run()
      } finally {
        // Also those that failed: they may have changed something. A sync that began before does not cover it.
        this.#changes += 1
      }
    })
  }

  #change(run: () => Promise<void>): Promise<void> {
    if (this.#isChangeable) return this.#call(run)
    return Promise.reject(new DfsError('INTERNAL', 'a file that was opened for reading is changed'))
  }

  async #call<T>(run: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) {
      throw new DfsError('INTERNAL', 'a file is used that was closed')
    }
    this.#underWay += 1
    try {
      return await run()
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) this.#onIdle?.()
    }
  }
}
