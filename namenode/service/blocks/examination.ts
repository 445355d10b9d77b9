/**
 * Looks at one block at a time and says what is to be done about it: the queue of copies, the list of removals, the
 * record of troubled blocks and their counters all come from here. Whatever changes - a report, a commit, a node's
 * silence - leads to an examination; the slow audit examines everything else, so nothing that was missed stays missed.
 */
import type { Clock } from '../../../shared/clock.js'
import type { BlockId } from '../../../shared/ids.js'
import { assessBlock, type BlockAssessment, type Risk } from '../../policy/assess-block.js'
import { isBad } from '../../policy/judge-replica.js'
import { COPY_RISKS, isCopyRisk, type ReplicationQueue } from '../../policy/replication-queue.js'
import type { ReplicaAttentionStore } from '../../storage/replica-attention-store.js'
import type { BlockRecord } from '../namespace/namespace-model.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { HeldReplica, ReplicaMap } from './replica-map.js'

/** Blocks that wait for an examination or for a removal; what does not fit is found by the audit. */
const WAITING_CAPACITY = 100_000
/** Of the room for copies: the worst comes first, and there is always some left for the others. */
const SHARE_OF_RISK = 0.75

export interface ExaminationOptions {
  readonly clock: Clock
  readonly map: ReplicaMap
  readonly registry: ClusterRegistry
  readonly attention: ReplicaAttentionStore
  readonly queue: ReplicationQueue
  /** Copies of a block that are under way. */
  readonly pendingCopies: (block: BlockId) => number
  /** A block has all its replicas: copies that were not handed out yet are taken back. */
  readonly onEnough: (block: BlockId) => void
  /** Replicas that stay reachable while others are in maintenance. */
  readonly maintenanceMinimum: number
  /** After a commit, replicas that are being written count as coming for so long. */
  readonly settleMs: number
}

export interface Examined {
  readonly record: BlockRecord
  readonly replicas: readonly HeldReplica[]
  readonly assessment: BlockAssessment
}

export class Examination {
  /** A block lies in the memory of a node, where it is not to stay. */
  onVolatile: (block: BlockId) => void = () => {}
  /** Nobody has a good replica, and somebody one that was called bad. */
  onAllCorrupt: (record: BlockRecord, replicas: readonly HeldReplica[]) => void = () => {}
  readonly #options: ExaminationOptions
  readonly #waiting = new Set<BlockId>()
  /** When the grace of a freshly committed block ends, oldest first. */
  readonly #settling = new Map<BlockId, number>()
  readonly #removals = new Set<BlockId>()
  /** Counted once for all blocks of a slice: with a thousand nodes it costs more than the rest. */
  #liveRacks: number | undefined
  /** The last block of a risk that a queue was refilled with. */
  readonly #reached = new Map<Risk, BlockId>()
  /** Called when there is something to examine or to copy. */
  onCopyWork: () => void = () => {}
  /** Called when something may be removable. Apart from the other, so that no loop wakes itself for ever. */
  onRemovalWork: () => void = () => {}

  constructor(options: ExaminationOptions) {
    this.#options = options
  }

  /** Examines a block later, in a slice: for callers that have many. */
  soon(block: BlockId): void {
    if (this.#waiting.size < WAITING_CAPACITY) this.#waiting.add(block)
    this.onCopyWork()
  }

  /** A block was just committed: its last replicas are about to be reported. */
  committed(block: BlockId): void {
    if (this.#settling.size < WAITING_CAPACITY && !this.#settling.has(block)) {
      this.#settling.set(block, this.#options.clock.monotonicMs() + this.#options.settleMs)
    }
    this.soon(block)
  }

  /** Examines up to `limit` of the waiting blocks; false when none is left. */
  step(limit: number): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    for (const [block, dueMs] of this.#settling) {
      if (dueMs > nowMs) break
      this.#settling.delete(block)
      this.#waiting.add(block)
    }
    this.examineAll(take(this.#waiting, limit))
    return this.#waiting.size > 0
  }

  examineAll(blocks: readonly BlockId[]): void {
    if (blocks.length === 0) return
    this.#liveRacks = this.#options.registry.liveRacks
    try {
      this.#options.map.together(() => {
        for (const block of blocks) this.examine(block)
      })
    } finally {
      this.#liveRacks = undefined
    }
  }

  /** Examines now and files the result. undefined for blocks that need no replication: open, deleted, unknown. */
  examine(block: BlockId): Examined | undefined {
    const { attention, queue } = this.#options
    const record = this.#options.map.record(block)
    const replicas = this.#options.map.held(block, record)
    if (record === undefined || record.state !== 'committed') {
      queue.remove(block)
      const isUnknown = replicas.some((it) => it.judgement === 'unknown')
      const row = isUnknown ? ({ risk: 'unknown', hasCorrupt: false } as const) : undefined
      attention.set(block, row, this.#options.clock.wallMs())
      return undefined
    }
    const isVolatile = replicas.some(
      (it) => it.storageType === 'RAM_DISK' && it.judgement === 'good',
    )
    if (isVolatile) this.onVolatile(block)
    const examined = this.assess(record, replicas)
    this.#file(block, examined)
    return examined
  }

  get maintenanceMinimum(): number {
    return this.#options.maintenanceMinimum
  }

  pendingCopiesOf(block: BlockId): number {
    return this.#options.pendingCopies(block)
  }

  /** The judgement alone of a committed block, without consequences: for the loops that act on it. */
  look(block: BlockId): Examined | undefined {
    const record = this.#options.map.record(block)
    if (record?.state !== 'committed') return undefined
    return this.assess(record, this.#options.map.held(block, record))
  }

  /** As `look`, for who has record and replicas already. */
  assess(record: BlockRecord, replicas: readonly HeldReplica[]): Examined {
    const assessment = assessBlock({
      target: record.replication,
      maintenanceMinimum: this.#options.maintenanceMinimum,
      replicas,
      pendingCopies: this.#options.pendingCopies(record.id),
      liveRacks: this.#liveRacks ?? this.#options.registry.liveRacks,
      isSettling: this.#settling.has(record.id),
    })
    return { record, replicas, assessment }
  }

  #file(block: BlockId, { record, assessment, replicas }: Examined): void {
    const { attention, queue } = this.#options
    const { risk, hasCorrupt, copiesNeeded } = assessment
    if (risk === 'missing' && hasCorrupt) this.onAllCorrupt(record, replicas)
    const row = risk === 'none' ? undefined : { risk, hasCorrupt }
    attention.set(block, row, this.#options.clock.wallMs())
    if (isCopyRisk(risk) && copiesNeeded > 0) {
      if (queue.offer(block, risk) === 'added') this.onCopyWork()
    } else {
      queue.remove(block)
      if (!isCopyRisk(risk)) this.#options.onEnough(block)
    }
    if (risk === 'surplus' || (risk === 'damaged' && replicas.some((it) => isBad(it.judgement)))) {
      this.considerRemoval(block)
    }
  }

  /** Something of this block may be deletable. */
  considerRemoval(block: BlockId): void {
    if (this.#removals.has(block) || this.#removals.size >= WAITING_CAPACITY) return
    this.#removals.add(block)
    this.onRemovalWork()
  }

  takeRemovals(limit: number): readonly BlockId[] {
    return take(this.#removals, limit)
  }

  get hasRemovals(): boolean {
    return this.#removals.size > 0
  }

  /**
   * Fills the queue of copies from the record on disk when it is nearly empty: the worst risk first, but no risk gets all
   * of the room, and each goes on where it stopped. Otherwise blocks that cannot be helped kept others from being tried.
   */
  refillCopies(limit: number): void {
    const { queue, pendingCopies } = this.#options
    for (const risk of COPY_RISKS) {
      let room = Math.ceil((limit - queue.untried) * SHARE_OF_RISK)
      if (room <= 0) return
      for (const block of this.#nextRecorded(risk, limit)) {
        if (room <= 0) break
        this.#reached.set(risk, block)
        if (queue.riskOf(block) !== undefined || pendingCopies(block) > 0) continue
        if (queue.offer(block, risk) === 'added') room -= 1
      }
    }
  }

  /** Puts recorded surplus and damage back on the list of removals: once deletions are allowed, and from time to time. */
  refillRemovals(limit: number): void {
    for (const risk of ['surplus', 'damaged'] as const) {
      for (const block of this.#nextRecorded(risk, limit)) {
        this.#removals.add(block)
        this.#reached.set(risk, block)
      }
    }
  }

  /** Recorded blocks behind the one that was reached before, by id, and after the last the first ones. */
  #nextRecorded(risk: Risk, limit: number): readonly BlockId[] {
    const { attention } = this.#options
    const reached = this.#reached.get(risk) ?? 0
    const behind = attention.list(risk, reached, limit)
    if (reached === 0 || behind.length === limit) return behind
    const first = attention.list(risk, 0, limit - behind.length)
    return [...behind, ...first.filter((it) => it <= reached)]
  }
}

function take<T>(from: Set<T>, limit: number): T[] {
  const taken: T[] = []
  for (const item of from) {
    if (taken.length >= limit) break
    from.delete(item)
    taken.push(item)
  }
  return taken
}
