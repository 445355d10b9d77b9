/** A datanode under the scheduler: all of the real one but its HTTP face, over a simulated disk, network and control plane. */
import { DatanodeNode } from '../../../datanode/datanode-node.js'
import type { Log } from '../../../shared/log.js'
import type { Random } from '../../../shared/random.js'
import type { Seams } from '../../../shared/seams.js'
import { type FindNamenode, simulatedControl } from './control.js'
import { SimulatedDisk } from './disk.js'
import { Life } from './life.js'
import type { SimulatedNetwork } from './network.js'
import type { Scheduler } from './scheduler.js'
import { datanodeHost, NAMENODE_HOST, simulatedDatanodeConfig } from './settings.js'

export interface DatanodeProcessOptions {
  readonly index: number
  readonly rack: string
  /** As in the setting. */
  readonly volumes: string
  readonly diskBytes: number
  readonly scheduler: Scheduler
  readonly network: SimulatedNetwork
  readonly random: () => Random
  readonly log: (life: Life) => Log
  readonly namenode: FindNamenode
}

export class DatanodeProcess {
  readonly host: string
  readonly disk: SimulatedDisk
  readonly #options: DatanodeProcessOptions
  #lives = 0
  /** How often what was not synced was lost. */
  powerCuts = 0
  #life: Life | undefined
  #node: DatanodeNode | undefined

  constructor(options: DatanodeProcessOptions) {
    this.#options = options
    this.host = datanodeHost(options.index)
    this.disk = new SimulatedDisk(options.random())
    this.disk.capacityBytes = options.diskBytes
  }

  get name(): string {
    return `datanode-${this.#options.index}`
  }

  get rack(): string {
    return this.#options.rack
  }

  get isRunning(): boolean {
    return this.#life !== undefined
  }

  get isFrozen(): boolean {
    return this.#life?.isFrozen === true
  }

  /** undefined while the process is not up. */
  get node(): DatanodeNode | undefined {
    return this.#node
  }

  start(): void {
    const { scheduler } = this.#options
    this.#lives += 1
    const life = new Life(`${this.name}#${this.#lives}`, scheduler)
    this.#life = life
    scheduler.note(`${life.name} starts`)
    void this.#open(life).catch((error: unknown) => {
      if (!life.isAlive) return
      scheduler.note(`${life.name} cannot start: ${String(error)}`)
      this.#end(life)
    })
  }

  /** As kill -9: what was written to the system stays. */
  kill(): void {
    const life = this.#life
    if (life === undefined) return
    this.#options.scheduler.note(`${life.name} is killed`)
    this.#end(life)
  }

  /** The machine loses its power: what was not synced is lost or torn, and nobody answers for the dead. */
  cutPower(): void {
    const life = this.#life
    this.#options.scheduler.note(`${this.name} loses power`)
    this.#options.network.switchOff(this.host)
    if (life !== undefined) this.#end(life)
    this.powerCuts += 1
    this.disk.losePower()
  }

  /** What was on its disk is gone for good; whoever starts there next is another node. */
  scrap(): void {
    this.#options.scheduler.note(`${this.name} is scrapped`)
    this.kill()
    this.disk.replace()
  }

  /** The identity on its disk; undefined while there is none. */
  get uuid(): string | undefined {
    const text = this.disk.files().get('/volume/VERSION.json')?.data.toString('latin1') ?? ''
    return /"datanodeUuid":\s*"([^"]+)"/.exec(text)?.[1]
  }

  /** As SIGSTOP. */
  freeze(): void {
    this.#options.scheduler.note(`${this.name} is frozen`)
    this.#life?.freeze()
  }

  thaw(): void {
    this.#options.scheduler.note(`${this.name} goes on`)
    this.#life?.thaw()
  }

  #end(life: Life): void {
    life.end()
    this.disk.processDied()
    this.#life = undefined
    this.#node = undefined
  }

  async #open(life: Life): Promise<void> {
    const { network, random, log, namenode, index, rack, volumes } = this.#options
    const seams: Seams = {
      clock: life.clock,
      random: random(),
      network: network.of(life, this.host),
      disk: this.disk.of(life),
      log: log(life),
    }
    const control = simulatedControl({
      life,
      host: this.host,
      namenodeHost: NAMENODE_HOST,
      network,
      namenode,
    })
    const config = simulatedDatanodeConfig(index, rack, volumes)
    const lockFolder = (folder: string) => this.disk.lock(folder)
    const node = await DatanodeNode.open(config, seams, { control, lockFolder })
    const ports = await node.listen()
    node.begin({ ...ports, httpPort: 9864 })
    this.#node = node
    void node.failed.then((error) => {
      if (!life.isAlive) return
      this.#options.scheduler.note(`${life.name} gives up: ${error.message}`)
      this.#end(life)
    })
  }
}
