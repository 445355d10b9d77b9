/**
 * Gathers small pieces into large writes to a local file, and writes one buffer while the other is being filled: a write
 * for each packet would make the network wait for the disk 16,000 times a gigabyte.
 */
import type { FileHandle } from 'node:fs/promises'
import { assert } from '../assert.js'

const BUFFER_BYTES = 1024 * 1024

export class GatheringWriter {
  readonly #handle: Pick<FileHandle, 'write'>
  #filling = Buffer.allocUnsafe(BUFFER_BYTES)
  #filledBytes = 0
  #spare = Buffer.allocUnsafe(BUFFER_BYTES)
  #writing: Promise<void> = Promise.resolve()

  /** Writes from the file's present position on. Nobody else writes to it. */
  constructor(handle: Pick<FileHandle, 'write'>) {
    this.#handle = handle
  }

  /** Takes a copy of `bytes`. Rejects with the failure of an earlier write. */
  async add(bytes: Uint8Array): Promise<void> {
    let done = 0
    while (done < bytes.length) {
      const count = Math.min(bytes.length - done, BUFFER_BYTES - this.#filledBytes)
      this.#filling.set(bytes.subarray(done, done + count), this.#filledBytes)
      this.#filledBytes += count
      done += count
      if (this.#filledBytes === BUFFER_BYTES) await this.#handOver()
    }
  }

  /** Resolves when everything has been written. */
  async finish(): Promise<void> {
    await this.#handOver()
    await this.#writing
  }

  /** Waits for the write under way, so that the file can be closed; its failure is told by `add` or `finish`. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#writing])
  }

  async #handOver(): Promise<void> {
    await this.#writing
    const full = this.#filling.subarray(0, this.#filledBytes)
    const next = this.#spare
    this.#spare = this.#filling
    this.#filling = next
    this.#filledBytes = 0
    this.#writing = this.#write(full)
    // Heard by the next call; until then a failure is not an unhandled one.
    this.#writing.catch(() => {})
  }

  async #write(bytes: Buffer): Promise<void> {
    let done = 0
    while (done < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done)
      assert(bytesWritten > 0, 'a write makes progress or fails')
      done += bytesWritten
    }
  }
}
