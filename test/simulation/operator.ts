/**
 * Somebody who takes nodes out of service by the book: orders a decommission or maintenance, waits until the namenode says that
 * nothing depends on the node, and then believes it. A decommissioned node is scrapped with all that was on its disk,
 * one in maintenance is stopped for a while. That neither may cost anything is what the invariants see.
 */
import type { NodeOrder } from '../../namenode/policy/admin-state.js'
import { blockId } from '../../shared/ids.js'
import type { Random } from '../../shared/random.js'
import { isWhole, replicasOnDisks } from './checks/replicas.js'
import { SUPERUSER_CALL } from './checks/superuser.js'
import type { DatanodeProcess } from './world/datanode-process.js'
import { FIRST_WALL_MS } from './world/scheduler.js'
import type { World } from './world/world.js'

const MIN_GAP_MS = 500
const MAX_GAP_MS = 4_000
const MAX_MAINTENANCE_MS = 20_000
const MAX_ABSENCE_MS = 15_000

export interface OperatorOptions {
  readonly world: World
  readonly random: Random
  readonly onViolation: (text: string) => void
  /** Has everything looked at, at once. */
  readonly check: () => void
}

/** What was ordered last. */
interface Order {
  readonly datanode: DatanodeProcess
  readonly uuid: string
  readonly kind: 'decommission' | 'maintenance'
}

export class Operator {
  readonly counts: Record<string, number> = {}
  readonly #options: OperatorOptions
  /** Nodes that were scrapped, until the namenode has forgotten them. */
  readonly #scrapped = new Set<string>()
  #order: Order | undefined
  #isStopping = false

  constructor(options: OperatorOptions) {
    this.#options = options
  }

  start(): void {
    const { world, random } = this.#options
    world.scheduler.after(MIN_GAP_MS + random.next() * MAX_GAP_MS, 'operator', () => {
      if (this.#isStopping) this.#takeBack()
      else this.#act()
      this.#forgetScrapped()
      this.start()
    })
  }

  /** Takes the last order back, and gives no more. */
  stop(): void {
    this.#isStopping = true
  }

  /** What is still to be done before all is as it was. */
  unfinished(): string[] {
    const left = [...this.#scrapped].map((it) => `${it} was scrapped and is not forgotten`)
    if (this.#order !== undefined) left.push(`${this.#order.uuid} is ordered away`)
    return left
  }

  #act(): void {
    const { world, random } = this.#options
    if (this.#order === undefined) {
      if (random.below(2) === 0) this.#orderSomething()
      return
    }
    const { datanode, uuid, kind } = this.#order
    if (datanode.uuid !== uuid) {
      this.#takeBack()
      return
    }
    const state = this.#stateOf(uuid)
    if (state === 'decommissioned') this.#scrap(this.#order)
    else if (state === 'in-maintenance' && datanode.isRunning) this.#stopForAWhile(datanode)
    else if (random.below(kind === 'maintenance' ? 6 : 12) === 0) this.#takeBack()
    world.leaving.clear()
    if (this.#order?.kind === 'decommission') world.leaving.add(datanode)
  }

  #orderSomething(): void {
    const { world, random } = this.#options
    const datanode = world.datanodes[random.below(world.datanodes.length)]
    const uuid = datanode?.uuid
    const administration = this.#administration()
    if (datanode === undefined || uuid === undefined || administration === undefined) return
    // With as many nodes as replicas nothing can leave.
    const kind =
      world.datanodes.length > 3 && random.below(2) === 0 ? 'decommission' : 'maintenance'
    const wallMs = FIRST_WALL_MS + Math.floor(world.scheduler.elapsedMs)
    const untilMs = wallMs + random.below(MAX_MAINTENANCE_MS)
    const order: NodeOrder = kind === 'decommission' ? { kind } : { kind, untilMs }
    this.#order = { datanode, uuid, kind }
    if (kind === 'decommission') world.leaving.add(datanode)
    world.scheduler.note(`${kind} of ${datanode.name} is ordered`)
    this.#count(kind)
    administration.order(SUPERUSER_CALL, uuid, order).catch(this.#refused)
  }

  /** The node is thrown away: nothing may depend on it. */
  #scrap({ datanode, uuid }: Order): void {
    const { world, random, check } = this.#options
    this.#count('node scrapped')
    datanode.scrap()
    this.#scrapped.add(uuid)
    this.#order = undefined
    check()
    world.scheduler.after(random.below(MAX_ABSENCE_MS), `${datanode.name} is replaced`, () => {
      world.network.switchOn(datanode.host)
      if (!datanode.isRunning) datanode.start()
    })
  }

  /** What it has must be somewhere else too: whole, or not yet known to be damaged. */
  #stopForAWhile(datanode: DatanodeProcess): void {
    const { world, random, onViolation } = this.#options
    for (const [id, replicas] of replicasOnDisks(world.datanodes)) {
      const own = replicas.find((it) => it.datanode === datanode)
      const record = world.namenode.serving?.namespace.block(blockId(id))
      if (own === undefined || record?.state !== 'committed' || !isWhole(own)) continue
      const isElsewhere = replicas.some(
        (it) => it !== own && it.generationStamp >= record.generationStamp,
      )
      const isOfThisVersion = own.generationStamp === record.generationStamp
      if (isOfThisVersion && !isElsewhere) {
        onViolation(`I8: ${datanode.name} is in maintenance, and only it has block ${id}`)
      }
    }
    this.#count('node in maintenance stopped')
    datanode.kill()
    world.scheduler.after(random.below(MAX_ABSENCE_MS), `${datanode.name} is serviced`, () => {
      if (!datanode.isRunning) datanode.start()
    })
  }

  #takeBack(): void {
    const order = this.#order
    const administration = this.#administration()
    if (order === undefined || administration === undefined) return
    const isAnswered = this.#hearing()
    const done = () => {
      if (this.#order === order && isAnswered()) this.#order = undefined
    }
    administration.order(SUPERUSER_CALL, order.uuid, undefined).then(done, this.#refused)
  }

  /** Refused while the namenode has not given them up, which takes a while. */
  #forgetScrapped(): void {
    const forgetting = this.#options.world.namenode.serving?.management.forgetting
    if (forgetting === undefined || this.#administration() === undefined) return
    const isAnswered = this.#hearing()
    for (const uuid of this.#scrapped) {
      const done = () => {
        if (isAnswered()) this.#scrapped.delete(uuid)
      }
      forgetting.forget(SUPERUSER_CALL, uuid, false).then(done, (error: unknown) => {
        const { message } = error instanceof Error ? error : new Error(String(error))
        if (message.startsWith('no datanode is called')) done()
        else this.#refused(error)
      })
    }
  }

  #stateOf(uuid: string): string | undefined {
    return this.#administration()
      ?.views()
      .find((it) => it.node === uuid)?.state
  }

  /** undefined while nobody would answer. */
  #administration() {
    const { serving } = this.#options.world.namenode
    return serving?.life.isFrozen === false ? serving.management.administration : undefined
  }

  /** Asked without a wire between: an answer counts only while the namenode that was asked is there to give it. */
  #hearing(): () => boolean {
    const { namenode } = this.#options.world
    const asked = namenode.serving
    return () => namenode.serving === asked
  }

  readonly #refused = (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error)
    this.#options.world.scheduler.note(`operator: ${text.slice(0, 150)}`)
  }

  #count(kind: string): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
  }
}
