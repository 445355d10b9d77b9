/**
 * Asks for proof before a sound replica is deleted as surplus: the replicas that are to stay are read by their nodes,
 * after the decision. What the map knows of them may be hours old, and a deletion that leans on a replica that was lost
 * or has rotted unnoticed takes the last good one. A scrubber's word would be cheaper and is not enough: it was given
 * before the decision. Proof counts for one decision, and for a short time after the last answer: reading a block may
 * take longer than that, and asking again meanwhile would read it for ever.
 */
import type { Clock } from '../../../shared/clock.js'
import type { BlockId, DatanodeUuid } from '../../../shared/ids.js'
import type { CommandEnd, CommandOutbox } from './command-outbox.js'
import type { HeldReplica } from './replica-map.js'

/** Proof older than this is asked for again. */
const PROOF_LIFETIME_MS = 60_000
const TIMEOUT_MS = 10 * 60_000
/** Replicas that one node reads at a time for us: half of what it does at once, so that copies are not held up. */
const READS_PER_NODE = 16
/** Decisions that wait for proof; more wait on the record of troubled blocks. */
const CAPACITY = 10_000

interface Decision {
  /** Which replicas are to stay, in which version. */
  readonly key: string
  /** Nodes that have not answered; each does, or its command expires. */
  readonly waiting: Set<DatanodeUuid>
  /** When the last one had answered. */
  provenMs: number
}

export interface KeptReplicasOptions {
  readonly clock: Clock
  readonly outbox: CommandOutbox
  /** The decision may be taken again: all is proven, or there is room to ask. */
  readonly onReady: (block: BlockId) => void
  /** A node does not have what the map says, or not in this state. */
  readonly onDisproven: (block: BlockId, datanode: DatanodeUuid) => void
}

export class KeptReplicas {
  readonly #options: KeptReplicasOptions
  readonly #decisions = new Map<BlockId, Decision>()
  readonly #reads = new Map<DatanodeUuid, number>()
  /** Blocks that found no room; tried again as reads end. */
  readonly #postponed = new Set<BlockId>()

  constructor(options: KeptReplicasOptions) {
    this.#options = options
  }

  /** Whether these replicas were proven for this very decision; asks for what is missing. A proof is used once. */
  areProven(block: BlockId, kept: readonly HeldReplica[]): boolean {
    const key = kept
      .map(({ row }) => `${row.storage}/${row.generationStamp}`)
      .sort()
      .join(' ')
    const known = this.#decisions.get(block)
    if (known?.key === key && known.waiting.size > 0) return false
    this.#decisions.delete(block)
    if (known?.key === key && this.#isFresh(known)) return true
    this.#ask(block, key, kept)
    return false
  }

  #isFresh({ provenMs }: Decision): boolean {
    return this.#options.clock.monotonicMs() - provenMs < PROOF_LIFETIME_MS
  }

  #ask(block: BlockId, key: string, kept: readonly HeldReplica[]): void {
    const isBusy = kept.some((it) => (this.#reads.get(it.datanodeUuid) ?? 0) >= READS_PER_NODE)
    if (this.#decisions.size >= CAPACITY) this.#dropUnused()
    if (isBusy || this.#decisions.size >= CAPACITY) {
      if (this.#postponed.size < CAPACITY) this.#postponed.add(block)
      return
    }
    const decision = { key, provenMs: 0, waiting: new Set(kept.map((it) => it.datanodeUuid)) }
    this.#decisions.set(block, decision)
    for (const replica of kept) this.#read(block, decision, replica)
  }

  /** Proof that nobody came for: the block was deleted, or its surplus is no more. */
  #dropUnused(): void {
    for (const [block, decision] of this.#decisions) {
      if (decision.waiting.size === 0 && !this.#isFresh(decision)) this.#decisions.delete(block)
    }
  }

  #read(block: BlockId, decision: Decision, kept: HeldReplica): void {
    const { row, datanodeUuid, storageId } = kept
    const { generationStamp, lengthBytes } = row
    this.#count(datanodeUuid, 1)
    const commandId = this.#options.outbox.offer(datanodeUuid, {
      body: { kind: 'attest', block: { id: block, generationStamp, lengthBytes }, storageId },
      timeoutMs: TIMEOUT_MS,
      onEnd: (end) => {
        this.#count(datanodeUuid, -1)
        this.#ended(block, decision, datanodeUuid, end)
        this.#tryPostponed()
      },
    })
    if (commandId !== undefined) return
    this.#count(datanodeUuid, -1)
    this.#giveUp(block, decision)
  }

  #ended(block: BlockId, decision: Decision, datanode: DatanodeUuid, end: CommandEnd): void {
    if (end.outcome === 'refused') this.#options.onDisproven(block, datanode)
    if (this.#decisions.get(block) !== decision) return
    if (end.outcome !== 'done') {
      this.#giveUp(block, decision)
      return
    }
    decision.waiting.delete(datanode)
    if (decision.waiting.size > 0) return
    decision.provenMs = this.#options.clock.monotonicMs()
    this.#options.onReady(block)
  }

  /** The block stays on the record of troubled blocks and is looked at again from there. */
  #giveUp(block: BlockId, decision: Decision): void {
    if (this.#decisions.get(block) === decision) this.#decisions.delete(block)
  }

  #tryPostponed(): void {
    for (const block of this.#postponed) {
      this.#postponed.delete(block)
      this.#options.onReady(block)
      return
    }
  }

  #count(datanode: DatanodeUuid, change: number): void {
    const count = (this.#reads.get(datanode) ?? 0) + change
    if (count > 0) this.#reads.set(datanode, count)
    else this.#reads.delete(datanode)
  }
}
