/** The rows of the replica map. Point lookups are prepared; nothing here judges, and nothing holds a cursor open. */
import { type BlockId, blockId } from '../../shared/ids.js'
import type { Database } from '../../shared/sqlite.js'

/** Small number of a storage, valid within one file. */
export type StorageNumber = number

export type RowState = 'being-written' | 'finalized' | 'corrupt'

export interface ReplicaRow {
  readonly blockId: BlockId
  readonly storage: StorageNumber
  readonly generationStamp: number
  readonly lengthBytes: number
  readonly state: RowState
  /** Number of the node's session in which it was last reported. */
  readonly session: number
}

export interface StorageRow {
  readonly number: StorageNumber
  readonly datanode: string
  readonly storage: string
  readonly replicas: number
}

const STATES = ['being-written', 'finalized', 'corrupt'] as const

type RawReplica = [number, number, number, number, number, number]
const COLUMNS = 'block, storage, gs, length, state, session'

export class ReplicaStore {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepare>
  readonly #onError: (error: unknown) => void
  /** Rows of each storage; `dirty` names those whose stored count lags behind. */
  readonly #counts = new Map<StorageNumber, number>()
  readonly #dirty = new Set<StorageNumber>()

  /** @param onError told of every failed transaction, before the caller is */
  constructor(database: Database, onError: (error: unknown) => void = () => {}) {
    this.#database = database
    this.#onError = onError
    this.#statements = prepare(database)
    for (const row of this.storages()) this.#counts.set(row.number, row.replicas)
  }

  /** Runs `work` in one transaction; inner calls join the outer one. `work` must not await. */
  transaction<T>(work: () => T): T {
    if (this.#database.inTransaction) return work()
    try {
      return this.#database.transaction(() => {
        const result = work()
        this.#writeCounts()
        return result
      })()
    } catch (error) {
      this.#recount()
      this.#onError(error)
      throw error
    }
  }

  #writeCounts(): void {
    for (const number of this.#dirty) {
      this.#statements.setCount.run(this.#counts.get(number) ?? 0, number)
    }
    this.#dirty.clear()
  }

  /** After a rollback: the stored counts are the truth again. */
  #recount(): void {
    this.#dirty.clear()
    for (const row of this.storages()) this.#counts.set(row.number, row.replicas)
  }

  storages(): StorageRow[] {
    return this.#statements.storages.all() as StorageRow[]
  }

  /** The number of a storage, given out at its first mention. */
  storageNumber(datanode: string, storage: string): StorageNumber {
    this.#statements.addStorage.run(datanode, storage)
    return this.#statements.storageNumber.get(datanode, storage) as StorageNumber
  }

  replicaCount(storage: StorageNumber): number {
    return this.#counts.get(storage) ?? 0
  }

  replicasOf(block: BlockId): ReplicaRow[] {
    return (this.#statements.ofBlock.all(block) as RawReplica[]).map(toReplica)
  }

  replica(block: BlockId, storage: StorageNumber): ReplicaRow | undefined {
    const row = this.#statements.one.get(block, storage) as RawReplica | undefined
    return row === undefined ? undefined : toReplica(row)
  }

  /**
   * Inserts or replaces.
   * @param known what `replica` says of it: callers have asked already
   */
  put(row: ReplicaRow, known: ReplicaRow | undefined): void {
    this.transaction(() => {
      this.#statements.put.run(
        row.blockId,
        row.storage,
        row.generationStamp,
        row.lengthBytes,
        STATES.indexOf(row.state),
        row.session,
      )
      if (known === undefined) this.#count(row.storage, 1)
    })
  }

  /** false when there was none. */
  remove(block: BlockId, storage: StorageNumber): boolean {
    return this.transaction(() => {
      const { changes } = this.#statements.remove.run(block, storage)
      if (changes > 0) this.#count(storage, -1)
      return changes > 0
    })
  }

  /** Replicas of a storage with block ids in (`after`, `upTo`], by block id. */
  ofStorage(storage: StorageNumber, after: number, upTo: number, limit: number): ReplicaRow[] {
    return (this.#statements.ofStorage.all(storage, after, upTo, limit) as RawReplica[]).map(
      toReplica,
    )
  }

  /** Blocks above `after` that have a replica anywhere, by id: for the search for orphans. */
  blocksAfter(after: number, limit: number): BlockId[] {
    return (this.#statements.blocksAfter.all(after, limit) as number[]).map(blockId)
  }

  #count(storage: StorageNumber, change: number): void {
    this.#counts.set(storage, (this.#counts.get(storage) ?? 0) + change)
    this.#dirty.add(storage)
  }

  close(): void {
    this.#database.close()
  }
}

function toReplica([block, storage, gs, length, state, session]: RawReplica): ReplicaRow {
  return {
    blockId: blockId(block),
    storage,
    generationStamp: gs,
    lengthBytes: length,
    state: STATES[state] ?? 'corrupt',
    session,
  }
}

function prepare(database: Database) {
  return {
    storages: database.prepare('SELECT number, datanode, storage, replicas FROM storage'),
    addStorage: database.prepare(
      'INSERT INTO storage (datanode, storage) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    storageNumber: database
      .prepare('SELECT number FROM storage WHERE datanode = ? AND storage = ?')
      .pluck(),
    setCount: database.prepare('UPDATE storage SET replicas = ? WHERE number = ?'),
    ofBlock: database
      .prepare(`SELECT ${COLUMNS} FROM replica WHERE block = ? ORDER BY storage`)
      .raw(),
    one: database.prepare(`SELECT ${COLUMNS} FROM replica WHERE block = ? AND storage = ?`).raw(),
    put: database.prepare(
      `INSERT INTO replica (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (block, storage)
       DO UPDATE SET gs = excluded.gs, length = excluded.length, state = excluded.state,
         session = excluded.session`,
    ),
    remove: database.prepare('DELETE FROM replica WHERE block = ? AND storage = ?'),
    ofStorage: database
      .prepare(
        `SELECT ${COLUMNS} FROM replica INDEXED BY replica_by_storage
         WHERE storage = ? AND block > ? AND block <= ? ORDER BY block LIMIT ?`,
      )
      .raw(),
    blocksAfter: database
      .prepare('SELECT DISTINCT block FROM replica WHERE block > ? ORDER BY block LIMIT ?')
      .pluck(),
  }
}
