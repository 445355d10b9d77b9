/**
 * Moves under way, whoever wants them: the mover by policies and the balancer share one budget here, and both yield to
 * repair and to clients. Within a node the datanode moves the files; between nodes the block is copied first, and the
 * rule of excess replicas then removes the one that was replaced (invariant I8): there are never fewer than before.
 */
import type { Clock } from '../../shared/clock.js'
import type { Block, BlockId, DatanodeUuid } from '../../shared/ids.js'
import type { Log } from '../../shared/log.js'
import type { PlacementNode } from '../policy/place-replicas.js'
import type { MovePlan } from '../policy/plan-moves.js'
import { reachableAddress } from '../policy/reachable-address.js'
import { placementOf } from './cluster-node.js'
import type { ClusterRegistry } from './cluster-registry.js'
import type { CommandEnd, CommandOutbox } from './command-outbox.js'
import { RecentEvents } from './recent-events.js'
import type { ReplicationCopies } from './replication-copies.js'

/** Streams of a node beyond its own moves from which on it takes part in none: clients are there. */
const BUSY_STREAMS = 8
const MOVES_PER_NODE = 10
/** So much unspent budget is kept: small blocks do not wait for the next tick one by one. */
const BURST_MS = 1000
/** For so long the replica that a copy has replaced is the first to go. */
const REPLACED_MEMORY_MS = 10 * 60_000
const CAPACITY = 10_000
/** A block whose move failed is left alone for so long. */
const FAILURE_MEMORY_MS = 30_000

export interface BlockMovesOptions {
  readonly clock: Clock
  readonly log: Log
  readonly registry: ClusterRegistry
  readonly outbox: CommandOutbox
  readonly copies: ReplicationCopies
  readonly mayCopy: () => boolean
  /** Whether a node still has a replica of the block, as far as is known. */
  readonly holds: (block: BlockId, datanode: DatanodeUuid) => boolean
  readonly bytesPerSecond: number
  readonly timeoutMs: number
  /** So long after its end a move may not show in what the nodes report of their storages. */
  readonly reportDelayMs: number
}

export interface MoveStatistics {
  readonly pendingMoves: number
  readonly movedBlocks: number
  readonly movedBytes: number
  readonly failedMoves: number
}

interface Move {
  readonly plan: MovePlan
  readonly block: Block
  /** undefined while it is under way; later, while a replaced replica is still there. */
  endedMs: number | undefined
}

export class BlockMoves {
  readonly #options: BlockMovesOptions
  readonly #moves = new Map<BlockId, Move>()
  readonly #replaced: RecentEvents<string>
  readonly #failed: RecentEvents<BlockId>
  #nextStartMs = Number.NEGATIVE_INFINITY
  #movedBlocks = 0
  #movedBytes = 0
  #failedMoves = 0
  /** Called when there is room for further moves. */
  onEnded: () => void = () => {}

  constructor(options: BlockMovesOptions) {
    this.#options = options
    const { clock } = options
    this.#replaced = new RecentEvents({ clock, keepMs: REPLACED_MEMORY_MS, capacity: CAPACITY })
    this.#failed = new RecentEvents({ clock, keepMs: FAILURE_MEMORY_MS, capacity: CAPACITY })
  }

  get statistics(): MoveStatistics {
    return {
      pendingMoves: this.underWay.length,
      movedBlocks: this.#movedBlocks,
      movedBytes: this.#movedBytes,
      failedMoves: this.#failedMoves,
    }
  }

  get underWay(): readonly Move[] {
    return [...this.#moves.values()].filter((it) => it.endedMs === undefined)
  }

  /** Those whose effect the reports of the nodes do not show for sure. */
  get unreported(): readonly Move[] {
    const { clock, reportDelayMs } = this.#options
    const nowMs = clock.monotonicMs()
    for (const [block, move] of this.#moves) {
      if (move.endedMs === undefined) continue
      const { source, target } = move.plan
      const isCopy = source.datanodeUuid !== target.datanodeUuid
      if (isCopy && this.isReplaced(block, source.datanodeUuid)) {
        if (this.#options.holds(block, source.datanodeUuid)) move.endedMs = nowMs
      }
      if (move.endedMs + reportDelayMs < nowMs) this.#moves.delete(block)
    }
    return [...this.#moves.values()]
  }

  /** Nothing is being repaired, and the budget of bytes allows another move. */
  get mayStart(): boolean {
    const { clock, copies, mayCopy } = this.#options
    // Not the queue of repair: in a cluster with too few nodes it is never empty.
    return copies.size === 0 && mayCopy() && clock.monotonicMs() >= this.#nextStartMs
  }

  /** Whether a block can be moved now: it is not on its way, and did not fail a short while ago. */
  isFree(block: BlockId): boolean {
    const { copies } = this.#options
    const isMoving = this.#moves.get(block)?.endedMs === undefined && this.#moves.has(block)
    return !isMoving && !this.#failed.has(block) && copies.pendingOf(block) === 0
  }

  /** For the choice of excess replicas: a copy of this one was made to take its place. */
  isReplaced(block: BlockId, datanode: DatanodeUuid): boolean {
    return this.#replaced.size > 0 && this.#replaced.has(`${block}@${datanode}`)
  }

  /** All nodes, busy or not: what is possible at all. */
  allNodes(): readonly PlacementNode[] {
    return this.#options.registry.nodes().map((it) => placementOf(it, 0))
  }

  /** The nodes that may take part now, without the room that moves under way will fill. */
  nodes(): readonly PlacementNode[] {
    const moves = this.underWay
    return this.#options.registry.nodes().flatMap((node) => {
      const own = moves.filter(
        ({ plan }) =>
          plan.source.datanodeUuid === node.uuid || plan.target.datanodeUuid === node.uuid,
      )
      const isBusy = node.activeTransfers - own.length > BUSY_STREAMS
      if (isBusy || own.length >= MOVES_PER_NODE) return []
      const incoming = own.filter((it) => it.plan.target.datanodeUuid === node.uuid)
      return [
        placementOf(
          node,
          incoming.reduce((sum, it) => sum + it.block.lengthBytes, 0),
        ),
      ]
    })
  }

  /** @returns false when it could not be ordered; the caller tries again later or elsewhere */
  start(plan: MovePlan, { id, generationStamp, lengthBytes }: Block): boolean {
    const move: Move = { plan, block: { id, generationStamp, lengthBytes }, endedMs: undefined }
    const isInside = plan.source.datanodeUuid === plan.target.datanodeUuid
    const isOrdered = isInside ? this.#orderMove(move) : this.#orderCopy(move)
    if (!isOrdered) return false
    this.#moves.set(id, move)
    this.#spend(lengthBytes)
    return true
  }

  #spend(bytes: number): void {
    const { clock, bytesPerSecond } = this.#options
    const from = Math.max(this.#nextStartMs, clock.monotonicMs() - BURST_MS)
    this.#nextStartMs = from + (bytes * 1000) / bytesPerSecond
  }

  #orderMove(move: Move): boolean {
    const { outbox, timeoutMs } = this.#options
    const { source, target } = move.plan
    const id = outbox.offer(source.datanodeUuid, {
      body: { kind: 'move', block: move.block, storageId: target.storageId },
      timeoutMs,
      onEnd: (end) => this.#ended(move, end),
    })
    return id !== undefined
  }

  #orderCopy(move: Move): boolean {
    const { registry, outbox, timeoutMs } = this.#options
    const { source, target } = move.plan
    const from = registry.node(source.datanodeUuid)
    const to = registry.node(target.datanodeUuid)
    const host = reachableAddress(to?.addresses ?? [], from?.addresses ?? [])
    const storageType = to?.storages.get(target.storageId)?.type
    if (to === undefined || host === undefined || storageType === undefined) return false
    const id = outbox.offer(source.datanodeUuid, {
      body: {
        kind: 'copy',
        block: move.block,
        targets: [{ ...target, storageType, host, port: to.transferPort }],
      },
      timeoutMs,
      onEnd: (end) => this.#ended(move, end),
    })
    // At once: the copy may be reported before the command is.
    if (id !== undefined) this.#replaced.note(`${move.block.id}@${source.datanodeUuid}`)
    return id !== undefined
  }

  #ended(move: Move, end: CommandEnd): void {
    const { clock, log } = this.#options
    const { id: blockId, lengthBytes } = move.block
    move.endedMs = clock.monotonicMs()
    if (end.outcome === 'done') {
      this.#movedBlocks += 1
      this.#movedBytes += lengthBytes
    } else {
      this.#failedMoves += 1
      this.#failed.note(blockId)
      this.#moves.delete(blockId)
      const message = 'message' in end ? end.message : undefined
      log.info({ blockId, ...move.plan, outcome: end.outcome, message }, 'move did not succeed')
    }
    this.onEnded()
  }
}
