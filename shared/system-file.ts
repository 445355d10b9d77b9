/**
 * An open file of the system, on a bare descriptor (`descriptors.ts` says why). What Node's FileHandle would see to is seen
 * to here, for reading and writing alike: no call begins after `close`, and the number is given back, perhaps to another
 * file, only when the calls under way have returned.
 */
import {
  closeDescriptor,
  readFully,
  sizeOf,
  syncData,
  truncateDescriptor,
  writeFully,
} from './descriptors.js'
import { DirectWrites } from './direct-writes.js'
import type { DiskFile, WriteRoute } from './disk.js'
import { DfsError } from './errors.js'

export class SystemFile implements DiskFile {
  readonly #descriptor: number
  readonly #isChangeable: boolean
  #direct: DirectWrites | undefined
  #underWay = 0
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
    return this.#change(() =>
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
    return this.#change(() => truncateDescriptor(this.#descriptor, lengthBytes))
  }

  sync(): Promise<void> {
    return this.#change(() => syncData(this.#descriptor))
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
      await closeDescriptor(this.#descriptor)
    }
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
