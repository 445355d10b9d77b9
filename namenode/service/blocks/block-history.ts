/**
 * Remembers what happened to blocks and why, for `dfs explain`. Noting costs a push to an array: the file is opened with
 * the first batch and written once a second, off the path of every call. A file that cannot be written costs history,
 * never service.
 */
import type { Clock } from '../../../shared/clock.js'
import { toDfsError } from '../../../shared/errors.js'
import type { BlockId } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import { type HistoryRow, HistoryStore } from '../../storage/history-store.js'

/**
 * - `pipeline`: given to these nodes to be written. `committed`: its length is final.
 * - `received`, `corrupt`, `mended`, `deleted`: what a node told, or a full report no longer listed.
 * - `suspected`: a reader complained. `copy-ordered`, `copy-failed`, `deletion-ordered`: what the namenode did.
 */
export type BlockEventKind =
  | 'pipeline'
  | 'committed'
  | 'received'
  | 'corrupt'
  | 'mended'
  | 'deleted'
  | 'suspected'
  | 'copy-ordered'
  | 'copy-failed'
  | 'deletion-ordered'

/** About a hundred bytes each. */
const EVENTS_KEPT = 500_000
/** Events that wait for the next batch; more are dropped and counted. */
const MAX_WAITING = 20_000
const MAX_DETAIL_CHARACTERS = 300

export interface BlockHistoryOptions {
  /** Of the file; it is made when it is first needed. */
  readonly path: string
  readonly clock: Clock
  readonly log: Log
}

export class BlockHistory {
  readonly #options: BlockHistoryOptions
  #waiting: HistoryRow[] = []
  #dropped = 0
  #store: HistoryStore | undefined
  #hasFailed = false

  constructor(options: BlockHistoryOptions) {
    this.#options = options
  }

  /** @param node UUID of the datanode that it is about. @param detail for people: how, to whom, why */
  note(kind: BlockEventKind, block: BlockId, node = '', detail = ''): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped += 1
      return
    }
    const text = detail.slice(0, MAX_DETAIL_CHARACTERS)
    const atWallMs = this.#options.clock.wallMs()
    this.#waiting.push({ atWallMs, block, kind, node, detail: text })
  }

  /** The newest `limit` events of a block, oldest first. */
  of(block: BlockId, limit: number): readonly HistoryRow[] {
    this.flush()
    return this.#store?.ofBlock(block, limit) ?? []
  }

  /** Writes what waits. */
  flush(): void {
    const { path, log } = this.#options
    if (this.#hasFailed) {
      this.#waiting = []
      return
    }
    try {
      this.#store ??= new HistoryStore(path, EVENTS_KEPT)
      if (this.#dropped > 0) log.warn({ events: this.#dropped }, 'the history of blocks has a gap')
      this.#dropped = 0
      if (this.#waiting.length > 0) this.#store.append(this.#waiting)
    } catch (error) {
      this.#hasFailed = true
      log.warn({ path, error: toDfsError(error).message }, 'the history of blocks is not kept')
    }
    this.#waiting = []
  }

  close(): void {
    if (this.#waiting.length > 0) this.flush()
    this.#store?.close()
    this.#store = undefined
    this.#hasFailed = true
  }
}
