/** Who is writing which file. A lease is one file's: the holder's other files have their own rows. */
import {
  type BlockId,
  blockId,
  type GenerationStamp,
  generationStamp,
  type InodeId,
  inodeId,
} from '../../shared/ids.js'
import type { Database } from './database.js'

export interface Lease {
  readonly inodeId: InodeId
  readonly holder: string
  /** Address of the client that opened the file; appears in messages to its rivals. */
  readonly clientMachine: string
  /** Stamp of the recovery under way: only its result may close the file. */
  readonly recovery: GenerationStamp | undefined
  /** The file is being truncated: the length that its last block is cut to. */
  readonly truncateBytes: number | undefined
  /** The block that gets these bytes, where the last one must stay as it is. */
  readonly truncateCopy?: BlockId | undefined
}

interface Row {
  inode: number
  holder: string
  client_machine: string
  recovery: number
  truncate_length: number | null
  truncate_copy: number | null
}

export class LeaseStore {
  readonly #get
  readonly #count
  readonly #isHeld
  readonly #after
  readonly #nextHolder
  readonly #files
  readonly #recovering
  readonly #cutInPlace
  readonly #put
  readonly #remove

  constructor(database: Database) {
    const prepare = database.prepare.bind(database)
    this.#get = prepare<[number], Row>('SELECT * FROM lease WHERE inode = ?')
    this.#count = prepare<[string], number>('SELECT count(*) FROM lease WHERE holder = ?').pluck()
    this.#isHeld = prepare<[string], number>(
      'SELECT EXISTS (SELECT 1 FROM lease WHERE holder = ?)',
    ).pluck()
    this.#after = prepare<[number, number], Row>(
      'SELECT * FROM lease WHERE inode > ? ORDER BY inode LIMIT ?',
    )
    this.#nextHolder = prepare<[string], string>(
      'SELECT holder FROM lease WHERE holder > ? ORDER BY holder LIMIT 1',
    ).pluck()
    this.#files = prepare<[string, number], number>(
      'SELECT inode FROM lease WHERE holder = ? AND recovery = 0 ORDER BY inode LIMIT ?',
    ).pluck()
    this.#recovering = prepare<[number, number], Row>(
      'SELECT * FROM lease WHERE recovery > 0 AND inode > ? ORDER BY inode LIMIT ?',
    )
    this.#cutInPlace = prepare<[number, number], number>(
      `SELECT inode FROM lease WHERE recovery > 0 AND inode > ? AND truncate_length IS NOT NULL
       AND truncate_copy IS NULL ORDER BY inode LIMIT ?`,
    ).pluck()
    this.#put = prepare<[number, string, string, number, number | null, number | null]>(
      `INSERT OR REPLACE INTO lease (inode, holder, client_machine, recovery, truncate_length, truncate_copy)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    this.#remove = prepare<[number]>('DELETE FROM lease WHERE inode = ?')
  }

  get(id: InodeId): Lease | undefined {
    const row = this.#get.get(id)
    return row === undefined ? undefined : toLease(row)
  }

  countOf(holder: string): number {
    return this.#count.get(holder) ?? 0
  }

  /** Asked at every renewal: counting would cost more with every open file. */
  hasAny(holder: string): boolean {
    return this.#isHeld.get(holder) === 1
  }

  after(id: InodeId | 0, limit: number): Lease[] {
    return this.#after.all(id, limit).map(toLease)
  }

  /** The holder that follows in bytewise order; a skip over the index, so many files of one holder cost nothing. */
  holderAfter(holder: string): string | undefined {
    return this.#nextHolder.get(holder)
  }

  /** Open files of a holder that are not under recovery: as many as are asked for are looked at, whatever is under recovery. */
  filesOf(holder: string, limit: number): InodeId[] {
    return this.#files.all(holder, limit).map(inodeId)
  }

  /** Files behind `after` that are under recovery. */
  recoveringAfter(after: InodeId | 0, limit: number): Lease[] {
    return this.#recovering.all(after, limit).map(toLease)
  }

  /** Files behind `after` whose last block loses bytes where it is, instead of being copied. */
  cutInPlaceAfter(after: InodeId | 0, limit: number): InodeId[] {
    return this.#cutInPlace.all(after, limit).map(inodeId)
  }

  put(lease: Lease): void {
    const { inodeId: id, holder, clientMachine, recovery, truncateBytes, truncateCopy } = lease
    this.#put.run(
      id,
      holder,
      clientMachine,
      recovery ?? 0,
      truncateBytes ?? null,
      truncateCopy ?? null,
    )
  }

  remove(id: InodeId): void {
    this.#remove.run(id)
  }
}

const toLease = (row: Row): Lease => ({
  inodeId: inodeId(row.inode),
  holder: row.holder,
  clientMachine: row.client_machine,
  recovery: row.recovery === 0 ? undefined : generationStamp(row.recovery),
  truncateBytes: row.truncate_length ?? undefined,
  truncateCopy: row.truncate_copy === null ? undefined : blockId(row.truncate_copy),
})
