/**
 * Which node failed a copy of which block a short while ago: it is the last choice for that block, for repair and for
 * moves alike. The node is blamed, not the block, which may go elsewhere at once; and the process, not the node: one that
 * has registered since has a clean record.
 */
import type { Clock } from '../../../shared/clock.js'
import type { BlockId, DatanodeUuid } from '../../../shared/ids.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { CommandEnd } from './command-outbox.js'
import { RecentEvents } from './recent-events.js'

const MEMORY_MS = 10_000
const CAPACITY = 10_000

export interface CopyFailuresOptions {
  readonly clock: Clock
  readonly registry: ClusterRegistry
  /** After which a copy counts as failed. */
  readonly timeoutMs: number
  /** A node found bad bytes or lacks a block that it should have: it is asked to look. */
  readonly onSuspect: (block: BlockId, datanode: DatanodeUuid) => void
}

export class CopyFailures {
  readonly #options: CopyFailuresOptions
  readonly #failures: RecentEvents<string>

  constructor(options: CopyFailuresOptions) {
    this.#options = options
    const keepMs = Math.min(MEMORY_MS, options.timeoutMs)
    this.#failures = new RecentEvents({ clock: options.clock, keepMs, capacity: CAPACITY })
  }

  has(block: BlockId, node: DatanodeUuid): boolean {
    return this.#failures.size > 0 && this.#failures.has(this.#key(block, node))
  }

  /** Blames whoever is at fault for the end of a copy; nobody when it is done, or its command was dropped. */
  note(block: BlockId, source: DatanodeUuid, target: DatanodeUuid, end: CommandEnd): void {
    const culprit = 'culprit' in end ? end.culprit : undefined
    const isSourceGuilty = end.outcome === 'refused' ? culprit !== 'target' : culprit === 'source'
    if (end.outcome === 'refused' || end.outcome === 'failed') {
      this.#failures.note(this.#key(block, isSourceGuilty ? source : target))
      if (isSourceGuilty) this.#options.onSuspect(block, source)
    }
    if (end.outcome === 'expired') {
      this.#failures.note(this.#key(block, source))
      this.#failures.note(this.#key(block, target))
    }
  }

  #key(block: BlockId, node: DatanodeUuid): string {
    return `${block}@${node}@${this.#options.registry.node(node)?.session?.incarnation ?? ''}`
  }
}
