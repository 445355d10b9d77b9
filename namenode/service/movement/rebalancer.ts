/** Evens out how full storages of one type are, between datanodes and between the volumes of one: a few moves at a time. */
import type { BlockId, StorageId } from '../../../shared/ids.js'
import { type Random, shuffled } from '../../../shared/random.js'
import {
  type BalanceStep,
  isWorthMoving,
  planBalance,
  type StorageUse,
  unevenness,
} from '../../policy/plan-balance.js'
import type { ReplicaRow, StorageNumber } from '../../storage/replica-store.js'
import type { Examination } from '../blocks/examination.js'
import type { ReplicaMap } from '../blocks/replica-map.js'
import { isUsable } from '../nodes/cluster-node.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { BlockMoves } from './block-moves.js'
import { isMovable } from './policy-mover.js'

/** Blocks of a storage that are read for one move, and how many of them are looked at; the next time it goes on from there. */
const CANDIDATES = 100
const LOOKED_AT = 10
/** Blocks looked at in one step, whatever comes of it: about 8 ms. */
const LOOKED_AT_IN_STEP = 200
const PAIRS_TRIED = 20
const STARTED_AT_ONCE = 10

export interface RebalancerOptions {
  readonly random: Random
  readonly registry: ClusterRegistry
  readonly map: ReplicaMap
  readonly examination: Examination
  readonly moves: BlockMoves
  /** Share of the capacity, 0 to 1; 1 switches it off. */
  readonly threshold: number
}

export interface BalanceStatus {
  readonly threshold: number
  /** How far the use of a node is from the average at most, as a share of the capacity. */
  readonly unevenness: number
  /** Nothing is to be moved. */
  readonly isBalanced: boolean
}

export class Rebalancer {
  readonly #options: RebalancerOptions
  /** Up to where the blocks of a storage were looked at. */
  readonly #positions = new Map<StorageNumber, BlockId>()
  #looks = 0

  constructor(options: RebalancerOptions) {
    this.#options = options
  }

  get status(): BalanceStatus {
    const { threshold } = this.#options
    const use = this.#use()
    const isBalanced = planBalance(use, threshold).length === 0
    return { threshold, unevenness: unevenness(use), isBalanced }
  }

  /** Starts some moves, if there are such as are worth it and possible. @returns whether it did */
  step(): boolean {
    this.#options.moves.settle()
    this.#looks = LOOKED_AT_IN_STEP
    let started = 0
    while (started < STARTED_AT_ONCE && this.#startOne()) started += 1
    return started > 0
  }

  #startOne(): boolean {
    const { moves, threshold } = this.#options
    if (!moves.mayStart) return false
    const takingPart = new Set(moves.nodes().map((it) => it.uuid))
    const steps = planBalance(this.#use(), threshold).filter(({ from, to }) =>
      [...from.storages, ...to.storages].every((it) => takingPart.has(it.datanodeUuid)),
    )
    return steps.slice(0, PAIRS_TRIED).some((it) => this.#take(it))
  }

  #take(step: BalanceStep): boolean {
    const { registry, random } = this.#options
    let looks = LOOKED_AT
    for (const { datanodeUuid, storageId } of shuffled(step.from.storages, random)) {
      const storage = registry.storageOf(datanodeUuid, storageId)
      for (const row of storage === undefined ? [] : this.#candidates(storage.number)) {
        if (looks === 0 || this.#looks === 0) return false
        this.#positions.set(row.storage, row.blockId)
        if (!isWorthMoving(step, row.lengthBytes)) continue
        looks -= 1
        this.#looks -= 1
        if (this.#move(step, row.blockId)) return true
      }
    }
    return false
  }

  /** From where it was left on, and from the beginning after the end. */
  #candidates(storage: StorageNumber): readonly ReplicaRow[] {
    const { store } = this.#options.map
    const after = this.#positions.get(storage) ?? -1
    const rows = store.ofStorage(storage, after, Number.MAX_SAFE_INTEGER, CANDIDATES)
    const left = CANDIDATES - rows.length
    return after < 0 || left === 0 ? rows : [...rows, ...store.ofStorage(storage, -1, after, left)]
  }

  /** A block moves only when all is well with it, to a node without it, and so that no rack is lost. */
  #move({ from, to }: BalanceStep, block: BlockId): boolean {
    const { examination, moves, registry, random } = this.#options
    const examined = moves.isFree(block) ? examination.look(block) : undefined
    if (examined === undefined || examined.assessment.risk !== 'none') return false
    const { record, replicas } = examined
    const good = replicas.filter(isMovable)
    const source = good.find((it) =>
      from.storages.some(
        (of) => of.storageId === it.storageId && of.datanodeUuid === it.datanodeUuid,
      ),
    )
    const uuid = to.storages[0]?.datanodeUuid
    const target = uuid === undefined ? undefined : registry.node(uuid)
    if (source === undefined || target === undefined || good.length !== record.replication)
      return false
    const rest = good.filter((it) => it !== source)
    const isInside = target.uuid === source.datanodeUuid
    if (!isInside && replicas.some((it) => it.datanodeUuid === target.uuid)) return false
    if (moves.hasFailed(block, source.datanodeUuid) || moves.hasFailed(block, target.uuid))
      return false
    const racksNow = new Set(good.map((it) => it.rack)).size
    const racksThen = new Set([...rest, target].map((it) => it.rack)).size
    if (racksThen < Math.min(racksNow, 2)) return false
    const roomy = to.storages.filter((it) => {
      const storage = target.storages.get(it.storageId)
      const hasRoom = (storage?.remainingBytes ?? -1) >= record.lengthBytes
      return hasRoom && storage?.isSlow === false
    })
    const storageId = roomy[random.below(Math.max(1, roomy.length))]?.storageId
    if (storageId === undefined) return false
    const { datanodeUuid } = source
    const plan = {
      source: { datanodeUuid, storageId: source.storageId },
      target: { datanodeUuid: target.uuid, storageId },
    }
    return moves.start(plan, record, 'balance')
  }

  #use(): StorageUse[] {
    const { registry, moves } = this.#options
    const coming = new Map<StorageId, number>()
    const leaving = new Map<StorageId, number>()
    for (const { plan, block } of moves.unreported) {
      add(coming, plan.target.storageId, block.lengthBytes)
      add(leaving, plan.source.storageId, block.lengthBytes)
    }
    return registry
      .nodes()
      .filter(
        (it) => it.session !== undefined && it.liveness === 'live' && it.adminState === 'normal',
      )
      .flatMap((node) =>
        [...node.storages.values()].filter(isUsable).map((it) => ({
          datanodeUuid: node.uuid,
          storageId: it.storageId,
          type: it.type,
          isSlow: it.isSlow,
          capacityBytes: it.capacityBytes,
          usedBytes: it.usedBytes,
          comingBytes: coming.get(it.storageId) ?? 0,
          leavingBytes: leaving.get(it.storageId) ?? 0,
        })),
      )
  }
}

function add(sums: Map<StorageId, number>, key: StorageId, bytes: number): void {
  sums.set(key, (sums.get(key) ?? 0) + bytes)
}
