/**
 * Moves under way, whoever wants them: the mover by policies and the balancer share one budget here, and both yield to
 * repair and to clients. Within a node the datanode moves the files; between nodes the block is copied first, and the
 * rule of excess replicas then removes the one that was replaced (invariant I8): there are never fewer than before.
 */
import type { Clock } from '../../../shared/clock.js'
import type { Block, BlockId, DatanodeUuid } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import type { PlacementNode } from '../../policy/place-replicas.js'
import type { MovePlan } from '../../policy/plan-moves.js'
import type { CommandBody, CommandEnd, CommandOutbox } from '../blocks/command-outbox.js'
import { copyCommand } from '../blocks/copy-command.js'
import type { ReplicationCopies } from '../blocks/replication-copies.js'
import { placementOf } from '../nodes/cluster-node.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'

/** Streams of a node beyond its own moves from which on it takes part in none: clients are there. */
const BUSY_STREAMS = 8
const MOVES_PER_NODE = 10
/** So much unspent budget is kept: small blocks do not wait for the next tick one by one. */
const BURST_MS = 1000
/** For so long the replica that a copy has replaced is the first to go. */
const REPLACED_MEMORY_MS = 10 * 60_000
/** Moves of which the reports do not show all yet; no more begin while what they replaced is not removed. */
const CAPACITY = 1000

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

/** Who wants a move. */
export type MovePurpose = 'policy' | 'balance'

interface Move {
  readonly plan: MovePlan
  readonly block: Block
  readonly purpose: MovePurpose
  /** undefined while it is under way. */
  endedMs: number | undefined
  /** When all of its effect was there, the replaced replica gone. */
  settledMs: number | undefined
}

export class BlockMoves {
  readonly #options: BlockMovesOptions
  readonly #moves = new Map<BlockId, Move>()
  #nextStartMs = Number.NEGATIVE_INFINITY
  #movedBlocks = 0
  #movedBytes = 0
  #failedMoves = 0
  /** Called when there is room for further moves. */
  onEnded: () => void = () => {}

  constructor(options: BlockMovesOptions) {
    this.#options = options
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
    return this.unreported.filter((it) => it.endedMs === undefined)
  }

  /** Forgets the moves whose effect the reports of the nodes show by now. */
  settle(): void {
    const { clock, reportDelayMs, holds } = this.#options
    const nowMs = clock.monotonicMs()
    for (const [block, move] of this.#moves) {
      if (move.endedMs === undefined) continue
      const { datanodeUuid } = move.plan.source
      const isWaiting =
        move.settledMs === undefined &&
        isCopy(move.plan) &&
        nowMs < move.endedMs + REPLACED_MEMORY_MS &&
        holds(block, datanodeUuid)
      if (isWaiting) continue
      move.settledMs ??= nowMs
      if (move.settledMs + reportDelayMs < nowMs) this.#moves.delete(block)
    }
  }

  /** Those whose effect the reports of the nodes do not show for sure. */
  get unreported(): readonly Move[] {
    return [...this.#moves.values()]
  }

  /** Nothing is being repaired, and the budget of bytes allows another move. */
  get mayStart(): boolean {
    const { clock, copies, mayCopy } = this.#options
    if (this.#moves.size >= CAPACITY) return false
    // Not the queue of repair: in a cluster with too few nodes it is never empty.
    return copies.size === 0 && mayCopy() && clock.monotonicMs() >= this.#nextStartMs
  }

  isMoving(block: BlockId): boolean {
    const move = this.#moves.get(block)
    return move !== undefined && move.endedMs === undefined
  }

  /** Whether a block can be moved now: nothing else is on its way. */
  isFree(block: BlockId): boolean {
    return !this.isMoving(block) && this.#options.copies.pendingOf(block) === 0
  }

  /** Whether a node failed to give or to take this block a short while ago. */
  hasFailed(block: BlockId, datanode: DatanodeUuid): boolean {
    return this.#options.copies.failures.has(block, datanode)
  }

  /** For the choice of excess replicas: a copy of this one was made to take its place. */
  isReplaced(block: BlockId, datanode: DatanodeUuid): boolean {
    const plan = this.#moves.get(block)?.plan
    return plan !== undefined && isCopy(plan) && plan.source.datanodeUuid === datanode
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
  start(plan: MovePlan, record: Block, purpose: MovePurpose): boolean {
    const { registry, outbox, timeoutMs } = this.#options
    const { source, target } = plan
    const { id, generationStamp, lengthBytes } = record
    const block = { id, generationStamp, lengthBytes }
    const move: Move = { plan, block, purpose, endedMs: undefined, settledMs: undefined }
    const body: CommandBody | undefined = isCopy(plan)
      ? copyCommand(registry, block, source.datanodeUuid, target)
      : { kind: 'move', block, storageId: target.storageId }
    if (body === undefined) return false
    const onEnd = (end: CommandEnd) => this.#ended(move, end)
    if (outbox.offer(source.datanodeUuid, { body, timeoutMs, onEnd }) === undefined) return false
    this.#moves.set(id, move)
    this.#spend(lengthBytes)
    return true
  }

  #spend(bytes: number): void {
    const { clock, bytesPerSecond } = this.#options
    const from = Math.max(this.#nextStartMs, clock.monotonicMs() - BURST_MS)
    this.#nextStartMs = from + (bytes * 1000) / bytesPerSecond
  }

  #ended(move: Move, end: CommandEnd): void {
    const { clock, copies, log } = this.#options
    const { id: blockId, lengthBytes } = move.block
    const { source, target } = move.plan
    move.endedMs = clock.monotonicMs()
    if (end.outcome === 'done') {
      this.#movedBlocks += 1
      this.#movedBytes += lengthBytes
    } else {
      this.#failedMoves += 1
      copies.failures.note(blockId, source.datanodeUuid, target.datanodeUuid, end)
      this.#moves.delete(blockId)
      const message = 'message' in end ? end.message : undefined
      log.info({ blockId, ...move.plan, outcome: end.outcome, message }, 'move did not succeed')
    }
    this.onEnded()
  }
}

const isCopy = ({ source, target }: MovePlan): boolean =>
  source.datanodeUuid !== target.datanodeUuid
