/** Blocks of files, and the blocks whose files are gone. */
import {
  type BlockId,
  blockId,
  type GenerationStamp,
  generationStamp,
  type InodeId,
  inodeId,
} from '../../shared/ids.js'
import type { BlockRecord, BlockState, DeletedBlock } from '../service/namespace-model.js'
import type { Database } from './database.js'

interface Row {
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

  constructor(database: Database) {
    const prepare = database.prepare.bind(database)
    this.#get = prepare<[number], Row>(`${JOINED} WHERE block.id = ?`)
    this.#after = prepare<[number, number], Row>(
      `${JOINED} WHERE block.id > ? ORDER BY block.id LIMIT ?`,
    )
    this.#ofFile = prepare<[number, number], Row>(
      `${JOINED} WHERE block.inode = ? AND position >= ? ORDER BY position`,
    )
    this.#lastOfFile = prepare<[number, number], Row>(
      `${JOINED} WHERE block.inode = ? ORDER BY position DESC LIMIT ?`,
    )
    this.#count = prepare<[number], number>('SELECT count(*) FROM block WHERE inode = ?').pluck()
    this.#insert = prepare<[number, number, number, number]>(
      'INSERT INTO block (id, inode, position, generation, length, state) VALUES (?, ?, ?, ?, 0, 0)',
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
    this.#moveFile = prepare<[number, number, number]>(
      'UPDATE block SET inode = ?, position = position + ? WHERE inode = ?',
    )
    this.#bury = prepare<[number, number]>('INSERT INTO deleted_block VALUES (?, ?)')
    this.#buried = prepare<[number, number], { id: number; generation: number }>(
      'SELECT id, generation FROM deleted_block WHERE id > ? ORDER BY id LIMIT ?',
    )
    this.#exhume = prepare<[number]>('DELETE FROM deleted_block WHERE id = ?')
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

  countOfFile(id: InodeId): number {
    return this.#count.get(id) ?? 0
  }

  insert(block: { id: BlockId; inode: InodeId; index: number; generation: GenerationStamp }): void {
    this.#insert.run(block.id, block.inode, block.index, block.generation)
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

  /** As `bury`, for all blocks of a file from an index on. */
  buryOfFile(id: InodeId, fromIndex: number): DeletedBlock[] {
    const buried = this.#buryFile.all(id, fromIndex).map(toDeletedBlock)
    this.#removeFile.run(id, fromIndex)
    return buried
  }

  /** All blocks of one file become those of another, from position `fromIndex` on. */
  moveToFile(from: InodeId, to: InodeId, fromIndex: number): void {
    this.#moveFile.run(to, fromIndex, from)
  }

  deletedAfter(id: BlockId | 0, limit: number): DeletedBlock[] {
    return this.#buried.all(id, limit).map(toDeletedBlock)
  }

  forget(id: BlockId): void {
    this.#exhume.run(id)
  }
}

const toBlock = (row: Row): BlockRecord => ({
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
