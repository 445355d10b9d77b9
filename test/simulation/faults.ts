/**
 * What goes wrong in a run: a fault every few seconds, each undone after a while. Faults destroy nothing that the promises
 * do not cover: synced bytes are lost on one victim at most, and there only where another disk has them (TigerBeetle's
 * fault atlas), so that everything must come back.
 */
import type { Random } from '../../shared/random.js'
import { replicasOnDisks } from './checks/replicas.js'
import type { DatanodeProcess } from './world/datanode-process.js'
import { clientHost, NAMENODE_HOST } from './world/settings.js'
import type { World } from './world/world.js'

const MIN_GAP_MS = 300
const MAX_GAP_MS = 2_500
const MAX_OUTAGE_MS = 25_000
const SLOW_FACTOR = 40
const SOON_MS = [1, 3, 10]

export interface FaultsOptions {
  readonly world: World
  readonly random: Random
  readonly clients: number
  readonly onViolation: (text: string) => void
  /** Several nodes may be in trouble at a time. */
  readonly isHarsh: boolean
}

export class Faults {
  readonly counts: Record<string, number> = {}
  readonly #options: FaultsOptions
  readonly #victim: DatanodeProcess
  /** How to undo what is wrong now, by node. */
  readonly #troubles = new Map<string, () => void>()
  #isOver = false

  constructor(options: FaultsOptions) {
    this.#options = options
    const { world, random } = options
    const victim = world.datanodes[random.below(world.datanodes.length)]
    if (victim === undefined) throw new Error('a world without datanodes')
    this.#victim = victim
  }

  start(): void {
    const { world, random } = this.#options
    world.scheduler.after(MIN_GAP_MS + random.next() * MAX_GAP_MS, 'fault', () => {
      if (this.#isOver) return
      this.#strike()
      this.start()
    })
  }

  /** Undoes everything and strikes no more. */
  stop(): void {
    this.#isOver = true
    for (const undo of [...this.#troubles.values()]) undo()
    const { world } = this.#options
    world.network.mendAll()
    for (const datanode of world.datanodes) {
      datanode.disk.fault = undefined
      datanode.disk.slowness = 1
      datanode.disk.isFull = false
      if (!datanode.isRunning) datanode.start()
    }
    world.namenode.powerOn()
  }

  #strike(): void {
    const { world, random } = this.#options
    const choice = random.below(100)
    if (choice < 12) {
      if (world.network.breakConnection()) this.#count('connection broken')
    } else if (choice < 20) this.#namenodeFault()
    else if (choice < 28) this.#blackout()
    else if (choice < 44) this.#flipBits()
    else this.#datanodeFault()
  }

  #namenodeFault(): void {
    const { world, random } = this.#options
    const { namenode } = world
    if (!namenode.isRunning || this.#troubles.has('namenode')) return
    const kind = random.below(5)
    let takeBack = () => {}
    if (kind === 4) {
      this.#count('namenode frozen')
      const heard = new Set(this.#liveNodes())
      namenode.freeze()
      this.#later('namenode', random.below(MAX_OUTAGE_MS), () => {
        namenode.thaw()
        this.#checkHeard(heard)
      })
      return
    }
    if (kind < 2) {
      this.#count('namenode killed')
      namenode.kill()
    } else if (kind === 2) {
      this.#count('namenode lost power')
      namenode.cutPower()
    } else {
      this.#count('namenode lost power in a commit')
      takeBack = namenode.cutPowerInCommit()
    }
    this.#later('namenode', random.below(8_000), () => {
      takeBack()
      namenode.powerOn()
    })
  }

  #liveNodes(): string[] {
    const views = this.#options.world.namenode.serving?.management.blockManager.datanodes() ?? []
    return views.filter((it) => it.liveness === 'live').map((it) => it.uuid)
  }

  /** While the namenode stood still it could hear nobody: that is no silence of those who talk. A wrong verdict is corrected soon. */
  #checkHeard(heard: ReadonlySet<string>): void {
    const { world, onViolation } = this.#options
    const check = () => {
      const views = world.namenode.serving?.management.blockManager.datanodes() ?? []
      for (const { name, uuid = '', isRunning, isFrozen } of world.datanodes) {
        const isWell = heard.has(uuid) && isRunning && !isFrozen && !this.#troubles.has(name)
        const view = views.find((it) => it.uuid === uuid)
        if (isWell && view?.liveness === 'dead') {
          onViolation(`I13: ${name} is taken for dead because the namenode stood still`)
        }
      }
    }
    for (const ms of SOON_MS) world.scheduler.after(ms, 'who is dead', check)
  }

  /** Everything loses power in one moment. */
  #blackout(): void {
    const { world, random } = this.#options
    for (const undo of [...this.#troubles.values()]) undo()
    this.#count('all lost power')
    for (const datanode of world.datanodes) datanode.cutPower()
    world.namenode.cutPower()
    this.#later('namenode', random.below(5_000), () => world.namenode.powerOn())
    for (const datanode of world.datanodes) {
      this.#later(datanode.name, random.below(10_000), () => this.#powerOn(datanode))
    }
  }

  #flipBits(): void {
    const count = 1 + this.#options.random.below(3)
    for (let done = 0; done < count; done += 1) this.#flipBit()
  }

  /** A bit turns in a replica on the victim, where the same version is whole on another disk. */
  #flipBit(): void {
    const { world, random } = this.#options
    const candidates = [...replicasOnDisks(world.datanodes).values()].flatMap((replicas) => {
      const own = replicas.find((it) => it.datanode === this.#victim && it.state === 'meta')
      if (own === undefined) return []
      const others = replicas.filter(
        (it) =>
          it !== own &&
          !world.leaving.has(it.datanode) &&
          it.state === 'meta' &&
          it.generationStamp === own.generationStamp &&
          it.data.equals(own.data),
      )
      return others.length > 0 ? [own] : []
    })
    const chosen = candidates[random.below(candidates.length)]
    if (chosen === undefined) return
    const isInMeta = random.below(4) === 0
    const path = isInMeta ? `${chosen.path}_${chosen.generationStamp}.meta` : chosen.path
    if (!this.#victim.disk.flipBit(path)) return
    world.scheduler.note(`a bit turns in ${path} on ${this.#victim.name}`)
    world.turned.add(`${this.#victim.name} ${chosen.blockId}`)
    this.#count('bit flipped')
  }

  #datanodeFault(): void {
    const { world, random, isHarsh } = this.#options
    const isBusy = [...this.#troubles.keys()].some((name) => name !== 'namenode')
    if (isBusy && !isHarsh) return
    const datanode = world.datanodes[random.below(world.datanodes.length)]
    if (datanode === undefined || this.#troubles.has(datanode.name)) return
    const ms = random.below(MAX_OUTAGE_MS)
    const kinds = [
      () => this.#kill(datanode, ms),
      () => this.#powerCut(datanode, ms),
      () => this.#freeze(datanode, ms),
      () => this.#partition(datanode, ms),
      () => this.#slow(datanode, ms),
      () => this.#diskFault(datanode, ms),
      () => this.#fullDisk(datanode, ms),
    ]
    kinds[random.below(kinds.length)]?.()
  }

  #kill(datanode: DatanodeProcess, ms: number): void {
    if (!datanode.isRunning) return
    this.#count('datanode killed')
    datanode.kill()
    this.#later(datanode.name, ms, () => {
      if (!datanode.isRunning) datanode.start()
    })
  }

  #powerCut(datanode: DatanodeProcess, ms: number): void {
    this.#count('datanode lost power')
    datanode.cutPower()
    this.#later(datanode.name, ms, () => this.#powerOn(datanode))
  }

  #powerOn(datanode: DatanodeProcess): void {
    this.#options.world.network.switchOn(datanode.host)
    if (!datanode.isRunning) datanode.start()
  }

  #freeze(datanode: DatanodeProcess, ms: number): void {
    if (!datanode.isRunning) return
    this.#count('datanode frozen')
    datanode.freeze()
    this.#later(datanode.name, ms, () => datanode.thaw())
  }

  /** From the namenode, from another node or from a client; in one direction or both. */
  #partition(datanode: DatanodeProcess, ms: number): void {
    const { world, random, clients } = this.#options
    const others = [
      NAMENODE_HOST,
      ...world.datanodes.filter((it) => it !== datanode).map(({ host }) => host),
      clientHost(random.below(clients)),
    ]
    const other = random.below(2) === 0 ? NAMENODE_HOST : others[random.below(others.length)]
    if (other === undefined) return
    const direction = random.below(3)
    this.#count(direction === 0 ? 'partition' : 'one-way partition')
    world.scheduler.note(`${datanode.name} is cut off from ${other}, way ${direction}`)
    if (direction !== 1) world.network.cut(datanode.host, other)
    if (direction !== 2) world.network.cut(other, datanode.host)
    this.#later(datanode.name, ms, () => {
      world.scheduler.note(`${datanode.name} reaches ${other} again`)
      world.network.mend(datanode.host, other)
      world.network.mend(other, datanode.host)
    })
  }

  #slow(datanode: DatanodeProcess, ms: number): void {
    const { world, random } = this.#options
    const isDisk = random.below(2) === 0
    this.#count(isDisk ? 'slow disk' : 'slow network')
    world.scheduler.note(`${datanode.name} has a slow ${isDisk ? 'disk' : 'network'}`)
    if (isDisk) datanode.disk.slowness = SLOW_FACTOR
    else world.network.slow(datanode.host, SLOW_FACTOR)
    this.#later(datanode.name, ms, () => {
      datanode.disk.slowness = 1
      world.network.slow(datanode.host, 1)
    })
  }

  /** One disk of a node, or each, answers with errors, or not at all; with its last volume gone the process ends. It is started again later. */
  #diskFault(datanode: DatanodeProcess, ms: number): void {
    const { world, random } = this.#options
    const calls = ['read', 'write', 'sync', 'rename', 'open'] as const
    const call = calls[random.below(calls.length)] ?? 'read'
    const effect = random.below(3) === 0 ? 'hang' : 'EIO'
    this.#count(effect === 'hang' ? 'disk hangs' : 'disk error')
    const volume = random.below(2) === 0 ? '/volume' : undefined
    world.scheduler.note(`${datanode.name}: ${call} gives ${effect} on ${volume ?? 'each disk'}`)
    datanode.disk.fault = { call, effect, volume }
    this.#later(datanode.name, ms, () => {
      datanode.disk.fault = undefined
      // What hangs never returns; an operator starts the process anew.
      datanode.kill()
      datanode.start()
    })
  }

  #fullDisk(datanode: DatanodeProcess, ms: number): void {
    const { world } = this.#options
    const { disk } = datanode
    this.#count('disk full')
    world.scheduler.note(`${datanode.name} has a full disk`)
    disk.isFull = true
    this.#later(datanode.name, ms, () => {
      disk.isFull = false
    })
  }

  #later(name: string, ms: number, undo: () => void): void {
    const run = () => {
      if (this.#troubles.get(name) !== run) return
      this.#troubles.delete(name)
      undo()
    }
    this.#troubles.get(name)?.()
    this.#troubles.set(name, run)
    this.#options.world.scheduler.after(ms, `${name} recovers`, run)
  }

  #count(kind: string): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
  }
}
