/**
 * The only place that orders replicas to be deleted, for two reasons: the file is gone (the namespace lists the block as
 * deleted), or the block has more than it needs (policy `choose-excess`). Rows leave the map when the node says that the
 * bytes are gone, not before (reliability E12).
 */
import type { Clock } from '../../../shared/clock.js'
import type { BlockId, DatanodeUuid, InodeId } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import { chooseExcess, isTrusted } from '../../policy/choose-excess.js'
import { whyUnfit } from '../../policy/place-replicas.js'
import type { StoragePolicy } from '../../policy/storage-policies.js'
import { type ClusterStorage, isUsable, placementOf } from '../nodes/cluster-node.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { BlockHistory } from './block-history.js'
import type { CommandEnd, CommandOutbox } from './command-outbox.js'
import type { Examination } from './examination.js'
import { KeptReplicas } from './kept-replicas.js'
import type { LeavingReplicas } from './leaving-replicas.js'
import type { HeldReplica, ReplicaMap } from './replica-map.js'

/** As many as one command may name (shared/control/messages.ts). */
const BLOCKS_PER_COMMAND = 1000
/** Orders waiting at one node; more wait in the namespace's list or on the record of troubled blocks. */
const LEAVING_CAPACITY = 50_000

interface Order {
  readonly id: BlockId
  readonly generationStamp: number
}

export interface ReplicaDeletionsOptions {
  readonly history: Pick<BlockHistory, 'note'>
  readonly clock: Clock
  readonly log: Log
  readonly map: ReplicaMap
  readonly registry: ClusterRegistry
  readonly outbox: CommandOutbox
  readonly leaving: LeavingReplicas
  /** The storage policy that holds for a file. */
  readonly policyOf: (file: InodeId) => StoragePolicy
  readonly examination: Examination
  readonly requestFullReport: (datanode: DatanodeUuid) => void
}

export class ReplicaDeletions {
  readonly #options: ReplicaDeletionsOptions
  /** Chosen in this slice, by storage; `flush` turns them into commands. */
  readonly #orders = new Map<ClusterStorage, Order[]>()
  readonly #kept: KeptReplicas
  /** Told when the last replica of a block may be gone, and when an order got lost with the process that had it. */
  onGone: (block: BlockId) => void = () => {}

  constructor(options: ReplicaDeletionsOptions) {
    this.#options = options
    this.#kept = new KeptReplicas({
      clock: options.clock,
      outbox: options.outbox,
      onReady: (block) => options.examination.considerRemoval(block),
      onDisproven: (blockId, datanode) => {
        options.log.warn({ blockId, datanode }, 'a replica that was to be kept is not sound')
        options.requestFullReport(datanode)
      },
    })
  }

  get isFull(): boolean {
    return this.#options.leaving.size >= LEAVING_CAPACITY
  }

  /** Orders what a block has too much. @returns how many replicas */
  removeExcess(block: BlockId): number {
    const examined = this.#options.examination.look(block)
    if (examined === undefined) return 0
    const { record, replicas } = examined
    const excess = chooseExcess({
      target: record.replication,
      policy: this.#options.policyOf(record.inodeId),
      replicas,
      canCopyElsewhere: this.#canCopyElsewhere(replicas, record.lengthBytes),
    })
    // Bad replicas are no loss; the sound ones go only when those that stay were seen to be sound.
    const sound = excess.filter((it) => it.judgement === 'good')
    const kept = replicas.filter((it) => isTrusted(it) && !excess.includes(it))
    const isProven = sound.length === 0 || this.#kept.areProven(block, kept)
    const leaving = isProven ? excess : excess.filter((it) => it.judgement !== 'good')
    for (const replica of leaving) this.#order(replica, `${replica.judgement}, more than needed`)
    return leaving.length
  }

  /**
   * Orders all replicas of a block whose file is gone.
   * @returns how many are still there, those of dead nodes and of failed volumes included
   */
  removeAll(block: BlockId): number {
    const replicas = this.#options.map.held(block, this.#options.map.record(block))
    const deletable = replicas.filter((it) => it.judgement === 'deleted')
    for (const replica of deletable) {
      // A node cannot tell what is on a volume that failed: its rows stay until that is back and is reported.
      const isInReach = replica.storage.node.session !== undefined && isUsable(replica.storage)
      if (isInReach && !replica.isLeaving) this.#order(replica, 'its file was deleted')
    }
    return replicas.length
  }

  /** Hands the orders chosen since the last call to their nodes. */
  flush(): void {
    for (const [storage, orders] of this.#orders) {
      for (let start = 0; start < orders.length; start += BLOCKS_PER_COMMAND) {
        this.#send(storage, orders.slice(start, start + BLOCKS_PER_COMMAND))
      }
    }
    this.#orders.clear()
  }

  #order(replica: HeldReplica, why: string): void {
    const { storage, row } = replica
    this.#options.history.note('deletion-ordered', row.blockId, replica.datanodeUuid, why)
    const orders = this.#orders.get(storage) ?? []
    orders.push({ id: row.blockId, generationStamp: row.generationStamp })
    this.#orders.set(storage, orders)
    // Counted as gone from now on, also for the next block of this very slice.
    this.#options.leaving.add(row.storage, row.blockId, row.generationStamp)
  }

  #send(storage: ClusterStorage, blocks: readonly Order[]): void {
    const commandId = this.#options.outbox.offer(storage.node.uuid, {
      body: { kind: 'delete', storageId: storage.storageId, blocks: [...blocks] },
      // Only an outcome or the end of the process settles a deletion: see leaving-replicas.ts.
      timeoutMs: Number.POSITIVE_INFINITY,
      onEnd: (end) => this.#ended(storage, blocks, end),
    })
    if (commandId === undefined) {
      for (const { id } of blocks) this.#options.leaving.remove(storage.number, id)
    }
  }

  #ended(storage: ClusterStorage, blocks: readonly Order[], end: CommandEnd): void {
    const { map, leaving, examination, log } = this.#options
    if (end.outcome !== 'done') {
      log.warn(
        { datanode: storage.node.uuid, outcome: end.outcome, blocks: blocks.length },
        'deletion of replicas was not carried out',
      )
      // The node knows better what it has than the map does, whatever was heard of it lately.
      if (end.outcome === 'refused') this.#options.requestFullReport(storage.node.uuid)
    }
    map.store.transaction(() => {
      for (const { id, generationStamp } of blocks) {
        // Gone already by the node's own event; what is there now may be a new copy that came since.
        if (!leaving.has(storage.number, id)) continue
        leaving.remove(storage.number, id)
        if (end.outcome === 'refused') storage.recentEvents.forget(id)
        if (end.outcome === 'done') map.deleted(storage, id, generationStamp)
      }
    })
    const isToBeServedAgain = end.outcome === 'done' || end.outcome === 'dropped'
    for (const { id } of blocks) {
      examination.soon(id)
      if (isToBeServedAgain) this.onGone(id)
    }
  }

  #canCopyElsewhere(replicas: readonly HeldReplica[], lengthBytes: number): boolean {
    const present = replicas.filter((it) => it.liveness !== 'dead')
    const holders = new Set(present.map((it) => it.datanodeUuid))
    return this.#options.registry
      .nodes()
      .some(
        (it) => !holders.has(it.uuid) && whyUnfit(placementOf(it, 0), lengthBytes) === undefined,
      )
  }
}
