/**
 * The files of the audit log: `audit.log` grows, and when it is full becomes `audit.log.1`, that `audit.log.2` and so on;
 * the last goes. Not synced: what is not on the disk at a power cut is not worth a commit's time.
 */
import { join } from 'node:path'
import type { Disk, DiskFile } from '../../shared/disk.js'

const NAME = 'audit.log'
/** The one that grows, and seven full ones. */
export const AUDIT_FILES = 8
const READ_BYTES = 128 * 1024

export class AuditFile {
  readonly #disk: Disk
  readonly #folder: string
  readonly #maxFileBytes: number
  #file: DiskFile
  #sizeBytes: number

  private constructor(
    disk: Disk,
    { folder, maxBytes }: { readonly folder: string; readonly maxBytes: number },
    opened: { readonly file: DiskFile; readonly sizeBytes: number },
  ) {
    this.#disk = disk
    this.#folder = folder
    this.#maxFileBytes = Math.max(1, Math.floor(maxBytes / AUDIT_FILES))
    this.#file = opened.file
    this.#sizeBytes = opened.sizeBytes
  }

  /** Opens or creates the log in a folder of its own. @param maxBytes of all files together */
  static async open(
    disk: Disk,
    place: { readonly folder: string; readonly maxBytes: number },
  ): Promise<AuditFile> {
    await disk.makeFolder(place.folder)
    return new AuditFile(disk, place, await openCurrent(disk, place.folder))
  }

  /** Appends whole lines. One call at a time. */
  async append(bytes: Uint8Array): Promise<void> {
    if (this.#sizeBytes > 0 && this.#sizeBytes + bytes.length > this.#maxFileBytes) {
      await this.#rotate()
    }
    await this.#file.write(bytes, 0, bytes.length, this.#sizeBytes)
    this.#sizeBytes += bytes.length
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #rotate(): Promise<void> {
    await this.#file.close()
    for (let number = AUDIT_FILES - 1; number > 0; number -= 1) {
      const from = auditFilePath(this.#folder, number - 1)
      if ((await this.#disk.stat(from)) === undefined) continue
      await this.#disk.rename(from, auditFilePath(this.#folder, number))
    }
    const { file, sizeBytes } = await openCurrent(this.#disk, this.#folder)
    this.#file = file
    this.#sizeBytes = sizeBytes
  }
}

/**
 * The lines of the log in `folder`, the newest first; lines that are written meanwhile may be among them or not. A file
 * that is rotated away meanwhile ends the reading early.
 */
export async function* auditLinesNewestFirst(disk: Disk, folder: string): AsyncGenerator<string> {
  for (let number = 0; number < AUDIT_FILES; number += 1) {
    const path = auditFilePath(folder, number)
    if ((await disk.stat(path)) === undefined) return
    const file = await disk.open(path, 'read')
    try {
      yield* linesBackwards(file)
    } finally {
      await file.close()
    }
  }
}

/** A line may be divided between two pieces, a character too: bytes are joined before they are read as text. */
async function* linesBackwards(file: DiskFile): AsyncGenerator<string> {
  let end = await file.sizeBytes()
  let rest = Buffer.alloc(0)
  while (end > 0) {
    const start = Math.max(0, end - READ_BYTES)
    const piece = Buffer.alloc(end - start)
    await file.read(piece, 0, piece.length, start)
    const bytes = Buffer.concat([piece, rest])
    const from = start === 0 ? 0 : bytes.indexOf(0x0a) + 1
    const lines = bytes.toString('utf8', from).split('\n')
    for (const line of lines.toReversed()) if (line !== '') yield line
    rest = bytes.subarray(0, from)
    end = start
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
