/** Blocks of files, and the blocks whose files are gone. */
import {
  type BlockId,
  blockId,
  type GenerationStamp,
  generationStamp,
  type InodeId,
  inodeId,
} from '../../shared/ids.js'
import type { BlockRecord, BlockState, DeletedBlock } from '../service/namespace/namespace-model.js'
import type { Database } from './database.js'

export interface BlockRow {
  id: number
  inode: number
  position: number
  generation: number
  length: number
  state: number
  replication: number
}

const COLUMNS = 'block.id, block.inode, position, generation, block.length, state, replication'
const JOINED = `SELECT ${COLUMNS} FROM block CROSS JOIN inode ON inode.id = block.inode`

export class BlockStore {
  readonly #get
  readonly #after
  readonly #ofFile
  readonly #lastOfFile
  readonly #leftOpen
  readonly #count
  readonly #insert
  readonly #update
  readonly #remove
  readonly #buryFile
  readonly #removeFile
  readonly #moveFile
  readonly #bury
  readonly #buried
  readonly #exhume
  readonly #since
  readonly #setSince
  readonly #retain
  readonly #hasAny

  constructor(database: Database) {
    const prepare = database.prepare.bind(database)
    this.#get = prepare<[number], BlockRow>(`${JOINED} WHERE block.id = ?`)
    this.#after = prepare<[number, number], BlockRow>(
      `${JOINED} WHERE block.id > ? ORDER BY block.id LIMIT ?`,
    )
    this.#ofFile = prepare<[number, number], BlockRow>(
      `${JOINED} WHERE block.inode = ? AND position >= ? ORDER BY position`,
    )
    this.#lastOfFile = prepare<[number, number], BlockRow>(
      `${JOINED} WHERE block.inode = ? AND position >= 0 ORDER BY position DESC LIMIT ?`,
    )
    this.#leftOpen = prepare<[number], BlockRow>(
      `${JOINED} WHERE block.inode = ? AND position < 0 AND state = 0 LIMIT 1`,
    )
    this.#count = prepare<[number], number>(
      'SELECT count(*) FROM block WHERE inode = ? AND position >= 0',
    ).pluck()
    this.#insert = prepare<[number, number, number, number, number]>(
      'INSERT INTO block (id, inode, position, generation, length, state, since) VALUES (?, ?, ?, ?, 0, 0, ?)',
    )
    this.#update = prepare<[number, number, number, number]>(
      'UPDATE block SET generation = ?, length = ?, state = ? WHERE id = ?',
    )
    this.#remove = prepare<[number]>('DELETE FROM block WHERE id = ?')
    this.#buryFile = prepare<[number, number], { id: number; generation: number }>(
      `INSERT INTO deleted_block SELECT id, generation FROM block WHERE inode = ? AND position >= ?
       RETURNING id, generation`,
    )
    this.#removeFile = prepare<[number, number]>(
      'DELETE FROM block WHERE inode = ? AND position >= ?',
    )
    this.#moveFile = prepare<[number, number, number, number]>(
      'UPDATE block SET inode = ?, position = position + ?, since = ? WHERE inode = ? AND position >= 0',
    )
    this.#bury = prepare<[number, number]>('INSERT INTO deleted_block VALUES (?, ?)')
    this.#buried = prepare<[number, number], { id: number; generation: number }>(
      'SELECT id, generation FROM deleted_block WHERE id > ? ORDER BY id LIMIT ?',
    )
    this.#exhume = prepare<[number]>('DELETE FROM deleted_block WHERE id = ?')
    this.#since = prepare<[number], number>('SELECT since FROM block WHERE id = ?').pluck()
    this.#setSince = prepare<[number, number]>('UPDATE block SET since = ? WHERE id = ?')
    this.#retain = prepare<[number]>('UPDATE block SET position = -id WHERE id = ?')
    this.#hasAny = prepare<[number], number>('SELECT 1 FROM block WHERE inode = ? LIMIT 1').pluck()
  }

  get(id: BlockId): BlockRecord | undefined {
    const row = this.#get.get(id)
    return row === undefined ? undefined : toBlock(row)
  }

  after(id: BlockId | 0, limit: number): BlockRecord[] {
    return this.#after.all(id, limit).map(toBlock)
  }

  ofFile(id: InodeId, fromIndex = 0): BlockRecord[] {
    return this.#ofFile.all(id, fromIndex).map(toBlock)
  }

  /** The last block of a file and, when `count` is 2, the one before it: last first. */
  lastOfFile(id: InodeId, count: number): BlockRecord[] {
    return this.#lastOfFile.all(id, count).map(toBlock)
  }

  /** The retained block of a deleted file that was being written when it was deleted: one at most. */
  leftOpen(id: InodeId): BlockRecord | undefined {
    const row = this.#leftOpen.get(id)
    return row === undefined ? undefined : toBlock(row)
  }

  countOfFile(id: InodeId): number {
    return this.#count.get(id) ?? 0
  }

  /** @param since the transaction that allocates it */
  insert(
    block: { id: BlockId; inode: InodeId; index: number; generation: GenerationStamp },
    since: number,
  ): void {
    this.#insert.run(block.id, block.inode, block.index, block.generation, since)
  }

  update(
    id: BlockId,
    values: { generation: GenerationStamp; lengthBytes: number; state: BlockState },
  ): void {
    const state = values.state === 'committed' ? 1 : 0
    this.#update.run(values.generation, values.lengthBytes, state, id)
  }

  /** The block is no longer part of its file; its replicas are to be deleted. */
  bury(block: { readonly id: BlockId; readonly generationStamp: GenerationStamp }): DeletedBlock {
    this.#remove.run(block.id)
    this.#bury.run(block.id, block.generationStamp)
    return { blockId: block.id, generationStamp: block.generationStamp }
  }

  /** Replicas of a block that never came to be part of a file are to be deleted, up to any version. */
  buryUnused(id: BlockId, generation: number): DeletedBlock {
    this.#bury.run(id, generation)
    return { blockId: id, generationStamp: generation }
  }

  /** As `bury`, for all blocks of a file from an index on. */
  buryOfFile(id: InodeId, fromIndex: number): DeletedBlock[] {
    const buried = this.#buryFile.all(id, fromIndex).map(toDeletedBlock)
    this.#removeFile.run(id, fromIndex)
    return buried
  }

  /** All blocks of one file become those of another, from position `fromIndex` on, with this transaction. */
  moveToFile(from: InodeId, to: InodeId, fromIndex: number, transaction: number): void {
    this.#moveFile.run(to, fromIndex, transaction, from)
  }

  /** The transaction since which the block has its place and length, as far as a snapshot could tell the difference. */
  sinceOf(id: BlockId): number {
    return this.#since.get(id) ?? 0
  }

  setSince(id: BlockId, transaction: number): void {
    this.#setSince.run(transaction, id)
  }

  /** The file has the block no more, but a snapshot shows it: it keeps its row and its replicas, without a place. */
  retain(id: BlockId): void {
    this.#retain.run(id)
  }

  /** Whether the file has blocks of its own or retained ones. */
  hasAny(id: InodeId): boolean {
    return this.#hasAny.get(id) !== undefined
  }

  deletedAfter(id: BlockId | 0, limit: number): DeletedBlock[] {
    return this.#buried.all(id, limit).map(toDeletedBlock)
  }

  forget(id: BlockId): void {
    this.#exhume.run(id)
  }
}

export const toBlock = (row: BlockRow): BlockRecord => ({
  id: blockId(row.id),
  generationStamp: generationStamp(row.generation),
  lengthBytes: row.length,
  inodeId: inodeId(row.inode),
  index: row.position,
  state: row.state === 1 ? 'committed' : 'under-construction',
  replication: row.replication,
})

const toDeletedBlock = (row: { id: number; generation: number }): DeletedBlock => ({
  blockId: blockId(row.id),
  generationStamp: row.generation,
})
