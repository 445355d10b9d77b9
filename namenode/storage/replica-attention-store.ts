/**
 * Blocks that are not as they should be, on disk, with counters in memory: the bounded queues are refilled from here,
 * and statistics need no scan. At start the counters cost one pass over this table, which is as long as there are
 * troubled blocks, not as there are blocks.
 */
import { type BlockId, blockId } from '../../shared/ids.js'
import type { Database } from '../../shared/sqlite.js'
import { RISKS, type Risk } from '../policy/assess-block.js'

export interface AttentionRow {
  readonly risk: Risk
  readonly hasCorrupt: boolean
}

export interface AttentionEntry extends AttentionRow {
  readonly block: BlockId
  /** From when on it has been at this risk. */
  readonly sinceWallMs: number
}

export class ReplicaAttentionStore {
  readonly #statements: ReturnType<typeof prepare>
  readonly #counts = new Map<Risk, number>()
  #corrupt = 0

  constructor(database: Database) {
    this.#statements = prepare(database)
    this.recount()
  }

  /** Reads the counters from the table: at start, and after a transaction was rolled back. */
  recount(): void {
    this.#counts.clear()
    this.#corrupt = 0
    const rows = this.#statements.counts.all() as { risk: number; blocks: number; bad: number }[]
    for (const row of rows) {
      this.#add(riskAt(row.risk), row.blocks)
      this.#corrupt += row.bad
    }
  }

  count(risk: Risk): number {
    return this.#counts.get(risk) ?? 0
  }

  /** Blocks with a replica that its own node found bad. */
  get corruptBlocks(): number {
    return this.#corrupt
  }

  get(block: BlockId): AttentionRow | undefined {
    const row = this.#statements.get.get(block) as { risk: number; corrupt: number } | undefined
    return row === undefined ? undefined : { risk: riskAt(row.risk), hasCorrupt: row.corrupt === 1 }
  }

  /** Records the state of a block; undefined when all is well. Writes only what changes. */
  set(block: BlockId, next: AttentionRow | undefined, nowWallMs: number): void {
    const known = this.get(block)
    if (known?.risk === next?.risk && known?.hasCorrupt === next?.hasCorrupt) return
    if (known !== undefined) {
      this.#add(known.risk, -1)
      if (known.hasCorrupt) this.#corrupt -= 1
    }
    if (next === undefined) {
      this.#statements.remove.run(block)
      return
    }
    this.#statements.put.run(block, RISKS.indexOf(next.risk), next.hasCorrupt ? 1 : 0, nowWallMs)
    this.#add(next.risk, 1)
    if (next.hasCorrupt) this.#corrupt += 1
  }

  /** Blocks of one risk with ids above `after`, by id. */
  list(risk: Risk, after: number, limit: number): BlockId[] {
    const rows = this.#statements.list.all(RISKS.indexOf(risk), after, limit) as number[]
    return rows.map(blockId)
  }

  /** Some blocks at a risk, with the times since when, by id. */
  entries(risk: Risk, limit: number): AttentionEntry[] {
    const rows = this.#statements.entries.all(RISKS.indexOf(risk), limit) as {
      block: number
      corrupt: number
      since: number
    }[]
    return rows.map((row) => ({
      block: blockId(row.block),
      risk,
      hasCorrupt: row.corrupt === 1,
      sinceWallMs: row.since,
    }))
  }

  #add(risk: Risk, change: number): void {
    this.#counts.set(risk, this.count(risk) + change)
  }
}

function riskAt(position: number): Risk {
  return RISKS[position] ?? 'unknown'
}

function prepare(database: Database) {
  return {
    counts: database.prepare(
      'SELECT risk, count(*) AS blocks, sum(corrupt) AS bad FROM attention GROUP BY risk',
    ),
    get: database.prepare('SELECT risk, corrupt FROM attention WHERE block = ?'),
    put: database.prepare(
      `INSERT INTO attention (block, risk, corrupt, since) VALUES (?, ?, ?, ?) ON CONFLICT (block)
       DO UPDATE SET risk = excluded.risk, corrupt = excluded.corrupt,
         since = iif(risk = excluded.risk, since, excluded.since)`,
    ),
    entries: database.prepare(
      'SELECT block, corrupt, since FROM attention WHERE risk = ? ORDER BY block LIMIT ?',
    ),
    remove: database.prepare('DELETE FROM attention WHERE block = ?'),
    list: database
      .prepare('SELECT block FROM attention WHERE risk = ? AND block > ? ORDER BY block LIMIT ?')
      .pluck(),
  }
}
