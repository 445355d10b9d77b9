/**
 * Brings blocks to the types of storage that the policy of their file wants: all below what somebody asked for
 * (satisfyStoragePolicy), and at once what lies in memory only for a while (LAZY_PERSIST). A request is walked file by
 * file and again until a whole walk finds nothing to move; it survives a restart, its position does not.
 */
import type { Clock } from '../../../shared/clock.js'
import type { BlockId, InodeId } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import type { Random } from '../../../shared/random.js'
import type { PlacementNode } from '../../policy/place-replicas.js'
import { planMoves, type ReplicaPlace } from '../../policy/plan-moves.js'
import type { StoragePolicy } from '../../policy/storage-policies.js'
import type { Examination } from '../blocks/examination.js'
import type { HeldReplica } from '../blocks/replica-map.js'
import { FileWalk } from '../inspection/file-walk.js'
import type { Namespace } from '../namespace/namespace.js'
import type { BlockMoves } from './block-moves.js'

/** Blocks looked at in one step: a few milliseconds. */
const LOOKED_AT = 100
/** Walks for one request: what could not be moved by then has nowhere to go. */
const MAX_WALKS = 30
/** Pause after a walk that could start nothing, and again twice as long up to the longest: half an hour in all. */
const FIRST_REST_MS = 250
const LONGEST_REST_MS = 60_000
const MAX_VOLATILE = 100_000

export interface PolicyMoverOptions {
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
  readonly namespace: Pick<
    Namespace,
    'policyRequestsAfter' | 'endPolicyRequest' | 'childrenOf' | 'blocksOfFile'
  >
  readonly examination: Examination
  readonly moves: BlockMoves
  readonly policyOf: (file: InodeId) => StoragePolicy
}

interface Request {
  readonly id: InodeId
  readonly walk: FileWalk
  readonly walks: number
  readonly beginsMs: number
  /** How long the pause before it was. */
  readonly restMs: number
  /** Blocks that this walk set on their way. */
  moving: number
  /** Blocks that repair, the removal of excess or a failure a short while ago must leave alone first. */
  unsettled: number
  stuck: number
}

export class PolicyMover {
  readonly #options: PolicyMoverOptions
  /** Blocks with a replica in memory that is to go to a disk. */
  readonly #volatile = new Set<BlockId>()
  #request: Request | undefined
  #blocks: BlockId[] = []

  constructor(options: PolicyMoverOptions) {
    this.#options = options
  }

  /** A block was seen in memory: it is copied to a disk when there is time. */
  persist(block: BlockId): void {
    if (this.#volatile.size < MAX_VOLATILE) this.#volatile.add(block)
  }

  /** One slice of work. @returns whether there is more to do at once */
  async step(): Promise<boolean> {
    const { clock, moves } = this.#options
    for (const block of [...this.#volatile].slice(0, LOOKED_AT)) {
      if (!moves.mayStart) return false
      const outcome = this.#look(block)
      if (outcome === 'fine' || outcome === 'stuck') this.#volatile.delete(block)
    }
    if (this.#request !== undefined && clock.monotonicMs() < this.#request.beginsMs) return false
    for (let looked = 0; looked < LOOKED_AT; looked += 1) {
      if (!moves.mayStart) return false
      const block = this.#nextBlock()
      if (block === undefined) return await this.#endWalk()
      const outcome = this.#look(block)
      if (outcome === 'later') {
        this.#blocks.unshift(block)
        return false
      }
      this.#count(outcome)
    }
    return true
  }

  #count(outcome: 'moving' | 'unsettled' | 'stuck' | 'fine'): void {
    if (this.#request === undefined) return
    if (outcome !== 'fine') this.#request[outcome] += 1
  }

  #nextBlock(): BlockId | undefined {
    const { namespace } = this.#options
    const [first] = this.#request === undefined ? namespace.policyRequestsAfter(0, 1) : []
    if (first !== undefined) this.#request = this.#begin(first, 1, 0)
    while (this.#blocks.length === 0) {
      const file = this.#request?.walk.next()
      if (file === undefined) return undefined
      this.#blocks = namespace.blocksOfFile(file).map((it) => it.id)
    }
    return this.#blocks.shift()
  }

  #begin(id: InodeId, walks: number, restMs: number): Request {
    const { clock, namespace } = this.#options
    const walk = new FileWalk(namespace, id)
    const beginsMs = clock.monotonicMs() + restMs
    return { id, walk, walks, beginsMs, restMs, moving: 0, unsettled: 0, stuck: 0 }
  }

  async #endWalk(): Promise<boolean> {
    const { namespace, moves, log } = this.#options
    const request = this.#request
    if (request === undefined) return false
    // Moves that fail are found by the next walk, so all must have ended; the balancer's are its own affair.
    if (moves.underWay.some((it) => it.purpose === 'policy')) return false
    const { id, walks, restMs, moving, unsettled, stuck } = request
    if (moving + unsettled > 0 && walks < MAX_WALKS) {
      const longer = Math.min(LONGEST_REST_MS, Math.max(FIRST_REST_MS, 2 * restMs))
      this.#request = this.#begin(id, walks + 1, moving > 0 ? 0 : longer)
      return false
    }
    if (stuck > 0) log.warn({ inode: id, blocks: stuck }, 'no room where the storage policy wants')
    if (moving + unsettled > 0) log.warn({ inode: id, moving, unsettled }, 'policy not satisfied')
    await namespace.endPolicyRequest(id)
    this.#request = undefined
    return true
  }

  /** `later`: the nodes that it needs are busy. `stuck`: there is no room where it belongs. */
  #look(block: BlockId): 'moving' | 'unsettled' | 'later' | 'stuck' | 'fine' {
    const { examination, moves, policyOf, random } = this.#options
    const examined = examination.look(block)
    if (examined === undefined) return 'fine'
    const { record, replicas, assessment } = examined
    const movable = replicas.filter(isMovable)
    if (!moves.isFree(block) || assessment.risk === 'surplus') return 'unsettled'
    // What is in need of repair is not copied for other reasons; inside a node it may move all the same.
    const isWhole = assessment.risk === 'none' && movable.length === record.replication
    const holders = new Set(movable.map((it) => it.datanodeUuid))
    const plansOn = (nodes: readonly PlacementNode[]) =>
      planMoves(
        {
          lengthBytes: record.lengthBytes,
          policy: policyOf(record.inodeId),
          replicas: movable,
          nodes: isWhole ? nodes : nodes.filter((it) => holders.has(it.uuid)),
        },
        random,
      )
    const hasFailed = ({ datanodeUuid }: ReplicaPlace) => moves.hasFailed(block, datanodeUuid)
    const { moves: plans, stuck } = plansOn(moves.nodes())
    const plan = plans.find((it) => !hasFailed(it.source) && !hasFailed(it.target))
    if (plan === undefined) {
      if (plans.length > 0) return 'unsettled'
      if (stuck === 0) return 'fine'
      return plansOn(moves.allNodes()).moves.length > 0 ? 'later' : 'stuck'
    }
    return moves.start(plan, record, 'policy') ? 'moving' : 'unsettled'
  }
}

export function isMovable(replica: HeldReplica): boolean {
  return (
    replica.judgement === 'good' &&
    replica.isConfirmed &&
    replica.liveness === 'live' &&
    replica.adminState === 'normal' &&
    !replica.isLeaving
  )
}
