/**
 * The calls to the system on open files, by their bare numbers and with callbacks: each costs half of what Node's FileHandle
 * takes for it, which counts where every small replica is two files. What FileHandle would see to, that a number is still
 * this file's when a call begins and until it ends, is the business of SystemFile.
 */
import { close, closeSync, fdatasync, fstat, fsync, ftruncate, open, read, write } from 'node:fs'
import { promisify } from 'node:util'
import { DfsError } from './errors.js'

export const openDescriptor: (path: string, flags: number, mode?: number) => Promise<number> =
  promisify(open)
export const closeDescriptor = promisify(close)
export const truncateDescriptor = promisify(ftruncate)
/** Data and length, not the times. */
export const syncData = promisify(fdatasync)
/** All of it; the names, if it is a folder. */
export const syncAll = promisify(fsync)

/** As `closeDescriptor` without a trip to the thread pool, where closing waits for nothing. */
export async function closeNow(descriptor: number): Promise<void> {
  closeSync(descriptor)
}

const statDescriptor = promisify(fstat)

export async function sizeOf(descriptor: number): Promise<number> {
  return (await statDescriptor(descriptor)).size
}

/** Reads on until `lengthBytes` have come or the file ends; returns how many came. */
export function readFully(
  descriptor: number,
  buffer: Uint8Array,
  offset: number,
  lengthBytes: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const readOn = (done: number) => {
      read(
        descriptor,
        buffer,
        offset + done,
        lengthBytes - done,
        position + done,
        (error, bytes) => {
          if (error !== null) reject(error)
          else if (bytes === 0 || done + bytes === lengthBytes) resolve(done + bytes)
          else readOn(done + bytes)
        },
      )
    }
    readOn(0)
  })
}

/** Writes as much as the system takes at once; returns how much that was. */
export function writeSome(
  descriptor: number,
  buffer: Uint8Array,
  offset: number,
  lengthBytes: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, buffer, offset, lengthBytes, position, (error, bytes) => {
      if (error === null) resolve(bytes)
      else reject(error)
    })
  })
}

/** Writes all of the range or throws. @param some what takes it to the system */
export async function writeFully(
  descriptor: number,
  buffer: Uint8Array,
  offset: number,
  lengthBytes: number,
  position: number,
  some = writeSome,
): Promise<void> {
  let done = 0
  while (done < lengthBytes) {
    const bytes = await some(descriptor, buffer, offset + done, lengthBytes - done, position + done)
    // Asking again could go on for ever.
    if (bytes === 0) throw new DfsError('IO', 'the system took nothing of a write, and no error')
    done += bytes
  }
}
