/** Evens out how full storages of one type are, between datanodes and between the volumes of one: a few moves at a time. */
import type { BlockId } from '../../shared/ids.js'
import type { Random } from '../../shared/random.js'
import {
  type BalanceStep,
  isWorthMoving,
  planBalance,
  type StorageUse,
  unevenness,
} from '../policy/plan-balance.js'
import type { BlockMoves } from './block-moves.js'
import { isUsable } from './cluster-node.js'
import type { ClusterRegistry } from './cluster-registry.js'
import type { Examination } from './examination.js'
import { isMovable } from './policy-mover.js'
import type { ReplicaMap } from './replica-map.js'

/** Blocks of the fuller side that are looked at for one move; which ones changes from step to step. */
const CANDIDATES = 200
const STEPS_TRIED = 20
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
  readonly #positions = new Map<number, number>()

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
    return steps.slice(0, STEPS_TRIED).some((it) => this.#take(it))
  }

  #take(step: BalanceStep): boolean {
    const { registry, map } = this.#options
    for (const { datanodeUuid, storageId } of step.from.storages) {
      const storage = registry.storageOf(datanodeUuid, storageId)
      if (storage === undefined) continue
      const after = this.#positions.get(storage.number) ?? -1
      const rows = map.store.ofStorage(storage.number, after, Number.MAX_SAFE_INTEGER, CANDIDATES)
      const last = rows.length < CANDIDATES ? -1 : (rows.at(-1)?.blockId ?? -1)
      this.#positions.set(storage.number, last)
      for (const row of rows) {
        if (isWorthMoving(step, row.lengthBytes) && this.#move(step, row.blockId)) return true
      }
    }
    return false
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
    const racksNow = new Set(good.map((it) => it.rack)).size
    const racksThen = new Set([...rest, target].map((it) => it.rack)).size
    if (racksThen < Math.min(racksNow, 2)) return false
    const roomy = to.storages.filter((it) => {
      const storage = target.storages.get(it.storageId)
      return storage !== undefined && storage.remainingBytes >= record.lengthBytes
    })
    const storageId = roomy[random.below(Math.max(1, roomy.length))]?.storageId
    if (storageId === undefined) return false
    const { datanodeUuid } = source
    const plan = {
      source: { datanodeUuid, storageId: source.storageId },
      target: { datanodeUuid: target.uuid, storageId },
    }
    return moves.start(plan, record)
  }

  /** As reported, and as moves of which the reports do not know will leave it. */
  #use(): StorageUse[] {
    const { registry, moves } = this.#options
    const unreported = moves.unreported
    return registry
      .nodes()
      .filter(
        (it) => it.session !== undefined && it.liveness === 'live' && it.adminState === 'normal',
      )
      .flatMap((node) =>
        [...node.storages.values()].filter(isUsable).map((storage) => {
          const { storageId, type, capacityBytes } = storage
          const isAt = (place: { datanodeUuid: string; storageId: string }) =>
            place.datanodeUuid === node.uuid && place.storageId === storageId
          const bytes = unreported.reduce((sum, { plan, block }) => {
            const sign = (isAt(plan.target) ? 1 : 0) - (isAt(plan.source) ? 1 : 0)
            return sum + sign * block.lengthBytes
          }, 0)
          const usedBytes = storage.usedBytes + bytes
          return { datanodeUuid: node.uuid, storageId, type, capacityBytes, usedBytes }
        }),
      )
  }
}
