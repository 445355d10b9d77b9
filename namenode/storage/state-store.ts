/**
 * Identity and counters of the namespace: one row. Counters live in memory between commits, since every change moves
 * them, and are written once for each commit, in the same transaction as the effects they count.
 */
import { present } from '../../shared/assert.js'
import { FIRST_BLOCK_ID, FIRST_GENERATION_STAMP, ROOT_INODE_ID } from '../../shared/ids.js'
import type { Database } from './database.js'

export interface State {
  clusterId: string
  blockPoolId: string
  createdMs: number
  epoch: number
  lastTransaction: number
  /** Ids below these may be in use or have been: never given out again. */
  nextInode: number
  nextBlock: number
  nextGeneration: number
  /** Blocks of files, open ones and those of deleted trees not yet purged included. */
  blocks: number
}

interface Row {
  cluster_id: string
  block_pool_id: string
  created_ms: number
  epoch: number
  last_transaction: number
  next_inode: number
  next_block: number
  next_generation: number
  blocks: number
}

export class StateStore {
  readonly #get
  readonly #put

  constructor(database: Database) {
    this.#get = database.prepare<[], Row>('SELECT * FROM state')
    this.#put = database.prepare<
      [string, string, number, number, number, number, number, number, number]
    >('INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  }

  /** undefined for a store that has not been formatted. */
  find(): State | undefined {
    const row = this.#get.get()
    return row === undefined ? undefined : toState(row)
  }

  get(): State {
    return present(this.find(), 'the store has been formatted')
  }

  put(state: State): void {
    this.#put.run(
      state.clusterId,
      state.blockPoolId,
      state.createdMs,
      state.epoch,
      state.lastTransaction,
      state.nextInode,
      state.nextBlock,
      state.nextGeneration,
      state.blocks,
    )
  }
}

const toState = (row: Row): State => ({
  clusterId: row.cluster_id,
  blockPoolId: row.block_pool_id,
  createdMs: row.created_ms,
  epoch: row.epoch,
  lastTransaction: row.last_transaction,
  nextInode: row.next_inode,
  nextBlock: row.next_block,
  nextGeneration: row.next_generation,
  blocks: row.blocks,
})

/** Of a store before its first edit. */
export const unformattedState = (): State => ({
  clusterId: '',
  blockPoolId: '',
  createdMs: 0,
  epoch: 0,
  lastTransaction: 0,
  nextInode: ROOT_INODE_ID + 1,
  nextBlock: FIRST_BLOCK_ID,
  nextGeneration: FIRST_GENERATION_STAMP,
  blocks: 0,
})
