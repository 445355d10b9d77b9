/**
 * A file that is only read, on a bare descriptor: each call costs half of what Node's FileHandle takes for it, which counts
 * where every small read opens two files. What FileHandle would see to is seen to here: no call begins after `close`, and
 * the number is given back, perhaps to another file, only when the calls under way have returned.
 */
import { close, fstat, read, type Stats } from 'node:fs'
import type { DiskFile } from './disk.js'
import { DfsError } from './errors.js'

type Answer<T> = (error: NodeJS.ErrnoException | null, value: T) => void

export class FileForReading implements DiskFile {
  readonly #descriptor: number
  #underWay = 0
  #closing: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  read(buffer: Uint8Array, offset: number, lengthBytes: number, position: number): Promise<number> {
    return this.#call((answer: Answer<number>) => {
      const readOn = (done: number) => {
        const at = position + done
        const onRead: Answer<number> = (error, bytes) => {
          if (error !== null) answer(error, done)
          else if (bytes === 0 || done + bytes === lengthBytes) answer(null, done + bytes)
          else readOn(done + bytes)
        }
        read(this.#descriptor, buffer, offset + done, lengthBytes - done, at, onRead)
      }
      readOn(0)
    })
  }

  async sizeBytes(): Promise<number> {
    const { size } = await this.#call((answer: Answer<Stats>) => fstat(this.#descriptor, answer))
    return size
  }

  write(): Promise<void> {
    return refuse()
  }

  truncate(): Promise<void> {
    return refuse()
  }

  sync(): Promise<void> {
    return refuse()
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
    await closeDescriptor(this.#descriptor)
  }

  #call<T>(run: (answer: Answer<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== undefined) {
        reject(new DfsError('INTERNAL', 'a file is read that was closed'))
        return
      }
      this.#underWay += 1
      run((error, value) => {
        this.#underWay -= 1
        if (this.#underWay === 0) this.#onIdle?.()
        if (error === null) resolve(value)
        else reject(error)
      })
    })
  }
}

export function closeDescriptor(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    close(descriptor, (error) => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}

function refuse(): Promise<never> {
  return Promise.reject(new DfsError('INTERNAL', 'a file that was opened for reading is changed'))
}
