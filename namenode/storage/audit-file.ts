/**
 * The files of the audit log: `audit.log` grows, and when it is full becomes `audit.log.1`, that `audit.log.2` and so on;
 * the last goes. Not synced: what is not on the disk at a power cut is not worth a commit's time.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Disk, DiskFile } from '../../shared/disk.js'
import { DfsError } from '../../shared/errors.js'

const NAME = 'audit.log'
/** The one that grows, and seven full ones. */
export const AUDIT_FILES = 8
const READ_BYTES = 128 * 1024
/** A line names every source of a `concat`. */
const MAX_LINE_BYTES = 4 * 1024 * 1024

export interface AuditFileOptions {
  readonly folder: string
  /** Of all files together. */
  readonly maxBytes: number
  /** The log goes on in the file that is full, up to the room of all files. */
  readonly onRotationError: (error: unknown) => void
}

export class AuditFile {
  readonly #disk: Disk
  readonly #options: AuditFileOptions
  readonly #maxFileBytes: number
  #file: DiskFile
  #sizeBytes: number

  private constructor(
    disk: Disk,
    options: AuditFileOptions,
    opened: { readonly file: DiskFile; readonly sizeBytes: number },
  ) {
    this.#disk = disk
    this.#options = options
    this.#maxFileBytes = Math.max(1, Math.floor(options.maxBytes / AUDIT_FILES))
    this.#file = opened.file
    this.#sizeBytes = opened.sizeBytes
  }

  /** Opens or creates the log in a folder of its own. */
  static async open(disk: Disk, options: AuditFileOptions): Promise<AuditFile> {
    await disk.makeFolder(options.folder)
    return new AuditFile(disk, options, await openCurrent(disk, options.folder))
  }

  /** Appends whole lines. One call at a time. @throws what the disk throws; DfsError DISK_FULL when nothing rotates */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#sizeBytes > 0 && this.#sizeBytes + bytes.length > this.#maxFileBytes) {
      await this.#tryToRotate()
    }
    if (this.#sizeBytes > 0 && this.#sizeBytes + bytes.length > this.#options.maxBytes) {
      throw new DfsError('DISK_FULL', 'the audit log has used up its room: it cannot be rotated')
    }
    await this.#file.write(bytes, 0, bytes.length, this.#sizeBytes)
    this.#sizeBytes += bytes.length
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /** The full file stays open until there is another one: whatever fails, the log goes on, and this is tried again. */
  async #tryToRotate(): Promise<void> {
    const full = this.#file
    try {
      await this.#makeWay()
      const { file, sizeBytes } = await openCurrent(this.#disk, this.#options.folder)
      this.#file = file
      this.#sizeBytes = sizeBytes
      await full.close()
    } catch (error) {
      this.#options.onRotationError(error)
    }
  }

  /** Moves files up to the first free number: after half a rotation no more than that is moved again, and none is lost. */
  async #makeWay(): Promise<void> {
    const { folder } = this.#options
    let free = 0
    while (free < AUDIT_FILES - 1 && (await this.#isThere(free))) free += 1
    for (let number = free; number > 0; number -= 1) {
      await this.#disk.rename(auditFilePath(folder, number - 1), auditFilePath(folder, number))
    }
  }

  async #isThere(number: number): Promise<boolean> {
    return (await this.#disk.stat(auditFilePath(this.#options.folder, number))) !== undefined
  }
}

/**
 * The lines of the log in `folder`, the newest first; lines that are written meanwhile may be among them or not, and
 * those of a file that is moved away meanwhile may be missing.
 */
export async function* auditLinesNewestFirst(disk: Disk, folder: string): AsyncGenerator<string> {
  for (let number = 0; number < AUDIT_FILES; number += 1) {
    const path = auditFilePath(folder, number)
    if ((await disk.stat(path)) === undefined) continue
    const file = await disk.open(path, 'read')
    try {
      const lines = new LinesBackwards(await file.sizeBytes())
      for (let range = lines.next; range !== undefined; range = lines.next) {
        const piece = Buffer.alloc(range.lengthBytes)
        await file.read(piece, 0, piece.length, range.offsetBytes)
        yield* lines.take(piece)
      }
    } finally {
      await file.close()
    }
  }
}

/** The same where nothing can be waited for: SQLite asks for rows in one go. */
export function* auditLinesAtOnce(folder: string): Generator<string> {
  for (let number = 0; number < AUDIT_FILES; number += 1) {
    const path = auditFilePath(folder, number)
    if (!existsSync(path)) continue
    const file = openSync(path, 'r')
    try {
      const lines = new LinesBackwards(fstatSync(file).size)
      for (let range = lines.next; range !== undefined; range = lines.next) {
        const piece = Buffer.alloc(range.lengthBytes)
        readSync(file, piece, 0, piece.length, range.offsetBytes)
        yield* lines.take(piece)
      }
    } finally {
      closeSync(file)
    }
  }
}

/**
 * Lines from pieces of a file, its end first: a file may be larger than the longest string. A line may be divided between
 * two pieces, a character too: bytes are joined before they are read as text.
 */
class LinesBackwards {
  #endBytes: number
  #rest = Buffer.alloc(0)

  constructor(sizeBytes: number) {
    this.#endBytes = sizeBytes
  }

  /** The piece that is to be read and taken next; undefined at the file's beginning. */
  get next(): { readonly offsetBytes: number; readonly lengthBytes: number } | undefined {
    if (this.#endBytes === 0) return undefined
    const offsetBytes = Math.max(0, this.#endBytes - READ_BYTES)
    return { offsetBytes, lengthBytes: this.#endBytes - offsetBytes }
  }

  /** The lines that `piece` makes whole, the last first. */
  take(piece: Buffer): string[] {
    this.#endBytes -= piece.length
    const bytes = Buffer.concat([piece, this.#rest])
    const isBeginning = this.#endBytes === 0
    const from = isBeginning ? 0 : bytes.indexOf(0x0a) + 1
    // More than this without an end is no line of ours.
    const isLine = isBeginning || from > 0 || bytes.length > MAX_LINE_BYTES
    this.#rest = isLine ? bytes.subarray(0, from) : bytes
    if (!isLine) return []
    const lines = bytes.toString('utf8', from).split('\n')
    return lines.toReversed().filter((line) => line !== '')
  }
}

async function openCurrent(disk: Disk, folder: string) {
  const path = auditFilePath(folder, 0)
  const isThere = (await disk.stat(path)) !== undefined
  const file = await disk.open(path, isThere ? 'read-write' : 'create-new')
  return { file, sizeBytes: await file.sizeBytes() }
}

/** Where the log's file is; 0 is the one that grows. */
export const auditFilePath = (folder: string, number: number): string =>
  join(folder, number === 0 ? NAME : `${NAME}.${number}`)
