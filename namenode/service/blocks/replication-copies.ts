/**
 * Copies under way: from the queue through the scheduling policy to commands, and from outcomes back to the queue. A
 * copy that fails or vanishes is offered again, elsewhere where there is an elsewhere. The number of copies is bounded
 * by the streams of the nodes, so all of this fits in memory whatever the cluster has lost.
 */
import type { Clock } from '../../../shared/clock.js'
import type { Block, BlockId, DatanodeUuid, InodeId } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import type { Random } from '../../../shared/random.js'
import { isBad } from '../../policy/judge-replica.js'
import { isCopyRisk, type ReplicationQueue } from '../../policy/replication-queue.js'
import {
  type CopyBudget,
  type CopyNeed,
  type CopyPlan,
  scheduleReplication,
} from '../../policy/schedule-replication.js'
import type { StoragePolicy } from '../../policy/storage-policies.js'
import { placementOf } from '../nodes/cluster-node.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { BlockHistory } from './block-history.js'
import type { CommandEnd, CommandOutbox } from './command-outbox.js'
import { copyCommand } from './copy-command.js'
import { CopyFailures } from './copy-failures.js'
import type { Examination, Examined } from './examination.js'

export interface ReplicationCopiesOptions {
  readonly history: Pick<BlockHistory, 'note'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly registry: ClusterRegistry
  readonly outbox: CommandOutbox
  readonly queue: ReplicationQueue
  readonly streamsPerNode: number
  /** The storage policy that holds for a file. */
  readonly policyOf: (file: InodeId) => StoragePolicy
  readonly timeoutMs: number
  /** A node found bad bytes or lacks a block that it should have: it is asked to look. */
  readonly onSuspect: (block: BlockId, datanode: DatanodeUuid) => void
}

interface PendingCopy {
  readonly plan: CopyPlan
  commandId: string | undefined
}

const PACE_WINDOW_MS = 60_000
const PACE_SAMPLES = 1000

export class ReplicationCopies {
  readonly #options: ReplicationCopiesOptions
  readonly #pending = new Map<BlockId, Set<PendingCopy>>()
  /** Of moves, too. */
  readonly failures: CopyFailures
  /** Copies that one node may send or receive at a time. */
  streamsPerNode: number
  #size = 0
  /** When the last copies were done, oldest first. */
  readonly #doneMs: number[] = []

  constructor(options: ReplicationCopiesOptions) {
    this.#options = options
    this.streamsPerNode = options.streamsPerNode
    this.failures = new CopyFailures(options)
  }

  /** Time for so many copies at the pace of the last minute; undefined when there was none. */
  estimateMs(copies: number): number | undefined {
    if (copies === 0) return 0
    const nowMs = this.#options.clock.monotonicMs()
    const recent = this.#doneMs.filter((it) => nowMs - it < PACE_WINDOW_MS)
    const [first] = recent
    if (first === undefined) return undefined
    return Math.round((Math.max(1, nowMs - first) / recent.length) * copies)
  }

  get size(): number {
    return this.#size
  }

  pendingOf(block: BlockId): number {
    return this.#pending.get(block)?.size ?? 0
  }

  /**
   * Schedules copies for up to `limit` blocks of the queue. Blocks that wait for a stream go to the end of their
   * risk, those that cannot be copied now are put off.
   * @returns how many copies were started
   */
  schedule(examination: Examination, limit: number): number {
    const { queue, registry, random } = this.#options
    const blocks = new Map<BlockId, Examined>()
    for (const id of queue.take(limit)) {
      const examined = examination.look(id)
      if (examined !== undefined && examined.assessment.copiesNeeded > 0) blocks.set(id, examined)
    }
    if (blocks.size === 0) return 0
    const load = this.#load()
    const { plans, postponed } = scheduleReplication(
      {
        needs: [...blocks.values()].map((it) => this.#need(it)),
        nodes: registry.nodes().map((it) => placementOf(it, load.incomingBytes.get(it.uuid) ?? 0)),
        budgets: new Map(registry.nodes().map((it) => [it.uuid, this.#budget(it.uuid, load)])),
      },
      random,
    )
    let started = 0
    for (const plan of plans) {
      const examined = blocks.get(plan.blockId)
      if (examined !== undefined && this.#start(plan, examined.record, examination)) started += 1
    }
    for (const { blockId, reason } of postponed) {
      // What occupies the only free place may have to go first.
      const examined = blocks.get(blockId)
      const hasBad = examined?.replicas.some((it) => isBad(it.judgement)) === true
      if (reason === 'no-target' && hasBad) examination.considerRemoval(blockId)
      const risk = examined?.assessment.risk ?? 'none'
      if (!isCopyRisk(risk)) continue
      if (reason === 'busy') queue.offer(blockId, risk)
      else queue.putOff(blockId, risk)
    }
    return started
  }

  /** A replica arrived: the copy is complete, whatever the outcome of its command will be. */
  arrived(block: BlockId, target: DatanodeUuid): void {
    for (const copy of this.#pending.get(block) ?? []) {
      if (copy.plan.target === target) this.#forget(copy)
    }
  }

  /** The block has enough replicas again: takes back what was not handed out yet. */
  cancel(block: BlockId): void {
    for (const copy of this.#pending.get(block) ?? []) {
      const { commandId, plan } = copy
      if (commandId !== undefined && this.#options.outbox.cancel(plan.source, commandId)) {
        this.#forget(copy)
      }
    }
  }

  /** A node is dead: copies from it or to it will not end. */
  nodeDied(datanode: DatanodeUuid, examination: Examination): void {
    for (const copies of [...this.#pending.values()]) {
      for (const copy of [...copies]) {
        if (copy.plan.source !== datanode && copy.plan.target !== datanode) continue
        if (copy.commandId !== undefined) {
          this.#options.outbox.cancel(copy.plan.source, copy.commandId)
        }
        this.#forget(copy)
        examination.soon(copy.plan.blockId)
      }
    }
  }

  #need({ record, replicas, assessment }: Examined): CopyNeed {
    const pending = [...(this.#pending.get(record.id) ?? [])].map((it) => it.plan.target)
    const failed = this.#options.registry
      .nodes()
      .filter((it) => this.failures.has(record.id, it.uuid))
      .map((it) => it.uuid)
    return {
      blockId: record.id,
      lengthBytes: record.lengthBytes,
      copies: assessment.copiesNeeded,
      policy: this.#options.policyOf(record.inodeId),
      replicas: replicas.map((it) => ({
        ...it,
        isDoubtful: it.isLeaving || failed.includes(it.datanodeUuid),
      })),
      excludedTargets: [...pending, ...failed],
      isBadlyPlaced: assessment.risk === 'badly-placed',
    }
  }

  #start(plan: CopyPlan, block: Block, examination: Examination): boolean {
    const { registry, outbox, timeoutMs } = this.#options
    const { id } = block
    const place = { datanodeUuid: plan.target, storageId: plan.targetStorageId }
    const body = copyCommand(registry, block, plan.source, place)
    if (body === undefined) return false
    const copy: PendingCopy = { plan, commandId: undefined }
    copy.commandId = outbox.offer(plan.source, {
      body,
      timeoutMs,
      onEnd: (end) => this.#ended(copy, end, examination),
    })
    if (copy.commandId === undefined) return false
    const copies = this.#pending.get(id) ?? new Set()
    this.#pending.set(id, copies.add(copy))
    this.#size += 1
    const from = `from ${plan.source}, to ${plan.target}`
    this.#options.history.note('copy-ordered', id, plan.target, from)
    return true
  }

  #ended(copy: PendingCopy, end: CommandEnd, examination: Examination): void {
    const { blockId, source, target } = copy.plan
    this.#forget(copy)
    if (end.outcome === 'done') this.#noteDone()
    else {
      const detail = `${end.outcome}: ${messageOf(end)}`
      this.#options.history.note('copy-failed', blockId, target, detail)
      this.#options.log.warn(
        { blockId, source, target, outcome: end.outcome, message: messageOf(end) },
        'copy did not succeed',
      )
    }
    this.failures.note(blockId, source, target, end)
    examination.soon(blockId)
  }

  #noteDone(): void {
    this.#doneMs.push(this.#options.clock.monotonicMs())
    if (this.#doneMs.length > PACE_SAMPLES) this.#doneMs.shift()
  }

  #forget(copy: PendingCopy): void {
    const copies = this.#pending.get(copy.plan.blockId)
    if (copies?.delete(copy) !== true) return
    this.#size -= 1
    if (copies.size === 0) this.#pending.delete(copy.plan.blockId)
  }

  #load(): Load {
    const load: Load = { outgoing: new Map(), incoming: new Map(), incomingBytes: new Map() }
    for (const copies of this.#pending.values()) {
      for (const { plan } of copies) {
        add(load.outgoing, plan.source, 1)
        add(load.incoming, plan.target, 1)
        add(load.incomingBytes, plan.target, plan.lengthBytes)
      }
    }
    return load
  }

  #budget(uuid: DatanodeUuid, load: Load): CopyBudget {
    const { outbox } = this.#options
    const { streamsPerNode } = this
    const free = Math.min(streamsPerNode, outbox.room(uuid))
    return {
      outgoing: free - (load.outgoing.get(uuid) ?? 0),
      incoming: streamsPerNode - (load.incoming.get(uuid) ?? 0),
    }
  }
}

interface Load {
  readonly outgoing: Map<DatanodeUuid, number>
  readonly incoming: Map<DatanodeUuid, number>
  readonly incomingBytes: Map<DatanodeUuid, number>
}

function add(counts: Map<DatanodeUuid, number>, key: DatanodeUuid, amount: number): void {
  counts.set(key, (counts.get(key) ?? 0) + amount)
}

function messageOf(end: CommandEnd): string {
  return 'message' in end ? (end.message ?? '') : ''
}
