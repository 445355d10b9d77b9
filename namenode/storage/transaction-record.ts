/**
 * The last committed transaction, outside the database. A flipped bit in the middle of a WAL makes SQLite drop all that
 * follows and call the rest healthy; a start that finds less than this record says refuses (DESIGN.md, "The record").
 *
 * Two slots of 512 bytes written in turn, each with its own checksum: a torn write leaves the other slot. Written after
 * each commit, so it is never ahead of the database; synced behind the callers' backs, at most `SYNC_EVERY_MS` late,
 * because a second sync in each commit would cost a third of the speed and a kill of the process loses nothing.
 */

import { closeSync, fdatasync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from '@node-rs/crc32'
import type { Clock } from '../../shared/clock.js'
import { crashPoint } from '../../shared/crash-point.js'
import { DfsError, errnoOf } from '../../shared/errors.js'
import { writeWholeFile } from './whole-file.js'

const SLOT_BYTES = 512
const SYNC_EVERY_MS = 50

export interface RecordedTransaction {
  readonly clusterId: string
  readonly epoch: number
  readonly transactionId: number
}

/** The newest intact slot; undefined when there is no file. @throws DATABASE_CORRUPT when no slot is intact */
export function readTransactionRecord(path: string): RecordedTransaction | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
  const slots = [0, SLOT_BYTES]
    .map((offset) => decodeSlot(bytes.subarray(offset, offset + SLOT_BYTES)))
    .filter((slot) => slot !== undefined)
    .toSorted((left, right) => right.transactionId - left.transactionId)
  if (slots[0] !== undefined) return slots[0]
  throw new DfsError('DATABASE_CORRUPT', `${path} is damaged: no slot of it is intact`)
}

/** Syncs a file and calls back. In production beside the event loop; in a simulation on it, since threads have no seed. */
export type StartSync = (descriptor: number, done: (error: Error | null) => void) => void

/** Returns, and has called back, when the file is on the disk. */
export const syncAtOnce: StartSync = (descriptor, done) => {
  fdatasyncSync(descriptor)
  done(null)
}

export class TransactionRecord {
  readonly #descriptor: number
  readonly #clock: Clock
  readonly #onError: (error: Error) => void
  readonly #startSync: StartSync
  #slot = 0
  #isDirty = false
  #cancelSync: (() => void) | undefined
  #syncing: Promise<void> | undefined

  /**
   * Opens or creates the file; what it says then is on the disk when this returns.
   * @param onError told when a sync failed: the disk is not to be trusted then
   */
  constructor(
    path: string,
    begin: RecordedTransaction,
    clock: Clock,
    onError: (error: Error) => void,
    startSync: StartSync = fdatasync,
  ) {
    this.#clock = clock
    this.#startSync = startSync
    this.#onError = onError
    this.#descriptor = openOrCreate(path, begin)
    this.write(begin)
    this.write(begin)
    fdatasyncSync(this.#descriptor)
    this.#isDirty = false
  }

  /** Notes what has just been committed. */
  write(record: RecordedTransaction): void {
    const bytes = encodeSlot(record)
    writeSync(this.#descriptor, bytes, 0, SLOT_BYTES, this.#slot * SLOT_BYTES)
    this.#slot = 1 - this.#slot
    this.#isDirty = true
    if (this.#cancelSync === undefined && this.#syncing === undefined) this.#syncLater()
  }

  async close(): Promise<void> {
    this.#cancelSync?.()
    await this.#syncing
    if (this.#isDirty) fdatasyncSync(this.#descriptor)
    closeSync(this.#descriptor)
  }

  #syncLater(): void {
    this.#cancelSync = this.#clock.after(SYNC_EVERY_MS, () => {
      this.#cancelSync = undefined
      this.#isDirty = false
      this.#syncing = this.#sync()
    })
  }

  #sync(): Promise<void> {
    return new Promise((resolve) => {
      this.#startSync(this.#descriptor, (error) => {
        this.#syncing = undefined
        if (error !== null) this.#onError(error)
        else if (this.#isDirty) this.#syncLater()
        resolve()
      })
    })
  }
}

/** A new one has its content before it has its name: one without an intact slot is refused at the next start. */
function openOrCreate(path: string, begin: RecordedTransaction): number {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  const slot = encodeSlot(begin)
  writeWholeFile(path, Buffer.concat([slot, slot]), () => crashPoint('start.record-made'))
  return openSync(path, 'r+')
}

function encodeSlot(record: RecordedTransaction): Buffer {
  const text = JSON.stringify(record)
  const slot = Buffer.alloc(SLOT_BYTES)
  slot.write(text, 4)
  slot.writeUInt32BE(crc32(slot.subarray(4)), 0)
  return slot
}

function decodeSlot(slot: Buffer): RecordedTransaction | undefined {
  if (slot.length < SLOT_BYTES || crc32(slot.subarray(4)) !== slot.readUInt32BE(0)) return undefined
  const end = slot.indexOf(0, 4)
  if (end <= 4) return undefined
  return JSON.parse(slot.toString('utf8', 4, end)) as RecordedTransaction
}
